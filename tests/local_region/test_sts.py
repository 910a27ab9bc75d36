"""GetCallerIdentity verifies what it is given, and says who it was."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from tests.support.http import ask
from tests.support.region import RunningRegion

QUERY = "Action=GetCallerIdentity&Version=2011-06-15"
MI = "mi-0123456789abcdef0"


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def presigned(
    region: RunningRegion,
    issued: dict[str, Any],
    *,
    headers: dict[str, str] | None = None,
    query: str = QUERY,
    expires: int = 60,
) -> AWSRequest:
    request = AWSRequest(method="GET", url=f"{region.url}/?{query}", headers=headers or {})
    credentials = Credentials(
        issued["access_key_id"], issued["secret_access_key"], issued["session_token"]
    )
    SigV4QueryAuth(credentials, "sts", region.settings.region, expires=expires).add_auth(request)
    return request


def fetched(url: str, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
    answer = ask(url, headers=(headers or {}).items())
    return answer.status, answer.body


def test_the_operator_is_a_user_of_the_account(region: RunningRegion) -> None:
    told = region.client("sts").get_caller_identity()

    assert told["Account"] == "111122223333"
    assert told["Arn"] == "arn:aws:iam::111122223333:user/operator"
    assert told["UserId"].startswith("AIDA")


def test_a_managed_instance_is_a_session_of_its_role(region: RunningRegion) -> None:
    issued = region.issue(role="service-role/KioskRole", session=MI)

    told = region.client_of(issued, "sts").get_caller_identity()

    assert told["Arn"] == f"arn:aws:sts::111122223333:assumed-role/KioskRole/{MI}"
    assert told["UserId"].startswith("AROA")
    assert told["UserId"].endswith(f":{MI}")


def test_a_presigned_request_is_answered_in_xml_or_json_as_asked(region: RunningRegion) -> None:
    url = presigned(region, region.issue(role="KioskRole", session=MI)).url

    status, xml = fetched(url)
    as_json = fetched(url, {"Accept": "application/json"})[1]

    assert status == 200
    assert xml.startswith(
        b'<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
    )
    assert f"<Arn>arn:aws:sts::111122223333:assumed-role/KioskRole/{MI}</Arn>".encode() in xml
    told = json.loads(as_json)["GetCallerIdentityResponse"]["GetCallerIdentityResult"]
    assert told["Arn"].endswith(f"assumed-role/KioskRole/{MI}")
    assert told["Account"] == "111122223333"


def test_signed_headers_must_come_as_they_were_signed(region: RunningRegion) -> None:
    issued = region.issue(role="KioskRole", session=MI)
    signed = {"X-Eventpro-Audience": "fleet.example.com", "X-Eventpro-Nonce": "a  b"}
    url = presigned(region, issued, headers=signed).url

    assert fetched(url, signed)[0] == 200
    assert fetched(url, {**signed, "X-Eventpro-Nonce": " a b "})[0] == 200, "as SigV4 trims"
    for altered in (
        {},
        {**signed, "X-Eventpro-Audience": "other.example.com"},
        {"X-Eventpro-Audience": "fleet.example.com"},
    ):
        status, body = fetched(url, altered)
        assert status == 403
        assert b"<Code>SignatureDoesNotMatch</Code>" in body


def test_a_presigned_request_counts_for_fifteen_minutes_whatever_it_says(
    region: RunningRegion,
) -> None:
    url = presigned(region, region.issue(user="somebody"), expires=60).url

    region.clock.ahead = timedelta(minutes=14, seconds=50)
    assert fetched(url)[0] == 200
    region.clock.ahead = timedelta(minutes=15, seconds=5)
    status, body = fetched(url)

    assert status == 403
    assert b"<Code>SignatureDoesNotMatch</Code>" in body
    assert b"Signature expired: " in body
    assert b"- 15 min.)" in body


def test_a_signature_from_the_future_is_refused(region: RunningRegion) -> None:
    url = presigned(region, region.issue(user="somebody")).url
    region.clock.ahead = timedelta(minutes=-16)

    status, body = fetched(url)

    assert status == 403
    assert b"Signature not yet current: " in body


def test_the_token_ends_after_its_time(region: RunningRegion) -> None:
    issued = region.issue(role="KioskRole", session=MI, valid_s=300)
    client = region.client_of(issued, "sts")
    client.get_caller_identity()
    region.clock.ahead = timedelta(seconds=301)

    with pytest.raises(ClientError) as refused:
        client.get_caller_identity()

    assert code_of(refused) == "ExpiredToken"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


@pytest.mark.parametrize("part", ["access_key_id", "session_token"])
def test_unknown_keys_and_tokens_are_told_apart_from_wrong_secrets(
    region: RunningRegion, part: str
) -> None:
    issued = region.issue(role="KioskRole", session=MI)
    other = region.issue(role="KioskRole", session=MI)

    with pytest.raises(ClientError) as unknown:
        region.client_of({**issued, part: "ASIAUNKNOWNUNKNOWN00"}, "sts").get_caller_identity()
    with pytest.raises(ClientError) as wrong:
        region.client_of(
            {**issued, "secret_access_key": other["secret_access_key"]}, "sts"
        ).get_caller_identity()

    assert code_of(unknown) == "InvalidClientTokenId"
    assert code_of(wrong) == "SignatureDoesNotMatch"


def test_without_the_token_a_session_key_is_unknown(region: RunningRegion) -> None:
    issued = region.issue(role="KioskRole", session=MI)

    with pytest.raises(ClientError) as refused:
        region.client_of({**issued, "session_token": None}, "sts").get_caller_identity()

    assert code_of(refused) == "InvalidClientTokenId"


def test_the_scope_must_be_this_region_and_sts(region: RunningRegion) -> None:
    for more in ({"region_name": "eu-west-1"},):
        with pytest.raises(ClientError) as refused:
            region.client("sts", **more).get_caller_identity()
        assert code_of(refused) == "SignatureDoesNotMatch"
        assert "valid region" in str(refused.value)
    request = AWSRequest(
        method="POST",
        url=f"{region.url}/",
        data=QUERY,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    keys = Credentials(region.operator.access_key_id, region.operator.secret_key)
    SigV4Auth(keys, "iam", region.settings.region).add_auth(request)
    answer = ask(region.url, method="POST", headers=request.headers.items(), body=QUERY.encode())
    assert answer.status == 403
    assert b"correct service: 'sts'" in answer.body


def test_an_unsigned_request_is_refused(region: RunningRegion) -> None:
    status, body = fetched(f"{region.url}/?{QUERY}")

    assert status == 403
    assert b"<Code>MissingAuthenticationToken</Code>" in body


def test_doubled_parameters_are_refused(region: RunningRegion) -> None:
    issued = region.issue(user="somebody")

    status, body = fetched(f"{presigned(region, issued).url}&Action=AssumeRole")
    assert (status, b"<Code>MalformedQueryString</Code>" in body) == (400, True)

    url = presigned(region, issued).url
    status, body = fetched(f"{url}&X-Amz-Date=20260101T000000Z")
    assert (status, b"<Code>IncompleteSignature</Code>" in body) == (400, True)


def test_an_extra_parameter_is_refused_signed_or_not(region: RunningRegion) -> None:
    issued = region.issue(user="somebody")

    status, body = fetched(presigned(region, issued, query=f"{QUERY}&{urlencode({'X': 'y'})}").url)
    assert (status, b"<Code>ValidationError</Code>" in body) == (400, True)

    status, body = fetched(f"{presigned(region, issued).url}&X=y")
    assert (status, b"<Code>SignatureDoesNotMatch</Code>" in body) == (403, True)


def test_an_empty_parameter_in_a_form_is_one_too(region: RunningRegion) -> None:
    form = f"{QUERY}&X="
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    request = AWSRequest(method="POST", url=f"{region.url}/", data=form, headers=headers)
    keys = Credentials(region.operator.access_key_id, region.operator.secret_key)
    SigV4Auth(keys, "sts", region.settings.region).add_auth(request)

    answer = ask(region.url, method="POST", headers=request.headers.items(), body=form.encode())

    assert (answer.status, b"<Code>ValidationError</Code>" in answer.body) == (400, True)


def test_another_action_is_unknown(region: RunningRegion) -> None:
    with pytest.raises(ClientError) as unserved:
        region.client("sts").get_session_token()
    assert code_of(unserved) == "InvalidAction"

    status, body = fetched(f"{region.url}/?Action=NoSuchThing&Version=2011-06-15")
    assert (status, b"<Code>InvalidAction</Code>" in body) == (400, True)


def test_errors_come_in_json_where_that_is_asked_for(region: RunningRegion) -> None:
    status, body = fetched(f"{region.url}/?{QUERY}", {"Accept": "application/json"})

    assert status == 403
    assert json.loads(body)["Error"]["Code"] == "MissingAuthenticationToken"


def test_the_region_answers_under_awss_real_names(region: RunningRegion) -> None:
    issued = region.issue(role="KioskRole", session=MI)
    request = AWSRequest(method="GET", url=f"https://sts.eu-central-1.amazonaws.com/?{QUERY}")
    keys = Credentials(
        issued["access_key_id"], issued["secret_access_key"], issued["session_token"]
    )
    SigV4QueryAuth(keys, "sts", "eu-central-1").add_auth(request)
    target = request.url.removeprefix("https://sts.eu-central-1.amazonaws.com")

    assert fetched(region.url + target, {"Host": "sts.eu-central-1.amazonaws.com"})[0] == 200
    status, body = fetched(region.url + target, {"Host": "sts.eu-west-1.amazonaws.com"})
    assert (status, b"<Code>SignatureDoesNotMatch</Code>" in body) == (403, True)
