"""Plain Python's idea of a kiosk: what a box office would write on paper."""

from collections.abc import Collection, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Self
from uuid import UUID

from kiosk_contracts.kiosk_status import JournalState
from tests.proof.told import Line, Told
from tests.support.clock import FakeClock
from tests.support.journal import KIOSK_CODE

HOLD_MS = 600_000
NO_JOURNAL = UUID(int=0)
UNSOLD = frozenset({"available", "held"})


@dataclass(frozen=True, slots=True)
class Lot:
    """Serials that came together, under one lease, and when they were asked for."""

    serials: tuple[str, ...]
    asked_at: datetime
    asked_ms: int
    boot: str
    lease_s: int

    def of(self, serials: Sequence[str], lease_s: int | None = None) -> "Lot":
        """Return the lot of these serials."""
        return replace(self, serials=tuple(serials), lease_s=lease_s or self.lease_s)


@dataclass
class PaperCart:
    """A cart: what it holds and until when."""

    serials: list[str]
    boot: str
    ends_ms: int
    in_payment: bool = False
    is_frozen: bool = False
    """An epoch began while it was being paid."""


@dataclass
class Paper:
    """The books, kept by hand beside the journal: what must be in its file now."""

    clock: FakeClock
    told: Told = field(default_factory=Told)
    journal_id: UUID = NO_JOURNAL
    epoch: int = 0
    last_sequence: int = 0
    receipts: int = 0
    """How many were given in this epoch."""
    lines: list[Line] = field(default_factory=list)
    """What is in the journal, in order."""
    settled: set[UUID] = field(default_factory=set)
    stuck: dict[UUID, JournalState] = field(default_factory=dict)
    """What could not be settled."""
    archived: set[UUID] = field(default_factory=set)
    harmed: set[UUID] = field(default_factory=set)
    """What nobody can read any more."""
    lots: list[Lot] = field(default_factory=list)
    asked: dict[UUID, Lot] = field(default_factory=dict)
    """Requests for stock whose answers were lost."""
    kinds: dict[str, str] = field(default_factory=dict)
    state: dict[str, str] = field(default_factory=dict)
    """`available`, `held`, `sold`, `returned`, `frozen` or `revoked`, by serial."""
    carts: dict[UUID, PaperCart] = field(default_factory=dict)
    inside: dict[str, bool] = field(default_factory=dict)
    """Serials that were at the gate, and whether their holders are inside."""
    revoked: set[str] = field(default_factory=set)
    """What this kiosk knows to be revoked."""
    is_checked: bool = False
    """Whether the far side was asked about this epoch."""

    def copy(self) -> Self:
        """Return the books as they are now; what was told is told."""
        copied = copy(self)
        for name, value in vars(self).items():
            if isinstance(value, list | set | dict):
                setattr(copied, name, value.copy())
        copied.carts = {txn_id: replace(cart) for txn_id, cart in self.carts.items()}
        return copied

    # Transactions

    def record(
        self, txn_id: UUID, answer: Mapping[str, Any] | None = None, *, numbered: bool = False
    ) -> Line:
        """Write a line into the book."""
        before = self.lines[-1] if self.lines else None
        linked = before is not None and before.sequence == self.last_sequence
        self.last_sequence += 1
        self.receipts += numbered
        receipt = f"{KIOSK_CODE}-{self.epoch}-{self.receipts:06d}" if numbered else None
        line = Line(
            txn_id,
            self.last_sequence,
            self.journal_id,
            self.epoch,
            receipt,
            self.clock.now(),
            before.txn_id if before and linked else None,
            answer,
        )
        self.lines.append(line)
        self.told.note(line)
        return line

    def has(self, txn_id: UUID) -> bool:
        """Say whether a transaction is in the journal."""
        return any(line.txn_id == txn_id for line in self.lines)

    def queued(self) -> list[UUID]:
        """Return what is still to be sent."""
        done = {*self.settled, *self.stuck}
        return [line.txn_id for line in self.lines if line.txn_id not in done]

    def last_recorded_at(self) -> datetime | None:
        """Return when the newest one was recorded that is not in an archive."""
        times = [line.recorded_at for line in self.lines if line.txn_id not in self.archived]
        return times[-1] if times else None

    def may_be_stuck(self, txn_id: UUID) -> bool:
        """Say whether a transaction need not settle: it is harmed, or undoes what is lost."""
        if txn_id in self.harmed:
            return True
        sale = self.told.voids.get(txn_id)
        if sale is None:
            return False
        again = list(self.told.voids.values()).count(sale) > 1
        return again or sale in self.harmed or not self.has(sale)

    def against_void(self, sale: UUID) -> set[str]:
        """Return the reasons for which a sale can't be voided, of which one is told."""
        if not self.has(sale):
            return {"txn_unknown"}
        if sale in self.harmed:
            return {"journal_damaged"}
        serials = self.told.tickets_of(sale)
        undone = any(one == sale and self.has(void) for void, one in self.told.voids.items())
        reasons = {
            "sale_already_voided": undone
            or any(self.state.get(one) == "revoked" for one in serials),
            "sale_settled": sale in self.settled,
            "ticket_already_used": any(one in self.inside for one in serials),
        }
        return {reason for reason, holds in reasons.items() if holds}

    # Stock

    def add_lot(self, lot: Lot, kind: str) -> None:
        """Take serials into stock, but for what was revoked meanwhile."""
        self.lots.append(lot)
        for serial in lot.serials:
            self.kinds[serial] = kind
        self.release(lot.serials)

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
        known = max(lot.asked_at, self.last_recorded_at() or lot.asked_at)
        ends_at = lot.asked_at + timedelta(seconds=lot.lease_s)
        return known <= self.clock.now() < ends_at

    def mark(self, serials: Sequence[str], state: str) -> None:
        """Change what serials are."""
        for serial in serials:
            self.state[serial] = state

    def release(self, serials: Sequence[str]) -> None:
        """Put serials up for sale, unless they were revoked."""
        for serial in serials:
            self.state[serial] = "revoked" if serial in self.revoked else "available"

    def void(self, serials: Sequence[str]) -> None:
        """Take back what was sold."""
        self.mark(serials, "revoked")
        self.revoked.update(serials)

    def learn_revoked(self, serials: Collection[str]) -> None:
        """Hear what was revoked: it is not for sale any more, whoever holds it unpaid."""
        self.revoked.update(serials)
        for txn_id, cart in list(self.carts.items()):
            if not cart.in_payment and not self.revoked.isdisjoint(cart.serials):
                self.release(cart.serials)
                del self.carts[txn_id]
        for serial in self.revoked & self.state.keys():
            if self.state[serial] in {"available", "frozen"}:
                self.state[serial] = "revoked"

    # Carts

    def expire(self) -> None:
        """Take back what carts hold whose time is over; one in payment never expires."""
        for txn_id, cart in list(self.carts.items()):
            if self.has_expired(txn_id):
                self.release(cart.serials)
                del self.carts[txn_id]

    def has_expired(self, txn_id: UUID) -> bool:
        """Say whether a cart's time is over, without taking anything back."""
        cart = self.carts[txn_id]
        late = cart.boot != self.clock.boot_id() or self.clock.boottime_ms() >= cart.ends_ms
        return late and not cart.in_payment

    def hold_ends_ms(self) -> int:
        """Return when a hold that begins now ends."""
        return self.clock.boottime_ms() + HOLD_MS

    # Epochs

    def begin_epoch(self, journal_id: UUID, epoch: int) -> None:
        """Go on as another journal: old stock is frozen, open carts are emptied."""
        self.told.journals.add(journal_id)
        self.journal_id, self.epoch, self.receipts = journal_id, epoch, 0
        for serial, state in self.state.items():
            if state in UNSOLD:
                self.state[serial] = "revoked" if serial in self.revoked else "frozen"
        self.carts = {one: cart for one, cart in self.carts.items() if cart.in_payment}
        for cart in self.carts.values():
            cart.is_frozen = True
        self.asked.clear()
        self.is_checked = False
