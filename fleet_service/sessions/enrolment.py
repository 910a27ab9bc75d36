"""The first scheme of proof: a secret that the operator gave the kiosk."""

import asyncio
import math
from collections.abc import Mapping

import structlog
from pydantic import ValidationError

from fleet_service.sessions.registry import KioskRegistry, RegisteredKiosk
from fleet_service.sessions.secret_hash import SecretHash
from fleet_service.sessions.throttle import FailureThrottle
from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_contracts.sessions import EnrolmentSecretProof, KioskIdentity

log = structlog.get_logger()

_HASHES_AT_ONCE = 2
"""Each takes 16 MB and a core, so a crowd of kiosks has to queue for them."""
_LONGEST_SECRET = 200


class EnrolmentSecretVerifier:
    """Adapter of IdentityVerifier over the kiosks file."""

    scheme = "enrolment_secret"

    def __init__(self, registry: KioskRegistry, throttle: FailureThrottle) -> None:
        self._registry = registry
        self._throttle = throttle
        self._hashing = asyncio.Semaphore(_HASHES_AT_ONCE)

    async def verify(self, kiosk_id: str, proof: Mapping[str, str]) -> KioskIdentity:
        """Compare the secret with the registry's hash."""
        secret = _secret(proof)
        kiosk = await asyncio.to_thread(self._registry.find, kiosk_id)
        if kiosk is None:
            raise ProblemError(
                403,
                ProblemCode.KIOSK_UNKNOWN,
                "This kiosk is not known",
                detail=f"No kiosk {kiosk_id!r} is registered.",
                hint="Check the kiosk's id, or register the kiosk.",
            )
        async with self._hashing:
            self._refuse_while_paused(kiosk_id)
            matches = await asyncio.to_thread(_matches, kiosk, secret)
            if not matches:
                self._throttle.failed(kiosk_id)
                log.warning("proof_refused", kiosk_id=kiosk_id)
                raise _refused("The enrolment secret is not this kiosk's.")
            self._throttle.succeeded(kiosk_id)
        return kiosk.identity()

    def _refuse_while_paused(self, kiosk_id: str) -> None:
        left_s = self._throttle.pause_left_s(kiosk_id)
        if left_s > 0:
            raise ProblemError(
                429,
                ProblemCode.PROOF_REFUSED,
                "Too many wrong proofs",
                detail="This kiosk's proof was refused several times in a row.",
                hint="Check the enrolment secret; the kiosk tries again by itself.",
                retryable=True,
                retry_after_s=math.ceil(left_s),
            )


def _secret(proof: Mapping[str, str]) -> str:
    try:
        secret = EnrolmentSecretProof.model_validate(proof).secret.get_secret_value()
    except ValidationError:
        # Not chained: the error would carry the proof into a log.
        raise _refused("The proof holds no secret.") from None
    if not 0 < len(secret) <= _LONGEST_SECRET:
        raise _refused("The secret is empty or too long.")
    return secret


def _matches(kiosk: RegisteredKiosk, secret: str) -> bool:
    return SecretHash.parse(kiosk.secret_hash).matches(secret)


def _refused(detail: str) -> ProblemError:
    return ProblemError(
        403,
        ProblemCode.PROOF_REFUSED,
        "The proof was refused",
        detail=detail,
        hint="Give the kiosk its current enrolment secret.",
    )
