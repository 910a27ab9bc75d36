"""Write-offs: an operator gives up a kiosk's unsold serials, which are revoked and freed."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import structlog

from cloud_store.port import Store
from cloud_store.retrying import with_fresh_reads
from cloud_store.workspace import Workspace, key_of
from core_services.ticket_api.clock import Clock
from core_services.ticket_api.records import (
    AllotmentRecord,
    EventRecord,
    FeedHeadRecord,
    HoldingRecord,
    InventoryRecord,
    JournalAllotmentRecord,
    JournalRecord,
    SerialRecord,
    SerialState,
    WriteOffRecord,
)
from core_services.ticket_api.transactions.applying import apply
from core_services.ticket_api.transactions.domain.decision import (
    Effect,
    HeldByKiosk,
    PlacesTaken,
    SerialBecomes,
    TellGates,
)
from kiosk_contracts.allotments import WriteOff, WriteOffResult
from kiosk_contracts.gates import GateFact
from kiosk_contracts.problem import ProblemCode, ProblemError

_SERIALS_A_COMMIT: Final = 20
"""Each serial is up to four writes: itself, its feed entry, its inventory and holding."""
_PAGE: Final = 100
_log = structlog.get_logger(__name__)


class WriteOffService:
    """Writes off what a journal holds unsold."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def write_off(self, order: WriteOff) -> WriteOffResult:
        """Revoke the journal's unsold serials and free their places; idempotent by request id.

        Raises ProblemError 404 `not_found`, 422 `risk_not_accepted`, `txn_payload_differs`.
        """
        if not order.risk_accepted:
            raise ProblemError(
                422,
                ProblemCode.RISK_NOT_ACCEPTED,
                "A write-off has a risk that must be accepted",
                detail="if the kiosk sold some of these serials unseen, places are given out "
                "twice; such sales still settle, and are flagged",
                hint="Set risk_accepted once you are sure that the kiosk will not come back.",
            )
        serials = await self._serials(order)

        async def work(workspace: Workspace) -> WriteOffResult:
            record = await workspace.fetch(WriteOffRecord, order.request_id)
            if record is None:
                record = await self._begin(workspace, order, serials)
            _check_same(record, order)
            return record.result or await self._finish(workspace, record)

        return await with_fresh_reads(self._store, work)

    async def _serials(self, order: WriteOff) -> Sequence[str]:
        """Return every serial that the journal was ever granted, of the event or of all."""
        after = f"{order.event_id}/" if order.event_id else ""
        serials: list[str] = []
        while True:
            page = await self._store.query(
                JournalAllotmentRecord.store_kind, str(order.journal_id), after=after, limit=_PAGE
            )
            keys = [
                item.key.sk
                for item in page
                if not order.event_id or item.key.sk.startswith(f"{order.event_id}/")
            ]
            workspace = Workspace(self._store)
            for key in keys:
                record = await workspace.fetch(AllotmentRecord, key.rpartition("/")[2])
                serials += [ticket.serial for ticket in record.tickets] if record else []
            if len(keys) < _PAGE:
                return serials
            after = keys[-1]

    async def _begin(
        self, workspace: Workspace, order: WriteOff, serials: Sequence[str]
    ) -> WriteOffRecord:
        journal = await workspace.fetch(JournalRecord, order.journal_id)
        if journal is None:
            raise ProblemError(
                404,
                ProblemCode.NOT_FOUND,
                "There is no such journal",
                detail=f"nothing was ever granted to journal {order.journal_id}",
                hint="Look the journal up in the ledger.",
            )
        await workspace.load(key_of(SerialRecord, serial) for serial in serials)
        leased = [serial for serial in serials if _is_leased(workspace, serial)]
        record = WriteOffRecord.model_validate(
            {
                **order.to_json(),
                "kiosk_id": journal.kiosk_id,
                "at": self._clock.now(),
                "serials": leased,
            }
        )
        workspace.put(record, order.request_id)
        await workspace.commit()
        return record

    async def _finish(self, workspace: Workspace, record: WriteOffRecord) -> WriteOffResult:
        for start in range(0, len(record.serials), _SERIALS_A_COMMIT):
            part = record.serials[start : start + _SERIALS_A_COMMIT]
            await self._revoke(workspace, record, part)
        revoked = [
            serial
            for serial in record.serials
            if _was_revoked(workspace, serial, record.request_id)
        ]
        result = WriteOffResult(request_id=record.request_id, serials=tuple(revoked))
        workspace.put(record.model_copy(update={"result": result}), record.request_id)
        await workspace.commit()
        _log.warning(
            "serials_written_off",
            request_id=str(record.request_id),
            journal_id=str(record.journal_id),
            operator=record.operator,
            reason=record.reason,
            count=len(revoked),
        )
        return result

    async def _revoke(
        self, workspace: Workspace, record: WriteOffRecord, part: Sequence[str]
    ) -> None:
        await workspace.load(key_of(SerialRecord, serial) for serial in part)
        known = {serial: workspace.get(SerialRecord, serial) for serial in part}
        leased = {
            serial: before
            for serial, before in known.items()
            if before is not None and before.state is SerialState.LEASED
        }
        draft = workspace.draft()
        for serial, before in leased.items():
            venue_id = await _load_around(workspace, before)
            apply(draft, _effects(record, serial, before, venue_id), record.kiosk_id)
        workspace.absorb(draft)
        await workspace.commit()


async def _load_around(workspace: Workspace, serial: SerialRecord) -> str:
    """Read what a write-off changes besides the serial; return the event's venue."""
    event = await workspace.fetch(EventRecord, serial.event_id)
    if event is None:
        raise LookupError(f"serial of an event that is not there: {serial.event_id}")
    await workspace.load(
        [
            key_of(InventoryRecord, serial.event_id, serial.ticket_type_id),
            key_of(HoldingRecord, serial.kiosk_id, f"{serial.event_id}/{serial.ticket_type_id}"),
            key_of(FeedHeadRecord, event.venue_id),
        ]
    )
    return event.venue_id


def _effects(
    record: WriteOffRecord, serial: str, before: SerialRecord, venue_id: str
) -> tuple[Effect, ...]:
    closed = {"state": SerialState.WRITTEN_OFF, "closed_by": record.request_id}
    kind = (before.event_id, before.ticket_type_id)
    return (
        SerialBecomes(serial, before.model_copy(update=closed)),
        PlacesTaken(*kind, -1),
        HeldByKiosk(before.kiosk_id, before.journal_id, *kind, -1),
        TellGates(
            venue_id,
            GateFact.REVOKED,
            serial,
            before.event_id,
            record.at,
            reason=SerialState.WRITTEN_OFF.value,
        ),
    )


def _is_leased(workspace: Workspace, serial: str) -> bool:
    record = workspace.get(SerialRecord, serial)
    return record is not None and record.state is SerialState.LEASED


def _was_revoked(workspace: Workspace, serial: str, request_id: UUID) -> bool:
    record = workspace.get(SerialRecord, serial)
    return record is not None and record.closed_by == request_id


def _check_same(record: WriteOffRecord, order: WriteOff) -> None:
    if (record.journal_id, record.event_id) != (order.journal_id, order.event_id):
        raise ProblemError(
            422,
            ProblemCode.TXN_PAYLOAD_DIFFERS,
            "This write-off was ordered before, for something else",
            detail=f"request {order.request_id} is known with another content",
            hint="A new write-off needs a new id.",
        )
