"""A real journal file in a test's folder, and small things to put into it."""

import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from uuid6 import uuid7

from kiosk_agent.adapters.journal.store import SqliteJournal, open_journal
from kiosk_agent.domain.records import JournalRow, Lease, NewTransaction
from kiosk_agent.ports.journal import JournalWriter
from kiosk_contracts.allotments import Allotment, LimitedBy, SignedTicket
from kiosk_contracts.money import Money
from kiosk_contracts.serials import format_serial
from tests.support.clock import FakeClock

KIOSK_ID = "harbour-till-1"
KIOSK_CODE = "HB1"
VENUE_ID = "harbour-hall"


@dataclass
class OpenJournal:
    """An open journal, its file and the clock it goes by."""

    path: Path
    clock: FakeClock
    journal: SqliteJournal
    code: Callable[[str, str, str], str] = lambda serial, _event, _kind: f"EP1{serial}"
    """How stock is signed: (serial, event_id, ticket_type_id) -> code."""
    _serials: "count[int]" = field(default_factory=lambda: count(1))

    async def append(self, **changes: Any) -> JournalRow:
        """Record a transaction, an admission unless `changes` say otherwise."""
        new = new_transaction(**changes)
        return await self.journal.write(lambda writer: writer.append(new))

    async def stock(
        self,
        quantity: int,
        *,
        asked: int | None = None,
        event_id: str = "tide",
        ticket_type_id: str = "adult",
        price: str = "12.50",
        version: int = 1,
        lease_s: int = 86_400,
    ) -> list[str]:
        """Lease so many serials, as the syncer would; return them."""
        serials = [format_serial(next(self._serials)) for _ in range(quantity)]
        lease = lease_request(
            self.clock, event_id=event_id, ticket_type_id=ticket_type_id, quantity=asked or quantity
        )
        allotment = Allotment(
            allotment_id=uuid4(),
            request_id=lease.request_id,
            journal_id=uuid4(),
            event_id=event_id,
            ticket_type_id=ticket_type_id,
            price_list_version=version,
            unit_price=Money(amount=Decimal(price), currency="EUR"),
            granted_at=self.clock.now(),
            lease_s=lease_s,
            limited_by=LimitedBy.INVENTORY if asked and asked > quantity else LimitedBy.NOTHING,
            tickets=tuple(
                SignedTicket(serial=serial, code=self.code(serial, event_id, ticket_type_id))
                for serial in serials
            ),
        )

        def grant(writer: JournalWriter) -> None:
            writer.put_lease_request(lease)
            writer.put_allotment(allotment)

        await self.journal.write(grant)
        return serials


@asynccontextmanager
async def journal_in(
    folder: Path, clock: FakeClock | None = None, kiosk_id: str = KIOSK_ID
) -> AsyncIterator[OpenJournal]:
    """Open `journal.db` in a folder, with the kiosk's identity as the fleet service tells it."""
    the_clock = clock or FakeClock()
    path = folder / "journal.db"
    async with open_journal(path, clock=the_clock, kiosk_id=kiosk_id) as journal:
        await journal.write(
            lambda writer: writer.put_identity(KIOSK_CODE, VENUE_ID, "Harbour Hall")
        )
        yield OpenJournal(path, the_clock, journal)


def new_transaction(**changes: Any) -> NewTransaction:
    """Return a small transaction to record."""
    fields: dict[str, Any] = {
        "txn_id": uuid7(),
        "kind": "admission",
        "payload": {"cashier_id": "ana", "gate": "North"},
        "numbered": False,
        **changes,
    }
    fields["txn_id"] = UUID(str(fields["txn_id"]))
    return NewTransaction(**fields)


def lease_request(clock: FakeClock, **changes: Any) -> Lease:
    """Return a request for stock that was not answered yet."""
    fields: dict[str, Any] = {
        "request_id": uuid4(),
        "event_id": "tide",
        "ticket_type_id": "adult",
        "quantity": 10,
        "asked_at": clock.now(),
        "asked_boottime_ms": clock.boottime_ms(),
        "asked_boot_id": clock.boot_id(),
        "allotment_id": None,
        "lease_s": None,
        **changes,
    }
    return Lease(**fields)


def damage(path: Path, column: str, text: bytes, sequence: int = 2) -> None:
    """Put other bytes where a transaction's text stands, as a failing disk would."""
    with closing(sqlite3.connect(path, isolation_level=None)) as plain:
        plain.execute(
            f"UPDATE transactions SET {column} = CAST(? AS TEXT) WHERE sequence = ?",  # noqa: S608
            (text, sequence),
        )


def at(text: str) -> datetime:
    """Return a time of the test's evening, e.g. `at("19:30:00")`."""
    return datetime.fromisoformat(f"2026-11-23T{text}").replace(tzinfo=UTC)
