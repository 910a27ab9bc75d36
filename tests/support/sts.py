"""A stand-in for STS: it really verifies what was presigned, for the credentials it knows."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote

from aiohttp import web

from tests.support.upstream import Upstream

REGION = "eu-central-1"
HOST = "sts.eu-central-1.amazonaws.com"
ACCOUNT = "111122223333"
ROLE = "EventProKioskHost"
INSTANCE_ID = "mi-0a1b2c3d4e5f60718"
OTHER_INSTANCE_ID = "mi-0123456789abcdef0"


@dataclass(frozen=True)
class Key:
    """Credentials that STS knows, and whose they are."""

    key_id: str = "ASIAEXAMPLEKEY000001"
    secret: str = "s3cr3t/of+the/role"
    token: str = "FwoGZXIvYXdzEXAMPLE//////////token+with/odd=characters=="
    arn: str = f"arn:aws:sts::{ACCOUNT}:assumed-role/{ROLE}/{INSTANCE_ID}"
    account: str = ACCOUNT

    def file(self) -> str:
        """Return the credentials file that an SSM agent would write."""
        return (
            "[default]\n"
            f"aws_access_key_id = {self.key_id}\n"
            f"aws_secret_access_key = {self.secret}\n"
            f"aws_session_token = {self.token}\n"
        )


@dataclass
class StandInSts(Upstream):
    """`async with StandInSts() as sts:` answers GetCallerIdentity at `sts.url`."""

    keys: list[Key] = field(default_factory=lambda: [Key()])
    answer: tuple[int, str, Mapping[str, str]] | None = None
    """Answered instead of the truth: status, body, headers."""

    def __post_init__(self) -> None:
        super().__init__(self._judge)

    async def _judge(self, request: web.Request, body: bytes) -> web.StreamResponse:
        if self.answer is not None:
            status, text, headers = self.answer
            return web.Response(status=status, text=text, headers=headers)
        given = dict(parse_qsl(request.query_string, keep_blank_values=True))
        key_id = given["X-Amz-Credential"].partition("/")[0]
        key = next((one for one in self.keys if one.key_id == key_id), None)
        if key is None or given.get("X-Amz-Security-Token") != key.token:
            return _error("InvalidClientTokenId")
        if not holds(key.secret, request.query_string, request.headers, body):
            return _error("SignatureDoesNotMatch")
        told = {"Account": key.account, "Arn": key.arn, "UserId": f"AROA:{key.arn[-20:]}"}
        return web.json_response({"GetCallerIdentityResponse": {"GetCallerIdentityResult": told}})


def holds(secret: str, query: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Say whether a presigned GET was signed with this secret, header for header.

    Written from AWS's description, not from what signs here.
    """
    given = dict(parse_qsl(query, keep_blank_values=True))
    signature = given.pop("X-Amz-Signature")
    _, *scope = given["X-Amz-Credential"].split("/")
    names = given["X-Amz-SignedHeaders"].split(";")
    encoded = {quote(name, safe="-_.~"): quote(given[name], safe="-_.~") for name in given}
    request = [
        "GET",
        "/",
        "&".join(f"{name}={encoded[name]}" for name in sorted(encoded)),
        *(f"{name}:{headers[name].strip()}" for name in names),
        "",
        ";".join(names),
        hashlib.sha256(body).hexdigest(),
    ]
    hashed = hashlib.sha256("\n".join(request).encode()).hexdigest()
    to_sign = f"AWS4-HMAC-SHA256\n{given['X-Amz-Date']}\n{'/'.join(scope)}\n{hashed}"
    key = f"AWS4{secret}".encode()
    for part in scope:
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.compare_digest(hmac.new(key, to_sign.encode(), "sha256").hexdigest(), signature)


def _error(code: str) -> web.Response:
    body: dict[str, Any] = {"Error": {"Code": code, "Message": "no", "Type": "Sender"}}
    return web.json_response(body, status=403)
