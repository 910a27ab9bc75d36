"""The kiosk's signed token: a JWT (RFC 7519) with EdDSA (RFC 8037)."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b
from typing import Any, Final
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from fleet_service.clock import Clock
from fleet_service.sessions.keys import SigningKey
from fleet_service.sessions.ports import ProvenKiosk
from kiosk_contracts.problem import ProblemCode, ProblemError

ISSUER: Final = "eventpro-fleet"
AUDIENCE: Final = "eventpro-ticket-api"
_ALGORITHM: Final = "EdDSA"
_LONGEST_TOKEN: Final = 4096
_DIGEST_BYTES: Final = 32
_MOST_VERIFIED: Final = 20_000
"""Tokens whose signatures need not be looked at again; the oldest is forgotten first."""


@dataclass(frozen=True, slots=True)
class AskingKiosk:
    """Who asks, as its token says."""

    kiosk_id: str
    venue_id: str
    journal_id: UUID
    instance_id: str | None
    """The managed instance that proved to be the kiosk; None: it was a secret."""


class SessionTokens:
    """Signs with one key; verifies with that and with every other public key known."""

    def __init__(
        self,
        signing: SigningKey,
        clock: Clock,
        *,
        ttl_s: int,
        others: Mapping[str, Ed25519PublicKey] | None = None,
    ) -> None:
        self._signing = signing
        self._clock = clock
        self.ttl_s = ttl_s
        self._public = {**(others or {}), signing.kid: signing.private.public_key()}
        self._verified: OrderedDict[bytes, tuple[AskingKiosk, int]] = OrderedDict()
        """By the hash of a token whose signature was found good: who asks, and its end. The keys
        are those of the start, so the same bytes are good for as long as this process lives."""

    def sign(self, proven: ProvenKiosk, journal_id: UUID) -> str:
        """Return a token for this kiosk and journal that counts `ttl_s` seconds."""
        now, kiosk = self._clock.now(), proven.identity
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": kiosk.kiosk_id,
            "code": kiosk.kiosk_code,
            "venue": kiosk.venue_id,
            "venue_name": kiosk.venue_name,
            "jid": str(journal_id),
            "iat": int(now.timestamp()),
            "exp": int((now + timedelta(seconds=self.ttl_s)).timestamp()),
        }
        if proven.instance_id is not None:
            claims["mi"] = proven.instance_id
        return jwt.encode(
            claims, self._signing.private, _ALGORITHM, headers={"kid": self._signing.kid}
        )

    def verify(self, token: str) -> AskingKiosk:
        """Return who asks; raises ProblemError 401 `token_invalid` or `token_expired`."""
        digest = blake2b(
            token.encode("utf-8", "surrogateescape"), digest_size=_DIGEST_BYTES
        ).digest()
        known = self._verified.get(digest)
        asking, expires_at = self._judged(token) if known is None else known
        if expires_at <= self._clock.now().timestamp():
            raise _refused(ProblemCode.TOKEN_EXPIRED, "The kiosk's token has expired")
        if known is None:
            self._verified[digest] = asking, expires_at
            if len(self._verified) > _MOST_VERIFIED:
                self._verified.popitem(last=False)
        return asking

    def _judged(self, token: str) -> tuple[AskingKiosk, int]:
        try:
            claims = self._claims(token)
            asking = AskingKiosk(
                kiosk_id=str(claims["sub"]),
                venue_id=str(claims["venue"]),
                journal_id=UUID(claims["jid"]),
                instance_id=None if claims.get("mi") is None else str(claims["mi"]),
            )
            return asking, int(claims["exp"])
        except (jwt.PyJWTError, LookupError, TypeError, ValueError, AttributeError):
            # Not chained: a forged token's content belongs in no log.
            raise _refused(ProblemCode.TOKEN_INVALID, "The kiosk's token is not valid") from None

    def _claims(self, token: str) -> dict[str, Any]:
        if len(token) > _LONGEST_TOKEN:
            raise jwt.InvalidTokenError
        key = self._public[jwt.get_unverified_header(token)["kid"]]
        return jwt.decode(
            token,
            key,
            algorithms=[_ALGORITHM],
            audience=AUDIENCE,
            issuer=ISSUER,
            # The injected clock judges the times, above.
            options={
                "require": ["iss", "aud", "sub", "exp", "iat"],
                "verify_exp": False,
                "verify_iat": False,
            },
        )


def token_missing() -> ProblemError:
    """Return the refusal of a request without a token."""
    return _refused(ProblemCode.TOKEN_MISSING, "The request carries no kiosk token")


def token_of_another_host(kiosk_id: str) -> ProblemError:
    """Return the refusal of a token that another proof gave than the kiosk's present one."""
    return ProblemError(
        401,
        ProblemCode.TOKEN_INVALID,
        "The kiosk's token does not count any more",
        detail=f"{kiosk_id} has another host now than the one that got this token.",
        hint="Open a new session; if that is refused, this host is not the kiosk any more.",
    )


def _refused(code: ProblemCode, title: str) -> ProblemError:
    return ProblemError(401, code, title, hint="Open a new session and repeat the request.")
