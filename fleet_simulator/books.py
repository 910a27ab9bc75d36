"""A simulated kiosk's journal, in memory: sales in order, sealed link by link as the agent does."""

import json
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from typing import Any, Final, Self
from uuid import UUID, uuid4

from uuid6 import uuid7

from fleet_simulator.plan import SimulatedKiosk
from kiosk_contracts.allotments import Allotment
from kiosk_contracts.ids import receipt_number
from kiosk_contracts.money import Money
from kiosk_contracts.payloads import TransactionKind
from kiosk_contracts.transactions import FIRST_PREV_HASH, Envelope
from kiosk_contracts.wire import canonical_hash

EPOCH: Final = 1
CASHIER_ID: Final = "sim-cashier"
PRICE: Final = Money(amount=Decimal("12.50"), currency="EUR")


@dataclass(frozen=True, slots=True)
class Roll:
    """Serials that were leased together, and at what price they sell."""

    event_id: str
    ticket_type_id: str
    price_list_version: int
    price: Mapping[str, Any]
    cash: Mapping[str, Any]
    serials: deque[str]

    @classmethod
    def of(cls, allotment: Allotment) -> Self:
        """Take up what was leased."""
        paid, price = allotment.unit_price.to_json(), allotment.unit_price
        cash = {"method": "cash", "amount": paid, "given": paid}
        return cls(
            event_id=allotment.event_id,
            ticket_type_id=allotment.ticket_type_id,
            price_list_version=allotment.price_list_version,
            price=paid,
            cash={**cash, "change": (price - price).to_json()},
            serials=deque(ticket.serial for ticket in allotment.tickets),
        )


@dataclass(slots=True)
class Queued:
    """A transaction that waits to be sent. As text: a hundred thousand of them fit in memory."""

    sequence: int
    txn_id: UUID
    text: str
    recorded_at: datetime
    first_refused_at: datetime | None = None

    def item(self) -> Any:
        """Return it as it is sent."""
        return json.loads(self.text)


@dataclass(slots=True)
class SimulatedJournal:
    """What a kiosk has recorded; numbers and hashes run on without gaps."""

    kiosk: SimulatedKiosk
    kiosk_code: str = ""
    """As the fleet service says, once there was a session."""
    rolls: list[Roll] = field(default_factory=list)
    """What may be sold."""
    recorded: list[UUID] = field(default_factory=list)
    """Every transaction, in the order of its number, from 1."""
    settled: set[int] = field(default_factory=set)
    """The numbers of those that the kiosk was told are settled."""
    quarantined: dict[int, str] = field(default_factory=dict)
    """The numbers of those that were refused, and why."""
    queue: deque[Queued] = field(default_factory=deque)
    _prev_hash: str = FIRST_PREV_HASH
    _shift_id: str = field(default_factory=lambda: str(uuid4()))
    _boot_id: str = field(default_factory=lambda: str(uuid4()))

    @property
    def last_sequence(self) -> int:
        """Return the number of the newest transaction."""
        return len(self.recorded)

    def left(self) -> Mapping[tuple[str, str], int]:
        """Return how many serials may be sold, by event and ticket type."""
        return {(one.event_id, one.ticket_type_id): len(one.serials) for one in self.rolls}

    def sell(self, boottime_ms: int) -> bool:
        """Record the sale of one ticket; False if there is none to sell."""
        roll = next((roll for roll in self.rolls if roll.serials), None)
        if roll is None:
            return False
        now, sequence = datetime.now(UTC), self.last_sequence + 1
        payload = self._payload(roll, sequence, now, boottime_ms)
        envelope = Envelope.seal_hashed(
            txn_id=uuid7(),
            journal_id=self.kiosk.journal_id,
            epoch=EPOCH,
            sequence=sequence,
            kind=TransactionKind.SALE,
            payload_hash=canonical_hash(payload),
            prev_hash=self._prev_hash,
        )
        self._prev_hash = envelope.hash
        text = json.dumps({"envelope": envelope.to_json(), "payload": payload})
        self.recorded.append(envelope.txn_id)
        self.queue.append(Queued(sequence, envelope.txn_id, text, now))
        return True

    def next_batch(self, limit: int) -> Sequence[Queued]:
        """Return the first that wait; they stay in the queue until they are done."""
        return list(islice(self.queue, limit))

    def done(self, sequences: Iterable[int]) -> None:
        """Take what stands at the head of the queue out of it; ValueError for anything else."""
        for sequence in sequences:
            if not self.queue or self.queue[0].sequence != sequence:
                msg = f"{self.kiosk.kiosk_id}: {sequence} is not at the head of the queue"
                raise ValueError(msg)
            self.queue.popleft()

    def _payload(
        self, roll: Roll, sequence: int, now: datetime, boottime_ms: int
    ) -> dict[str, Any]:
        line = {
            "event_id": roll.event_id,
            "ticket_type_id": roll.ticket_type_id,
            "price_list_version": roll.price_list_version,
            "unit_price": roll.price,
            "serials": [roll.serials.popleft()],
        }
        return {
            "cashier_id": CASHIER_ID,
            "shift_id": self._shift_id,
            "recorded": {
                "device_time": now.isoformat(),
                "boot_id": self._boot_id,
                "boottime_ms": boottime_ms,
                "server_offset_ms": 0,
            },
            "receipt_number": receipt_number(self.kiosk_code, EPOCH, sequence),
            "lines": [line],
            "total": roll.price,
            "tender": [roll.cash],
            "personal_hash": None,
        }
