"""Signatures of requests, by the session that the SSM agent keeps.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
It is written out here because a venue host has no botocore; the tests hold it to botocore's.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from local_region.ecs_agent.adapters.credentials import Keys

SERVICE: Final = "ecs"
_ALGORITHM: Final = "AWS4-HMAC-SHA256"
_SAFE: Final = "-_.~"


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be signed; `url` with scheme, query and all."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""


def signed_headers(request: Request, keys: Keys, region: str, now: datetime) -> dict[str, str]:
    """Return the headers with a signature that covers them all; `now` is aware, UTC."""
    date = now.strftime("%Y%m%dT%H%M%SZ")
    given = {**request.headers, "X-Amz-Date": date}
    if keys.token is not None:
        given["X-Amz-Security-Token"] = keys.token
    covered = {name.lower(): " ".join(value.split()) for name, value in given.items()}
    covered["host"] = _host(request.url)
    names = ";".join(sorted(covered))
    scope = f"{date[:8]}/{region}/{SERVICE}/aws4_request"
    canonical = _canonical(request, covered, names)
    to_sign = "\n".join((_ALGORITHM, date, scope, hashlib.sha256(canonical.encode()).hexdigest()))
    key = f"AWS4{keys.secret_key}".encode()
    for part in (*scope.split("/"), to_sign):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    given["Authorization"] = (
        f"{_ALGORITHM} Credential={keys.access_key}/{scope}, SignedHeaders={names}, "
        f"Signature={key.hex()}"
    )
    return given


def _canonical(request: Request, covered: Mapping[str, str], names: str) -> str:
    parts = urlsplit(request.url)
    pairs = [one.partition("=")[::2] for one in parts.query.split("&") if one]
    query = sorted((_encoded(name), _encoded(value)) for name, value in pairs)
    lines = (
        request.method,
        quote(parts.path or "/", safe=f"/{_SAFE}"),
        "&".join(f"{name}={value}" for name, value in query),
        *(f"{name}:{covered[name]}" for name in sorted(covered)),
        "",
        names,
        hashlib.sha256(request.body.encode()).hexdigest(),
    )
    return "\n".join(lines)


def _host(url: str) -> str:
    """Return the Host header that clients send: without a scheme's own port."""
    parts = urlsplit(url)
    own = {"http": 80, "https": 443}.get(parts.scheme)
    return parts.netloc.removesuffix(f":{own}") if parts.port == own else parts.netloc


def _encoded(text: str) -> str:
    return quote(unquote(text), safe=_SAFE)
