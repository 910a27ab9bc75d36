"""Looks after the journal's file while the kiosk is idle: checks it whole, lets it shrink."""

from typing import Final

import structlog

from kiosk_agent.ports.upkeep import Upkeep
from kiosk_agent.services.agent_state import AgentState
from kiosk_agent.services.kiosk import Kiosk
from kiosk_agent.services.tidying import is_idle
from kiosk_contracts.kiosk_status import StatusWarning
from kiosk_contracts.problem import ProblemError
from kiosk_texts import tr

log = structlog.get_logger(__name__)

REWRITTEN_AT_MOST_BYTES: Final = 32_000_000
"""A larger file of schema 1 stays as it is: it only reuses its free pages."""
_EVERY_S: Final = 600.0
_CHECKED_EVERY_MS: Final = 24 * 3600 * 1000
_SOURCE: Final = "journal check"


class FileKeeper:
    """A worker."""

    def __init__(self, kiosk: Kiosk, upkeep: Upkeep, state: AgentState) -> None:
        self._kiosk = kiosk
        self._upkeep = upkeep
        self._state = state
        self._checked_ms: int | None = None

    async def run(self) -> None:
        """Look now and then whether there is an idle moment for it, for ever."""
        while True:
            await self._kiosk.clock.sleep(_EVERY_S)
            if self._is_due() and await is_idle(self._kiosk):
                await self._check()
            if await is_idle(self._kiosk):
                await self._rewrite()

    def _is_due(self) -> bool:
        now_ms = self._kiosk.clock.boottime_ms()
        return self._checked_ms is None or now_ms - self._checked_ms >= _CHECKED_EVERY_MS

    async def _check(self) -> None:
        findings = await self._upkeep.check()
        if findings is None:
            log.info("journal_check_gave_way")
            return
        self._checked_ms = self._kiosk.clock.boottime_ms()
        if not findings:
            log.info("journal_checked")
            self._state.clear(_SOURCE)
            return
        log.error("journal_damage_found", findings=list(findings))
        first = findings[0]
        self._state.report(_SOURCE, lambda: _damaged(first))

    async def _rewrite(self) -> None:
        size = await self._kiosk.journal.write(lambda writer: writer.unshrinkable_bytes())
        room = self._kiosk.room
        if not 0 < size <= REWRITTEN_AT_MOST_BYTES:
            return
        if room.free_bytes() < 3 * size + room.limits.stop_bytes:
            return
        try:
            done = await self._upkeep.rewrite()
        except ProblemError as error:
            log.warning("journal_rewrite_failed", detail=str(error))
            return
        log.info("journal_rewritten", done=done, bytes_before=size)


def _damaged(finding: str) -> StatusWarning:
    """Return what to say of damage; `finding` is in SQLite's own words."""
    return StatusWarning(
        code="journal_damaged",
        text=tr("The journal's file is damaged: {finding}", finding=finding),
        hint=tr("Selling goes on. Call support now; the next start salvages what is readable."),
    )
