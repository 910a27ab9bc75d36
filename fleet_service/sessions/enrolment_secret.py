"""The first scheme of proof: a secret that the operator gave the kiosk."""

import asyncio
import math
from collections.abc import Callable, Mapping

import structlog
from pydantic import ValidationError

from fleet_service.api.senders import Sender
from fleet_service.places import PlaceRules, Places
from fleet_service.sessions.ports import KnownKiosks, ProvenKiosk
from fleet_service.sessions.refusing import kiosk_unknown, proof_refused, refuse_standing
from fleet_service.sessions.secret_hash import SecretHash
from fleet_service.sessions.throttle import FailureThrottle
from fleet_service.sessions.turns import turn_of
from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_contracts.sessions import EnrolmentSecretProof

log = structlog.get_logger()

_HASHES = PlaceRules(whole=2, each=1, waiting=500, wait_s=5.0, each_waiting=1)
"""Each takes 16 MB and a core, so a crowd of kiosks has to queue for them; and strangers, each of
whom says that he is one."""
_LONGEST_SECRET = 200
_GIVE_CURRENT = "Give the kiosk its current enrolment secret."
_BY_ITS_HOST = 'Set identity = "managed_instance" in the agent\'s settings.'


class EnrolmentSecretVerifier:
    """Adapter of IdentityVerifier over the kiosks that are known."""

    scheme = "enrolment_secret"

    def __init__(
        self, kiosks: KnownKiosks, throttle: FailureThrottle, monotonic: Callable[[], float]
    ) -> None:
        self._kiosks = kiosks
        self._throttle = throttle
        self._hashing = Places(_HASHES, monotonic)

    async def verify(
        self,
        kiosk_id: str,
        proof: Mapping[str, str],
        sender: Sender,
    ) -> ProvenKiosk:
        """Compare the secret with the hash that is registered."""
        secret = _secret(proof)
        kiosk = await self._kiosks.find(kiosk_id)
        if kiosk is None:
            raise kiosk_unknown(kiosk_id)
        if kiosk.secret_hash is None:
            raise proof_refused(
                "This kiosk proves itself by its host, not by a secret.", _BY_ITS_HOST
            )
        # Before there is a turn, too; and of each address by itself: who guesses elsewhere in this
        # kiosk's name does not hold it back.
        guesser = f"{kiosk_id} {sender.address}"
        self._refuse_while_paused(guesser)
        async with turn_of(self._hashing, kiosk_id, sender):
            self._refuse_while_paused(guesser)
            matches = await asyncio.to_thread(_matches, kiosk.secret_hash, secret)
            if not matches:
                self._throttle.failed(guesser)
                log.warning("proof_refused", kiosk_id=kiosk_id)
                raise proof_refused("The enrolment secret is not this kiosk's.", _GIVE_CURRENT)
            self._throttle.succeeded(guesser)
        refuse_standing(kiosk)
        return ProvenKiosk(kiosk.identity(), None)

    def _refuse_while_paused(self, guesser: str) -> None:
        left_s = self._throttle.pause_left_s(guesser)
        if left_s > 0:
            raise ProblemError(
                429,
                ProblemCode.PROOF_REFUSED,
                "Too many wrong proofs",
                detail="This kiosk's proof was refused several times in a row, from this address.",
                hint="Check the enrolment secret; the kiosk tries again by itself.",
                retryable=True,
                retry_after_s=math.ceil(left_s),
            )


def _secret(proof: Mapping[str, str]) -> str:
    try:
        secret = EnrolmentSecretProof.model_validate(proof).secret.get_secret_value()
    except ValidationError:
        # Not chained: the error would carry the proof into a log.
        raise proof_refused("The proof holds no secret.", _GIVE_CURRENT) from None
    if not 0 < len(secret) <= _LONGEST_SECRET:
        raise proof_refused("The secret is empty or too long.", _GIVE_CURRENT)
    return secret


def _matches(secret_hash: str, secret: str) -> bool:
    return SecretHash.parse(secret_hash).matches(secret)
