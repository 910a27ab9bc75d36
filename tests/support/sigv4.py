"""Whether a signature holds that a test's server received.

The verifier is local_region's, written from AWS's description and held to botocore's signer by
`tests/local_region/test_sigv4.py`.
"""

from collections.abc import Mapping

from local_region.sigv4.canonical import signature, string_to_sign
from local_region.sigv4.claims import Claim, claim_of
from local_region.wire.received import Received


def signed_header_names(authorization: str) -> list[str]:
    """Return the names that a signature covers."""
    return list(_claim(authorization).signed_headers)


def scope_of(authorization: str) -> str:
    """Return the credential's scope: date, region, service, `aws4_request`."""
    return _claim(authorization).scope


def signature_holds(
    secret_key: str, method: str, target: str, headers: Mapping[str, str], body: bytes
) -> bool:
    """Say whether Authorization fits what was received, byte for byte."""
    path, _, query = target.partition("?")
    received = Received(method, path, query, tuple(headers.items()), body)
    claim = claim_of(received)
    return signature(secret_key, claim, string_to_sign(received, claim)) == claim.signature


def _claim(authorization: str) -> Claim:
    headers = (("Authorization", authorization), ("X-Amz-Date", "20260101T000000Z"))
    return claim_of(Received("GET", "/", "", headers, b""))
