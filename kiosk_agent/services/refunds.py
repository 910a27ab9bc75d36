"""Refunds: the journal has them first, the ticket API decides, and only then money goes back.

`docs/adr/0019-refunds.md` says why each step is as it is.
"""

from typing import Any, Final
from uuid import UUID

import structlog

from kiosk_agent.domain import refunding, refusals_refund, refusals_staff
from kiosk_agent.domain.carts import find_event
from kiosk_agent.domain.people import StaffMember, require
from kiosk_agent.domain.refunding import RefundLimits, TicketKnown
from kiosk_agent.ports.journal import JournalReader, JournalRow, JournalWriter, NewTransaction
from kiosk_agent.services import recording
from kiosk_agent.services.kiosk import Kiosk
from kiosk_agent.services.refund_facts import is_given, refunds_of
from kiosk_agent.services.shift_reports import ShiftReports
from kiosk_contracts.catalogue import EventState
from kiosk_contracts.kiosk_status import LineState
from kiosk_contracts.money import Money
from kiosk_contracts.payloads import RefundPayload, SalePayload, TransactionKind
from kiosk_contracts.problem import ProblemError
from kiosk_contracts.refunds import (
    GiveBack,
    GivenBack,
    MakeRefund,
    RefundDecision,
    RefundRecorded,
    Refunds,
    RefundStanding,
)
from kiosk_contracts.staff import StaffRole
from kiosk_contracts.tender import TenderLine

log = structlog.get_logger(__name__)
_LISTED: Final = 50


class RefundDesk:
    """Asks for refunds, tells where they stand, and gives their money back once."""

    def __init__(
        self, kiosk: Kiosk, reports: ShiftReports, limits: RefundLimits | None = None
    ) -> None:
        self._kiosk = kiosk
        self._reports = reports
        self._limits = limits or RefundLimits()

    async def repeat_of(self, request: MakeRefund) -> dict[str, Any] | None:
        """Return the first answer if this refund was recorded before, else None."""
        wanted = _hash(request)
        known = await self._kiosk.journal.read(
            lambda reader: recording.find_repeat(reader, request.txn_id, wanted)
        )
        return None if known is None else recording.again(known)

    async def needs_approval(self, person: StaffMember, request: MakeRefund) -> bool:
        """Say whether a manager must agree.

        Raises ProblemError if no manager could help, and `approval_needed` where no PIN came.
        """
        require(person, StaffRole.CASHIER)

        def work(reader: JournalReader) -> bool:
            _, of_sale, _ = self._refundable(reader, person, request)
            # The bound that holds for everybody comes first, so that nobody types a PIN in vain.
            typed = person if request.approval_pin is not None else None
            refunding.check_limits(self._limits, person, typed, of_sale)
            return refunding.needs_manager(self._limits, person, of_sale)

        return await self._kiosk.journal.read(work)

    async def ask(
        self, person: StaffMember, approver: StaffMember | None, request: MakeRefund
    ) -> dict[str, Any]:
        """Record a refund for the ticket API to decide; return a RefundRecorded.

        Idempotent by txn_id. Nothing is recorded without a line.
        """
        require(person, StaffRole.CASHIER)
        wanted = _hash(request)

        def work(writer: JournalWriter) -> dict[str, Any]:
            known = recording.find_repeat(writer, request.txn_id, wanted)
            if known is not None:
                return recording.again(known)
            sale, of_sale, tender = self._refundable(writer, person, request)
            refunding.check_limits(self._limits, person, approver, of_sale)
            row = recording.record(
                self._kiosk.agent,
                writer,
                self._refund(
                    writer, person, request, approver=approver or person, sale=sale, tender=tender
                ),
            )
            return recording.keep(writer, row, _recorded(row, sale))

        return await self._written(work)

    async def open_ones(self) -> Refunds:
        """Return the refunds that somebody waits for, newest first."""

        def work(reader: JournalReader) -> Refunds:
            asking = reader.refunds_asking(_LISTED)
            rows = [reader.row(one) for one in (*asking, *reader.refunds_to_give(_LISTED))]
            found = [_standing(reader, row) for row in rows if row is not None and _reads(row)]
            return Refunds(refunds=tuple(sorted(found, key=lambda one: -one.sequence)))

        return await self._kiosk.journal.read(work)

    async def standing(self, txn_id: UUID) -> RefundStanding:
        """Return where a refund stands; ProblemError `txn_unknown`."""
        return await self._kiosk.journal.read(
            lambda reader: _standing(reader, _known(reader, txn_id))
        )

    async def give_back(
        self, person: StaffMember, refund_txn_id: UUID, request: GiveBack
    ) -> dict[str, Any]:
        """Record that a settled refund's money left this person's drawer; return a GivenBack.

        Idempotent by txn_id; each refund is given back once, whoever asks.
        """
        require(person, StaffRole.CASHIER)
        wanted = _hash_of_giving(refund_txn_id, request)

        def work(writer: JournalWriter) -> dict[str, Any]:
            known = recording.find_repeat(writer, request.txn_id, wanted)
            if known is not None:
                return recording.again(known)
            refund, tender = _due(writer, refund_txn_id, request)
            shift_id = writer.open_shift(person.staff_id)
            if shift_id is None:
                raise refusals_staff.shift_not_open()
            cash = refunding.cash_of(tender, refund.total.currency)
            there = self._reports.cash_in_drawer(writer, shift_id)
            if cash.amount > there.amount:
                raise refusals_refund.drawer_short_to_give_back(cash, there)
            row = recording.record(
                self._kiosk.agent,
                writer,
                NewTransaction(
                    txn_id=request.txn_id,
                    kind=TransactionKind.SHIFT_PAID_OUT,
                    payload={
                        **recording.common_payload(self._kiosk, writer, person.staff_id, shift_id),
                        "amount": cash.to_json(),
                        "reason": f"refund {refund.receipt_number}",
                        "approved_by": refund.approved_by,
                        "refund_txn_id": str(refund_txn_id),
                        "tender": [line.to_json() for line in tender],
                    },
                    numbered=False,
                    request_hash=wanted,
                    depends_on=refund_txn_id,
                    offline=self._kiosk.line.is_offline(),
                ),
            )
            answer = GivenBack(
                **recording.recorded(row),
                refund_txn_id=refund_txn_id,
                total=refund.total,
                tender=tender,
            )
            return recording.keep(writer, row, answer)

        return await self._written(work)

    def _refundable(
        self, reader: JournalReader, person: StaffMember, request: MakeRefund
    ) -> tuple[SalePayload, Money, tuple[TenderLine, ...]]:
        """Return the sale, what would be refunded of it in all, and how this part goes back."""
        if reader.open_shift(person.staff_id) is None:
            raise refusals_staff.shift_not_open()
        row = reader.row(request.sale_txn_id)
        if row is None:
            raise refusals_staff.txn_unknown(request.sale_txn_id)
        voided = reader.void_of(request.sale_txn_id) is not None
        sale = refunding.check_sale(row, voided)
        if self._kiosk.line.state() is not LineState.ONLINE:
            raise refusals_refund.no_line()
        earlier = refunds_of(reader, request.sale_txn_id)
        serials = tuple(dict.fromkeys(request.serials))
        refunding.check_tickets(sale, _tickets(reader, sale, serials), earlier)
        due = refunding.price_of(sale, serials)
        of_sale = due
        for one in earlier:
            of_sale += one.payload.total
        return sale, of_sale, refunding.given_back(sale, earlier, due)

    def _refund(  # noqa: PLR0913  a transaction is made of these
        self,
        reader: JournalReader,
        person: StaffMember,
        request: MakeRefund,
        *,
        approver: StaffMember,
        sale: SalePayload,
        tender: tuple[TenderLine, ...],
    ) -> NewTransaction:
        serials = tuple(dict.fromkeys(request.serials))
        return NewTransaction(
            txn_id=request.txn_id,
            kind=TransactionKind.REFUND,
            payload={
                **recording.common_payload(self._kiosk, reader, person.staff_id),
                "sale_txn_id": str(request.sale_txn_id),
                "serials": list(serials),
                "total": refunding.price_of(sale, serials).to_json(),
                "tender": [line.to_json() for line in tender],
                "reason": request.reason,
                "approved_by": approver.staff_id,
            },
            numbered=True,
            request_hash=_hash(request),
            depends_on=request.sale_txn_id,
            offline=self._kiosk.line.is_offline(),
        )

    async def _written(self, work: Any) -> dict[str, Any]:
        answer: dict[str, Any] = await self._kiosk.journal.write(work)
        self._kiosk.changes.notify()
        return answer


def _hash(request: MakeRefund) -> str:
    return recording.request_hash(TransactionKind.REFUND, request, "approval_pin")


def _hash_of_giving(refund_txn_id: UUID, request: GiveBack) -> str:
    kind = f"{TransactionKind.SHIFT_PAID_OUT}/{refund_txn_id}"
    return recording.request_hash(kind, request)


def _recorded(row: JournalRow, sale: SalePayload) -> RefundRecorded:
    refund = refunding.read_refund(row)
    return RefundRecorded(
        **recording.recorded(row),
        receipt_number=refund.receipt_number,
        sale_receipt_number=sale.receipt_number,
        serials=refund.serials,
        total=refund.total,
        tender=refund.tender,
    )


def _tickets(
    reader: JournalReader, sale: SalePayload, serials: tuple[str, ...]
) -> list[TicketKnown]:
    catalogue = reader.catalogue()
    event_ids = {serial: line.event_id for line in sale.lines for serial in line.serials}
    found = []
    for serial in serials:
        event_id = event_ids.get(serial, "")
        event = find_event(catalogue, event_id)
        cancelled = event is not None and event.state == EventState.CANCELLED
        found.append(TicketKnown(serial, reader.gate_knowledge(event_id, serial), cancelled))
    return found


def _due(
    reader: JournalReader, refund_txn_id: UUID, request: GiveBack
) -> tuple[RefundPayload, tuple[TenderLine, ...]]:
    """Return the refund and how its money is given, if that is to be done now."""
    row = _known(reader, refund_txn_id)
    refund = refunding.read_refund(row)
    match refunding.decision_of(row, is_given=is_given(reader, refund_txn_id)):
        case RefundDecision.GIVE_BACK:
            pass
        case RefundDecision.GIVEN:
            raise refusals_refund.given_before(refund.receipt_number)
        case RefundDecision.ASKING:
            raise refusals_refund.not_decided(refund.receipt_number)
        case RefundDecision.REFUSED:
            why = row.outcome.detail if row.outcome else ""
            raise refusals_refund.refused(refund.receipt_number, why)
    if request.tender is None:
        return refund, refund.tender
    refunding.check_gives(refund, request.tender)
    return refund, request.tender


def _known(reader: JournalReader, txn_id: UUID) -> JournalRow:
    row = reader.row(txn_id)
    if row is None:
        raise refusals_staff.txn_unknown(txn_id)
    return row


def _standing(reader: JournalReader, row: JournalRow) -> RefundStanding:
    return refunding.standing_of(row, is_given=is_given(reader, row.txn_id))


def _reads(row: JournalRow) -> bool:
    try:
        refunding.read_refund(row)
    except ProblemError:
        # A damaged one stands in Transactions, which says so.
        return False
    return True
