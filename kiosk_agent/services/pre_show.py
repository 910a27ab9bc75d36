"""Looks at everything before doors open, and keeps what was found in a manager's name."""

import asyncio

import structlog

from kiosk_agent.domain import pre_show, reporting
from kiosk_agent.domain.leases import allotment_states
from kiosk_agent.domain.people import StaffMember
from kiosk_agent.ports.journal import JournalReader
from kiosk_agent.ports.kept_checks import KeptChecksStore
from kiosk_agent.services.kiosk import Kiosk
from kiosk_agent.services.status import CODE_BEFORE_ENROLMENT
from kiosk_contracts.kiosk_status import JournalState
from kiosk_contracts.pre_show import KeptChecks, PreShowCheck, worst

log = structlog.get_logger(__name__)


class PreShow:
    """The pre-show check. Nothing is waited for: it says what is known now."""

    def __init__(self, kiosk: Kiosk, store: KeptChecksStore) -> None:
        self._kiosk = kiosk
        self._store = store

    async def look(self, *, scanned: bool) -> PreShowCheck:
        """Return what is found now; `scanned` says that the scanner was tried."""

        def work(reader: JournalReader) -> PreShowCheck:
            return PreShowCheck(
                at=self._kiosk.clock.now(),
                kiosk_code=reader.identity().kiosk_code or CODE_BEFORE_ENROLMENT,
                lines=pre_show.check(self._seen(reader, scanned=scanned)),
            )

        return await self._kiosk.journal.read(work)

    async def keep(self, approver: StaffMember, *, scanned: bool) -> PreShowCheck:
        """Look once more and keep that; ProblemError `storage_full`. A repeat keeps one more."""
        found = await self.look(scanned=scanned)
        by = {"kept_by": approver.staff_id, "kept_by_name": approver.name}
        kept = found.model_copy(update=by)
        await asyncio.to_thread(self._store.put, kept)
        log.info("pre_show_check_kept", staff_id=approver.staff_id, verdict=worst(kept))
        return kept

    async def kept(self) -> KeptChecks:
        """Return the checks that were kept."""
        return KeptChecks(checks=tuple(await asyncio.to_thread(self._store.newest_first)))

    def _seen(self, reader: JournalReader, *, scanned: bool) -> pre_show.SeenKiosk:
        kiosk, counts = self._kiosk, reader.counts()
        states = allotment_states(reader.leases(), kiosk.moment(reader))
        by_state = counts.by_state
        return pre_show.SeenKiosk(
            now=kiosk.clock.now(),
            catalogue=reader.catalogue(),
            left=reporting.left_by_type(reader.allotment_stock(), states),
            keys=len(reader.verify_keys()),
            keys_synced_at=reader.synced_at("keys"),
            feed_synced_at=reader.synced_at("gate_feed"),
            offset_ms=kiosk.line.server_offset_ms(),
            free_bytes=kiosk.room.free_bytes(),
            room=kiosk.room.state(),
            printer=kiosk.printer.state,
            scanner=kiosk.scanner.state,
            scanned=scanned,
            line=kiosk.line.state(),
            line_since=kiosk.line.since(),
            quarantined=by_state.get(JournalState.QUARANTINED, 0),
            parked=by_state.get(JournalState.PARKED, 0),
            unsent=sum(by_state.get(state, 0) for state in reporting.UNSENT),
            warnings=tuple(kiosk.agent.warnings()),
        )
