"""Admissions and exits: judged and recorded in one SQLite transaction, without a network."""

from collections.abc import Callable
from typing import Any

from kiosk_agent.domain import refusals
from kiosk_agent.domain.carts import find_event, find_type
from kiosk_agent.domain.gates import (
    Known,
    Presented,
    Verify,
    judge_admission,
    judge_exit,
    read_code,
    read_typed,
)
from kiosk_agent.domain.people import StaffMember
from kiosk_agent.ports.journal import JournalReader, JournalRow, JournalWriter, NewTransaction
from kiosk_agent.services import recording
from kiosk_agent.services.kiosk import Kiosk
from kiosk_agent.services.refund_facts import refund_asked
from kiosk_contracts.admitting import AdmissionRecorded, Admit, Verdict
from kiosk_contracts.catalogue import Catalogue, Event
from kiosk_contracts.gates import GateFact
from kiosk_contracts.payloads import TransactionKind
from kiosk_contracts.selling import Recorded
from kiosk_contracts.wire import WireModel
from kiosk_texts import tr, trc

_Judge = Callable[[Presented, Event, Known, Catalogue | None], None]
_Answer = Callable[[JournalWriter, JournalRow, Presented, Event], WireModel]


class Admitting:
    """The gate, where every role may stand: green is recorded, red and amber change nothing."""

    def __init__(self, kiosk: Kiosk, verify: Verify) -> None:
        self._kiosk = kiosk
        self._verify = verify

    async def admit(self, person: StaffMember, request: Admit) -> dict[str, Any]:
        """Let a ticket in; return an AdmissionRecorded. Idempotent by txn_id."""
        return await self._pass(
            person, request, TransactionKind.ADMISSION, judge_admission, self._admitted
        )

    async def let_out(self, person: StaffMember, request: Admit) -> dict[str, Any]:
        """Let a ticket holder out; return a Recorded. Idempotent by txn_id."""
        return await self._pass(person, request, TransactionKind.EXIT, judge_exit, self._let_out)

    async def _pass(
        self,
        person: StaffMember,
        request: Admit,
        kind: TransactionKind,
        judge: _Judge,
        answer: _Answer,
    ) -> dict[str, Any]:
        wanted = recording.request_hash(kind, request)

        def work(writer: JournalWriter) -> dict[str, Any]:
            known = recording.find_repeat(writer, request.txn_id, wanted)
            if known is not None:
                return recording.again(known)
            catalogue = writer.catalogue()
            event = find_event(catalogue, request.event_id)
            if event is None:
                raise refusals.event_unknown(request.event_id)
            ticket = self._read(writer, request)
            judge(ticket, event, _known(writer, event, ticket), catalogue)
            row = recording.record(
                writer,
                self._transaction(
                    writer, person, request, kind, ticket=ticket, request_hash=wanted
                ),
            )
            writer.note_gate_fact(
                event_id=event.event_id,
                serial=ticket.serial,
                fact=GateFact.EXITED if kind is TransactionKind.EXIT else GateFact.ADMITTED,
                at=row.recorded_at,
                gate=request.gate,
            )
            return recording.keep(writer, row, answer(writer, row, ticket, event))

        recorded = await self._kiosk.journal.write(work)
        self._kiosk.changes.notify()
        return recorded

    def _read(self, reader: JournalReader, request: Admit) -> Presented:
        if request.code is not None:
            keys = {key.key_id: key for key in reader.verify_keys()}
            return read_code(request.code, keys, self._verify)
        return read_typed(request.serial or "")

    def _transaction(  # noqa: PLR0913  a transaction is made of these
        self,
        reader: JournalReader,
        person: StaffMember,
        request: Admit,
        kind: TransactionKind,
        *,
        ticket: Presented,
        request_hash: str,
    ) -> NewTransaction:
        payload = {
            **recording.common_payload(self._kiosk, reader, person.staff_id),
            "serial": ticket.serial,
            "event_id": request.event_id,
            "gate": request.gate,
        }
        if kind is TransactionKind.ADMISSION:
            payload["by_hand"] = ticket.facts is None
        return NewTransaction(
            txn_id=request.txn_id,
            kind=kind,
            payload=payload,
            numbered=False,
            request_hash=request_hash,
            offline=self._kiosk.line.is_offline(),
        )

    def _admitted(
        self, writer: JournalWriter, row: JournalRow, ticket: Presented, event: Event
    ) -> WireModel:
        return AdmissionRecorded(
            **recording.recorded(row),
            verdict=Verdict.GREEN,
            serial=ticket.serial,
            event_name=event.name,
            ticket_type_name=_type_name(writer, ticket, event),
            inside=writer.inside_count(event.event_id),
        )

    def _let_out(
        self, _writer: JournalWriter, row: JournalRow, _ticket: Presented, _event: Event
    ) -> WireModel:
        return Recorded(**recording.recorded(row))


def _known(reader: JournalReader, event: Event, ticket: Presented) -> Known:
    own = reader.stock_item(ticket.serial)
    return Known(
        at_gate=reader.gate_knowledge(event.event_id, ticket.serial),
        own=own,
        refund_asked=refund_asked(reader, own) if own is not None else "",
    )


def _type_name(reader: JournalReader, ticket: Presented, event: Event) -> str:
    if ticket.facts is not None:
        number = ticket.facts.type_no
        names = (kind.name for kind in event.ticket_types if kind.type_no == number)
        return next(names, "") or tr("ticket type {number}", number=number)
    item = reader.stock_item(ticket.serial)
    kind = find_type(event, item.ticket_type_id) if item else None
    return kind.name if kind else trc("a ticket of a type that is not known", "ticket")
