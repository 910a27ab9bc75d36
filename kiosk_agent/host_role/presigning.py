"""Signs with Signature Version 4: GetCallerIdentity in its query, a call in its headers. Pure.

Of our own, because botocore would cost the host some 10 MB for these lines; tests hold it to
botocore's output. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final
from urllib.parse import quote

from kiosk_agent.host_role.role_credentials import RoleCredentials

LIFE_S: Final = 60
"""Seconds that a proof counts: it is sent at once."""
_ALGORITHM: Final = "AWS4-HMAC-SHA256"
_SERVICE: Final = "sts"
_UNRESERVED: Final = "-_.~"
_EMPTY_BODY: Final = hashlib.sha256(b"").hexdigest()


def sts_host(region: str) -> str:
    """Return a region's STS endpoint (https://docs.aws.amazon.com/general/latest/gr/sts.html)."""
    domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return f"sts.{region}.{domain}"


def presign_caller_identity(
    credentials: RoleCredentials, region: str, headers: Mapping[str, str], now: datetime
) -> str:
    """Return the URL of a GetCallerIdentity that counts for a minute from `now` (aware).

    Whoever sends it has to send `headers` (lower-case names) with it, too: they are signed.
    """
    host = sts_host(region)
    moment = f"{now:%Y%m%dT%H%M%SZ}"
    scope = f"{moment[:8]}/{region}/{_SERVICE}/aws4_request"
    signed = {"host": host, **headers}
    names = ";".join(sorted(signed))
    query = _query(
        {
            "Action": "GetCallerIdentity",
            "Version": "2011-06-15",
            "X-Amz-Algorithm": _ALGORITHM,
            "X-Amz-Credential": f"{credentials.access_key_id}/{scope}",
            "X-Amz-Date": moment,
            "X-Amz-Expires": str(LIFE_S),
            "X-Amz-Security-Token": credentials.session_token,
            "X-Amz-SignedHeaders": names,
        }
    )
    lines = [f"{name}:{' '.join(signed[name].split())}" for name in sorted(signed)]
    canonical = "\n".join(["GET", "/", query, *lines, "", names, _EMPTY_BODY])
    signature = _signature(credentials, moment, scope, canonical)
    return f"https://{host}/?{query}&X-Amz-Signature={signature}"


def signed_headers(  # noqa: PLR0913, PLR0917  what a signature is over
    credentials: RoleCredentials,
    region: str,
    service: str,
    headers: Mapping[str, str],
    body: bytes,
    now: datetime,
) -> dict[str, str]:
    """Return the headers of a `POST /` that AWS takes as this role's; counts from `now` (aware).

    `headers` (lower-case names) has at least `host`; all of them are signed and returned.
    """
    moment = f"{now:%Y%m%dT%H%M%SZ}"
    scope = f"{moment[:8]}/{region}/{service}/aws4_request"
    signed = {
        **headers,
        "x-amz-date": moment,
        "x-amz-security-token": credentials.session_token,
    }
    names = ";".join(sorted(signed))
    lines = [f"{name}:{' '.join(signed[name].split())}" for name in sorted(signed)]
    content = hashlib.sha256(body).hexdigest()
    canonical = "\n".join(["POST", "/", "", *lines, "", names, content])
    signature = _signature(credentials, moment, scope, canonical)
    credential = f"{credentials.access_key_id}/{scope}"
    authorization = (
        f"{_ALGORITHM} Credential={credential}, SignedHeaders={names}, Signature={signature}"
    )
    return {**signed, "authorization": authorization}


def _signature(credentials: RoleCredentials, moment: str, scope: str, canonical: str) -> str:
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    to_sign = f"{_ALGORITHM}\n{moment}\n{scope}\n{digest}"
    key = _derived(f"AWS4{credentials.secret_access_key}".encode(), scope.split("/"))
    return hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()


def _query(parameters: Mapping[str, str]) -> str:
    return "&".join(
        f"{quote(name, safe=_UNRESERVED)}={quote(parameters[name], safe=_UNRESERVED)}"
        for name in sorted(parameters)
    )


def _derived(key: bytes, parts: Iterable[str]) -> bytes:
    for part in parts:
        key = hmac.digest(key, part.encode(), hashlib.sha256)
    return key
