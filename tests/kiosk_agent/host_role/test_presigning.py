"""Our presigner is held to botocore's."""

from datetime import UTC, datetime
from unittest.mock import patch
from urllib.parse import parse_qsl, urlsplit

import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from kiosk_agent.host_role.presigning import (
    LIFE_S,
    presign_caller_identity,
    signed_headers,
    sts_host,
)
from kiosk_agent.host_role.role_credentials import RoleCredentials
from kiosk_contracts.sessions import AUDIENCE_HEADER, NONCE_HEADER

_PRINTABLE = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=60)


def by_botocore(
    credentials: RoleCredentials, region: str, headers: dict[str, str], now: datetime
) -> str:
    """Return what botocore presigns for the same."""
    request = AWSRequest(
        method="GET",
        url=f"https://{sts_host(region)}/?Action=GetCallerIdentity&Version=2011-06-15",
        headers=headers,
    )
    known = Credentials(
        credentials.access_key_id, credentials.secret_access_key, credentials.session_token
    )
    with patch("botocore.auth.get_current_datetime", return_value=now.replace(tzinfo=None)):
        SigV4QueryAuth(known, "sts", region, expires=LIFE_S).add_auth(request)
    url: str = request.url
    return url


@given(
    credentials=st.builds(
        RoleCredentials,
        st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=16, max_size=20),
        _PRINTABLE,
        _PRINTABLE,
    ),
    nonce=st.text("abcXYZ019_-", min_size=16, max_size=64),
    now=st.integers(0, 4_000_000_000),
    region=st.sampled_from(["eu-central-1", "us-gov-west-1", "cn-north-1"]),
)
def test_it_signs_as_botocore_does(
    credentials: RoleCredentials, nonce: str, now: int, region: str
) -> None:
    headers = {AUDIENCE_HEADER: "fleet.example.com", NONCE_HEADER: nonce}
    moment = datetime.fromtimestamp(now, UTC)
    ours = urlsplit(presign_caller_identity(credentials, region, headers, moment))
    theirs = urlsplit(by_botocore(credentials, region, headers, moment))
    assert (ours.scheme, ours.netloc, ours.path) == (theirs.scheme, theirs.netloc, theirs.path)
    assert sorted(parse_qsl(ours.query)) == sorted(parse_qsl(theirs.query))


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("eu-central-1", "sts.eu-central-1.amazonaws.com"),
        ("cn-north-1", "sts.cn-north-1.amazonaws.com.cn"),
    ],
)
def test_each_region_has_its_endpoint(region: str, host: str) -> None:
    assert sts_host(region) == host


@given(
    credentials=st.builds(
        RoleCredentials,
        st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=16, max_size=20),
        _PRINTABLE,
        _PRINTABLE,
    ),
    body=st.binary(max_size=100),
    now=st.integers(0, 4_000_000_000),
    region=st.sampled_from(["eu-central-1", "cn-north-1"]),
)
def test_it_signs_a_call_s_headers_as_botocore_does(
    credentials: RoleCredentials, body: bytes, now: int, region: str
) -> None:
    host, moment = f"api.ecr.{region}.amazonaws.com", datetime.fromtimestamp(now, UTC)
    headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": "Service.Operation"}
    ours = signed_headers(credentials, region, "ecr", {"host": host, **headers}, body, moment)
    request = AWSRequest(method="POST", url=f"https://{host}/", headers=headers, data=body)
    known = Credentials(
        credentials.access_key_id, credentials.secret_access_key, credentials.session_token
    )
    with patch("botocore.auth.get_current_datetime", return_value=moment.replace(tzinfo=None)):
        SigV4Auth(known, "ecr", region).add_auth(request)
    theirs = {name.lower(): value for name, value in request.headers.items()}
    assert ours == {"host": host, **theirs}
