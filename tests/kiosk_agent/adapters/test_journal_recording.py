"""What the journal records: sequence, chain, receipt numbers, repeats."""

import itertools
import sqlite3
from pathlib import Path
from uuid import UUID

import pytest
from uuid6 import uuid7

from kiosk_agent.ports.journal import JournalRow, JournalWriter
from kiosk_contracts.kiosk_status import JournalState
from kiosk_contracts.personal import Buyer, PersonalData
from kiosk_contracts.transactions import FIRST_PREV_HASH
from kiosk_contracts.uploads import ItemOutcome
from tests.support.journal import journal_in, new_transaction


async def test_transactions_are_numbered_without_gaps_and_chained(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:
        rows = [await opened.append() for _ in range(4)]
    envelopes = [row.transaction.envelope for row in rows]
    assert [envelope.sequence for envelope in envelopes] == [1, 2, 3, 4]
    assert envelopes[0].prev_hash == FIRST_PREV_HASH
    for before, after in itertools.pairwise(envelopes):
        assert after.prev_hash == before.hash
    assert all(row.transaction.payload_matches() for row in rows)
    assert {row.state for row in rows} == {JournalState.QUEUED}


async def test_receipt_numbers_run_on_over_numbered_transactions_alone(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:
        rows = [await opened.append(numbered=numbered) for numbered in (True, False, True)]
    assert [row.receipt_number for row in rows] == ["HB1-1-000001", None, "HB1-1-000002"]
    assert rows[2].transaction.payload["receipt_number"] == "HB1-1-000002"


async def test_numbers_and_chain_run_on_after_reopening(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:
        first = await opened.append(numbered=True)
        identity = await opened.journal.read(lambda reader: reader.identity())
    async with journal_in(tmp_path) as opened:
        second = await opened.append(numbered=True)
        assert await opened.journal.read(lambda reader: reader.identity()) == identity
    assert second.receipt_number == "HB1-1-000002"
    assert second.transaction.envelope.prev_hash == first.transaction.envelope.hash


async def test_work_that_raises_leaves_no_gap(tmp_path: Path) -> None:
    def fails(writer: JournalWriter) -> None:
        writer.append(new_transaction(numbered=True))
        raise RuntimeError("changed its mind")

    async with journal_in(tmp_path) as opened:
        with pytest.raises(RuntimeError, match="changed its mind"):
            await opened.journal.write(fails)
        row = await opened.append(numbered=True)
    assert (row.transaction.envelope.sequence, row.receipt_number) == (1, "HB1-1-000001")


async def test_a_txn_id_is_recorded_once(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:
        row = await opened.append()
        with pytest.raises(ValueError, match="already"):
            await opened.append(txn_id=row.transaction.envelope.txn_id)
        counts = await opened.journal.read(lambda reader: reader.counts())
    assert counts.last_sequence == 1


async def test_the_first_answer_is_kept_and_not_replaced(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:
        txn_id = (await opened.append()).transaction.envelope.txn_id
        await opened.journal.write(lambda writer: writer.keep_answer(txn_id, {"sequence": 1}))
        with pytest.raises(ValueError, match="has an answer"):
            await opened.journal.write(lambda writer: writer.keep_answer(txn_id, {"sequence": 2}))
        row = await opened.journal.read(lambda reader: reader.row(txn_id))
    assert row is not None
    assert row.answer == {"sequence": 1}


async def test_all_that_was_handed_over_is_read_back(tmp_path: Path) -> None:
    personal = PersonalData(salt="0" * 32, buyer=Buyer(name="Zoë Ångström"))
    sale = uuid7()
    async with journal_in(tmp_path) as opened:
        written = await opened.append(
            personal=personal, request_hash="abc", depends_on=UUID(str(sale)), offline=True
        )
        read = await opened.journal.read(
            lambda reader: reader.row(written.transaction.envelope.txn_id)
        )
        assert read == written
        assert written.recorded_at == opened.clock.now()
    assert written.transaction.personal == personal
    assert (written.request_hash, written.offline) == ("abc", True)
    assert written.depends_on == UUID(str(sale))


async def test_pages_come_newest_first_and_by_state(tmp_path: Path) -> None:
    def sequences(rows: "list[JournalRow]") -> list[int]:
        return [row.transaction.envelope.sequence for row in rows]

    async with journal_in(tmp_path) as opened:
        for _ in range(5):
            await opened.append()
        await opened.journal.write(lambda writer: writer.begin_upload(2, 10**6))
        read = opened.journal.read
        newest = await read(lambda reader: list(reader.rows_page(before=None, limit=2)))
        older = await read(lambda reader: list(reader.rows_page(before=4, limit=9)))
        sent = await read(
            lambda reader: list(
                reader.rows_page(before=None, limit=9, states=[JournalState.UPLOADING])
            )
        )
    assert (sequences(newest), sequences(older), sequences(sent)) == ([5, 4], [3, 2, 1], [2, 1])


async def test_the_file_reads_by_plain_sql_as_documented(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:
        await opened.append(numbered=True)
    with sqlite3.connect(f"file:{tmp_path}/journal.db?mode=ro", uri=True) as plain:
        row = plain.execute(
            "SELECT sequence, epoch, kind, receipt_number, recorded_at, offline, state,"
            " json_extract(envelope, '$.hash') FROM transactions"
        ).fetchone()
        meta = dict(plain.execute("SELECT key, value FROM meta"))
    plain.close()
    assert row[:7] == (
        1,
        1,
        "admission",
        "HB1-1-000001",
        "2026-11-23T19:00:00.000000Z",
        0,
        "queued",
    )
    assert meta["head_hash"] == row[7]
    assert (meta["last_sequence"], meta["receipt_counter"]) == ("1", "1")


async def test_work_that_goes_on_after_a_refused_repeat_leaves_no_gap(tmp_path: Path) -> None:
    txn_id = uuid7()

    def twice(writer: JournalWriter) -> int:
        writer.append(new_transaction(txn_id=txn_id, numbered=True))
        with pytest.raises(ValueError, match="in the journal already"):
            writer.append(new_transaction(txn_id=txn_id, numbered=True))
        return writer.append(new_transaction(numbered=True)).transaction.envelope.sequence

    async with journal_in(tmp_path) as opened:
        assert await opened.journal.write(twice) == 2
        row = await opened.append(numbered=True)
    assert (row.transaction.envelope.sequence, row.receipt_number) == (3, "HB1-1-000003")


async def test_a_recorded_row_is_told_as_a_read_of_it_tells_it(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:
        first = await opened.append()
        row = await opened.append(
            numbered=True,
            personal=PersonalData(salt="0" * 32, buyer=Buyer(name="Zoë")),
            request_hash="f" * 64,
            depends_on=first.transaction.envelope.txn_id,
            offline=True,
            payload={"cashier_id": "ana", "note": "Zoë", "lines": [{"serials": ["A"]}]},
        )
        txn_id = row.transaction.envelope.txn_id
        assert await opened.journal.read(lambda reader: reader.row(txn_id)) == row
    assert row.transaction.payload_matches()


async def test_a_journal_counts_what_is_settled_without_reading_it(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:
        nothing = await opened.journal.read(lambda reader: reader.counts())
        rows = [await opened.append() for _ in range(5)]
        ids = [row.sequence for row in rows]
        judged = [ItemOutcome(txn_id=row.txn_id, status="settled") for row in rows]
        now = opened.clock.now()
        await opened.journal.write(lambda writer: writer.settle(ids[0], judged[0], now))
        await opened.journal.write(lambda writer: writer.settle(ids[1], judged[1], now))
        await opened.journal.write(lambda writer: writer.quarantine(ids[3], judged[3], now))
        counts = await opened.journal.read(lambda reader: reader.counts())
    assert set(nothing.by_state.values()) == {0}
    assert counts.by_state == {
        JournalState.QUEUED: 2,
        JournalState.UPLOADING: 0,
        JournalState.SETTLED: 2,
        JournalState.PARKED: 0,
        JournalState.QUARANTINED: 1,
    }
