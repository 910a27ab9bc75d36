"""The agent's own signatures are botocore's."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local_region.ecs_agent.adapters.credentials import Keys, NoCredentialsError, read_keys
from local_region.ecs_agent.adapters.signing import Request, signed_headers


@pytest.mark.parametrize("token", [None, "a/token+of=a session"])
@pytest.mark.parametrize(
    ("method", "url", "headers", "body"),
    [
        ("POST", "http://127.0.0.1:4599/", {"X-Amz-Target": "A.b", "Content-Type": "x/y"}, "{}"),
        ("POST", "https://ecs.eu-central-1.amazonaws.com/", {"X-Spaced": "a  b"}, '{"ü": 1}'),
        ("GET", "https://ecs.example/ws?b=2&a=arn%3Aaws%2Fx&c=~%20-&empty=", {}, ""),
        ("GET", "http://ecs.example:80/acs/ws", {}, ""),
    ],
)
def test_a_signature_is_botocores(
    method: str, url: str, headers: dict[str, str], body: str, token: str | None
) -> None:
    request = AWSRequest(method=method, url=url, headers=headers, data=body.encode() or None)
    SigV4Auth(Credentials("AKIA", "secret", token), "ecs", "eu-central-1").add_auth(request)
    date = datetime.strptime(request.context["timestamp"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)

    keys = Keys("AKIA", "secret", token)
    ours = signed_headers(Request(method, url, headers, body), keys, "eu-central-1", date)

    assert ours["Authorization"] == request.headers["Authorization"]
    assert ours["X-Amz-Date"] == request.headers["X-Amz-Date"]


@pytest.mark.parametrize("text", ["", "[default]\naws_access_key_id = A\n", "[default", "\xff"])
def test_credentials_that_can_not_be_read_are_none_yet(tmp_path: Path, text: str) -> None:
    path = tmp_path / "credentials"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(NoCredentialsError):
        read_keys(path)
