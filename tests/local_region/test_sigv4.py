"""Our verifier against botocore's signer, in many shapes, and against what is altered."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from local_region.sigv4.claims import MalformedError, UnsignedError, claim_of
from local_region.sigv4.verify import Expected, Fault, Secret, SignatureFaultError, verify
from local_region.wire.received import Received

KEY, SECRET = "AKIAEXAMPLEEXAMPLE00", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
TOKEN = "to/ken+with=odd characters"
REGION = "eu-central-1"

printable = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=12)
unicode_text = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)
names = st.from_regex(r"\AX-[A-Za-z][A-Za-z0-9-]{0,8}\Z")


def received(request: AWSRequest) -> Received:
    """Return a signed request as the region gets it, its headers as aiohttp gives them."""
    parts = urlsplit(request.url)
    body = request.data if isinstance(request.data, bytes) else str(request.data or "").encode()
    headers = [(name, str(value).strip(" \t")) for name, value in request.headers.items()]
    if not any(name.lower() == "host" for name, _ in headers):
        headers.append(("Host", parts.netloc))
    return Received(request.method, parts.path or "/", parts.query, tuple(headers), body)


def held(of: Received, *, token: str | None = None, service: str = "ssm", **more: Any) -> None:
    """Verify; raises SignatureFaultError."""
    expected = Expected(service, REGION, timedelta(minutes=5), keeps_expires=False)
    known = {KEY: Secret(SECRET, token)}
    verify(of, claim_of(of), expected, known.get, more.get("now", datetime.now(UTC)))


def signed(
    url: str = "https://ssm.eu-central-1.amazonaws.com/",
    *,
    kind: Any = SigV4Auth,
    method: str = "POST",
    body: bytes = b"{}",
    headers: Mapping[str, str] | None = None,
    token: str | None = None,
    service: str = "ssm",
) -> Received:
    request = AWSRequest(method=method, url=url, data=body, headers=dict(headers or {}))
    kind(Credentials(KEY, SECRET, token), service, REGION).add_auth(request)
    return received(request)


def altered(of: Received, **fields: Any) -> Received:
    values = {name: getattr(of, name) for name in ("method", "path", "query", "headers", "body")}
    return Received(**{**values, **fields})


@given(
    headers=st.dictionaries(names, printable, max_size=4),
    path=st.lists(unicode_text, max_size=3),
    query=st.lists(st.tuples(unicode_text, unicode_text), max_size=3),
    body=st.binary(max_size=20),
    token=st.sampled_from([None, TOKEN]),
)
def test_what_botocore_signs_in_a_header_holds(
    headers: dict[str, str],
    path: list[str],
    query: list[tuple[str, str]],
    body: bytes,
    token: str | None,
) -> None:
    url = "https://ssm.eu-central-1.amazonaws.com/" + "/".join(quote(part) for part in path)
    url += "?" + "&".join(f"{quote(n, safe='')}={quote(v, safe='')}" for n, v in query)

    held(signed(url, headers=headers, body=body, token=token), token=token)


@given(
    headers=st.dictionaries(names, printable, max_size=3),
    query=st.dictionaries(st.from_regex(r"\A[A-Za-z]{1,6}\Z"), printable.filter(bool), max_size=3),
    token=st.sampled_from([None, TOKEN]),
)
def test_what_botocore_signs_in_a_query_holds(
    headers: dict[str, str], query: dict[str, str], token: str | None
) -> None:
    pairs = "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items())
    presigned = signed(
        f"https://sts.eu-central-1.amazonaws.com/?{pairs}",
        kind=SigV4QueryAuth,
        method="GET",
        body=b"",
        headers=headers,
        token=token,
        service="sts",
    )

    held(presigned, token=token, service="sts")


@pytest.mark.parametrize("kind", [S3SigV4Auth, S3SigV4QueryAuth])
@pytest.mark.parametrize("key", ["plain", "with space", "ü/é", "a+b", "..%2F", "a//b"])
def test_what_botocore_signs_for_s3_holds(kind: Any, key: str) -> None:
    url = f"https://s3.eu-central-1.amazonaws.com/bucket/{quote(key)}"

    sent = b"payload" if kind is S3SigV4Auth else b""

    held(signed(url, kind=kind, method="PUT", body=sent, service="s3"), service="s3")


def test_repeated_headers_are_signed_in_their_order() -> None:
    request = AWSRequest(method="POST", url="https://ssm.eu-central-1.amazonaws.com/", data=b"{}")
    for value in ("one", "two   words"):
        request.headers.add_header("X-Twice", value)
    SigV4Auth(Credentials(KEY, SECRET), "ssm", REGION).add_auth(request)
    of = received(request)

    held(of)

    swapped = [pair for pair in of.headers if pair[0] != "X-Twice"]
    swapped += [("X-Twice", "two words"), ("X-Twice", "one")]
    with pytest.raises(SignatureFaultError) as refused:
        held(altered(of, headers=tuple(swapped)))
    assert refused.value.fault is Fault.WRONG_SIGNATURE


@pytest.mark.parametrize(
    "change",
    [
        {"method": "GET"},
        {"path": "/other"},
        {"query": "a=1"},
        {"body": b"{ }"},
    ],
)
def test_nothing_that_is_signed_can_be_altered(change: dict[str, Any]) -> None:
    with pytest.raises(SignatureFaultError) as refused:
        held(altered(signed(), **change))

    assert refused.value.fault is Fault.WRONG_SIGNATURE


def test_no_signed_header_can_be_altered_dropped_or_doubled() -> None:
    of = signed(headers={"X-Audience": "fleet"})
    others = tuple(pair for pair in of.headers if pair[0] != "X-Audience")

    for headers in (
        others,
        (*others, ("X-Audience", "other")),
        (*of.headers, ("X-Audience", "other")),
        (*[pair for pair in of.headers if pair[0] != "Host"], ("Host", "sts.example.com")),
    ):
        with pytest.raises(SignatureFaultError) as refused:
            held(altered(of, headers=headers))
        assert refused.value.fault is Fault.WRONG_SIGNATURE


def test_a_bodys_own_hash_must_be_right() -> None:
    of = signed()

    with pytest.raises(SignatureFaultError):
        held(altered(of, headers=(*of.headers, ("X-Amz-Content-Sha256", "0" * 64))))


@pytest.mark.parametrize(
    ("minutes", "words"), [(5.2, "Signature expired"), (-5.2, "Signature not yet current")]
)
def test_a_clock_more_than_five_minutes_off_is_told(minutes: float, words: str) -> None:
    of = signed()
    held(of, now=datetime.now(UTC) + timedelta(minutes=minutes * 0.95))

    with pytest.raises(SignatureFaultError) as refused:
        held(of, now=datetime.now(UTC) + timedelta(minutes=minutes))

    assert refused.value.fault is Fault.SKEWED
    assert words in refused.value.message
    assert "5 min.)" in refused.value.message


def test_s3_keeps_to_the_expiry_of_a_presigned_request() -> None:
    of = signed(
        "https://s3.eu-central-1.amazonaws.com/bucket/key",
        kind=lambda *given: S3SigV4QueryAuth(*given, expires=60),
        method="GET",
        body=b"",
        service="s3",
    )
    expected = Expected("s3", REGION, timedelta(minutes=15), keeps_expires=True)
    secret = {KEY: Secret(SECRET)}.get

    verify(of, claim_of(of), expected, secret, datetime.now(UTC) + timedelta(seconds=55))
    with pytest.raises(SignatureFaultError):
        verify(of, claim_of(of), expected, secret, datetime.now(UTC) + timedelta(seconds=65))


def test_a_right_key_of_an_ended_session_is_told_only_to_its_owner() -> None:
    of = signed(token=TOKEN)
    ended = Secret(SECRET, TOKEN, datetime.now(UTC) - timedelta(seconds=1))
    expected = Expected("ssm", REGION, timedelta(minutes=5), keeps_expires=False)

    def fault_of(request: Received) -> Fault:
        with pytest.raises(SignatureFaultError) as refused:
            verify(request, claim_of(request), expected, {KEY: ended}.get, datetime.now(UTC))
        return refused.value.fault

    assert fault_of(of) is Fault.EXPIRED_TOKEN
    assert fault_of(altered(of, body=b"[]")) is Fault.WRONG_SIGNATURE


def test_a_session_ends_at_its_end_and_not_after() -> None:
    of, now = signed(token=TOKEN), datetime.now(UTC)
    expected = Expected("ssm", REGION, timedelta(minutes=5), keeps_expires=False)

    with pytest.raises(SignatureFaultError) as refused:
        verify(of, claim_of(of), expected, {KEY: Secret(SECRET, TOKEN, now)}.get, now)

    assert refused.value.fault is Fault.EXPIRED_TOKEN


def test_a_scope_of_another_day_is_refused() -> None:
    of = signed()
    today = datetime.now(UTC).strftime("%Y%m%d")
    headers = tuple(
        (name, value.replace(f"{KEY}/{today}", f"{KEY}/20200101")) for name, value in of.headers
    )

    with pytest.raises(SignatureFaultError) as refused:
        held(altered(of, headers=headers))

    assert refused.value.fault is Fault.WRONG_SCOPE


CREDENTIAL = f"Credential={KEY}/20260101/{REGION}/ssm/aws4_request"
FULL = f"AWS4-HMAC-SHA256 {CREDENTIAL}, SignedHeaders=host;x-amz-date, Signature=00"


@pytest.mark.parametrize(
    ("authorization", "why"),
    [
        ("Basic eDp5", "algorithm"),
        (FULL.replace(", Signature=00", ""), "'Signature' parameter"),
        (FULL.replace("SignedHeaders=host;x-amz-date, ", ""), "'SignedHeaders' parameter"),
        (FULL.replace("host;", ""), "'Host'"),
        (FULL.replace("host;x-amz-date", "x-amz-date;host"), "sorted"),
        (FULL.replace("host;x-amz-date", "Host;x-amz-date"), "small letters"),
        (FULL.replace("/ssm/aws4_request", "/ssm"), "5 slash-delimited"),
        (FULL.replace("aws4_request", "aws5_request"), "5 slash-delimited"),
    ],
)
def test_a_header_that_cannot_be_read_says_why(authorization: str, why: str) -> None:
    headers = (("Authorization", authorization), ("X-Amz-Date", "20260101T000000Z"))

    with pytest.raises(MalformedError, match=why):
        claim_of(Received("POST", "/", "", headers, b""))


@pytest.mark.parametrize("date", ["2026-01-01T00:00:00Z", "20261301T000000Z"])
def test_a_date_that_is_none_is_refused(date: str) -> None:
    headers = (("Authorization", FULL), ("X-Amz-Date", date))

    with pytest.raises(MalformedError, match=date):
        claim_of(Received("POST", "/", "", headers, b""))


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        ("X-Amz-Signature=00", ()),
        ("X-Amz-Signature=00&X-Amz-Algorithm=AWS4-HMAC-SHA256", ()),
        ("X-Amz-Signature=00", (("Authorization", FULL),)),
        ("", (("Authorization", FULL), ("Authorization", FULL))),
        ("", (("Authorization", FULL),)),
    ],
)
def test_half_and_double_signatures_are_refused(
    query: str, headers: tuple[tuple[str, str], ...]
) -> None:
    with pytest.raises(MalformedError):
        claim_of(Received("GET", "/", query, headers, b""))


@pytest.mark.parametrize("expires", ["", "-1", "604801", "soon"])
def test_an_expiry_is_a_week_at_most(expires: str) -> None:
    query = "&".join(
        [
            "X-Amz-Algorithm=AWS4-HMAC-SHA256",
            f"X-Amz-Credential={KEY}/20260101/{REGION}/sts/aws4_request",
            "X-Amz-Date=20260101T000000Z",
            "X-Amz-SignedHeaders=host",
            "X-Amz-Signature=00",
            f"X-Amz-Expires={expires}",
        ]
    )

    with pytest.raises(MalformedError, match="X-Amz-Expires"):
        claim_of(Received("GET", "/", query, (), b""))


def test_no_signature_is_not_a_wrong_one() -> None:
    with pytest.raises(UnsignedError):
        claim_of(Received("GET", "/", "Action=GetCallerIdentity", (), b""))
