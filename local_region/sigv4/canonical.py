"""The bytes that a signature covers, rebuilt from what was received.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hashlib
import hmac
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote, unquote_to_bytes

from local_region.sigv4.claims import ALGORITHM, DATE_FORMAT, TERMINATOR, Claim
from local_region.wire.received import Received

UNSIGNED: Final = "UNSIGNED-PAYLOAD"
_UNRESERVED: Final = "-_.~"


def string_to_sign(received: Received, claim: Claim) -> str:
    """Return what was signed, if the request is as its sender signed it."""
    digest = hashlib.sha256(_canonical_request(received, claim)).hexdigest()
    return "\n".join((ALGORITHM, claim.date.strftime(DATE_FORMAT), claim.scope, digest))


def signature(secret_key: str, claim: Claim, to_sign: str) -> str:
    """Return the HMAC in small hexadecimal, by the key derived for the claim's scope."""
    key = f"AWS4{secret_key}".encode()
    for part in (claim.day, claim.region, claim.service, TERMINATOR):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, to_sign.encode("latin-1"), hashlib.sha256).hexdigest()


def _canonical_request(received: Received, claim: Claim) -> bytes:
    lines = (
        received.method,
        _path(received.path, claim.service),
        _query(received.query),
        *(f"{name}:{_header(received.headers_named(name))}" for name in claim.signed_headers),
        "",
        ";".join(claim.signed_headers),
        payload_hash(received, claim),
    )
    return "\n".join(lines).encode("latin-1")


def payload_hash(received: Received, claim: Claim) -> str:
    """Return the body's hash; S3 alone lets it be left out, or told for a stream in another way."""
    if claim.service == "s3":
        said = received.header("X-Amz-Content-Sha256")
        if said is None and claim.presigned:
            return UNSIGNED
        if said is not None and said.startswith(("UNSIGNED-", "STREAMING-")):
            return said
    return hashlib.sha256(received.body).hexdigest()


def _path(path: str, service: str) -> str:
    if service == "s3":
        return quote(unquote_to_bytes(path), safe=f"/{_UNRESERVED}")
    # Every service but S3 takes out dot segments and encodes the path as sent once more.
    kept: list[str] = []
    for part in path.split("/"):
        if part == ".." and kept:
            kept.pop()
        elif part not in ("", ".", ".."):
            kept.append(part)
    tail = "/" if kept and path.endswith("/") else ""
    return quote("/" + "/".join(kept) + tail, safe=f"/{_UNRESERVED}")


def _query(query: str) -> str:
    pairs = (part.partition("=")[::2] for part in query.split("&") if part)
    encoded = [(_encoded(name), _encoded(value)) for name, value in pairs]
    return "&".join(f"{n}={v}" for n, v in sorted(encoded) if n != "X-Amz-Signature")


def _encoded(text: str) -> str:
    return quote(unquote_to_bytes(text), safe=_UNRESERVED)


def _header(values: Iterable[str]) -> str:
    return ",".join(" ".join(value.split()) for value in values)
