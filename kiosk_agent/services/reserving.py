"""Keeps the sealed reserve filled, for the day on which the journal is damaged without a line."""

import asyncio
from typing import Final
from uuid import uuid4

import structlog

from kiosk_agent.domain.leases import Moment
from kiosk_agent.domain.reserve import (
    Reserve,
    ReservedLease,
    TypeKey,
    drained_warning,
    drop_ended,
    empty_warning,
    missing_types,
    not_reserved,
)
from kiosk_agent.ports.fleet import FleetError
from kiosk_agent.ports.journal import JournalReader
from kiosk_agent.ports.reserve import ReserveStore
from kiosk_agent.services.periods import jittered
from kiosk_agent.services.sides import Here, There
from kiosk_agent.services.stocking import REFUSED_FOR_GOOD
from kiosk_contracts.allotments import AllotmentRequest

log = structlog.get_logger(__name__)

_MIN_EPOCH: Final = 2
_SOURCE: Final = "sealed_reserve"


class Reserving:
    """Asks for a little of every type under the next journal's id, and seals it."""

    def __init__(  # noqa: PLR0913  what it rests on
        self,
        here: Here,
        there: There,
        reserves: ReserveStore,
        *,
        per_type: int,
        every_s: float,
        ask_again_s: float,
    ) -> None:
        self._here = here
        self._there = there
        self._reserves = reserves
        self._per_type = per_type
        self._every_s = every_s
        self._ask_again_s = ask_again_s
        self._got_none: dict[TypeKey, int] = {}
        """When (boot time) nothing was to be had of a type."""

    async def run(self) -> None:
        """Fill the reserve now and then, for ever; without tickets to keep, do nothing."""
        async with self._here.reserve_lock:
            await self._untaken()
        while True:
            if self._per_type:
                await self._there.retrier.until_answered(self.fill, name="reserve")
            await self._here.clock.sleep(jittered(self._every_s))

    async def fill(self) -> None:
        """Ask for what is missing, one type after another; each answer is sealed at once."""
        async with self._here.reserve_lock:
            try:
                if not self._here.state.is_draining():
                    await self._fill(await self._untaken())
            finally:
                await self._tell(await self._untaken())

    async def _untaken(self) -> Reserve | None:
        """Return the sealed reserve; one that a journal here has taken is put out of reach."""
        sealed = await asyncio.to_thread(self._reserves.load)
        epochs = await self._here.journal.read(lambda reader: reader.epochs())
        if sealed is None or sealed.journal_id not in {one.journal_id for one in epochs}:
            return sealed
        log.warning("reserve_was_taken", journal_id=str(sealed.journal_id))
        await asyncio.to_thread(self._reserves.mark_used, sealed.journal_id)
        return None

    async def _tell(self, sealed: Reserve | None) -> None:
        now, state = self._here.clock.now(), self._here.state
        catalogue = await self._here.journal.read(lambda reader: reader.catalogue())
        missing = not_reserved(sealed, catalogue, now)
        if not state.is_draining():
            state.report(_SOURCE, lambda: empty_warning(missing) if missing else None)
        elif sealed and sealed.tickets():
            state.report(_SOURCE, lambda: drained_warning(sealed))
        else:
            state.clear(_SOURCE)

    async def _fill(self, sealed: Reserve | None) -> None:
        current = await self._here.journal.read(_current)
        if current is None:
            return
        reserve = drop_ended(_renewed(sealed, current), await self._moment())
        if reserve != sealed:
            await self._save(reserve)
        for lease in reserve.unanswered():
            reserve = await self._ask(reserve, lease)
        missing = missing_types(reserve, self._waiting(), self._here.clock.now())
        for key, share in missing.items():
            lease = self._lease(key, min(share, self._per_type))
            # On disk before it is asked: if the answer is lost, the same id asks for it again.
            reserve = reserve.put(lease)
            await self._save(reserve)
            reserve = await self._ask(reserve, lease)

    async def _moment(self) -> Moment:
        clock = self._here.clock
        last = await self._here.journal.read(lambda reader: reader.last_recorded_at())
        return Moment(clock.now(), clock.boottime_ms(), clock.boot_id(), last)

    def _waiting(self) -> set[TypeKey]:
        now_ms = self._here.clock.boottime_ms()
        wait_ms = self._ask_again_s * 1000
        return {key for key, at_ms in self._got_none.items() if now_ms - at_ms < wait_ms}

    def _lease(self, key: TypeKey, quantity: int) -> ReservedLease:
        clock = self._here.clock
        return ReservedLease(
            request_id=uuid4(),
            event_id=key[0],
            ticket_type_id=key[1],
            quantity=quantity,
            asked_at=clock.now(),
            asked_boottime_ms=clock.boottime_ms(),
            asked_boot_id=clock.boot_id(),
        )

    async def _ask(self, reserve: Reserve, lease: ReservedLease) -> Reserve:
        key = (lease.event_id, lease.ticket_type_id)
        request = AllotmentRequest(
            request_id=lease.request_id,
            journal_id=reserve.journal_id,
            event_id=lease.event_id,
            ticket_type_id=lease.ticket_type_id,
            quantity=lease.quantity,
            reserve=True,
        )
        try:
            allotment = await self._there.fleet.request_allotment(request)
        except FleetError as error:
            if error.retryable or error.status not in REFUSED_FOR_GOOD:
                raise
            log.warning("reserve_refused", event_id=key[0], type=key[1], code=error.code)
            answered = reserve.without(lease.request_id)
        else:
            answered = (
                reserve.put(lease.model_copy(update={"allotment": allotment}))
                if allotment.tickets
                else reserve.without(lease.request_id)
            )
        if lease.request_id not in {one.request_id for one in answered.leases}:
            self._got_none[key] = self._here.clock.boottime_ms()
        await self._save(answered)
        return answered

    async def _save(self, reserve: Reserve) -> None:
        await asyncio.to_thread(self._reserves.save, reserve)


def _current(reader: JournalReader) -> Reserve | None:
    """Return an empty reserve as this journal would seal it now; None if it can't tell yet."""
    identity, catalogue = reader.identity(), reader.catalogue()
    if catalogue is None or not identity.kiosk_code or not reader.is_epoch_checked():
        return None
    return Reserve(
        journal_id=uuid4(),
        epoch=max(identity.epoch + 1, _MIN_EPOCH),
        kiosk_id=identity.kiosk_id,
        kiosk_code=identity.kiosk_code,
        venue_id=identity.venue_id,
        venue_name=identity.venue_name,
        host_id=reader.host_id(),
        catalogue=catalogue,
        verify_keys=tuple(reader.verify_keys()),
    )


def _renewed(sealed: Reserve | None, current: Reserve) -> Reserve:
    """Return the sealed reserve with all else as it is now; a new one where it is not ours."""
    if sealed is None or (sealed.kiosk_id, sealed.host_id) != (current.kiosk_id, current.host_id):
        return current
    kept = {"journal_id": sealed.journal_id, "leases": sealed.leases}
    return current.model_copy(update=kept)
