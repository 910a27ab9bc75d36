"""A verifier of SigV4 of our own, written from AWS's description, not from botocore.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from urllib.parse import quote

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<scope>[^,]+), "
    r"SignedHeaders=(?P<names>[^,]+), Signature=(?P<signature>[0-9a-f]{64})"
)


def signed_header_names(authorization: str) -> list[str]:
    """Return the names that a signature covers."""
    found = _AUTHORIZATION.fullmatch(authorization)
    assert found, authorization
    return found["names"].split(";")


def scope_of(authorization: str) -> str:
    """Return the credential's scope: date, region, service, `aws4_request`."""
    found = _AUTHORIZATION.fullmatch(authorization)
    assert found, authorization
    return found["scope"]


def signature_holds(
    secret_key: str, method: str, target: str, headers: Mapping[str, str], body: bytes
) -> bool:
    """Say whether Authorization fits what was received, byte for byte."""
    found = _AUTHORIZATION.fullmatch(headers["Authorization"])
    assert found, headers["Authorization"]
    path, _, query = target.partition("?")
    names = found["names"].split(";")
    canonical = "\n".join(
        [
            method,
            # Every service but S3 encodes the path once more.
            quote(path, safe="/-_.~"),
            "&".join(sorted(part if "=" in part else f"{part}=" for part in query.split("&")))
            if query
            else "",
            *(f"{name}:{' '.join(headers[name].split())}" for name in names),
            "",
            ";".join(names),
            hashlib.sha256(body).hexdigest(),
        ]
    )
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    to_sign = f"AWS4-HMAC-SHA256\n{headers['X-Amz-Date']}\n{found['scope']}\n{digest}"
    key = f"AWS4{secret_key}".encode()
    for part in found["scope"].split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    expected = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, found["signature"])
