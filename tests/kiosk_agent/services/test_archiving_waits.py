"""What must still be found stays in the journal; what need not wait for ever does not."""

from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

from uuid6 import uuid7

from kiosk_agent.adapters.archive_files import FileArchives
from kiosk_agent.domain.archiving import ArchiveFacts, ArchiveLine
from kiosk_agent.domain.epochs import EpochReason, NewEpoch
from kiosk_agent.ports.journal import JournalWriter
from kiosk_contracts.transactions import Envelope
from kiosk_contracts.uploads import ItemOutcome
from tests.support.archiving import AFTER_S, DAY_S, names, sell, settle, tidy
from tests.support.journal import new_transaction
from tests.support.salvage import scene
from tests.support.ui_socket import Till, till_in

DAMAGED = ItemOutcome(txn_id=None, status="quarantined", code="payload_hash_differs")
SETTLED = ItemOutcome(txn_id=None, status="settled")


def _void_of(sale: str) -> dict[str, Any]:
    said = {"reason": "gave it back", "approval_pin": "9999"}
    return {"txn_id": str(uuid7()), "sale_txn_id": sale, **said}


async def _quarantined_and_voided(till: Till) -> tuple[int, str]:
    """Sell, void, settle the void; return sequence and id of the sale, which stays quarantined."""
    await till.opened.stock(9, lease_s=10**8)
    await till.open_shift()
    sold = await sell(till)
    sequence, sale = sold.body["sequence"], sold.body["txn_id"]
    journal, now = till.opened.journal, till.clock.now()
    await journal.write(lambda writer: writer.quarantine(sequence, DAMAGED, now))
    void = await till.ask("POST", "/v1/voids", _void_of(sale))
    assert void.status == 201, void.body
    await settle(till, 1, void.body["sequence"])
    await journal.write(lambda writer: writer.begin_upload(9, 1 << 20))
    await journal.write(lambda writer: writer.quarantine(sequence, DAMAGED, now))
    await settle(till, (await sell(till)).body["sequence"], (await sell(till)).body["sequence"])
    return sequence, sale


async def test_the_void_of_a_sale_that_stays_is_not_archived(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        sequence, sale = await _quarantined_and_voided(till)
        till.clock.advance(AFTER_S + DAY_S)
        await tidy(till, tmp_path)
        assert [name.split("-", 5)[5] for name in names(tmp_path)] == [
            "1-1.jsonl.gz",
            "4-4.jsonl.gz",
        ]
        await till.sign_in("ana")
        again = await till.ask("POST", "/v1/voids", _void_of(sale))
        assert (again.status, again.code) == (409, "sale_already_voided")
        await settle(till, sequence)
        till.clock.advance(AFTER_S + DAY_S)
        await tidy(till, tmp_path)
        gone = await till.opened.journal.read(lambda reader: reader.rows_page(before=5, limit=9))
        assert gone == [], "a sale and its void go together"


async def test_an_archived_void_is_known(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        sequence, sale = await _quarantined_and_voided(till)
        journal, now = till.opened.journal, till.clock.now()
        await settle(till, sequence)
        lines = await journal.read(lambda reader: reader.archivable(now + timedelta(days=1), 9))
        void = [line for line in lines if line["kind"] == "void"]
        identity = await journal.read(lambda reader: reader.identity())
        facts = FileArchives(tmp_path / "archive").write(identity.journal_id, void)
        await journal.write(lambda writer: writer.leave_for_archive(facts, void, now))
        journal._writing.execute(
            "UPDATE transactions SET state = 'quarantined' WHERE sequence = ?", (sequence,)
        )
        again = await till.ask("POST", "/v1/voids", _void_of(sale))
        assert (again.status, again.code) == (409, "sale_already_voided")
        (tmp_path / "archive" / facts.name).unlink()
        page = await till.ask("GET", "/v1/transactions?limit=50")
        [shown] = [one for one in page.body["transactions"] if one["txn_id"] == sale]
        assert (shown["voided"], "void" in shown["acts"]) == (True, False)


async def test_archiving_goes_on_behind_what_a_salvage_lost(tmp_path: Path) -> None:
    one = scene(tmp_path)
    one.wal.unlink()
    async with one.opened() as journal:
        await journal.write(lambda writer: [writer.append(new_transaction()) for _ in range(5)])
        rows = await journal.read(lambda reader: reader.rows_after(0, 1000))
        now = one.clock.now()
        await journal.write(lambda w: [w.settle(row.sequence, SETTLED, now) for row in rows])
        gone: list[int] = []
        archives = FileArchives(one.folder / "archive")
        while lines := await journal.read(lambda r: r.archivable(now + timedelta(days=1), 500)):
            facts = archives.write(one.known.journal_id, lines)
            await journal.write(partial(_leave, facts, lines, now))
            gone += [line["sequence"] for line in lines]
    assert gone == [row.sequence for row in rows[:-1]]
    assert len(archives.names()) == 2, "each is a chain without a gap"


def _leave(
    facts: ArchiveFacts, lines: list[ArchiveLine], now: datetime, writer: JournalWriter
) -> None:
    writer.leave_for_archive(facts, lines, now)


async def test_a_row_that_does_not_link_with_the_one_before_begins_an_archive_of_its_own(
    tmp_path: Path,
) -> None:
    async with till_in(tmp_path) as till:
        for _ in range(4):
            await till.opened.append()
        await settle(till)
        second = (await till.opened.journal.read(lambda reader: reader.rows_after(0, 9)))[1]
        was = second.readable()
        fields = was.envelope.model_dump(exclude={"hash", "payload_hash"})
        fields["prev_hash"] = "5" * 64
        sealed = Envelope.seal(**fields, payload=was.payload)
        till.opened.journal._writing.execute(
            "UPDATE transactions SET envelope = ? WHERE sequence = 2", (sealed.model_dump_json(),)
        )
        till.clock.advance(AFTER_S + DAY_S)
        lines = await till.opened.journal.read(
            lambda reader: reader.archivable(till.clock.now(), 9)
        )
        assert [line["sequence"] for line in lines] == [1]
        await tidy(till, tmp_path)
    ends = [name.split("-", 5)[5] for name in names(tmp_path)]
    assert ends == ["1-1.jsonl.gz", "2-2.jsonl.gz", "3-3.jsonl.gz"]


async def test_what_a_kill_left_before_a_new_epoch_is_cleared(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(9)
        await till.open_shift()
        await sell(till)
        await sell(till)
        await settle(till)
        journal, now = till.opened.journal, till.clock.now()
        lines = await journal.read(lambda reader: reader.archivable(now + timedelta(days=1), 9))
        identity = await journal.read(lambda reader: reader.identity())
        FileArchives(tmp_path / "archive").write(identity.journal_id, lines)
        new = NewEpoch(uuid4(), 2, EpochReason.OTHER_HOST, "a test", now, "")
        await journal.write(lambda writer: writer.open_epoch(new))
        await tidy(till, tmp_path)
    assert names(tmp_path) == []


async def test_a_void_that_waits_for_a_parked_sale_keeps_nothing_from_being_archived(
    tmp_path: Path,
) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(9)
        await till.open_shift()
        await sell(till)
        sale = await sell(till)
        journal, now = till.opened.journal, till.clock.now()
        parked = ItemOutcome(txn_id=None, status="retry")
        await journal.write(lambda writer: writer.park(3, parked, now))
        await till.opened.append(kind="void", depends_on=sale.txn_id)
        await till.opened.append()
        await settle(till, 1, 2, 5)
        till.clock.advance(AFTER_S + DAY_S)
        await tidy(till, tmp_path)
    assert [name.split("-", 5)[5] for name in names(tmp_path)] == ["1-2.jsonl.gz"]
