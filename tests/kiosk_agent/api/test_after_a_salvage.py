"""What staff can do, and what they are told, in a journal that was salvaged."""

import sqlite3
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path

from uuid6 import uuid7

from kiosk_agent.adapters.journal.store import SqliteJournal
from kiosk_agent.services.changes import Changes
from kiosk_agent.services.kiosk import Kiosk
from kiosk_agent.services.status import StatusReports
from kiosk_contracts.uploads import ItemOutcome
from tests.support.clock import FakeClock
from tests.support.journal import OpenJournal
from tests.support.salvage import Scene, scene
from tests.support.ui_socket import FakeAgent, FakeLine, Till, till_at

PAGE = 4096


def _reports(journal: SqliteJournal, clock: FakeClock) -> StatusReports:
    return StatusReports(Kiosk(journal, clock, FakeLine(clock), FakeAgent(), Changes()))


def _root(one: Scene, table: str) -> int:
    uri = f"file:{one.path}?mode=ro&immutable=1"
    with closing(sqlite3.connect(uri, uri=True)) as plain:
        sql = "SELECT rootpage FROM sqlite_schema WHERE name = ?"
        return int(plain.execute(sql, (table,)).fetchone()[0])


def _tear(one: Scene, page: int) -> None:
    """Change the byte that says what a page is; all that is on it is still there."""
    content = bytearray(one.path.read_bytes())
    content[(page - 1) * PAGE] = 0xFF
    one.path.write_bytes(content)


def _a_leaf(one: Scene, table: str) -> int:
    root = (_root(one, table) - 1) * PAGE
    content = one.path.read_bytes()
    [first] = struct.unpack_from(">H", content, root + 12)
    return int(struct.unpack_from(">I", content, root + first)[0])


async def test_what_was_not_read_is_no_reason_to_reinstall_until_a_person_knows(
    tmp_path: Path,
) -> None:
    one = scene(tmp_path, closed=True)
    _tear(one, _a_leaf(one, "transactions"))
    async with one.opened() as journal:
        now = one.clock.now()
        rows = await journal.read(lambda reader: reader.rows_after(0, 1000))
        carts = await journal.read(lambda reader: reader.carts())
        settled = ItemOutcome(txn_id=None, status="settled")
        await journal.write(lambda w: [w.settle(row.sequence, settled, now) for row in rows])
        await journal.write(lambda w: [w.put_cart(replace(c, state="expired")) for c in carts])
        reports = _reports(journal, one.clock)
        before = await reports.status()
        await journal.write(lambda writer: writer.acknowledge_epochs(now))
        after = await reports.status()
    [[first, last]] = one.reports()[0]["sequences_missing"]
    missing = last - first + 1
    assert before.safe_to_reinstall is False
    assert before.why_not[0].startswith(f"{missing} transactions are missing or damaged")
    [warning] = [one for one in before.warnings if one.code == "new_epoch_damaged"]
    assert f"Transactions: {missing} missing." in warning.text
    assert (after.safe_to_reinstall, after.why_not) == (True, ())


@asynccontextmanager
async def _till(one: Scene) -> AsyncIterator[Till]:
    async with one.opened() as journal:
        opened = OpenJournal(one.path, one.clock, journal)
        async with till_at(opened, one.folder) as till:
            await till.sign_in("ana")
            yield till


async def test_a_saved_sale_is_voided_also_where_its_tickets_were_not_saved(
    tmp_path: Path,
) -> None:
    one = scene(tmp_path, closed=True)
    _tear(one, _root(one, "stock"))
    async with _till(one) as till:
        page = await till.ask("GET", "/v1/transactions?limit=100")
        sale = next(
            shown
            for shown in page.body["transactions"]
            if (shown["kind"], shown["voided"], shown["state"]) == ("sale", False, "queued")
        )
        said = {"reason": "rain", "approval_pin": "9999"}
        body = {"txn_id": str(uuid7()), "sale_txn_id": sale["txn_id"], **said}
        void = await till.ask("POST", "/v1/voids", body)
        assert void.status == 201, void.body
        known = await till.opened.journal.read(
            lambda reader: reader.gate_knowledge("tide", void.body["serials"][0])
        )
    assert known.revoked_reason == "voided at the kiosk that sold it"
