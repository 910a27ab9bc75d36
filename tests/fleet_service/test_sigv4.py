"""Relayed requests signed for API Gateway: what arrives is exactly what was signed."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import CredentialRetrievalError
from multidict import CIMultiDict
from yarl import URL

from fleet_service.relay.ports import UpstreamError
from fleet_service.relay.sigv4 import SigV4Signer
from kiosk_contracts.version import KIOSK_TOKEN_HEADER, PROTOCOL_HEADER
from tests.support.fleet import fleet_process, open_session
from tests.support.sigv4 import scope_of, signature_holds, signed_header_names
from tests.support.upstream import Received, Upstream

ACCESS_KEY = "AKIDEXAMPLE"
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
GATE_FEED = "/v1/gate-feed?limit=500&after=0"


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    async with Upstream() as running:
        yield running


def holds(received: Received, **changes: object) -> bool:
    seen = {
        "method": received.method,
        "target": received.target,
        "headers": received.headers,
        "body": received.body,
        **changes,
    }
    return signature_holds(SECRET_KEY, **seen)  # type: ignore[arg-type]  # changes fit by name


def test_our_verifier_agrees_with_awss_published_vector() -> None:
    # get-vanilla of AWS's Signature Version 4 test suite.
    published = CIMultiDict(
        {
            "Host": "example.amazonaws.com",
            "X-Amz-Date": "20150830T123600Z",
            "Authorization": (
                "AWS4-HMAC-SHA256 "
                "Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
                "SignedHeaders=host;x-amz-date, "
                "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
            ),
        }
    )
    assert signature_holds(SECRET_KEY, "GET", "/", published, b"")
    assert not signature_holds(SECRET_KEY, "GET", "/", published, b"x")


async def test_what_arrives_is_what_was_signed_and_any_change_shows(
    upstream: Upstream, tmp_path: Path
) -> None:
    environment = {
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_SESSION_TOKEN": "session-token-of-the-task",
    }
    stage = f"{upstream.url}/prod stage"
    async with (
        fleet_process(
            tmp_path, stage, environment=environment, sigv4_region="eu-central-1"
        ) as fleet,
        aiohttp.ClientSession(fleet.url) as kiosk,
    ):
        kiosk.headers[KIOSK_TOKEN_HEADER] = await open_session(kiosk)
        for method, path in (
            ("GET", "/v1/catalogue"),
            ("GET", GATE_FEED),
            ("GET", "/v1/gate-feed?after=a%2Fb%20c+d%7E&x=%C3%A9&empty="),
            ("POST", "/v1/transactions"),
        ):
            data = '{"é": [1,  2]}'.encode() if method == "POST" else None
            headers = {"Authorization": "Bearer mine"}
            async with kiosk.request(method, path, data=data, headers=headers) as answer:
                assert answer.status == 200, await answer.text()
        log = fleet.log()
    assert len(upstream.received) == 4
    # What keeps the VPC link alive is signed like all others, or it would not get there.
    assert holds(upstream.looks[0])
    assert upstream.looks[0].target == "/prod%20stage/healthz"
    for received in upstream.received:
        assert received.target.startswith("/prod%20stage/v1/")
        assert holds(received)
        authorization = received.headers["Authorization"]
        assert scope_of(authorization).endswith("/eu-central-1/execute-api/aws4_request")
        assert {
            "host",
            KIOSK_TOKEN_HEADER.lower(),
            PROTOCOL_HEADER.lower(),
            "x-amz-security-token",
        } <= set(signed_header_names(authorization))
        assert received.headers["X-Amz-Security-Token"] == "session-token-of-the-task"
        assert not holds(received, body=received.body + b" ")
        assert not holds(received, target=received.target + "x")
        other = CIMultiDict(received.headers)
        other[KIOSK_TOKEN_HEADER] = "another kiosk's"
        assert not holds(received, headers=other)
    assert SECRET_KEY not in log
    assert "session-token-of-the-task" not in log


async def test_the_signature_is_the_one_that_botocore_gives() -> None:
    credentials = Credentials(ACCESS_KEY, SECRET_KEY)
    signer = SigV4Signer("eu-central-1", credentials)
    url = URL("https://api.example.com/prod/v1/transactions")
    headers = {"Content-Type": "application/json", PROTOCOL_HEADER: "1"}
    signed = CIMultiDict(await signer.sign("POST", url, headers, b"{}"))
    again = AWSRequest("POST", str(url), headers=headers, data=b"{}")
    again.context["timestamp"] = signed["X-Amz-Date"]
    again.headers["X-Amz-Date"] = signed["X-Amz-Date"]
    auth = SigV4Auth(credentials, "execute-api", "eu-central-1")
    to_sign = auth.string_to_sign(again, auth.canonical_request(again))
    assert signed["Authorization"].endswith(f"Signature={auth.signature(to_sign, again)}")
    assert set(headers.items()) <= set(signed.items())


async def test_credentials_that_can_not_be_refreshed_are_no_answer_and_nothing_happened() -> None:
    class Expired:
        def get_frozen_credentials(self) -> None:
            raise CredentialRetrievalError(provider="container-role", error_msg="no answer")

    signer = SigV4Signer("eu-central-1", Expired())
    with pytest.raises(UpstreamError) as refused:
        await signer.sign("GET", URL("https://api.example.com/"), {}, b"")
    assert (refused.value.timed_out, refused.value.may_have_happened) == (False, False)
