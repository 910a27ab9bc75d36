"""Keeps the roll of tickets filled: asks for stock and gives it back."""

from collections.abc import Sequence
from functools import partial
from typing import Final
from uuid import uuid4

import structlog

from kiosk_agent.domain.leases import LeaseState, allotment_states
from kiosk_agent.domain.records import JournalIdentity
from kiosk_agent.domain.topping_up import TopUp, TypeStock, plan_top_ups
from kiosk_agent.ports.fleet import FleetError
from kiosk_agent.ports.journal import JournalReader, JournalWriter, Lease
from kiosk_agent.services.kiosk import moment_now
from kiosk_agent.services.periods import jittered
from kiosk_agent.services.sides import Here, There
from kiosk_agent.waiting import first_of
from kiosk_contracts.allotments import Allotment, AllotmentRequest

log = structlog.get_logger(__name__)

_LEAST_GAP_S: Final = 1.0
"""Between two looks: adding up the stock after every sale would slow down the next one."""
REFUSED_FOR_GOOD: Final = frozenset({400, 404, 409, 422})
"""The request itself is refused: nothing was granted for its id, and nothing will be."""


class Stocking:
    """Tops the stock up, by the rule of each event."""

    def __init__(self, here: Here, there: There, *, every_s: float, ask_again_s: float) -> None:
        self._here = here
        self._there = there
        self._every_s = every_s
        self._ask_again_s = ask_again_s
        self._got_less: dict[tuple[str, str], int] = {}
        """When (boot time) a type was last granted less than asked for."""

    async def run(self) -> None:
        """Top up after every change that leaves too little, for ever."""
        while True:
            seen = self._here.changes.version
            await self._there.retrier.until_answered(self._top_up, name="stock")
            await self._here.clock.sleep(_LEAST_GAP_S)
            await first_of(
                self._here.clock.sleep(jittered(self._every_s)), self._here.changes.beyond(seen)
            )

    async def _top_up(self) -> None:
        if self._here.state.is_draining() or self._here.room.is_short():
            return
        journal, unanswered = await self._here.journal.read(_unanswered)
        for lease in unanswered:
            await self._ask(lease, journal)
        for top_up in await self._here.journal.read(self._plan):
            lease = self._lease(top_up)
            # On disk before it is asked: if the answer is lost, the same id asks for it again.
            asking = await self._here.journal.write(partial(_put_request, lease=lease))
            if asking is not None:
                await self._ask(lease, asking)

    def _plan(self, reader: JournalReader) -> list[TopUp]:
        catalogue = reader.catalogue()
        if catalogue is None or not reader.identity().kiosk_code or not reader.is_epoch_checked():
            return []
        now_ms = self._here.clock.boottime_ms()
        waiting = {
            key
            for key, at_ms in self._got_less.items()
            if now_ms - at_ms < self._ask_again_s * 1000
        }
        return plan_top_ups(catalogue, self._stock(reader), waiting, self._here.clock.now())

    def _stock(self, reader: JournalReader) -> dict[tuple[str, str], TypeStock]:
        moment = moment_now(reader, self._here.clock)
        states = allotment_states(reader.leases(), moment)
        stock: dict[tuple[str, str], TypeStock] = {}
        for left in reader.allotment_stock():
            key = left.event_id, left.ticket_type_id
            live = states.get(left.allotment_id) is LeaseState.LIVE
            stock[key] = stock.get(key, TypeStock(0, 0)).plus(
                sellable=left.available if live else 0, unsold=left.available + left.held
            )
        # The ticket API grants by what it knows: asked for these too, it would give less than
        # asked, and the kiosk would call a type sold out that the house has plenty of.
        for key, unsettled in reader.unsettled_serials().items():
            stock[key] = stock.get(key, TypeStock(0, 0)).plus(sellable=0, unsold=unsettled)
        return stock

    def _lease(self, top_up: TopUp) -> Lease:
        return Lease(
            request_id=uuid4(),
            event_id=top_up.event_id,
            ticket_type_id=top_up.ticket_type_id,
            quantity=top_up.quantity,
            asked_at=self._here.clock.now(),
            asked_boottime_ms=self._here.clock.boottime_ms(),
            asked_boot_id=self._here.clock.boot_id(),
            allotment_id=None,
            lease_s=None,
        )

    async def _ask(self, lease: Lease, journal: JournalIdentity) -> None:
        """Ask for a lease of `journal`, also if another epoch has begun since it was written."""
        request = _request(lease, journal)
        try:
            allotment = await self._there.fleet.request_allotment(request)
        except FleetError as error:
            if error.retryable or error.status not in REFUSED_FOR_GOOD:
                raise
            await self._refused(lease, error)
            return
        if await self._here.journal.write(lambda writer: _put(writer, allotment)):
            self._granted(lease, allotment)

    def _granted(self, lease: Lease, allotment: Allotment) -> None:
        if len(allotment.tickets) < lease.quantity:
            self._got_less[lease.event_id, lease.ticket_type_id] = self._here.clock.boottime_ms()
        log.info(
            "stock_granted",
            event_id=lease.event_id,
            ticket_type_id=lease.ticket_type_id,
            asked=lease.quantity,
            granted=len(allotment.tickets),
            limited_by=allotment.limited_by,
        )
        self._here.changes.notify()

    async def _refused(self, lease: Lease, error: FleetError) -> None:
        await self._here.journal.write(lambda writer: writer.drop_lease_request(lease.request_id))
        self._got_less[lease.event_id, lease.ticket_type_id] = self._here.clock.boottime_ms()
        log.warning(
            "stock_refused",
            event_id=lease.event_id,
            ticket_type_id=lease.ticket_type_id,
            code=error.code,
            detail=error.detail,
        )


def _put(writer: JournalWriter, allotment: Allotment) -> bool:
    """Add what was granted, unless a new epoch has begun meanwhile: it is the old journal's."""
    is_ours = writer.identity().journal_id == allotment.journal_id
    if is_ours:
        writer.put_allotment(allotment)
    return is_ours


def _put_request(writer: JournalWriter, lease: Lease) -> JournalIdentity | None:
    """Write a request down; return whose it is. None: a new epoch is to be compared first."""
    if not writer.is_epoch_checked():
        return None
    writer.put_lease_request(lease)
    return writer.identity()


def _unanswered(reader: JournalReader) -> tuple[JournalIdentity, Sequence[Lease]]:
    unanswered = [lease for lease in reader.leases() if lease.allotment_id is None]
    return reader.identity(), unanswered


def _request(lease: Lease, journal: JournalIdentity) -> AllotmentRequest:
    return AllotmentRequest(
        request_id=lease.request_id,
        journal_id=journal.journal_id,
        epoch=journal.epoch,
        event_id=lease.event_id,
        ticket_type_id=lease.ticket_type_id,
        quantity=lease.quantity,
    )
