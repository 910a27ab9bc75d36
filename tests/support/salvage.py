"""A kiosk's files after an evening, what was acknowledged, and what a damaged one may never do."""

import asyncio
import atexit
import json
import random
import shutil
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from uuid import UUID, uuid4

from uuid6 import uuid7

from kiosk_agent.adapters.archive_files import FileArchives
from kiosk_agent.adapters.journal.recovery import Home, prepare
from kiosk_agent.adapters.journal.store import SqliteJournal, open_journal
from kiosk_agent.adapters.reserve_file import ReserveFile
from kiosk_agent.domain.records import JournalRow, NewTransaction
from kiosk_agent.domain.reserve import Reserve, ReservedLease
from kiosk_agent.ports.disk_room import DiskRoom
from kiosk_agent.ports.journal import JournalReader, JournalWriter
from kiosk_contracts.allotments import Allotment, SignedTicket
from kiosk_contracts.kiosk_status import JournalState
from kiosk_contracts.money import Money
from kiosk_contracts.serials import format_serial
from kiosk_contracts.transactions import Transaction
from kiosk_contracts.uploads import ItemOutcome
from tests.support.clock import FakeClock
from tests.support.journal import KIOSK_CODE, KIOSK_ID, VENUE_ID
from tests.support.tickets import season
from tests.support.ui_socket import Till, till_in

HOST = "machine:aaaa"
SALES = 30
STOCK = 80
RESERVED = 6
ARCHIVED = 5
FILES = ("journal.db", "journal.db-wal", "journal.mark")


@dataclass
class Known:
    """What staff and customers were told."""

    journal_id: UUID = field(default_factory=uuid4)
    sequences: dict[int, str] = field(default_factory=dict)
    """txn_id by sequence."""
    receipts: set[str] = field(default_factory=set)
    sold: set[str] = field(default_factory=set)
    """Serials in customers' hands, voided ones too."""
    voided: set[str] = field(default_factory=set)
    stock: set[str] = field(default_factory=set)
    """Every serial of the old journal."""
    reserved: set[str] = field(default_factory=set)
    paying: str = ""
    """A cart in payment."""
    open: str = ""


@dataclass
class Scene:
    """A folder as a power cut, a failing disk or a person left it."""

    folder: Path
    known: Known
    clock: FakeClock
    host_id: str = HOST
    kiosk_id: str = KIOSK_ID

    @property
    def path(self) -> Path:
        return self.folder / "journal.db"

    @property
    def wal(self) -> Path:
        return self.folder / "journal.db-wal"

    def home(self) -> Home:
        """Return the agent's view of the folder."""
        reserve = ReserveFile(self.folder / "reserve")
        return Home(self.path, self.kiosk_id, self.host_id, reserve, self.clock)

    def opened(self, room: DiskRoom | None = None) -> Any:
        """Open the journal as the agent does at its start."""
        home = self.home()
        return open_journal(
            self.path,
            clock=self.clock,
            kiosk_id=self.kiosk_id,
            host_id=self.host_id,
            room=room,
            prepare=lambda _: prepare(home),
        )

    def reports(self) -> list[dict[str, Any]]:
        """Return the reports beside damaged files, oldest first."""
        found = sorted((self.folder / "damaged").glob("*/salvage.json"))
        return [json.loads(path.read_text()) for path in found]

    async def outcome(self) -> "Outcome":
        """Open the journal, sell all that it sells, and return what there was."""
        async with self.opened() as journal:
            return await look(journal)


@dataclass
class Outcome:
    """What an agent found and did in a journal."""

    rows: list[JournalRow]
    journal_id: UUID
    epoch: int
    reason: str
    frozen: int
    sold: list[str]
    receipts: list[str]
    new_rows: list[JournalRow]


async def look(journal: SqliteJournal) -> Outcome:
    """Read everything, then sell everything that may be sold."""
    rows = await journal.read(_all_rows)
    sold, receipts = await journal.write(_sell_out)
    after = await journal.read(_all_rows)
    identity = await journal.read(lambda reader: reader.identity())
    epochs = await journal.read(lambda reader: reader.epochs())
    frozen = await journal.read(lambda reader: reader.frozen_counts())
    await journal.read(lambda reader: reader.counts())
    await journal.read(lambda reader: [reader.leases(), reader.carts(), reader.verify_keys()])
    return Outcome(
        rows=rows,
        journal_id=identity.journal_id,
        epoch=identity.epoch,
        reason=next(one.reason for one in epochs if one.journal_id == identity.journal_id),
        frozen=sum(frozen.values()),
        sold=sold,
        receipts=receipts,
        new_rows=after[len(rows) :],
    )


def check(scene: Scene, found: Outcome) -> None:
    """Assert what holds whatever was done to the files."""
    known = scene.known
    there = {row.sequence for row in found.rows}
    reported = {
        sequence
        for report in scene.reports()
        for first, last in report["sequences_missing"]
        for sequence in range(first, last + 1)
    }
    unsaid = set(known.sequences) - there - reported
    assert not unsaid, "every acknowledged transaction is there or reported"
    for row in found.rows:
        if isinstance(row.transaction, Transaction) and row.transaction.envelope.is_intact():
            assert str(row.transaction.envelope.txn_id) == known.sequences[row.sequence]
    assert len(set(found.sold)) == len(found.sold)
    assert not set(found.sold) & known.sold, "no ticket is sold twice"
    assert not set(found.receipts) & known.receipts, "no receipt number is given twice"
    if found.journal_id != known.journal_id:
        assert not set(found.sold) & known.stock, "old stock is never sold"
        assert found.epoch > 1
        assert found.reason != "first"
    for row in found.rows:
        assert row.state is not JournalState.UPLOADING or found.reason in {"first", "other_host"}


def _all_rows(reader: JournalReader) -> list[JournalRow]:
    return list(reader.rows_after(0, 1_000_000))


def _sell_out(writer: JournalWriter) -> tuple[list[str], list[str]]:
    sold, receipts = [], []
    for event_id, kind in list(writer.stock_counts()):
        for item in writer.available(event_id, kind):
            txn_id = uuid7()
            writer.hold(txn_id, [item.serial])
            payload = {"cashier_id": "ana", "lines": [{"serials": [item.serial]}]}
            row = writer.append(NewTransaction(txn_id, "sale", payload, numbered=True))
            writer.set_stock_state([item.serial], "sold")
            sold.append(item.serial)
            receipts.append(row.receipt_number or "")
    return sold, receipts


def scene(folder: Path, *, closed: bool = False, archived: bool = False) -> Scene:
    """Copy an evening's files into a folder.

    `closed`: the agent ended by itself; `archived`: the first transactions are in an archive.
    """
    source, known, clock = _evening(archived)
    target = folder / "state"
    shutil.copytree(source / ("closed" if closed else "killed"), target)
    return Scene(target, known, FakeClock(clock.wall, clock.boot_ms, clock.boot))


@cache
def _evening(archived: bool) -> tuple[Path, Known, FakeClock]:  # noqa: FBT001  what is cached goes by it
    folder = Path(mkdtemp(prefix="evening-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    known, clock = Known(), FakeClock()
    work = folder / "work"
    work.mkdir()
    # A thread of its own, for the test's loop is running already.
    failed: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(_work(work, folder / "killed", known, clock, archived=archived))
        except BaseException as error:  # noqa: BLE001  it is raised below
            failed.append(error)

    from threading import Thread  # noqa: PLC0415

    thread = Thread(target=run)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    _keep(work, folder / "closed")
    return folder, known, clock


async def _work(
    work: Path, killed: Path, known: Known, clock: FakeClock, *, archived: bool
) -> None:
    async with till_in(work, clock) as till:
        journal = till.opened.journal
        await journal.write(lambda writer: writer.put_host_id(HOST))
        identity = await journal.read(lambda reader: reader.identity())
        known.journal_id = identity.journal_id
        known.stock.update(await till.opened.stock(STOCK, lease_s=10**7))
        _seal(work, known, clock)
        await till.open_shift()
        for number in range(SALES):
            await _sell(till, known)
            if number == SALES // 2:
                await journal.write(_settle_some)
                if archived:
                    await _archive_some(journal, work, clock)
                journal._writing.execute("PRAGMA wal_checkpoint(PASSIVE)")
        known.open, known.paying = str(uuid7()), str(uuid7())
        await till.put_cart(known.open, adult=2)
        await till.put_cart(known.paying, adult=3)
        await till.ask("POST", f"/v1/carts/{known.paying}/payment")
        await journal.write(lambda writer: writer.begin_upload(3, 1 << 20))
        rows = await journal.read(_all_rows)
        known.sequences.update({row.sequence: str(row.txn_id) for row in rows})
        _keep(work, killed)


async def _sell(till: Till, known: Known) -> None:
    sold = await till.sell(adult=1)
    assert sold.status == 201, sold.body
    serials = {ticket["serial"] for ticket in sold.body["tickets"]}
    known.sold |= serials
    known.receipts.add(sold.body["receipt_number"])
    if len(known.sold) % 10 == 0:
        body = {
            "txn_id": str(uuid7()),
            "sale_txn_id": sold.body["txn_id"],
            "reason": "changed their mind",
            "approval_pin": "9999",
        }
        void = await till.ask("POST", "/v1/voids", body)
        assert void.status == 201, void.body
        known.voided |= serials
        known.receipts.add(void.body["receipt_number"])
    elif len(known.sold) % 7 == 0:
        admitted = await till.admit(sold.body["tickets"][0]["code"])
        assert admitted.status == 201, admitted.body


def _settle_some(writer: JournalWriter) -> None:
    for row in writer.begin_upload(8, 1 << 20):
        outcome = ItemOutcome(txn_id=None, status="settled")
        writer.settle(row.sequence, outcome, FakeClock().now())


async def _archive_some(journal: SqliteJournal, work: Path, clock: FakeClock) -> None:
    soon = clock.now() + timedelta(days=1)
    lines = await journal.read(lambda reader: reader.archivable(soon, ARCHIVED))
    identity = await journal.read(lambda reader: reader.identity())
    facts = FileArchives(work / "archive").write(identity.journal_id, lines)
    assert facts.transactions == ARCHIVED
    await journal.write(lambda writer: writer.leave_for_archive(facts, lines, clock.now()))


def _keep(work: Path, target: Path) -> None:
    target.mkdir()
    for name in FILES:
        if (work / name).exists():
            shutil.copy2(work / name, target / name)
    shutil.copytree(work / "reserve", target / "reserve")
    if (work / "archive").exists():
        shutil.copytree(work / "archive", target / "archive")


def _seal(work: Path, known: Known, clock: FakeClock) -> None:
    known.reserved = {format_serial(1_000_000 + number) for number in range(RESERVED)}
    reserve = reserve_of(clock, sorted(known.reserved))
    ReserveFile(work / "reserve").save(reserve)


def reserve_of(clock: FakeClock, serials: list[str], **changes: Any) -> Reserve:
    """Return a reserve with one lease that was granted."""
    journal_id, request_id = uuid4(), uuid4()
    allotment = Allotment(
        allotment_id=uuid4(),
        request_id=request_id,
        journal_id=journal_id,
        event_id="tide",
        ticket_type_id="adult",
        price_list_version=1,
        unit_price=Money(amount=Decimal("12.50"), currency="EUR"),
        granted_at=clock.now(),
        lease_s=10**7,
        tickets=tuple(SignedTicket(serial=one, code=f"EP1{one}") for one in serials),
    )
    lease = ReservedLease(
        request_id=request_id,
        event_id="tide",
        ticket_type_id="adult",
        quantity=len(serials),
        asked_at=clock.now(),
        asked_boottime_ms=clock.boottime_ms(),
        asked_boot_id=clock.boot_id(),
        allotment=allotment,
    )
    fields: dict[str, Any] = {
        "journal_id": journal_id,
        "epoch": 2,
        "kiosk_id": KIOSK_ID,
        "kiosk_code": KIOSK_CODE,
        "venue_id": VENUE_ID,
        "venue_name": "Harbour Hall",
        "host_id": HOST,
        "catalogue": season(),
        "leases": (lease,),
        **changes,
    }
    return Reserve(**fields)


def flip(path: Path, chance: random.Random, bits: int = 1) -> None:
    """Flip bits at random places."""
    content = bytearray(path.read_bytes())
    for _ in range(bits):
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)


def cut(path: Path, chance: random.Random) -> None:
    """Cut a file to a random length."""
    content = path.read_bytes()
    path.write_bytes(content[: chance.randrange(len(content))])
