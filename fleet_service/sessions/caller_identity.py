"""The scheme of managed instances: a presigned GetCallerIdentity of the instance's own role.

The name of a role session is the managed instance's id only where nobody but Systems Manager may
assume the role: `kiosk-provision role check` looks after that.
https://docs.aws.amazon.com/systems-manager/latest/userguide/hybrid-multicloud-service-role.html
"""

import asyncio
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog
from pydantic import ValidationError

from fleet_service.api.senders import Sender
from fleet_service.clock import Clock
from fleet_service.places import PlaceRules, Places, Turn
from fleet_service.sessions.nonces import NonceRefusedError, Nonces
from fleet_service.sessions.ports import KnownKiosks, MatchesHosts, ProvenKiosk, RegisteredKiosk
from fleet_service.sessions.presigned import (
    NotPresignedError,
    Presigned,
    StsEndpoint,
    read_presigned,
)
from fleet_service.sessions.refusing import (
    kiosk_retired,
    kiosk_unknown,
    not_judged,
    proof_refused,
    refuse_hostless,
    refuse_replaced,
    refuse_standing,
)
from fleet_service.sessions.sts import (
    AsksSts,
    CallerIdentity,
    StsAwayError,
    StsBusyError,
    StsRefusedError,
)
from fleet_service.sessions.turns import turn_of
from kiosk_contracts.problem import ProblemError
from kiosk_contracts.sessions import CallerIdentityProof
from kiosk_contracts.venues import Standing

log = structlog.get_logger()

_LEEWAY: Final = timedelta(minutes=5)
"""How far a kiosk's clock may be off; STS itself allows no more."""
_ASKED_AT_ONCE: Final = 20
"""Strangers may ask us to ask STS: the rest of them queue."""
_OF_ONE: Final = 4
"""In the name of one kiosk, which may be strangers' words: the other places are others'."""
_WAITING: Final = 500
_LONGEST_WAIT_S: Final = 5.0
"""In that queue; a kiosk that gets no turn keeps its place there, and asks again later."""
_ASK_STS_AGAIN_S: Final = 0.25
"""After it said that it is asked too often: its quotas are of a second."""
_ASK_STS_TIMES: Final = 20
_ROLE_SESSION: Final = re.compile(
    r"arn:(?P<partition>aws|aws-cn|aws-us-gov):sts::(?P<account>[0-9]{12})"
    r":assumed-role/(?P<role>[\w+=,.@-]{1,64})/(?P<session>[\w+=,.@-]{2,64})",
    re.ASCII,
)
_MANAGED_INSTANCE: Final = re.compile(r"mi-[0-9a-f]{17}")
_WORDS: Final[Mapping[str, str]] = {
    "ExpiredToken": "The host's role credentials have expired: see that its SSM agent runs.",
    "ExpiredTokenException": "The host's role credentials have expired: see that its SSM agent "
    "runs.",
    "SignatureDoesNotMatch": "See that the host's clock is right and that its credentials are "
    "those of its SSM agent.",
    "InvalidClientTokenId": "See that the host is still registered with Systems Manager.",
    "AccessDenied": "See that the managed-instance role may still be used.",
}


@dataclass(frozen=True, slots=True)
class InstanceRules:
    """Who counts as a kiosk's host."""

    account: str
    """Twelve digits."""
    role: str
    """The managed-instance role's name, without a path."""
    audience: str
    """What a proof must be made for: this fleet service, and no other."""
    endpoints: Collection[StsEndpoint]


@dataclass(frozen=True, slots=True)
class HostedKiosks:
    """Who is known, and who may become known."""

    known: KnownKiosks
    hosts: MatchesHosts | None
    """None: a pending kiosk stays so, for nobody can see who its host is."""


class CallerIdentityVerifier:
    """Adapter of IdentityVerifier over STS and the kiosks that are known."""

    scheme = "caller_identity"

    def __init__(
        self,
        rules: InstanceRules,
        nonces: Nonces,
        sts: AsksSts,
        kiosks: HostedKiosks,
        clock: Clock,
    ) -> None:
        self._rules = rules
        self._nonces = nonces
        self._sts = sts
        self._kiosks = kiosks.known
        self._hosts = kiosks.hosts
        self._clock = clock
        turns = PlaceRules(
            _ASKED_AT_ONCE, min(_OF_ONE, _ASKED_AT_ONCE), _WAITING, _LONGEST_WAIT_S, each_waiting=1
        )
        self._turns = Places(turns, clock.monotonic)

    async def verify(self, kiosk_id: str, proof: Mapping[str, str], sender: Sender) -> ProvenKiosk:
        """Let STS say who signed, and compare it with the registry.

        Raises ProblemError 403 `proof_refused`, `kiosk_unknown`, `kiosk_pending`, `kiosk_revoked`,
        `kiosk_retired` and `host_not_matched`, and 503 `upstream_busy` (retryable) while STS does
        not answer.
        """
        try:
            return await self._verify(kiosk_id, proof, sender)
        except ProblemError as refusal:
            log.warning("proof_refused", kiosk_id=kiosk_id, why=refusal.problem.detail)
            raise

    async def instance_of(self, kiosk_id: str, proof: Mapping[str, str], sender: Sender) -> str:
        """Let STS say which managed instance signed for a kiosk that is known and let in.

        Raises ProblemError as `verify` does; whether it is the kiosk's host is not asked.
        """
        given = _read(proof)
        await self._registered(kiosk_id)
        instance_id = await self._instance(kiosk_id, given, sender)
        refuse_replaced(await self._registered(kiosk_id), instance_id)
        return instance_id

    async def _verify(self, kiosk_id: str, proof: Mapping[str, str], sender: Sender) -> ProvenKiosk:
        given = _read(proof)
        # Before STS, so that strangers can't let us ask it in the name of nobody; and after it, in
        # case the kiosk was revoked or replaced meanwhile.
        await self._registered(kiosk_id)
        instance_id = await self._instance(kiosk_id, given, sender)
        kiosk = await self._registered(kiosk_id)
        refuse_replaced(kiosk, instance_id)
        if kiosk.instance_id is None and self._hosts is not None:
            await self._hosts.match(kiosk_id, instance_id)
            kiosk = await self._registered(kiosk_id)
        if kiosk.instance_id != instance_id:
            raise proof_refused(
                f"{instance_id} is not the host of {kiosk_id}.",
                "Check kiosk_id in the agent's settings; a host that took another's place is "
                "replaced with kiosk-provision.",
            )
        refuse_standing(kiosk)
        return ProvenKiosk(kiosk.identity(), instance_id)

    async def _registered(self, kiosk_id: str) -> RegisteredKiosk:
        """Return the kiosk as it is registered now, if a host may prove to be it."""
        kiosk = await self._kiosks.find(kiosk_id)
        if kiosk is None:
            raise kiosk_unknown(kiosk_id)
        if kiosk.standing is Standing.RETIRED:
            # Also to a host whose credentials count no more since it was deregistered.
            raise kiosk_retired(kiosk_id)
        if kiosk.instance_id is None:
            refuse_hostless(kiosk, matched=self._hosts is not None)
        return kiosk

    async def _instance(self, kiosk_id: str, proof: CallerIdentityProof, sender: Sender) -> str:
        """Return the id of the managed instance whose credentials signed."""
        try:
            presigned = read_presigned(proof.url.get_secret_value(), self._rules.endpoints)
        except NotPresignedError as error:
            raise proof_refused(
                f"The proof is no presigned GetCallerIdentity: {error}.",
                "Update the kiosk's agent, and check the region in the supervisor's settings.",
            ) from None
        if not presigned.is_fresh(self._clock.now(), _LEEWAY):
            raise proof_refused(
                f"The proof was signed at {presigned.signed_at:%Y-%m-%d %H:%M:%S} UTC and does not "
                f"count at {self._clock.now():%H:%M:%S}.",
                "See that the host's clock is right; the kiosk tries again by itself.",
            )
        # A word of somebody's own takes no turn; whether it was used before is asked in it.
        with _counting():
            self._nonces.check(proof.nonce)
        async with turn_of(self._turns, kiosk_id, sender) as turn:
            await self._spend(proof.nonce, turn)
            caller = await self._ask(presigned, proof.nonce)
        return self._managed_instance(caller)

    async def _spend(self, nonce: str, turn: Turn) -> None:
        """Let the nonce count; where it does not, the turn was quicker than any that is needed."""
        try:
            with _counting():
                await self._nonces.use(nonce)
        except ProblemError:
            turn.came_to_nothing()
            raise

    async def _ask(self, presigned: Presigned, nonce: str) -> CallerIdentity:
        """Let STS say who signed."""
        try:
            return await self._until_sts_says(presigned, nonce)
        except StsRefusedError as error:
            code = str(error)
            raise proof_refused(f"STS refused the proof: {code}.", _WORDS.get(code, "")) from None
        except StsAwayError as error:
            raise not_judged(
                "STS does not answer", f"The proof could not be judged: {error}."
            ) from None

    async def _until_sts_says(self, presigned: Presigned, nonce: str) -> CallerIdentity:
        """Ask STS, and ask again for a while if it is asked too often; raises its errors.

        Whoever has the turn keeps it meanwhile: so those who come go slower, in their order.
        """
        audience = self._rules.audience
        for _ in range(_ASK_STS_TIMES - 1):
            try:
                return await self._sts.caller_identity(presigned, audience=audience, nonce=nonce)
            except StsBusyError:
                await asyncio.sleep(_ASK_STS_AGAIN_S)
        return await self._sts.caller_identity(presigned, audience=audience, nonce=nonce)

    def _managed_instance(self, caller: CallerIdentity) -> str:
        found = _ROLE_SESSION.fullmatch(caller.arn)
        hint = "A kiosk signs with the credentials of its host's SSM agent, and with no others."
        if found is None:
            raise proof_refused("The proof was signed by no role.", hint)
        if not self._rules.account == caller.account == found["account"]:
            raise proof_refused("The proof was signed in another AWS account.", hint)
        if found["role"] != self._rules.role:
            raise proof_refused("The proof was signed by another role than the kiosks'.", hint)
        if not _MANAGED_INSTANCE.fullmatch(found["session"]):
            raise proof_refused("The proof was signed by no managed instance.", hint)
        return found["session"]


@contextmanager
def _counting() -> Iterator[None]:
    """Refuse a proof whose nonce does not count."""
    try:
        yield
    except NonceRefusedError as error:
        raise proof_refused(
            f"The proof does not count: {error}.", "The kiosk asks for another by itself."
        ) from None


def _read(proof: Mapping[str, str]) -> CallerIdentityProof:
    try:
        return CallerIdentityProof.model_validate(proof)
    except ValidationError:
        # Not chained: the error would carry the proof into a log.
        raise proof_refused("The proof lacks its nonce or its presigned request.", "") from None
