"""Allotments granted: places first, then the serials one by one, then the answer for ever.

A grant is written in steps, because a store commits at most a hundred writes. The first step takes
the places and keeps the signed serials under the request id; a request that comes again goes on
where the last one stopped. Nothing is answered before every serial is known.
"""

import asyncio
import secrets
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

import structlog

from cloud_store.port import Store
from cloud_store.retrying import with_fresh_reads
from cloud_store.workspace import Workspace, key_of
from core_services.ticket_api.allotments import domain
from core_services.ticket_api.catalogue.service import event_unknown
from core_services.ticket_api.clock import Clock
from core_services.ticket_api.journals.service import JournalService
from core_services.ticket_api.keys.service import KeyFolder
from core_services.ticket_api.records import (
    AllotmentRecord,
    AllotmentState,
    EventRecord,
    Held,
    HoldingRecord,
    InventoryRecord,
    JournalAllotmentRecord,
    JournalRecord,
    SerialRecord,
    SerialState,
)
from kiosk_contracts.allotments import Allotment, AllotmentRequest, SignedTicket
from kiosk_contracts.catalogue import TicketType
from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_contracts.serials import SERIAL_BITS, format_serial

_SERIALS_A_COMMIT: Final = 90
_log = structlog.get_logger(__name__)


def random_number() -> int:
    """Return a serial's number that nobody can guess from others."""
    return secrets.randbits(SERIAL_BITS)


class AllotmentService:
    """Leases serials to journals."""

    def __init__(  # noqa: PLR0913  what a grant rests on
        self,
        store: Store,
        journals: JournalService,
        keys: KeyFolder,
        clock: Clock,
        *,
        margin: timedelta,
        numbers: Callable[[], int] = random_number,
    ) -> None:
        self._store = store
        self._journals = journals
        self._keys = keys
        self._clock = clock
        self._margin = margin
        self._numbers = numbers

    async def grant(self, request: AllotmentRequest, kiosk_id: str, venue_id: str) -> Allotment:
        """Return the allotment of a request: a new one, or for ever the one it was given.

        Raises ProblemError 403 `journal_of_another_kiosk`, 404 `event_unknown`,
        `ticket_type_unknown`, 422 `txn_payload_differs`.
        """
        epoch = 0 if request.reserve else request.epoch
        await self._journals.bind(request.journal_id, kiosk_id, epoch=epoch)

        async def work(workspace: Workspace) -> AllotmentRecord:
            record = await workspace.fetch(AllotmentRecord, request.request_id)
            if record is None:
                record = await self._begin(workspace, request, kiosk_id, venue_id)
            _check_same(record, request)
            if record.state is AllotmentState.PENDING:
                record = await self._finish(workspace, record)
            return record

        return (await with_fresh_reads(self._store, work)).as_allotment()

    async def _begin(
        self, workspace: Workspace, request: AllotmentRequest, kiosk_id: str, venue_id: str
    ) -> AllotmentRecord:
        event = await workspace.fetch(EventRecord, request.event_id)
        if event is None or event.venue_id != venue_id:
            raise event_unknown(request.event_id)
        kind = _ticket_type(event, request.ticket_type_id)
        kind_key = f"{event.event_id}/{kind.ticket_type_id}"
        inventory = await workspace.fetch(InventoryRecord, event.event_id, kind.ticket_type_id)
        holding = await workspace.fetch(HoldingRecord, kiosk_id, kind_key)
        inventory = inventory or InventoryRecord(capacity=kind.capacity)
        holding = holding or HoldingRecord()
        epochs = await _epochs(workspace, {*holding.journals, str(request.journal_id)})
        places = domain.Places(inventory, holding, epochs)
        seals = request.reserve and places.may_be_reserve(request.journal_id)
        grant = self._plan(event, places, request, seals=seals)
        record = await self._record(request, kiosk_id, event, kind, grant)
        workspace.put(record, request.request_id)
        if grant.quantity:
            changed = _taken(places, request.journal_id, grant.quantity, seals=seals)
            workspace.put(changed.inventory, event.event_id, kind.ticket_type_id)
            workspace.put(changed.holding, kiosk_id, kind_key)
            index = f"{kind_key}/{request.request_id}"
            workspace.is_new(JournalAllotmentRecord, request.journal_id, index)
            workspace.put(JournalAllotmentRecord(), request.journal_id, index)
        await workspace.commit()
        return record

    def _plan(
        self, event: EventRecord, places: domain.Places, request: AllotmentRequest, *, seals: bool
    ) -> domain.Grant:
        asked = domain.Asked(request.journal_id, request.quantity, self._clock.now(), self._margin)
        if seals:
            return domain.plan_reserve(event, places, asked)
        grant = domain.plan_grant(event, places, asked)
        frozen = places.frozen(request.journal_id)
        if grant.quantity and frozen:
            _log.warning(
                "granted_beside_frozen",
                journal_id=str(request.journal_id),
                ticket_type=f"{request.event_id}/{request.ticket_type_id}",
                quantity=grant.quantity,
                frozen=frozen,
            )
        return grant

    async def _record(
        self,
        request: AllotmentRequest,
        kiosk_id: str,
        event: EventRecord,
        kind: TicketType,
        grant: domain.Grant,
    ) -> AllotmentRecord:
        tickets = await asyncio.to_thread(self._signed, event, kind, grant.quantity, ())
        return AllotmentRecord(
            allotment_id=uuid4(),
            request_id=request.request_id,
            journal_id=request.journal_id,
            event_id=event.event_id,
            ticket_type_id=kind.ticket_type_id,
            price_list_version=event.price_list.version,
            unit_price=event.price_list.prices[kind.ticket_type_id],
            granted_at=self._clock.now(),
            lease_s=grant.lease_s,
            tickets=tuple(tickets),
            limited_by=grant.limited_by,
            asked=request.quantity,
            kiosk_id=kiosk_id,
            state=AllotmentState.PENDING if tickets else AllotmentState.GRANTED,
        )

    def _signed(
        self, event: EventRecord, kind: TicketType, quantity: int, kept: Collection[str]
    ) -> Sequence[SignedTicket]:
        """Draw and sign new serials, none of which is among `kept`."""
        if not quantity:
            return ()
        signer = self._keys.signer()
        drawn: dict[str, str] = {}
        while len(drawn) < quantity:
            serial = format_serial(self._numbers())
            if serial not in kept:
                numbers = {"event_no": event.event_no, "type_no": kind.type_no}
                drawn[serial] = signer.code(**numbers, serial=serial)
        return [SignedTicket(serial=serial, code=code) for serial, code in drawn.items()]

    async def _finish(self, workspace: Workspace, record: AllotmentRecord) -> AllotmentRecord:
        """Write the serials that are not written yet, then that the allotment is granted."""
        serials = [ticket.serial for ticket in record.tickets]
        for start in range(0, len(serials), _SERIALS_A_COMMIT):
            part = serials[start : start + _SERIALS_A_COMMIT]
            await workspace.load(key_of(SerialRecord, serial) for serial in part)
            others = [serial for serial in part if _is_of_another(workspace, serial, record)]
            if others:
                record = await self._replace(workspace, record, others)
                return await self._finish(workspace, record)
            for serial in part:
                if workspace.get(SerialRecord, serial) is None:
                    workspace.put(_leased(record), serial)
            await workspace.commit()
        granted = record.model_copy(update={"state": AllotmentState.GRANTED})
        workspace.put(granted, record.request_id)
        await workspace.commit()
        _log.info(
            "allotment_granted",
            request_id=str(record.request_id),
            journal_id=str(record.journal_id),
            ticket_type=f"{record.event_id}/{record.ticket_type_id}",
            quantity=len(record.tickets),
        )
        return granted

    async def _replace(
        self, workspace: Workspace, record: AllotmentRecord, others: Sequence[str]
    ) -> AllotmentRecord:
        """Draw new serials for those that exist already; the store says which do."""
        event = await workspace.fetch(EventRecord, record.event_id)
        if event is None:
            raise event_unknown(record.event_id)
        kind = _ticket_type(event, record.ticket_type_id)
        kept = [ticket for ticket in record.tickets if ticket.serial not in others]
        old = {ticket.serial for ticket in record.tickets}
        drawn = await asyncio.to_thread(self._signed, event, kind, len(others), old)
        changed = record.model_copy(update={"tickets": (*kept, *drawn)})
        workspace.put(changed, record.request_id)
        await workspace.commit()
        _log.info("serials_drawn_again", request_id=str(record.request_id), count=len(others))
        return changed


async def _epochs(workspace: Workspace, journal_ids: Collection[str]) -> dict[str, int]:
    await workspace.load(key_of(JournalRecord, journal_id) for journal_id in journal_ids)
    journals = {key: workspace.get(JournalRecord, key) for key in journal_ids}
    return {key: journal.epoch for key, journal in journals.items() if journal is not None}


def _taken(places: domain.Places, journal_id: UUID, quantity: int, *, seals: bool) -> domain.Places:
    """Return the places with `quantity` more with a journal."""
    inventory = places.inventory
    before = places.holding.journals.get(str(journal_id), Held(leased=0))
    # Once a journal asks for a roll, what was sealed for it is part of that.
    reserved = quantity if seals else -before.leased if before.sealed else 0
    changes = {
        "taken": inventory.taken + quantity,
        "reserved": max(0, inventory.reserved + reserved),
    }
    held = Held(leased=before.leased + quantity, sealed=seals)
    return replace(
        places,
        inventory=inventory.model_copy(update=changes),
        holding=places.holding.with_journal(journal_id, held),
    )


def _ticket_type(event: EventRecord, ticket_type_id: str) -> TicketType:
    for kind in event.ticket_types:
        if kind.ticket_type_id == ticket_type_id:
            return kind
    raise ProblemError(
        404,
        ProblemCode.TICKET_TYPE_UNKNOWN,
        "There is no such ticket type",
        detail=f"event {event.event_id} has no ticket type {ticket_type_id}",
        hint="Load the catalogue again.",
    )


def _check_same(record: AllotmentRecord, request: AllotmentRequest) -> None:
    asked = (record.journal_id, record.event_id, record.ticket_type_id, record.asked)
    asks = (request.journal_id, request.event_id, request.ticket_type_id, request.quantity)
    if asked != asks:
        raise ProblemError(
            422,
            ProblemCode.TXN_PAYLOAD_DIFFERS,
            "This request was made before, for something else",
            detail=f"request {request.request_id} is known with another content",
            hint="A new request needs a new id.",
        )


def _is_of_another(workspace: Workspace, serial: str, record: AllotmentRecord) -> bool:
    known = workspace.get(SerialRecord, serial)
    return known is not None and known.allotment_id != record.allotment_id


def _leased(record: AllotmentRecord) -> SerialRecord:
    return SerialRecord(
        event_id=record.event_id,
        ticket_type_id=record.ticket_type_id,
        journal_id=record.journal_id,
        kiosk_id=record.kiosk_id,
        allotment_id=record.allotment_id,
        granted_at=record.granted_at,
        price_list_version=record.price_list_version,
        unit_price=record.unit_price,
        state=SerialState.LEASED,
    )
