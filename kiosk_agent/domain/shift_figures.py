"""Adds up what was done in a shift, transaction by transaction: the figures of X and Z reports."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from kiosk_agent.domain.carts import find_event, find_type, reduced_by
from kiosk_agent.domain.records import CancelledPayment, JournalRow
from kiosk_contracts.cancelled import CancelledPayments, MethodAmount
from kiosk_contracts.catalogue import Catalogue
from kiosk_contracts.money import Money
from kiosk_contracts.payloads import (
    RefundPayload,
    SalePayload,
    ShiftOpenedPayload,
    ShiftPaidInPayload,
    ShiftPaidOutPayload,
    VoidPayload,
)
from kiosk_contracts.problem import ProblemError
from kiosk_contracts.shifts import MethodSum, TypeSum
from kiosk_contracts.tender import TenderLine

_CASH = "cash"
_Priced = tuple[str, str, str, Money]
"""Event id, ticket type id, id of the concession or price rule (empty: neither), unit price."""
Find = Callable[[UUID], JournalRow | None]
"""Returns a transaction by its txn_id, archived or not; None if there is none."""


@dataclass(slots=True)
class ShiftFigures:
    """The sums of one shift so far."""

    shift_id: UUID
    currency: str
    up_to: int = 0
    """The sequence of the last transaction looked at."""
    opening_float: Money = field(init=False)
    taken_over_from: UUID | None = None
    """The closed shift whose drawer it is, if it went on."""
    paid_in: Money = field(init=False)
    paid_out: Money = field(init=False)
    sales: int = 0
    voids: int = 0
    refunds: int = 0
    first_receipt: str = ""
    last_receipt: str = ""
    taken: dict[str, Money] = field(default_factory=dict)
    given_back: dict[str, Money] = field(default_factory=dict)
    sold: Counter[_Priced] = field(default_factory=Counter)
    undone: Counter[_Priced] = field(default_factory=Counter)
    asked: dict[UUID, JournalRow] = field(default_factory=dict)
    """Refunds that were asked for in this shift, given back or not."""
    unreadable: list[int] = field(default_factory=list)
    cancelled: Sequence[CancelledPayment] = ()
    """Money that was taken and given back without a sale: in no other figure."""

    def __post_init__(self) -> None:
        self.opening_float = self.paid_in = self.paid_out = Money.zero(self.currency)

    def add(self, rows: Iterable[JournalRow], find: Find) -> None:
        """Add the transactions among `rows` that are of this shift, oldest first."""
        for row in rows:
            self.up_to = row.sequence
            try:
                self._add(row, find)
            except ProblemError:
                # Damaged; whose shift it was nobody can tell, so every report names it.
                self.unreadable.append(row.sequence)

    def expected_cash(self) -> Money:
        """Return what should be in the drawer."""
        nothing = Money.zero(self.currency)
        kept = self.taken.get(_CASH, nothing) - self.given_back.get(_CASH, nothing)
        return self.opening_float + kept + self.paid_in - self.paid_out

    def by_method(self) -> tuple[MethodSum, ...]:
        """Return the sums by way of paying, in order of their names; cash always."""
        nothing = Money.zero(self.currency)
        return tuple(
            MethodSum(
                method=method,
                taken=self.taken.get(method, nothing),
                given_back=self.given_back.get(method, nothing),
            )
            for method in sorted({_CASH, *self.taken, *self.given_back})
        )

    def cancelled_payments(self) -> CancelledPayments | None:
        """Return how many payments were cancelled after money was taken, and what went back."""
        if not self.cancelled:
            return None
        sums: dict[str, Money] = {}
        for one in self.cancelled:
            _tally(sums, one.taken)
        given_back = (MethodAmount(method=name, amount=sums[name]) for name in sorted(sums))
        return CancelledPayments(payments=len(self.cancelled), given_back=tuple(given_back))

    def by_type(self, catalogue: Catalogue | None) -> tuple[TypeSum, ...]:
        """Return the tickets sold and undone by event, type, what reduced the price, and price."""
        priced = sorted({*self.sold, *self.undone}, key=lambda one: (*one[:3], one[3].amount))
        return tuple(self._type_sum(one, catalogue) for one in priced)

    def _type_sum(self, priced: _Priced, catalogue: Catalogue | None) -> TypeSum:
        event_id, type_id, reduction_id, unit_price = priced
        event = find_event(catalogue, event_id)
        kind = find_type(event, type_id) if event else None
        return TypeSum(
            event_id=event_id,
            event_name=event.name if event else "",
            ticket_type_id=type_id,
            ticket_type_name=kind.name if kind else "",
            reduced_by=reduced_by(catalogue, event_id, reduction_id),
            unit_price=unit_price,
            sold=self.sold[priced],
            undone=self.undone[priced],
        )

    def _add(self, row: JournalRow, find: Find) -> None:
        payload = row.read_payload()
        if getattr(payload, "shift_id", None) != self.shift_id:
            return
        self._note_receipt(row.receipt_number)
        match payload:
            case ShiftOpenedPayload():
                self.opening_float += payload.opening_float
                self.taken_over_from = payload.taken_over_from
            case ShiftPaidInPayload():
                self.paid_in += payload.amount
            case ShiftPaidOutPayload(refund_txn_id=None):
                self.paid_out += payload.amount
            case ShiftPaidOutPayload():
                self._give_back(payload, find)
            case SalePayload():
                self.sales += 1
                _tally(self.taken, payload.tender)
                self._count(self.sold, payload, payload.serials())
            case VoidPayload():
                self.voids += 1
                _tally(self.given_back, payload.tender)
                self._undo(payload, find)
            case RefundPayload():
                # It only asks: its money counts where it left a drawer.
                self.asked[row.txn_id] = row
            case _:
                pass

    def _note_receipt(self, number: str | None) -> None:
        if number is not None:
            self.first_receipt = self.first_receipt or number
            self.last_receipt = number

    def _give_back(self, payload: ShiftPaidOutPayload, find: Find) -> None:
        self.refunds += 1
        refund = _payload_of(find, payload.refund_txn_id)
        _tally(self.given_back, payload.tender)
        if isinstance(refund, RefundPayload):
            self._undo(refund, find)

    def _undo(self, payload: VoidPayload | RefundPayload, find: Find) -> None:
        sale = _payload_of(find, payload.sale_txn_id)
        if isinstance(sale, SalePayload):
            self._count(self.undone, sale, payload.serials)

    def _count(self, counts: Counter[_Priced], sale: SalePayload, serials: Iterable[str]) -> None:
        wanted = set(serials)
        for line in sale.lines:
            by = line.concession_id or line.rule_id
            priced = (line.event_id, line.ticket_type_id, by, line.unit_price)
            if found := len(wanted.intersection(line.serials)):
                counts[priced] += found


def _payload_of(find: Find, txn_id: UUID | None) -> object:
    row = None if txn_id is None else find(txn_id)
    return None if row is None else row.read_payload()


def _tally(sums: dict[str, Money], tender: Iterable[TenderLine]) -> None:
    for line in tender:
        before = sums.get(line.method, Money.zero(line.amount.currency))
        sums[line.method] = before + line.amount
