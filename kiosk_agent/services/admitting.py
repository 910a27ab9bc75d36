"""Admissions and exits: judged and recorded in one SQLite transaction, without a network."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kiosk_agent.domain import refusals
from kiosk_agent.domain.carts import find_event, find_type
from kiosk_agent.domain.gates import (
    Known,
    Presented,
    Verify,
    claimed,
    judge_admission,
    judge_exit,
    read_code,
    read_typed,
)
from kiosk_agent.domain.people import StaffMember
from kiosk_agent.domain.refusals_gate import may_be_let_in
from kiosk_agent.ports.journal import JournalReader, JournalRow, JournalWriter, NewTransaction
from kiosk_agent.services import recording
from kiosk_agent.services.kiosk import Kiosk
from kiosk_agent.services.refund_facts import refund_asked
from kiosk_contracts.admitting import AdmissionRecorded, Admit, Verdict
from kiosk_contracts.catalogue import Catalogue, Event
from kiosk_contracts.gates import GateFact
from kiosk_contracts.payloads import TransactionKind
from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_contracts.selling import Recorded
from kiosk_contracts.wire import WireModel
from kiosk_texts import tr, trc

_Judge = Callable[[Presented, Event, Known, Catalogue | None], None]
_Answer = Callable[[JournalWriter, JournalRow, "_Judged"], WireModel]


@dataclass(frozen=True, slots=True)
class _Judged:
    """A ticket that may pass, and who let it, where a manager had to."""

    event: Event
    ticket: Presented
    said: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Way:
    """In or out: what is recorded, by which rules, and what is answered."""

    kind: TransactionKind
    judge: _Judge
    answer: _Answer


class Admitting:
    """The gate, where every role may stand: green is recorded, red and amber change nothing.

    A ticket that the gate cannot judge is recorded once a manager stands for it, with a reason.
    """

    def __init__(self, kiosk: Kiosk, verify: Verify) -> None:
        self._kiosk = kiosk
        self._verify = verify
        self._in = _Way(TransactionKind.ADMISSION, judge_admission, self._admitted)
        self._out = _Way(TransactionKind.EXIT, judge_exit, self._let_out)

    async def admit(
        self, person: StaffMember, request: Admit, approver: StaffMember | None = None
    ) -> dict[str, Any]:
        """Let a ticket in; return an AdmissionRecorded. Idempotent by txn_id.

        `approver` stands for a ticket that cannot be judged here, for the request's reason.
        """
        return await self._pass(person, request, self._in, approver)

    async def let_out(self, person: StaffMember, request: Admit) -> dict[str, Any]:
        """Let a ticket holder out; return a Recorded. Idempotent by txn_id."""
        return await self._pass(person, request, self._out)

    async def repeat(self, request: Admit) -> dict[str, Any] | None:
        """Return the first answer if this admission was recorded before, else None."""
        wanted = _request_hash(self._in, request)
        known = await self._kiosk.journal.read(
            lambda reader: recording.find_repeat(reader, request.txn_id, wanted)
        )
        return None if known is None else recording.again(known)

    async def needs_approval(self, request: Admit) -> bool:
        """Say whether a manager has to stand for it; ProblemError where none can.

        So nobody types a PIN in vain, nor where the kiosk has learnt meanwhile that it is good.
        """

        def work(reader: JournalReader) -> bool:
            try:
                self._judged(reader, request, self._in, None)
            except ProblemError as refusal:
                if may_be_let_in(refusal):
                    return True
                raise
            return False

        return await self._kiosk.journal.read(work)

    async def _pass(
        self,
        person: StaffMember,
        request: Admit,
        way: _Way,
        approver: StaffMember | None = None,
    ) -> dict[str, Any]:
        wanted = _request_hash(way, request)

        def work(writer: JournalWriter) -> dict[str, Any]:
            known = recording.find_repeat(writer, request.txn_id, wanted)
            if known is not None:
                return recording.again(known)
            judged = self._judged(writer, request, way, approver)
            row = recording.record(
                self._kiosk.agent,
                writer,
                self._transaction(
                    writer, person, request, way.kind, judged=judged, request_hash=wanted
                ),
            )
            writer.note_gate_fact(
                event_id=judged.event.event_id,
                serial=judged.ticket.serial,
                fact=GateFact.EXITED if way is self._out else GateFact.ADMITTED,
                at=row.recorded_at,
                gate=request.gate,
            )
            return recording.keep(writer, row, way.answer(writer, row, judged))

        recorded = await self._kiosk.journal.write(work)
        self._kiosk.changes.notify()
        return recorded

    def _judged(
        self, reader: JournalReader, request: Admit, way: _Way, approver: StaffMember | None
    ) -> _Judged:
        """Return a ticket that may pass, by its own proof or by the approver; else ProblemError."""
        catalogue = reader.catalogue()
        event = find_event(catalogue, request.event_id)
        if event is None:
            raise refusals.event_unknown(request.event_id)
        ticket = self._read(reader, request, way)
        try:
            way.judge(ticket, event, _known(reader, event, ticket), catalogue)
        except ProblemError as refusal:
            if approver is None or not may_be_let_in(refusal):
                raise
            said = {"approved_by": approver.staff_id, "reason": request.reason or ""}
            return _Judged(event, ticket, said)
        return _Judged(event, ticket, {})

    def _read(self, reader: JournalReader, request: Admit, way: _Way) -> Presented:
        if request.code is None:
            return read_typed(request.serial or "")
        keys = {key.key_id: key for key in reader.verify_keys()}
        try:
            return read_code(request.code, keys, self._verify)
        except ProblemError as refusal:
            # What speaks against the ticket is said before that its key is not known.
            if way is self._in and refusal.code == ProblemCode.TICKET_KEY_UNKNOWN:
                return claimed(request.code)
            raise

    def _transaction(  # noqa: PLR0913  a transaction is made of these
        self,
        reader: JournalReader,
        person: StaffMember,
        request: Admit,
        kind: TransactionKind,
        *,
        judged: _Judged,
        request_hash: str,
    ) -> NewTransaction:
        payload = {
            **recording.common_payload(self._kiosk, reader, person.staff_id),
            "serial": judged.ticket.serial,
            "event_id": request.event_id,
            "gate": request.gate,
            **judged.said,
        }
        if kind is TransactionKind.ADMISSION:
            payload["by_hand"] = judged.ticket.facts is None
        return NewTransaction(
            txn_id=request.txn_id,
            kind=kind,
            payload=payload,
            numbered=False,
            request_hash=request_hash,
            offline=self._kiosk.line.is_offline(),
        )

    def _admitted(self, writer: JournalWriter, row: JournalRow, judged: _Judged) -> WireModel:
        ticket, event = judged.ticket, judged.event
        return AdmissionRecorded(
            **recording.recorded(row),
            verdict=Verdict.GREEN,
            serial=ticket.serial,
            event_name=event.name,
            ticket_type_name=_type_name(writer, ticket, event),
            inside=writer.inside_count(event.event_id),
            approved_by=judged.said.get("approved_by"),
        )

    def _let_out(self, _writer: JournalWriter, row: JournalRow, _judged: _Judged) -> WireModel:
        return Recorded(**recording.recorded(row))


def _request_hash(way: _Way, request: Admit) -> str:
    """Return what tells a repeat; a request without a reason hashes as before there was one."""
    apart = ["approval_pin"] if request.reason else ["approval_pin", "reason"]
    return recording.request_hash(way.kind, request, *apart)


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
