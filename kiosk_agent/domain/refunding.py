"""Refunds: who may make one, of which tickets, how it is given back, and where it stands."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from kiosk_agent.domain import refusals_refund, refusals_staff
from kiosk_agent.domain.people import StaffMember, rank
from kiosk_agent.domain.quarantine import advice_for, hint_of
from kiosk_agent.domain.records import GateKnowledge, JournalRow
from kiosk_contracts.kiosk_status import JournalState
from kiosk_contracts.money import Money, total
from kiosk_contracts.payloads import RefundPayload, SalePayload
from kiosk_contracts.refunds import RefundDecision, RefundStanding
from kiosk_contracts.staff import StaffRole
from kiosk_contracts.tender import (
    CardTender,
    CashTender,
    ComplimentaryTender,
    TenderLine,
    UnknownTender,
)

_NOT_MONEY: Final = "complimentary"
_FIRST: Final = ("card", _NOT_MONEY)
"""Back to a card first: what was paid by card must not leave a drawer as cash."""


@dataclass(frozen=True, slots=True)
class RefundLimits:
    """How much of one sale people may refund, in the drawer's currency."""

    alone: Decimal = Decimal(0)
    """A cashier without a manager; 0: never."""
    with_manager: Decimal | None = None
    """With a manager's PIN; None: any amount."""


@dataclass(frozen=True, slots=True)
class TicketKnown:
    """What this kiosk knows of a ticket that is to be refunded."""

    serial: str
    at_gates: GateKnowledge
    cancelled: bool = False
    """Whether its event was cancelled: then a used ticket is refunded, too."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """A refund of the same sale that may still take money back, or did."""

    receipt_number: str
    payload: RefundPayload
    is_settled: bool


def check_sale(row: JournalRow, voided: bool) -> SalePayload:  # noqa: FBT001  a fact of the row
    """Return what was sold if it may be refunded; raise ProblemError saying why it may not."""
    sale = row.read_payload()
    if not isinstance(sale, SalePayload):
        raise refusals_refund.not_a_sale(row.kind)
    if voided:
        raise refusals_staff.sale_already_voided(sale.receipt_number)
    if row.state is not JournalState.SETTLED:
        raise refusals_refund.sale_not_settled(sale.receipt_number)
    return sale


def check_tickets(
    sale: SalePayload, tickets: Sequence[TicketKnown], earlier: Sequence[Earlier]
) -> None:
    """Raise ProblemError unless each ticket is of the sale, unused, and not given back."""
    sold = set(sale.serials())
    asked = {serial: one for one in earlier for serial in one.payload.serials}
    for ticket in tickets:
        before = asked.get(ticket.serial)
        if ticket.serial not in sold:
            raise refusals_refund.serial_not_in_sale(ticket.serial, sale.receipt_number)
        if before is not None and not before.is_settled:
            raise refusals_refund.asked_before(ticket.serial, before.receipt_number)
        if before is not None:
            raise refusals_refund.ticket_refunded(ticket.serial, before.receipt_number)
        if ticket.at_gates.revoked_reason is not None:
            raise refusals_refund.ticket_revoked(ticket.serial, ticket.at_gates.revoked_reason)
        if ticket.at_gates.last_fact is not None and not ticket.cancelled:
            raise refusals_refund.ticket_used(
                ticket.serial, ticket.at_gates.last_gate, ticket.at_gates.last_at
            )


def check_limits(
    limits: RefundLimits, person: StaffMember, approver: StaffMember | None, of_sale: Money
) -> None:
    """Raise ProblemError unless the people may give back `of_sale`.

    That is all of one sale, with what was refunded of it before: in parts it is no less.
    """
    currency = of_sale.currency
    if limits.with_manager is not None and of_sale.amount > limits.with_manager:
        raise refusals_refund.too_large(of_sale, _money(limits.with_manager, currency))
    if approver is None and needs_manager(limits, person, of_sale):
        raise refusals_refund.approval_needed(of_sale, _money(limits.alone, currency))


def needs_manager(limits: RefundLimits, person: StaffMember, of_sale: Money) -> bool:
    """Say whether a person may not give back so much of a sale alone."""
    if rank(person.role) >= rank(StaffRole.MANAGER):
        return False
    return of_sale.amount > limits.alone or not limits.alone


def price_of(sale: SalePayload, serials: Sequence[str]) -> Money:
    """Return what was to be paid for these tickets of a sale."""
    prices = {serial: line.unit_price for line in sale.lines for serial in line.serials}
    return total((prices[serial] for serial in serials), sale.total.currency)


def given_back(sale: SalePayload, earlier: Sequence[Earlier], due: Money) -> tuple[TenderLine, ...]:
    """Return how `due` goes back: the way it was paid, to cards before cash.

    Raises ProblemError `tender_differs` if less was paid than is due.
    """
    back: list[TenderLine] = []
    gone = _by_method(line for one in earlier for line in one.payload.tender)
    rest = due.amount
    for line in sorted(sale.tender, key=lambda line: line.method not in _FIRST):
        taken_before = min(gone.get(line.method, Decimal(0)), line.amount.amount)
        gone[line.method] = gone.get(line.method, Decimal(0)) - taken_before
        part = min(line.amount.amount - taken_before, rest)
        if part > 0:
            back.append(_part(line, _money(part, due.currency)))
            rest -= part
    if rest:
        raise refusals_refund.given_for_nothing()
    return tuple(back) or (_part(sale.tender[0], due),)


def check_gives(refund: RefundPayload, tender: Sequence[TenderLine]) -> None:
    """Raise ProblemError `tender_differs` unless `tender` gives back the refund's own sums."""
    if _by_method(tender) != _by_method(refund.tender):
        raise refusals_refund.gives_other(refund.total)


def cash_of(tender: Sequence[TenderLine], currency: str) -> Money:
    """Return the cash among it."""
    return total((line.amount for line in tender if line.method == "cash"), currency)


def decision_of(row: JournalRow, *, is_given: bool) -> RefundDecision:
    """Return where a refund stands: settled decides for, quarantined against."""
    match row.state:
        case JournalState.SETTLED:
            return RefundDecision.GIVEN if is_given else RefundDecision.GIVE_BACK
        case JournalState.QUARANTINED:
            return RefundDecision.REFUSED
        case JournalState.QUEUED | JournalState.UPLOADING | JournalState.PARKED:
            return RefundDecision.ASKING


def standing_of(row: JournalRow, *, is_given: bool) -> RefundStanding:
    """Return a refund for the UI; ProblemError `txn_unknown` if it is none."""
    refund = read_refund(row)
    outcome = row.outcome
    advice = advice_for(outcome.code, row.kind) if outcome else None
    stuck = row.state in {JournalState.PARKED, JournalState.QUARANTINED}
    told = outcome if stuck else None
    return RefundStanding(
        txn_id=row.txn_id,
        sequence=row.sequence,
        receipt_number=refund.receipt_number,
        sale_txn_id=refund.sale_txn_id,
        serials=refund.serials,
        total=refund.total,
        tender=refund.tender,
        reason=refund.reason,
        cashier_id=refund.cashier_id,
        recorded_at=row.recorded_at,
        decision=decision_of(row, is_given=is_given),
        state=row.state,
        why=(told.detail or (advice.words if advice else "")) if told else "",
        hint=(hint_of(told) or (advice.hint if advice else "")) if told else "",
    )


def read_refund(row: JournalRow) -> RefundPayload:
    """Return what a refund asks for; ProblemError `txn_unknown` if the row is none."""
    payload = row.read_payload()
    if not isinstance(payload, RefundPayload):
        raise refusals_refund.not_a_refund(row.kind)
    return payload


def _by_method(tender: Iterable[TenderLine]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for line in tender:
        if line.amount.amount:
            sums[line.method] = sums.get(line.method, Decimal(0)) + line.amount.amount
    return sums


def _part(line: TenderLine, amount: Money) -> TenderLine:
    match line:
        case CashTender():
            return CashTender(amount=amount, given=amount, change=Money.zero(amount.currency))
        case CardTender() | ComplimentaryTender() | UnknownTender():
            return line.model_copy(update={"amount": amount})


def _money(amount: Decimal, currency: str) -> Money:
    return Money(amount=amount, currency=currency)
