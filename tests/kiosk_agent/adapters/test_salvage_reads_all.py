"""Salvage reads all that can be read, says what it could not look for, and repeats no number."""

import sqlite3
import struct
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from kiosk_agent.adapters.journal import damaged_file
from kiosk_agent.adapters.journal.mark import MarkFile
from kiosk_agent.domain.epochs import EpochReason, NewEpoch
from kiosk_agent.ports.journal import JournalReader, JournalWriter
from kiosk_contracts.gates import GateFeedEntry
from kiosk_contracts.moving_out import Receipt, SignedReceipt
from kiosk_contracts.serials import format_serial
from kiosk_contracts.uploads import ItemOutcome
from tests.support.journal import KIOSK_ID, journal_in, new_transaction
from tests.support.salvage import Known, Outcome, Scene, check, scene

_PAGE = 4096
FACTS = 60


@pytest.fixture(autouse=True)
def _few_without_evidence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let ten rows stand for 200,000: more than what is looked for where nothing tells more."""
    monkeypatch.setattr(damaged_file, "_MOST_ROWS", 10)


def _root(path: Path, table: str) -> int:
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)) as plain:
        sql = "SELECT rootpage FROM sqlite_schema WHERE name = ?"
        return int(plain.execute(sql, (table,)).fetchone()[0])


def _leaves(content: bytes, root: int) -> list[int]:
    """Return the pages right below a table's root, by rowid."""
    start = (root - 1) * _PAGE
    (count,) = struct.unpack_from(">H", content, start + 3)
    cells = [struct.unpack_from(">H", content, start + 12 + 2 * n)[0] for n in range(count)]
    pages = [struct.unpack_from(">I", content, start + cell)[0] for cell in cells]
    return [*pages, *struct.unpack_from(">I", content, start + 8)]


def _tear(path: Path, pages: list[int]) -> None:
    content = bytearray(path.read_bytes())
    for page in pages:
        content[(page - 1) * _PAGE] = 0xFF
    path.write_bytes(content)


def _tear_last(one: Scene, table: str, count: int) -> None:
    _tear(one.path, _leaves(one.path.read_bytes(), _root(one.path, table))[-count:])


def _say(one: Scene, *statements: str) -> None:
    with closing(sqlite3.connect(one.path, isolation_level=None)) as plain:
        for statement in statements:
            plain.execute(statement)


def _forget_the_mark(one: Scene, how: str) -> None:
    if how == "missing":
        (one.folder / "journal.mark").unlink()
    else:
        marks = MarkFile(one.path)
        mark = marks.read()
        assert mark is not None
        # As it was synced at the run's start, before a power cut.
        marks.note(replace(mark, last_sequence=2, commits=1))


def _missing(one: Scene) -> set[int]:
    [report] = one.reports()
    return {n for low, high in report["sequences_missing"] for n in range(low, high + 1)}


async def test_a_table_that_tells_its_highest_row_is_read_up_to_there(tmp_path: Path) -> None:
    one = scene(tmp_path, closed=True)
    _say(one, "UPDATE meta SET value = 'x' WHERE key = 'last_sequence'")
    (one.folder / "journal.mark").unlink()
    found = await one.outcome()
    check(one, found)
    assert {row.sequence for row in found.rows} == set(one.known.sequences)
    assert found.frozen == len(one.known.stock - one.known.sold)
    [report] = one.reports()
    assert {table["looked_up_to"] for table in report["tables"].values()} == {None}


async def test_a_table_that_can_not_tell_is_read_as_far_as_it_can_be_reached(
    tmp_path: Path,
) -> None:
    one = scene(tmp_path, closed=True)
    _say(one, "UPDATE meta SET value = 'x' WHERE key = 'last_sequence'")
    (one.folder / "journal.mark").unlink()
    _tear_last(one, "transactions", 1)
    found = await one.outcome()
    there = {row.sequence for row in found.rows}
    assert max(there) > 30
    assert there == set(range(1, max(there) + 1))
    [report] = one.reports()
    table = report["tables"]["transactions"]
    assert table["looked_up_to"] >= max(there)
    assert table["part_unreadable"]


async def test_every_readable_page_around_torn_ones_is_read(tmp_path: Path) -> None:
    one = scene(tmp_path, closed=True)
    leaves = _leaves(one.path.read_bytes(), _root(one.path, "transactions"))
    _tear(one.path, leaves[1:8:2])
    found = await one.outcome()
    check(one, found)
    there = {row.sequence for row in found.rows}
    assert _missing(one) == set(one.known.sequences) - there
    assert len(_missing(one)) < len(there)


async def test_a_number_that_was_damaged_is_proved_by_its_envelope(tmp_path: Path) -> None:
    one = scene(tmp_path, closed=True)
    _say(
        one,
        "UPDATE transactions SET sequence = 1 << 60 WHERE sequence = 9",
        "UPDATE meta SET value = 'x' WHERE key = 'epoch'",
    )
    found = await one.outcome()
    check(one, found)
    assert {row.sequence for row in found.rows} == set(one.known.sequences)


async def test_the_gate_feed_begins_again_and_no_fact_is_dropped(tmp_path: Path) -> None:
    one = scene(tmp_path, closed=True)
    facts = [
        GateFeedEntry(
            cursor=number,
            fact="admitted",
            serial=format_serial(5000 + number),
            event_id="tide",
            at=one.clock.now(),
            gate="South",
        )
        for number in range(1, FACTS + 1)
    ]
    async with one.opened() as journal:
        before = await journal.read(lambda reader: reader.inside_count("tide"))
        await journal.write(lambda writer: writer.add_gate_facts(facts, FACTS))
    _tear(one.path, [_root(one.path, "upload_attempts")])
    async with one.opened() as journal:
        assert await journal.read(lambda reader: reader.inside_count("tide")) == before + FACTS
        assert await journal.read(lambda reader: reader.gate_cursor()) == 0
        await journal.write(lambda writer: writer.add_gate_facts(facts, FACTS))
        assert await journal.read(lambda reader: reader.inside_count("tide")) == before + FACTS


def _receipt(journal_id: UUID, sequence: int, *, epoch: int = 1) -> SignedReceipt:
    receipt = Receipt.model_validate(
        {
            "journal_id": str(journal_id),
            "kiosk_id": KIOSK_ID,
            "export_id": str(uuid4()),
            "epoch": epoch,
            "sequence": sequence,
            "hash": "0" * 64,
            "counts": {},
            "set_hash": "0" * 64,
            "issued_at": "2026-11-23T19:00:00Z",
            "key_id": 1,
        }
    )
    return SignedReceipt(receipt=receipt, signature="0" * 128)


async def _with_receipt(one: Scene) -> int:
    last = max(one.known.sequences)
    signed = _receipt(one.known.journal_id, last)
    async with one.opened() as journal:
        await journal.write(lambda writer: writer.put_receipt(signed, one.clock.now()))
        assert await journal.read(lambda reader: reader.uncovered()) == 0
    return last


@pytest.mark.parametrize("mark", ["older", "missing"])
@pytest.mark.parametrize("notes", ["readable", "damaged"])
async def test_no_number_is_given_again_while_anything_tells_of_it(
    tmp_path: Path, mark: str, notes: str
) -> None:
    one = scene(tmp_path, closed=True)
    last = await _with_receipt(one)
    if notes == "damaged":
        _say(one, "UPDATE meta SET value = 'x' WHERE key = 'last_sequence'")
    _forget_the_mark(one, mark)
    _tear_last(one, "transactions", 5)
    found = await one.outcome()
    there = {row.sequence for row in found.rows}
    assert max(there) < last
    assert found.new_rows[0].sequence == last + 1
    assert _missing(one) == set(one.known.sequences) - there
    async with one.opened() as journal:
        uncovered = await journal.read(lambda reader: reader.uncovered())
    assert uncovered == len(found.new_rows), "the old receipt covers no new sale"


async def test_numbers_beyond_all_sense_tell_nothing(tmp_path: Path) -> None:
    one = scene(tmp_path, closed=True)
    last = max(one.known.sequences)
    _say(
        one,
        "UPDATE meta SET value = '99999999999999999999' WHERE key = 'last_sequence'",
        "INSERT INTO handed_over VALUES (1 << 60, '', '', '')",
        "UPDATE epochs SET epoch = 1 << 50",
    )
    found: Outcome = await one.outcome()
    check(one, found)
    assert (found.epoch, found.new_rows[0].sequence) == (2, last + 1)


async def test_a_receipt_covers_nothing_of_a_later_journal(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:
        await opened.append()
        identity = await opened.journal.read(lambda reader: reader.identity())
        new = NewEpoch(
            journal_id=uuid4(),
            epoch=2,
            reason=EpochReason.OLDER_COPY,
            found="",
            at=opened.clock.now(),
            host_id="",
        )

        def work(writer: JournalWriter) -> None:
            # Its number says more than was there: the numbers were given again since.
            writer.put_receipt(_receipt(identity.journal_id, 3), opened.clock.now())
            writer.open_epoch(new)
            writer.append(new_transaction())
            writer.append(new_transaction())

        await opened.journal.write(work)
        assert await opened.journal.read(_uncovered) == 2
        mine = _receipt(new.journal_id, 3, epoch=2)
        await opened.journal.write(lambda writer: writer.put_receipt(mine, opened.clock.now()))
        assert await opened.journal.read(_uncovered) == 0
        unknown = _receipt(uuid4(), 99)
        await opened.journal.write(lambda writer: writer.put_receipt(unknown, opened.clock.now()))
        await opened.append()
        assert await opened.journal.read(_uncovered) == 1


def _uncovered(reader: JournalReader) -> int:
    return reader.uncovered()


@pytest.mark.parametrize("harm", ["gone", "empty", "one byte", "garbage header"])
async def test_a_whole_log_is_read_without_the_beginning_of_its_file(
    tmp_path: Path, harm: str
) -> None:
    live, killed = tmp_path / "live", tmp_path / "killed"
    live.mkdir()
    killed.mkdir()
    async with journal_in(live) as opened:
        for number in range(40):
            await opened.append(kind="sale", payload={"n": number}, numbered=True)
        for name in ("journal.db", "journal.db-wal", "journal.mark"):
            (killed / name).write_bytes((live / name).read_bytes())
        clock = opened.clock
    path = killed / "journal.db"
    content, log = path.read_bytes(), (killed / "journal.db-wal").read_bytes()
    match harm:
        case "gone":
            path.unlink()
        case "empty":
            path.write_bytes(b"")
        case "one byte":
            path.write_bytes(b"S")
        case _:
            path.write_bytes(b"\xff" * 100 + content[100:])
    one = Scene(killed, Known(), clock)
    async with one.opened() as journal:
        rows = await journal.read(lambda reader: reader.rows_after(0, 999))
    assert [row.sequence for row in rows] == list(range(1, 41))
    assert _missing(one) == set()
    [kept] = (killed / "damaged").glob("*/journal.db-wal")
    assert kept.read_bytes() == log, "the log is kept as it was"
    assert not list(killed.glob("journal.fresh*"))


async def test_a_header_that_was_damaged_hides_neither_file_nor_log(tmp_path: Path) -> None:
    one = scene(tmp_path)
    one.path.write_bytes(b"\xff" * 20 + one.path.read_bytes()[20:])
    found = await one.outcome()
    check(one, found)
    assert {row.sequence for row in found.rows} == set(one.known.sequences)


async def test_after_a_gap_at_the_end_the_newest_row_is_not_archived(tmp_path: Path) -> None:
    one = scene(tmp_path)
    one.wal.unlink()
    async with one.opened() as journal:
        rows = await journal.read(lambda reader: reader.rows_after(0, 999))
        assert max(one.known.sequences) > rows[-1].sequence

        def settle(writer: JournalWriter) -> None:
            outcome = ItemOutcome(txn_id=None, status="settled")
            for row in rows:
                writer.settle(row.sequence, outcome, one.clock.now())

        await journal.write(settle)
        one.clock.advance(86_400)
        now = one.clock.now()
        lines = await journal.read(lambda reader: reader.archivable(now, 999))
    assert [line["sequence"] for line in lines] == [row.sequence for row in rows[:-1]]
