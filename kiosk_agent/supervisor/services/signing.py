"""Signs what the agent wants signed, for ever."""

from datetime import datetime
from typing import Final

import structlog

from kiosk_agent.host_role.presigning import presign_caller_identity
from kiosk_agent.host_role.role_credentials import NoRoleCredentialsError
from kiosk_agent.ports.clock import Clock
from kiosk_agent.supervisor.ports import AgentAwayError, AgentDoor, Credentials
from kiosk_contracts.proving import ProofMade, ProofNotMade, ProofWanted
from kiosk_contracts.sessions import AUDIENCE_HEADER, NONCE_HEADER

log = structlog.get_logger(__name__)

_AGAIN_S: Final = 1.0


class Signing:
    """Presigns GetCallerIdentity for one audience, with the credentials of that moment."""

    def __init__(
        self,
        door: AgentDoor,
        credentials: Credentials,
        clock: Clock,
        *,
        region: str,
        audience: str,
    ) -> None:
        self._door = door
        self._credentials = credentials
        self._clock = clock
        self._region = region
        self._audience = audience
        self.agent_away: str | None = None
        """Why the agent does not answer; None while it does."""
        self.refusal: str | None = None
        """Why nothing could be signed the last time; None if it was."""
        self.signed_at: datetime | None = None

    async def run(self) -> None:
        """Answer the agent, for ever; an agent that is away is asked again."""
        while True:
            began_ms = self._clock.boottime_ms()
            try:
                await self._answer_next()
            except AgentAwayError as error:
                if self.agent_away is None:
                    log.info("agent_away", why=str(error))
                self.agent_away = str(error)
            # Also an agent that answers at once, for whatever reason, is asked once a second.
            rest_s = _AGAIN_S - (self._clock.boottime_ms() - began_ms) / 1000
            if rest_s > 0:
                await self._clock.sleep(rest_s)

    async def _answer_next(self) -> None:
        wanted = await self._door.wanted()
        if self.agent_away is not None:
            log.info("agent_back")
        self.agent_away = None
        if wanted is not None:
            await self._door.give(wanted.request_id, self._sign(wanted))

    def _sign(self, wanted: ProofWanted) -> ProofMade | ProofNotMade:
        now = self._clock.now()
        try:
            credentials = self._credentials.read()
        except NoRoleCredentialsError as error:
            self.refusal = str(error)
            log.warning("nothing_to_sign_with", why=str(error))
            return ProofNotMade(why=str(error), hint=error.hint)
        headers = {AUDIENCE_HEADER: self._audience, NONCE_HEADER: wanted.nonce}
        url = presign_caller_identity(credentials, self._region, headers, now)
        self.refusal, self.signed_at = None, now
        log.info("proof_signed", access_key_id=credentials.access_key_id)
        return ProofMade.model_validate({"url": url})
