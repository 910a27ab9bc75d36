"""Each shift's drawer, told by its transactions, its closing, the screen and the ticket API."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from verifier.canonical import FormatError, read_money
from verifier.evidence import Entry, Evidence, Json, Row
from verifier.panels import SHOULD_HOLD
from verifier.standing import kept_as_they_came, key_of

FLOAT: Final = "Opening float"
TAKEN: Final = "Cash taken"
GIVEN_BACK: Final = "Cash given back"
PAID_IN: Final = "Paid in"
PAID_OUT: Final = "Paid out"
_SIGNS: Final[Mapping[str, int]] = {FLOAT: 1, TAKEN: 1, GIVEN_BACK: -1, PAID_IN: 1, PAID_OUT: -1}
PARTS: Final[Sequence[str]] = tuple(_SIGNS)
"""What a drawer's cash is made of, as a report names it."""


@dataclass(frozen=True, slots=True)
class Cash:
    """Cash that one transaction moved: which part of a drawer's sum, how much, never negative."""

    part: str
    amount: Decimal
    currency: str

    @property
    def signed(self) -> Decimal:
        """What it adds to the drawer."""
        return _SIGNS[self.part] * self.amount


@dataclass(slots=True)
class ShiftDrawer:
    """One shift. Amounts are in `currency`; None where nobody said it."""

    kiosk_id: str
    shift_id: str
    staff_id: str = ""
    first_sequence: int = 0
    currency: str = ""
    parts: dict[str, Decimal] = field(default_factory=lambda: dict.fromkeys(PARTS, Decimal(0)))
    """What the journal's transactions come to, by part."""
    running: list[Decimal] = field(default_factory=list)
    """What should have been in the drawer after each of them."""
    at_ticket_api: Decimal = Decimal(0)
    """What the ticket API's transactions come to, those that wait for a person included."""
    closing: Row | None = None
    shown: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The Z report's figures as the screen showed them, with all values that each had."""

    @property
    def in_journal(self) -> Decimal:
        """What should be in the drawer by the journal's transactions."""
        return sum((_SIGNS[part] * amount for part, amount in self.parts.items()), Decimal(0))

    @property
    def on_screen(self) -> Decimal | None:
        """What the Z report on the screen says should be there; None if it said no one amount."""
        return only_amount(self.shown.get(SHOULD_HOLD, frozenset()))

    @property
    def name(self) -> str:
        """How findings call it, e.g. `ana-ruiz's shift at hb-till-1 (#1 to #163)`."""
        end = f"to #{self.closing.sequence}" if self.closing is not None else "on"
        whose = f"{self.staff_id or 'somebody'}'s shift"
        return f"{whose} at {self.kiosk_id} (#{self.first_sequence} {end})"

    def said(self, member: str) -> Decimal | None:
        """Return an amount of the closing transaction: `expected`, `counted` or `over_short`."""
        if self.closing is None or member not in self.closing.payload:
            return None
        return read_money(self.closing.payload[member])[0]

    def agrees(self) -> bool:
        """Say whether it is closed, and all four tell the same."""
        told = {self.in_journal, self.said("expected"), self.on_screen, self.at_ticket_api}
        return self.closing is not None and len(told) == 1


def cash_of(kind: str, said: Json) -> Iterator[Cash]:
    """Yield the cash that a transaction moved. Raises FormatError if its money cannot be read."""
    match kind:
        case "sale":
            yield from _tendered(TAKEN, said)
        # A refund only asks; its money leaves the drawer by the payment out that names it.
        case "void":
            yield from _tendered(GIVEN_BACK, said)
        case "shift_opened":
            yield from _one(FLOAT, said.get("opening_float"))
        case "shift_paid_in":
            yield from _one(PAID_IN, said.get("amount"))
        case "shift_paid_out":
            yield from _one(PAID_OUT, said.get("amount"))
        case _:
            return


def cash_of_row(row: Row) -> Iterator[Cash]:
    """Yield the cash that a journal's transaction moved.

    A payload that was tampered with says nothing of the drawer; the answer is what was done.
    """
    return cash_of(row.kind, row.payload if row.untouched else row.answer)


def shift_drawers(evidence: Evidence) -> list[ShiftDrawer]:
    """Return every shift of the journals, in the order in which they were opened at each kiosk."""
    shifts: dict[str, ShiftDrawer] = {}
    waiting = _waiting(evidence)
    for row in evidence.rows():
        shift_id = row.payload.get("shift_id")
        if shift_id is None:
            continue
        shift = shifts.setdefault(str(shift_id), ShiftDrawer(row.kiosk_id, str(shift_id)))
        _add(shift, row)
        if key_of(row) in waiting:
            shift.at_ticket_api += sum((cash.signed for cash in cash_of_row(row)), Decimal(0))
    # An id that is there twice is one transaction; that it is there twice is told elsewhere.
    for entry in {entry.txn_id: entry for entry in evidence.ledger.entries}.values():
        shift_id = str(entry.payload.get("shift_id"))
        if entry.settled and shift_id in shifts:
            shifts[shift_id].at_ticket_api += _moved(entry)
    _add_shown(evidence, shifts.values())
    return list(shifts.values())


def only_amount(values: frozenset[str]) -> Decimal | None:
    """Return the amount if one value alone was shown, e.g. `31.00 EUR`."""
    if len(values) != 1:
        return None
    (value,) = values
    return read_money(value)[0]


def _waiting(evidence: Evidence) -> set[tuple[str, str]]:
    """Return the rows that the ticket API keeps for a person: it has them, and has not counted."""
    kept = kept_as_they_came(evidence)
    return kept | {
        (entry.journal_id, entry.txn_id) for entry in evidence.ledger.entries if not entry.settled
    }


def _add(shift: ShiftDrawer, row: Row) -> None:
    shift.first_sequence = shift.first_sequence or row.sequence
    shift.staff_id = shift.staff_id or str(row.payload.get("cashier_id", ""))
    if row.kind == "shift_closed" and row.untouched:
        shift.closing = row
    for cash in cash_of_row(row):
        shift.parts[cash.part] += cash.amount
        shift.currency = shift.currency or cash.currency
    shift.running.append(shift.in_journal)


def _moved(entry: Entry) -> Decimal:
    """Return what a settled transaction adds to its drawer; what cannot be read adds nothing."""
    try:
        return sum((cash.signed for cash in cash_of(entry.kind, entry.payload)), Decimal(0))
    except (FormatError, KeyError, TypeError, AttributeError):
        return Decimal(0)


def _add_shown(evidence: Evidence, shifts: Iterable[ShiftDrawer]) -> None:
    for shift in shifts:
        if shift.closing is not None:
            place = (shift.kiosk_id, shift.closing.sequence)
            figures = evidence.terminals.z_reports.get(place, {})
            shift.shown = {label: frozenset(values) for label, values in figures.items()}


def _tendered(part: str, said: Json) -> Iterator[Cash]:
    for line in said.get("tender", []):
        if line.get("method") == "cash":
            yield from _one(part, line["amount"])


def _one(part: str, value: Any) -> Iterator[Cash]:
    if value is not None:
        amount, currency = read_money(value)
        yield Cash(part, amount, currency)


def in_drawers(evidence: Evidence) -> dict[str, dict[str, Decimal]]:
    """Return the cash that must be in each kiosk's drawer, by currency."""
    held: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for row in evidence.rows():
        for cash in cash_of_row(row):
            held[row.kiosk_id][cash.currency] += cash.signed
    return {kiosk_id: dict(amounts) for kiosk_id, amounts in held.items()}
