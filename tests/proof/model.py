"""Plain Python's idea of a kiosk: what a box office would write on paper."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tests.support.clock import FakeClock

HOLD_MS = 600_000


@dataclass
class Lot:
    """Serials that came together, under one lease."""

    serials: tuple[str, ...]
    asked_at: datetime
    asked_ms: int
    boot: str
    lease_s: int


@dataclass
class PaperCart:
    """A cart: what it holds and until when."""

    serials: list[str]
    boot: str
    ends_ms: int
    in_payment: bool = False


@dataclass
class Paper:
    """The books, kept by hand beside the journal."""

    clock: FakeClock
    lots: list[Lot] = field(default_factory=list)
    kinds: dict[str, str] = field(default_factory=dict)
    state: dict[str, str] = field(default_factory=dict)
    """`available`, `held`, `sold`, `voided` or `returned`, by serial."""
    carts: dict[UUID, PaperCart] = field(default_factory=dict)
    sales: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    voids: dict[UUID, UUID] = field(default_factory=dict)
    """Sale -> its void."""
    recorded: list[UUID] = field(default_factory=list)
    """Every transaction that was acknowledged, in order."""
    settled: set[UUID] = field(default_factory=set)
    inside: dict[str, bool] = field(default_factory=dict)
    """Serials that were at the gate, and whether their holders are inside."""
    receipts: int = 0
    last_recorded_at: datetime | None = None

    def record(self, txn_id: UUID, *, numbered: bool = False) -> None:
        """Write a line into the book."""
        self.recorded.append(txn_id)
        self.receipts += numbered
        self.last_recorded_at = self.clock.now()

    def add_lot(self, lot: Lot, kind: str) -> None:
        """Take serials into stock."""
        self.lots.append(lot)
        for serial in lot.serials:
            self.kinds[serial] = kind
            self.state[serial] = "available"

    def expire(self) -> None:
        """Take back what carts hold whose time is over; one in payment never expires."""
        for txn_id, cart in list(self.carts.items()):
            late = cart.boot != self.clock.boot_id() or self.clock.boottime_ms() >= cart.ends_ms
            if late and not cart.in_payment:
                self.release(cart.serials)
                del self.carts[txn_id]

    def has_expired(self, txn_id: UUID) -> bool:
        """Say whether a cart's time is over, without taking anything back."""
        cart = self.carts[txn_id]
        late = cart.boot != self.clock.boot_id() or self.clock.boottime_ms() >= cart.ends_ms
        return late and not cart.in_payment

    def sellable(self, kind: str) -> list[str]:
        """Return the available serials of a type whose lease lets them be sold, oldest first."""
        return [
            serial
            for lot in self.lots
            if self._is_live(lot)
            for serial in lot.serials
            if self.kinds[serial] == kind and self.state[serial] == "available"
        ]

    def _is_live(self, lot: Lot) -> bool:
        if lot.boot == self.clock.boot_id():
            return self.clock.boottime_ms() - lot.asked_ms < lot.lease_s * 1000
        known = max(lot.asked_at, self.last_recorded_at or lot.asked_at)
        ends_at = lot.asked_at + timedelta(seconds=lot.lease_s)
        return known <= self.clock.now() < ends_at

    def hold_ends_ms(self) -> int:
        """Return when a hold that begins now ends."""
        return self.clock.boottime_ms() + HOLD_MS

    def mark(self, serials: Sequence[str], state: str) -> None:
        """Change what serials are."""
        for serial in serials:
            self.state[serial] = state

    def release(self, serials: Sequence[str]) -> None:
        """Put held serials back."""
        self.mark(serials, "available")

    def counts(self) -> Counter[str]:
        """Return how many serials are in each state."""
        return Counter(self.state.values())
