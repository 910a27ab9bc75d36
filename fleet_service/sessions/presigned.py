"""Reads a presigned GetCallerIdentity, and refuses every other request. Pure.

Whoever sends what a stranger presigned must know exactly what it sends: a look-alike host or one
parameter more would let the stranger choose who answers, or what is asked. The rules are those of
aws-iam-authenticator and of Vault's AWS auth method, with a nonce of ours on top:
https://github.com/kubernetes-sigs/aws-iam-authenticator/blob/master/pkg/token/token.go
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import unquote

from kiosk_contracts.sessions import AUDIENCE_HEADER, LONGEST_PRESIGNED, NONCE_HEADER

LONGEST_LIFE_S: Final = 900
"""STS itself takes a presigned request for no longer, whatever it says."""
_SCHEME: Final = "https://"
_FIXED: Final[Mapping[str, str]] = {
    "Action": "GetCallerIdentity",
    "Version": "2011-06-15",
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
}
_PARAMETERS: Final = frozenset(
    {
        *_FIXED,
        "X-Amz-Credential",
        "X-Amz-Date",
        "X-Amz-Expires",
        "X-Amz-Security-Token",
        "X-Amz-Signature",
        "X-Amz-SignedHeaders",
    }
)
_SIGNED: Final = frozenset({"host", AUDIENCE_HEADER, NONCE_HEADER})
_CREDENTIAL: Final = re.compile(
    r"[A-Z0-9]{16,128}/(?P<date>[0-9]{8})/(?P<region>[a-z0-9-]+)/sts/aws4_request"
)
_SIGNATURE: Final = re.compile(r"[0-9a-f]{64}")
_LIFE: Final = re.compile(r"[1-9][0-9]{0,2}")
_ENCODED: Final = re.compile(r"[A-Za-z0-9._~%-]*")
"""What SigV4 leaves of a value: the rest is percent-encoded."""
_MOMENT: Final = "%Y%m%dT%H%M%SZ"


class NotPresignedError(Exception):
    """This is no presigned GetCallerIdentity that may be sent; the text says why."""


@dataclass(frozen=True, slots=True)
class StsEndpoint:
    """One STS endpoint that may be asked."""

    region: str
    host: str


@dataclass(frozen=True, slots=True)
class Presigned:
    """A request that may be sent: to `https://<host>/?<query>`, byte for byte."""

    host: str
    query: str
    """As it was given: decoding and encoding it again could break the signature."""
    signed_at: datetime
    life: timedelta

    def is_fresh(self, now: datetime, leeway: timedelta) -> bool:
        """Say whether it counts at `now`, for clocks that differ by `leeway` at most."""
        return self.signed_at - leeway <= now < self.signed_at + self.life + leeway


def sts_of(region: str) -> StsEndpoint:
    """Return a region's STS endpoint (https://docs.aws.amazon.com/general/latest/gr/sts.html)."""
    domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return StsEndpoint(region, f"sts.{region}.{domain}")


def read_presigned(url: str, allowed: Collection[StsEndpoint]) -> Presigned:
    """Return what may be sent; raises NotPresignedError for everything else."""
    endpoint, query = _place(url, allowed)
    values = _values(query)
    for name, value in _FIXED.items():
        if values[name] != value:
            raise NotPresignedError(f"its {name} is not {value}")
    if frozenset(values["X-Amz-SignedHeaders"].split(";")) != _SIGNED:
        needed = ", ".join(sorted(_SIGNED))
        raise NotPresignedError(f"it signs other headers than {needed}")
    if not _SIGNATURE.fullmatch(values["X-Amz-Signature"]):
        raise NotPresignedError("its signature is none")
    signed_at = _moment(values["X-Amz-Date"])
    credential = _CREDENTIAL.fullmatch(values["X-Amz-Credential"])
    if credential is None or credential["region"] != endpoint.region:
        raise NotPresignedError("its credential is not for this STS endpoint")
    if credential["date"] != values["X-Amz-Date"][:8]:
        raise NotPresignedError("its credential is of another day")
    return Presigned(endpoint.host, query, signed_at, _life(values["X-Amz-Expires"]))


def _place(url: str, allowed: Collection[StsEndpoint]) -> tuple[StsEndpoint, str]:
    """Return where a request goes, and its query as it stands."""
    if len(url) > LONGEST_PRESIGNED:
        raise NotPresignedError(f"it is longer than {LONGEST_PRESIGNED} characters")
    if not url.isascii() or not url.isprintable() or any(mark in url for mark in " \\#@"):
        raise NotPresignedError("it has characters that no presigned request has")
    if not url.startswith(_SCHEME):
        raise NotPresignedError("it is not https")
    host, _, rest = url.removeprefix(_SCHEME).partition("/")
    endpoint = next((one for one in allowed if one.host == host), None)
    if endpoint is None:
        raise NotPresignedError("its host is no STS endpoint of ours")
    if not rest.startswith("?"):
        raise NotPresignedError("its path is not /")
    return endpoint, rest.removeprefix("?")


def _values(query: str) -> dict[str, str]:
    """Return the parameters, each there once and by its exact name."""
    values: dict[str, str] = {}
    for part in query.split("&"):
        # Names are compared as they stand: one that is written otherwise is another name to us,
        # and could be the same to STS.
        name, equals, value = part.partition("=")
        if name not in _PARAMETERS or not equals:
            raise NotPresignedError("it has a parameter that GetCallerIdentity does not need")
        if name in values:
            raise NotPresignedError(f"it says {name} twice")
        # A + may be read in two ways, and a ; ends a parameter to some.
        if not _ENCODED.fullmatch(value):
            raise NotPresignedError(f"its {name} is not percent-encoded")
        values[name] = unquote(value)
    missing = sorted(_PARAMETERS - values.keys())
    if missing:
        raise NotPresignedError(f"it lacks {missing[0]}")
    return values


def _moment(text: str) -> datetime:
    try:
        moment = datetime.strptime(text, _MOMENT).replace(tzinfo=UTC)
    except ValueError:
        raise NotPresignedError("its X-Amz-Date is no time") from None
    if moment.strftime(_MOMENT) != text:
        raise NotPresignedError("its X-Amz-Date is no time")
    return moment


def _life(text: str) -> timedelta:
    if not _LIFE.fullmatch(text) or int(text) > LONGEST_LIFE_S:
        raise NotPresignedError(f"its X-Amz-Expires is not 1 to {LONGEST_LIFE_S}")
    return timedelta(seconds=int(text))
