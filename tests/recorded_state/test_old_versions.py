"""Every journal that a released version wrote is opened, migrated and drained by this code."""

import asyncio
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast
from uuid import UUID

import pytest
from pydantic import JsonValue

from kiosk_agent.adapters.journal.read_only import open_read_only
from kiosk_agent.adapters.journal.schema import SCHEMA_VERSION
from kiosk_agent.ports.fleet import Fleet
from kiosk_agent.ports.journal import JournalRow
from kiosk_agent.services.agent_state import AgentState
from kiosk_agent.services.changes import Changes
from kiosk_agent.services.line import LineMonitor
from kiosk_agent.services.retrying import Retrier, RetryRules
from kiosk_agent.services.sides import Here, There
from kiosk_agent.services.uploader import Uploader, UploadRules
from kiosk_contracts.kiosk_status import JournalState
from kiosk_contracts.payloads import SalePayload
from kiosk_contracts.uploads import ItemOutcome
from tests.recorded_state.kept import RECORDED, contents, copy_of, missing
from tests.support.clock import FakeClock
from tests.support.journal import KIOSK_ID, OpenJournal, journal_in
from tests.support.ticket_api import Caller, world

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.parametrize("recorded", RECORDED, ids=[one.name for one in RECORDED])


@dataclass
class _Upload:
    """A Fleet that can only upload, straight to a ticket API."""

    api: Caller

    async def upload(self, journal_id: UUID, items: Sequence[JsonValue]) -> list[ItemOutcome]:
        outcomes = await self.api.upload(journal_id, *items)
        return [ItemOutcome.model_validate(outcome) for outcome in outcomes]


def _sold(row: JournalRow) -> tuple[str, ...]:
    payload = row.read_payload()
    assert isinstance(payload, SalePayload)
    return payload.serials()


def _emptied(folder: Path) -> Path:
    for file in folder.iterdir():
        file.unlink()
    return folder


@asynccontextmanager
async def _opened(folder: Path) -> AsyncIterator[OpenJournal]:
    clock = FakeClock(datetime(2026, 11, 23, 19, 0, tzinfo=UTC))
    async with journal_in(folder, clock) as opened:
        yield opened


async def test_the_newest_code_opens_it_and_changes_no_row(recorded: Path, tmp_path: Path) -> None:
    before = contents(copy_of(recorded, tmp_path))
    path = copy_of(recorded, _emptied(tmp_path))
    async with _opened(tmp_path) as opened:
        identity = await opened.journal.read(lambda reader: reader.identity())
        counts = await opened.journal.read(lambda reader: reader.counts())
        stock = await opened.journal.read(lambda reader: reader.stock_counts())
        rows = await opened.journal.read(lambda reader: reader.rows_page(before=None, limit=1000))
    said = dict(before["meta"])
    assert (str(identity.journal_id), identity.kiosk_id) == (said["journal_id"], KIOSK_ID)
    assert counts.last_sequence == int(said["last_sequence"]) == len(rows)
    assert [row.sequence for row in reversed(rows)] == list(range(1, len(rows) + 1))
    assert all(row.readable().payload_matches() for row in rows)
    states = [row[7] for row in before["stock"]]
    assert sum(map(sum, stock.values())) == states.count("available") + states.count("held")
    assert missing(before, path) == {}
    with closing(sqlite3.connect(path)) as plain:
        assert plain.execute("PRAGMA user_version").fetchone()[0] == SCHEMA_VERSION
        assert plain.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


async def test_it_can_be_read_at_rest_before_it_is_migrated(recorded: Path, tmp_path: Path) -> None:
    before = contents(copy_of(recorded, tmp_path))
    path = copy_of(recorded, _emptied(tmp_path))
    bytes_before = path.read_bytes()
    async with open_read_only(path) as journal:
        counts = await journal.read(lambda reader: reader.counts())
        archives = await journal.read(lambda reader: reader.archives())
        cancelled = await journal.read(lambda reader: reader.cancelled_payments(UUID(int=1)))
    assert sum(counts.by_state.values()) == len(before["transactions"])
    assert archives == cancelled == []
    assert path.read_bytes() == bytes_before


async def test_it_goes_on_where_it_stood_with_no_number_twice(
    recorded: Path, tmp_path: Path
) -> None:
    copy_of(recorded, tmp_path)
    async with _opened(tmp_path) as opened:
        before = await opened.journal.read(lambda reader: reader.rows_page(before=None, limit=1000))
        row = await opened.append(numbered=True)
        free = await opened.journal.read(lambda reader: reader.available("tempest", "adult"))
    assert row.sequence == before[0].sequence + 1
    assert row.receipt_number not in {one.receipt_number for one in before}
    assert row.readable().envelope.prev_hash == before[0].readable().envelope.hash
    sold = {serial for one in before if one.kind == "sale" for serial in _sold(one)}
    assert free
    assert not sold & {item.serial for item in free}


async def test_it_drains_to_the_ticket_api_that_granted_its_stock(
    recorded: Path, tmp_path: Path
) -> None:
    copy_of(recorded, tmp_path)
    shutil.copy(recorded / "ticket-api.db", tmp_path / "store.db")
    async with world(tmp_path) as api, _opened(tmp_path) as opened:
        far = api.kiosk(KIOSK_ID)
        await opened.journal.write(lambda writer: writer.requeue_stuck(None))
        await _drain(opened, far)
        rows = await opened.journal.read(lambda reader: reader.rows_page(before=None, limit=1000))
        ledger = await api.ledger()
        identity = await opened.journal.read(lambda reader: reader.identity())
        kept = [
            await api.body("transaction", row.txn_id)
            for row in rows
            if row.state is JournalState.SETTLED
        ]
    stuck = [row for row in rows if row.state is not JournalState.SETTLED]
    assert [(row.kind, row.state) for row in stuck] == [("sale", JournalState.QUARANTINED)]
    assert stuck[0].outcome is not None
    assert stuck[0].outcome.code == "serial_leased_elsewhere"
    assert len(kept) == len(rows) - 1
    (journal,) = [
        one for one in ledger["journals"] if one["journal_id"] == str(identity.journal_id)
    ]
    assert (journal["sequence"], journal["missing"]) == (rows[0].sequence, 0)
    assert (journal["settled"], journal["quarantined"]) == (len(rows) - 1, 1)
    sales = [row for row in rows if row.kind == "sale" and row.state is JournalState.SETTLED]
    undone = [row for row in rows if row.kind in {"void", "refund"}]
    tickets = sum(len(_sold(row)) for row in sales)
    (adult,) = [line for line in ledger["lines"] if line["ticket_type_id"] == "adult"]
    assert adult["sold"] - adult["voided"] - adult["refunded"] == tickets - len(undone)


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from kiosk_agent.adapters.journal.schema import migrations
from tests.support.journal import journal_in

@migrations()
def m9999_dies(db):
    db.execute("CREATE TABLE half_done (n INTEGER)")
    db.execute("DELETE FROM transactions")
    print("reached", flush=True)
    if sys.argv[2] == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    raise OSError("disk trouble")

async def main():
    async with journal_in(Path(sys.argv[1])):
        print("opened", flush=True)

asyncio.run(main())
"""


@pytest.mark.parametrize("end", ["killed", "failing"])
def test_a_migration_that_does_not_finish_leaves_the_file_as_it_was(
    recorded: Path, tmp_path: Path, end: str
) -> None:
    before = _dump(copy_of(recorded, tmp_path))
    path = copy_of(recorded, _emptied(tmp_path))
    child = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path), end],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert child.stdout.split() == ["reached"], child.stderr
    assert child.returncode == (-signal.SIGKILL if end == "killed" else 1)
    assert _dump(path) == before


def _dump(path: Path) -> tuple[int, list[str]]:
    with closing(sqlite3.connect(path)) as plain:
        return plain.execute("PRAGMA user_version").fetchone()[0], list(plain.iterdump())


async def _drain(opened: OpenJournal, far: Caller) -> None:
    """Run the agent's own uploader until nothing is left to send."""
    clock, changes = opened.clock, Changes()
    state = AgentState(changes)
    line = LineMonitor(clock, opened.journal, changes, lambda: 0)
    there = There(cast("Fleet", _Upload(far)), line, Retrier(RetryRules(1, 8), clock, line, state))
    rules = UploadRules(batch_max=7, park_after=timedelta(minutes=10), parked_again_s=900)
    uploading = asyncio.create_task(
        Uploader(Here(opened.journal, clock, changes, state), there, rules).run()
    )
    unsent = (JournalState.QUEUED, JournalState.UPLOADING)
    while True:
        seen = changes.version
        counts = await opened.journal.read(lambda reader: reader.counts())
        if not any(counts.by_state[one] for one in unsent):
            break
        await changes.beyond(seen)
    uploading.cancel()
    await asyncio.gather(uploading, return_exceptions=True)
