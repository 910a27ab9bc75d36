"""Does a signature hold? Pure: the credentials, the region and the time are given."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from local_region.sigv4.canonical import payload_hash, signature, string_to_sign
from local_region.sigv4.claims import DATE_FORMAT, Claim
from local_region.wire.received import Received


class Fault(Enum):
    """Why a signature does not hold."""

    UNKNOWN_KEY = "unknown key"
    EXPIRED_TOKEN = "expired token"  # noqa: S105  no password
    WRONG_SCOPE = "wrong scope"
    SKEWED = "skewed"
    WRONG_SIGNATURE = "wrong signature"


class SignatureFaultError(Exception):
    """A signature does not hold; the text is AWS's own."""

    def __init__(self, fault: Fault, message: str) -> None:
        super().__init__(message)
        self.fault = fault
        self.message = message


@dataclass(frozen=True, slots=True)
class Expected:
    """What a service asks of a signature. `skew`: how far the sender's clock may be off."""

    service: str
    region: str
    skew: timedelta
    keeps_expires: bool
    """STS looks at the skew alone; X-Amz-Expires is ignored (aws-iam-authenticator,
    `pkg/token/token.go`: valid for 15 minutes regardless of this parameter's value)."""


@dataclass(frozen=True, slots=True)
class Secret:
    """The secret of an access key; a token and an end if it belongs to a session."""

    secret_key: str
    token: str | None = None
    expires: datetime | None = None


def verify(
    received: Received,
    claim: Claim,
    expected: Expected,
    secret_of: Callable[[str], Secret | None],
    now: datetime,
) -> None:
    """Return if the signature holds; raises SignatureFaultError."""
    check_scope(claim, expected)
    check_time(claim, expected, now)
    secret = secret_of(claim.access_key_id)
    if secret is None or not hmac.compare_digest(
        (secret.token or "").encode(), (claim.token or "").encode("latin-1")
    ):
        raise SignatureFaultError(
            Fault.UNKNOWN_KEY, "The security token included in the request is invalid."
        )
    _check_signature(received, claim, secret)
    # A stranger who guesses key ids learns nothing: that a token has expired is told to its owner.
    if secret.expires is not None and now >= secret.expires:
        raise SignatureFaultError(
            Fault.EXPIRED_TOKEN, "The security token included in the request is expired"
        )


def check_scope(claim: Claim, expected: Expected) -> None:
    """Return if a claim is for the service, region and day; raises SignatureFaultError."""
    if claim.service != expected.service:
        raise SignatureFaultError(
            Fault.WRONG_SCOPE,
            f"Credential should be scoped to correct service: '{expected.service}'. ",
        )
    if claim.region != expected.region:
        raise SignatureFaultError(
            Fault.WRONG_SCOPE,
            f"Credential should be scoped to a valid region, not '{claim.region}'. ",
        )
    if claim.day != claim.date.strftime("%Y%m%d"):
        raise SignatureFaultError(
            Fault.WRONG_SCOPE,
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date "
            f"from HTTP: '{claim.day}' != '{claim.date:%Y%m%d}', from '{_told(claim.date)}'.",
        )


def check_time(claim: Claim, expected: Expected, now: datetime) -> None:
    """Return if a claim is of about now; raises SignatureFaultError."""
    minutes = int(expected.skew.total_seconds() // 60)
    earliest = now - expected.skew
    if claim.presigned and expected.keeps_expires and claim.expires_s is not None:
        earliest = now - timedelta(seconds=claim.expires_s)
    if claim.date < earliest.replace(microsecond=0):
        raise SignatureFaultError(
            Fault.SKEWED,
            f"Signature expired: {_told(claim.date)} is now earlier than {_told(earliest)} "
            f"({_told(now)} - {minutes} min.)",
        )
    latest = now + expected.skew
    if claim.date > latest:
        raise SignatureFaultError(
            Fault.SKEWED,
            f"Signature not yet current: {_told(claim.date)} is still later than {_told(latest)} "
            f"({_told(now)} + {minutes} min.)",
        )


def _check_signature(received: Received, claim: Claim, secret: Secret) -> None:
    right = signature(secret.secret_key, claim, string_to_sign(received, claim))
    said = received.header("X-Amz-Content-Sha256")
    hash_holds = said is None or said == payload_hash(received, claim)
    if not hash_holds or not hmac.compare_digest(right, claim.signature):
        raise SignatureFaultError(
            Fault.WRONG_SIGNATURE,
            "The request signature we calculated does not match the signature you provided. Check "
            "your AWS Secret Access Key and signing method. Consult the service documentation for "
            "details.",
        )


def _told(moment: datetime) -> str:
    return moment.strftime(DATE_FORMAT)
