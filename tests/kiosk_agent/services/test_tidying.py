"""The journal stays bounded, and what left it for an archive is still answered for."""

import gzip
import json
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from uuid6 import uuid7

from kiosk_agent.adapters.archive_files import FileArchives
from kiosk_agent.domain.epochs import EpochReason, NewEpoch
from kiosk_agent.services import tidying as tidying_module
from kiosk_agent.services import verifying
from kiosk_contracts.kiosk_status import JournalState
from kiosk_contracts.transactions import FIRST_PREV_HASH, Transaction
from kiosk_contracts.uploads import ItemOutcome
from tests.support.archiving import AFTER_S, evening, names, rows_of, sell, settle, tidy
from tests.support.ui_socket import till_in


async def test_what_settled_long_ago_moves_to_a_file_and_its_id_stays(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        sold = await evening(till)
        await settle(till)
        await till.opened.append()
        await settle(till)
        till.clock.advance(AFTER_S + 1)
        identity = await till.opened.journal.read(lambda reader: reader.identity())
        rows = await till.opened.journal.read(lambda r: r.rows_page(before=None, limit=99))
        before = await till.opened.journal.read(lambda reader: reader.counts())
        await tidy(till, tmp_path)
        after = await till.opened.journal.read(lambda reader: reader.counts())
        kept = rows_of(tmp_path, "SELECT sequence FROM transactions")
        ids = rows_of(tmp_path, "SELECT hex(txn_id), sequence FROM archived ORDER BY sequence")
    assert after == before, "what is archived still counts as settled"
    assert kept == [(5,)], "the newest stays: the clock is judged by it"
    assert names(tmp_path) == [f"{identity.journal_id}-1-4.jsonl.gz"]
    assert [
        (one.txn_id.hex.upper(), place) for one, place in zip(sold, (2, 3, 4), strict=True)
    ] == ids[1:]
    packed = (tmp_path / "archive" / names(tmp_path)[0]).read_bytes()
    *lines, last = [json.loads(text) for text in gzip.decompress(packed).splitlines()]
    assert [one["sequence"] for one in lines] == [1, 2, 3, 4]
    for one, row in zip(lines, reversed(rows[1:]), strict=True):
        kept_whole = Transaction(envelope=one["envelope"], payload=one["payload"])
        assert kept_whole.payload_matches()
        assert kept_whole.payload == row.readable().payload
        assert one["answer"] == row.answer
    assert last["archive"]["transactions"] == 4
    assert last["archive"]["first_prev_hash"] == FIRST_PREV_HASH
    assert last["archive"]["last_hash"] == rows[1].readable().envelope.hash
    assert b"Nora" not in gzip.decompress(packed), "personal data can't be erased from an archive"


async def test_a_repeat_of_an_archived_sale_gets_its_first_answer(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        first, *_ = await evening(till)
        await settle(till)
        till.clock.advance(AFTER_S + 1)
        await tidy(till, tmp_path)
        again = await till.ask("POST", "/v1/sales", first.request)
        other = {**first.request, "total": {"amount": "1.00", "currency": "EUR"}}
        differs = await till.ask("POST", "/v1/sales", other)
        shown = await till.ask("GET", f"/v1/transactions/{first.txn_id}")
        cart = await till.put_cart(first.txn_id, adult=1)
    assert (again.status, again.body) == (201, {**first.body, "replayed": True})
    assert (differs.status, differs.code) == (422, "txn_payload_differs")
    assert shown.body == first.body
    assert (cart.status, cart.code) == (409, "cart_closed"), "its serial is sold only once"


async def test_an_archived_sale_cannot_be_voided_and_its_ticket_still_admits(
    tmp_path: Path,
) -> None:
    async with till_in(tmp_path) as till:
        first, *_ = await evening(till)
        await settle(till)
        till.line.offset_ms = None
        till.clock.advance(AFTER_S + 1)
        await tidy(till, tmp_path)
        void = {
            "txn_id": str(uuid7()),
            "sale_txn_id": str(first.txn_id),
            "reason": "rain",
            "approval_pin": "9999",
        }
        refused = await till.ask("POST", "/v1/voids", void)
        body = {"txn_id": str(uuid7()), "event_id": "tide", "gate": "North"}
        serial = first.body["tickets"][0]["serial"]
        admitted = await till.ask("POST", "/v1/admissions", {**body, "serial": serial})
    assert (refused.status, refused.code) == (409, "sale_settled")
    assert admitted.status == 201, admitted.body


async def test_a_txn_id_is_never_recorded_again(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        first, *_ = await evening(till)
        await settle(till)
        till.clock.advance(AFTER_S + 1)
        await tidy(till, tmp_path)
        with pytest.raises(ValueError, match="in the journal already"):
            await till.opened.append(txn_id=first.txn_id)


async def test_a_lost_archive_is_said_so_and_nothing_is_sold_again(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        first, *_ = await evening(till)
        await settle(till)
        till.clock.advance(AFTER_S + 1)
        await tidy(till, tmp_path)
        (tmp_path / "archive" / names(tmp_path)[0]).unlink()
        again = await till.ask("POST", "/v1/sales", first.request)
        counts = await till.opened.journal.read(lambda reader: reader.counts())
    assert (again.status, again.code) == (500, "journal_damaged")
    assert "-1-3.jsonl.gz can't be read" in again.body["detail"]
    assert counts.last_sequence == 4


@pytest.mark.parametrize("why", ["young", "cart", "queued"])
async def test_nothing_moves_that_is_young_or_while_the_kiosk_is_at_work(
    tmp_path: Path, why: str
) -> None:
    async with till_in(tmp_path) as till:
        await evening(till)
        await settle(till)
        till.clock.advance(AFTER_S - (1 if why == "young" else -1))
        if why == "cart":
            await till.opened.stock(2)
            assert (await till.put_cart(uuid7(), adult=1)).status == 200
        if why == "queued":
            await till.opened.append()
        await tidy(till, tmp_path)
    assert names(tmp_path) == []


async def test_a_sale_whose_void_is_not_settled_stays_and_others_pass_it(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        first, *_ = await evening(till)
        void = await till.opened.append(kind="void", depends_on=first.txn_id)
        await till.opened.append()
        await till.opened.append()
        await settle(till, 1, 2, 3, 4, 6, 7)
        outcome = (await till.opened.journal.read(lambda r: r.rows_page(before=None, limit=1)))[
            0
        ].outcome
        assert outcome is not None
        await till.opened.journal.write(
            lambda writer: writer.quarantine(void.sequence, outcome, till.clock.now())
        )
        till.clock.advance(AFTER_S + 1)
        await tidy(till, tmp_path)
        kept = rows_of(tmp_path, "SELECT sequence FROM transactions ORDER BY sequence")
    assert [place for (place,) in kept] == [2, 5, 7]
    assert [name.split("-", 5)[5] for name in names(tmp_path)] == [
        "1-1.jsonl.gz",
        "3-4.jsonl.gz",
        "6-6.jsonl.gz",
    ]


async def test_it_goes_in_slices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tidying_module, "ROWS_AT_ONCE", 2)
    async with till_in(tmp_path) as till:
        await evening(till)
        await settle(till)
        till.clock.advance(AFTER_S + 1)
        await tidy(till, tmp_path)
        archives = await till.opened.journal.read(lambda reader: reader.archives())
    assert [(one.first_sequence, one.last_sequence) for one in archives] == [(1, 2), (3, 3)]


@pytest.mark.parametrize(
    "damage",
    [
        'envelope = replace(envelope, \'"kind":"sale"\', \'"kind":"exit"\')',
        "envelope = (SELECT envelope FROM transactions WHERE sequence = 1)",
        "envelope = 'no JSON'",
        "payload = '[]'",
        "payload = '{}'",
    ],
)
async def test_a_row_that_was_damaged_stays_in_the_journal(tmp_path: Path, damage: str) -> None:
    async with till_in(tmp_path) as till:
        await evening(till)
        await settle(till)
        till.clock.advance(AFTER_S + 1)
        changed = till.opened.journal._writing.execute(
            f"UPDATE transactions SET {damage} WHERE sequence = 2"  # noqa: S608
        ).rowcount
        assert changed == 1
        await tidy(till, tmp_path)
        kept = rows_of(tmp_path, "SELECT sequence FROM transactions ORDER BY sequence")
    assert [place for (place,) in kept] == [2, 4]


async def test_what_a_salvage_could_not_read_parts_two_archives(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await evening(till)
        epoch = NewEpoch(uuid4(), 2, EpochReason.DAMAGED, "cut", till.clock.now(), "", 7)
        await till.opened.journal.write(lambda writer: writer.open_epoch(epoch))
        await till.opened.append()
        await till.opened.append()
        await settle(till)
        till.clock.advance(AFTER_S + 1)
        await tidy(till, tmp_path)
        rows = await till.opened.journal.read(lambda reader: reader.rows_after(0, 99))
    assert rows_of(tmp_path, "SELECT sequence FROM transactions") == [(9,)]
    assert [name.split("-", 5)[5] for name in names(tmp_path)] == ["1-4.jsonl.gz", "8-8.jsonl.gz"]
    before, after = rows[3].readable().envelope, rows[4].readable().envelope
    assert (before.sequence, after.sequence, after.prev_hash) == (4, 8, before.hash)


async def test_a_sale_goes_with_its_settled_void_and_closed_carts_go_too(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        first, *_ = await evening(till)
        await till.opened.append(kind="void", depends_on=first.txn_id)
        await till.opened.append()
        await settle(till)
        till.clock.advance(AFTER_S + 1)
        assert rows_of(tmp_path, "SELECT count(*) FROM carts") == [(3,)]
        await tidy(till, tmp_path)
        assert rows_of(tmp_path, "SELECT sequence FROM transactions") == [(6,)]
        assert [name.split("-", 5)[5] for name in names(tmp_path)] == ["1-5.jsonl.gz"]
        assert rows_of(tmp_path, "SELECT count(*) FROM carts") == [(0,)]


async def test_rows_that_are_not_settled_any_more_do_not_leave(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await evening(till)
        await settle(till, 1, 2)
        till.clock.advance(AFTER_S + 1)
        now, journal = till.clock.now(), till.opened.journal
        lines = await journal.read(lambda reader: reader.archivable(now, 99))
        identity = await journal.read(lambda reader: reader.identity())
        facts = FileArchives(tmp_path / "archive").write(identity.journal_id, lines)
        journal._writing.execute("UPDATE transactions SET state = 'queued' WHERE sequence = 2")
        with pytest.raises(ValueError, match="holds 2 transactions, the journal 1"):
            await journal.write(lambda writer: writer.leave_for_archive(facts, lines, now))
        assert rows_of(tmp_path, "SELECT count(*) FROM transactions") == [(4,)]
        assert rows_of(tmp_path, "SELECT count(*) FROM archived") == [(0,)]


async def test_files_that_never_got_their_name_are_removed_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive" / "some.jsonl.gz.half").write_bytes(b"half")
    async with till_in(tmp_path) as till:
        await tidy(till, tmp_path)
    assert names(tmp_path) == []


async def test_a_file_that_nobody_knows_is_kept(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await evening(till)
        await settle(till)
        till.clock.advance(AFTER_S + 1)
        await tidy(till, tmp_path)
        [name] = names(tmp_path)
        till.opened.journal._writing.execute("DELETE FROM archives")
        await tidy(till, tmp_path)
        assert names(tmp_path) == [name], "its rows are nowhere else"
        (tmp_path / "archive" / "other.jsonl.gz").write_bytes(b"?")
        await tidy(till, tmp_path)
    assert names(tmp_path) == [name, "other.jsonl.gz"]


async def test_a_start_does_not_read_the_archives_that_the_journal_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with till_in(tmp_path) as till:
        await evening(till)
        await settle(till)
        till.clock.advance(AFTER_S + 1)
        await tidy(till, tmp_path)
        read: list[str] = []
        verify = FileArchives.verify
        monkeypatch.setattr(
            FileArchives, "verify", lambda self, name: read.append(name) or verify(self, name)
        )
        await tidy(till, tmp_path)
    assert read == []


async def test_the_file_shrinks(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        for _ in range(60):
            await till.opened.append(payload={"note": "x" * 5000})
        await settle(till)
        till.opened.journal._writing.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        large = till.opened.path.stat().st_size
        till.clock.advance(AFTER_S + 1)
        await tidy(till, tmp_path)
        till.opened.journal._writing.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        small = till.opened.path.stat().st_size
        free = till.opened.journal._writing.execute("PRAGMA freelist_count").fetchone()[0]
    assert large - small > 60 * 5000
    assert free == 0


async def test_an_archive_that_can_not_be_written_leaves_the_rows_and_is_tried_again(
    tmp_path: Path,
) -> None:
    async with till_in(tmp_path) as till:
        await evening(till)
        await settle(till)
        till.clock.advance(AFTER_S + 1)
        (tmp_path / "archive").write_text("a file is in the way")
        await tidy(till, tmp_path)
        assert rows_of(tmp_path, "SELECT count(*) FROM transactions") == [(4,)]
        (tmp_path / "archive").unlink()
        await tidy(till, tmp_path)
        assert rows_of(tmp_path, "SELECT count(*) FROM transactions") == [(1,)]


@pytest.mark.parametrize("page", [1, 2, 3, 99])
async def test_the_chain_is_walked_through_archives_and_journal_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    monkeypatch.setattr(tidying_module, "ROWS_AT_ONCE", 2)
    monkeypatch.setattr(verifying, "PAGE", page)
    async with till_in(tmp_path) as till:
        await evening(till)
        refused = ItemOutcome(txn_id=None, status="quarantined", code="sequence_taken")
        await till.opened.append()
        await till.opened.append()
        await till.opened.journal.write(
            lambda writer: writer.quarantine(4, refused, till.clock.now())
        )
        await settle(till, 1, 2, 3, 5, 6)
        before = await till.opened.journal.read(lambda reader: reader.rows_after(0, 99))
        till.clock.advance(AFTER_S + 1)
        await tidy(till, tmp_path)
        after = await till.opened.journal.read(lambda reader: reader.rows_after(0, 99))
        unsettled = await till.opened.journal.read(
            lambda reader: reader.rows_after(0, 99, [JournalState.QUARANTINED])
        )
        report = await verifying.Verification(till.opened.journal, None).run()
    assert len(names(tmp_path)) == 3
    assert [row.txn_id for row in after] == [row.txn_id for row in before]
    assert [row.answer for row in after] == [row.answer for row in before]
    assert [row.sequence for row in unsettled] == [4]
    assert (report.checked, report.broken) == (6, 0)


async def test_the_next_evening_sells_on_beside_the_archive(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        sold = await evening(till)
        await settle(till)
        till.clock.advance(AFTER_S + 1)
        await tidy(till, tmp_path)
        await till.opened.stock(3, lease_s=10**7)
        till.clock.advance(timedelta(hours=1).total_seconds())
        again = await sell(till)
    assert again.body["sequence"] == sold[-1].body["sequence"] + 1
    assert again.body["receipt_number"] not in {one.body["receipt_number"] for one in sold}
