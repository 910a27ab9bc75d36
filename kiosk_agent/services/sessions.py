"""Who we are, as the fleet service says it, and the reports we send it."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from pydantic import JsonValue

from kiosk_agent.domain.epochs import EpochReason, needs_acknowledging
from kiosk_agent.ports.fleet import FleetError
from kiosk_agent.ports.journal import Counts, JournalIdentity, JournalReader
from kiosk_agent.services.image_desk import ImageDesk
from kiosk_agent.services.leaving import Leaving
from kiosk_agent.services.periods import jittered
from kiosk_agent.services.refund_facts import owed
from kiosk_agent.services.retiring import Retiring
from kiosk_agent.services.sides import Here, There
from kiosk_contracts.heartbeats import Heartbeat, StockLeft
from kiosk_contracts.kiosk_status import JournalState
from kiosk_contracts.repairs import HostRepair
from kiosk_contracts.screens import ScreenState
from kiosk_contracts.ui_report import UiReport
from kiosk_contracts.update_lock import UpdateLock

log = structlog.get_logger(__name__)

_OFFSET_NOISE_MS: Final = 1000
_FREE_STEP: Final = 16 * 2**20
"""Bytes in which free room is told: logs alone would make each report differ from the last one, and
whatever differs is read in full by the fleet service."""
_RENEW_IDENTITY_S: Final = 3600.0
"""A kiosk that was moved or renamed learns it within the hour."""


class Sessions:
    """Opens a session at start and now and then, and keeps the identity in the journal."""

    def __init__(self, here: Here, there: There) -> None:
        self._here = here
        self._there = there

    async def run(self) -> None:
        """Open sessions, for ever."""
        while True:
            await self._there.retrier.until_answered(self._open, name="session")
            await self._here.clock.sleep(jittered(_RENEW_IDENTITY_S))

    async def _open(self) -> None:
        known = await self._here.journal.read(lambda reader: reader.identity())
        session = await self._there.fleet.open_session(known.journal_id)
        kiosk = session.kiosk
        told = (kiosk.kiosk_code, kiosk.venue_id, kiosk.venue_name)
        if told != (known.kiosk_code, known.venue_id, known.venue_name):
            await self._here.journal.write(lambda writer: writer.put_identity(*told))
            log.info("identity_learnt", kiosk_code=kiosk.kiosk_code, venue_id=kiosk.venue_id)
            self._here.changes.notify()


class Heartbeats:
    """Reports our state; also the probe that notices the line going and coming back."""

    def __init__(  # noqa: PLR0913  what it reports of, and to whom
        self,
        here: Here,
        there: There,
        leaving: Leaving,
        retiring: Retiring,
        images: ImageDesk,
        *,
        every_s: float,
        agent_version: str,
        repairs: Callable[[], tuple[HostRepair, ...]] = tuple,
        ui: Callable[[], UiReport | None] = lambda: None,
        supervisor: Callable[[], str] = str,
        screen: Callable[[], ScreenState | None] = lambda: None,
        update_lock: Callable[[], UpdateLock | None] = lambda: None,
        stock: Callable[[JournalReader], tuple[StockLeft, ...]] = lambda _: (),
        commands: Callable[[Sequence[JsonValue], datetime], Awaitable[None]] | None = None,
    ) -> None:
        self._here = here
        self._there = there
        self._leaving = leaving
        self._retiring = retiring
        self._images = images
        self._every_s = every_s
        self._agent_version = agent_version
        self._repairs = repairs
        self._ui = ui
        self._supervisor = supervisor
        self._screen = screen
        self._update_lock = update_lock
        self._stock = stock
        self._commands = commands

    async def run(self) -> None:
        """Report, for ever. A report that fails is not repeated: the next one says it all."""
        while True:
            wait_s = jittered(self._every_s)
            try:
                await self._report()
            except FleetError as error:
                log.debug("heartbeat_unanswered", code=error.code, detail=error.detail)
                await self._retiring.refused(error)
                wait_s += error.retry_after_s or 0.0
            await self._here.clock.sleep(wait_s)

    async def _report(self) -> None:
        outage = self._there.line.unreported_outage()
        await self._remember_offset()
        # First: what a kiosk that has left counts then stays so.
        leaving = await self._leaving.told()
        identity, counts, told = await self._here.journal.read(self._standing)
        told |= leaving | {"images": self._images.reports()}
        heartbeat = self._heartbeat(identity, counts).model_copy(update=told)
        asked_ms = self._here.clock.boottime_ms()
        answer = await self._there.fleet.heartbeat(heartbeat)
        await self._retiring.answered()
        self._images.want(answer.images_wanted)
        await self._leaving.heed(leave=answer.leave)
        if self._commands is not None:
            # How old the answer is nobody knows: no command may be begun after its end.
            under_way = timedelta(milliseconds=self._here.clock.boottime_ms() - asked_ms)
            await self._commands(answer.commands, answer.server_time + under_way)
        if outage == self._there.line.unreported_outage():
            self._there.line.outage_reported()

    async def _remember_offset(self) -> None:
        """Keep what was learnt for a start without a line; noise is not worth a write."""
        learnt = self._there.line.server_offset_ms()
        known = await self._here.journal.read(lambda reader: reader.server_offset_ms())
        if learnt is not None and (known is None or abs(learnt - known) > _OFFSET_NOISE_MS):
            await self._here.journal.write(lambda writer: writer.put_server_offset(learnt))

    def _standing(self, reader: JournalReader) -> tuple[JournalIdentity, Counts, dict[str, Any]]:
        identity = reader.identity()
        present = next(one for one in reader.epochs() if one.journal_id == identity.journal_id)
        told = {
            "epoch_reason": "" if present.reason == EpochReason.FIRST else present.reason,
            "epoch_acknowledged": not needs_acknowledging(present),
            "frozen": sum(reader.frozen_counts().values()),
            "refunds_to_give": owed(reader),
            "stock": self._stock(reader),
            "last_settled_sale": reader.last_settled_sale(),
        }
        return identity, reader.counts(), told

    def _heartbeat(self, identity: JournalIdentity, counts: Counts) -> Heartbeat:
        by_state = counts.by_state
        return Heartbeat(
            kiosk_id=identity.kiosk_id,
            journal_id=identity.journal_id,
            epoch=identity.epoch,
            agent_version=self._agent_version,
            device_time=self._here.clock.now(),
            last_sequence=counts.last_sequence,
            queued=by_state.get(JournalState.QUEUED, 0) + by_state.get(JournalState.UPLOADING, 0),
            parked=by_state.get(JournalState.PARKED, 0),
            quarantined=by_state.get(JournalState.QUARANTINED, 0),
            handed_over=counts.handed_over,
            oldest_queued_at=counts.oldest_unsent_at,
            offline_since=self._there.line.unreported_outage(),
            free_bytes=self._here.room.free_bytes() // _FREE_STEP * _FREE_STEP,
            room=self._here.room.state(),
            repairs=self._repairs(),
            ui=self._ui(),
            supervisor=self._supervisor(),
            screen=self._screen(),
            update_lock=self._update_lock(),
        )
