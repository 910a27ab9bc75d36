"""What staff and customers were told: no damage to a file takes any of it back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Line:
    """A transaction that was acknowledged."""

    txn_id: UUID
    sequence: int
    journal_id: UUID
    epoch: int
    receipt: str | None
    recorded_at: datetime
    follows: UUID | None
    """The transaction that it was linked to; None if what had its number before was lost."""
    answer: Mapping[str, Any] | None
    """None if nobody was answered."""


@dataclass
class Told:
    """All of it, of every journal that the kiosk has had."""

    lines: dict[UUID, Line] = field(default_factory=dict)
    hashes: dict[UUID, str] = field(default_factory=dict)
    """How each transaction was sealed."""
    journals: set[UUID] = field(default_factory=set)
    receipts: set[str] = field(default_factory=set)
    tickets: dict[str, UUID] = field(default_factory=dict)
    """Serials in customers' hands, voided ones too, and the sales that they are of."""
    sales: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    """Answers."""
    voids: dict[UUID, UUID] = field(default_factory=dict)
    """Void -> its sale."""

    def note(self, line: Line) -> None:
        """Note a line; neither its id nor its receipt number was ever given before."""
        assert line.txn_id not in self.lines
        assert line.receipt not in self.receipts
        self.lines[line.txn_id] = line
        if line.receipt is not None:
            self.receipts.add(line.receipt)

    def note_sale(self, txn_id: UUID, answer: dict[str, Any]) -> None:
        """Note what was sold; no ticket is sold twice."""
        serials = [ticket["serial"] for ticket in answer["tickets"]]
        assert self.tickets.keys().isdisjoint(serials)
        self.tickets.update(dict.fromkeys(serials, txn_id))
        self.sales[txn_id] = answer

    def note_seal(self, txn_id: UUID, sealed: str) -> None:
        """Note how it was sealed; it is never sealed anew."""
        assert self.hashes.setdefault(txn_id, sealed) == sealed

    def tickets_of(self, sale: UUID) -> list[str]:
        """Return the serials that a sale sold."""
        return [ticket["serial"] for ticket in self.sales[sale]["tickets"]]

    def voided_by(self, txn_id: UUID) -> list[str]:
        """Return the serials that a transaction gave back: none, unless it is a void."""
        return self.tickets_of(self.voids[txn_id]) if txn_id in self.voids else []

    def sold_by(self, txn_id: UUID) -> list[str]:
        """Return the serials that a transaction sold: none, unless it is a sale."""
        return self.tickets_of(txn_id) if txn_id in self.sales else []
