"""Opening sessions."""

from collections.abc import Iterable
from http import HTTPStatus

import structlog

from fleet_service.api.senders import Sender
from fleet_service.clock import Clock
from fleet_service.metrics import Metrics
from fleet_service.sessions.ports import IdentityVerifier, KnownKiosks
from fleet_service.sessions.refusing import host_replaced
from fleet_service.sessions.tokens import SessionTokens
from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_contracts.sessions import KioskSession, SessionRequest

log = structlog.get_logger()


class Sessions:
    """Judges proofs by their scheme and hands out tokens."""

    def __init__(
        self,
        verifiers: Iterable[IdentityVerifier],
        kiosks: KnownKiosks,
        tokens: SessionTokens,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self._verifiers = {verifier.scheme: verifier for verifier in verifiers}
        self._kiosks = kiosks
        self._tokens = tokens
        self._clock = clock
        self._metrics = metrics

    async def open(self, request: SessionRequest, sender: Sender) -> KioskSession:
        """Return a session; raises ProblemError 403 or 429 as IdentityVerifier says."""
        try:
            session = await self._open(request, sender)
        except ProblemError as error:
            self._metrics.session(error.code)
            raise
        self._metrics.session("opened")
        log.info(
            "session_opened",
            kiosk_id=request.kiosk_id,
            journal_id=str(request.journal_id),
            agent_version=request.agent_version,
        )
        return session

    async def _refuse_former(self, request: SessionRequest) -> None:
        """Raise ProblemError 403 `kiosk_retired` to a host that can't prove that it was the kiosk.

        Once it was deregistered its credentials count no more, but its journal says who it was.
        """
        kiosk = await self._kiosks.find(request.kiosk_id)
        if kiosk is not None and request.journal_id in kiosk.former_journals:
            raise host_replaced(request.kiosk_id)

    async def _open(self, request: SessionRequest, sender: Sender) -> KioskSession:
        verifier = self._verifiers.get(request.proof.get("scheme", ""))
        if verifier is None:
            raise ProblemError(
                403,
                ProblemCode.PROOF_REFUSED,
                "The proof was refused",
                detail=f"Schemes known here: {', '.join(sorted(self._verifiers))}.",
                hint="Update the kiosk's agent or its settings.",
            )
        try:
            proven = await verifier.verify(request.kiosk_id, request.proof, sender)
        except ProblemError as refusal:
            if refusal.problem.status == HTTPStatus.FORBIDDEN:
                await self._refuse_former(request)
            raise
        return KioskSession.model_validate(
            {
                "token": self._tokens.sign(proven, request.journal_id),
                "expires_in_s": self._tokens.ttl_s,
                "server_time": self._clock.now(),
                "kiosk": proven.identity,
            }
        )
