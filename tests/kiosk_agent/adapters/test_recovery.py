"""Damage of every kind to real files: the journal opens, and nothing repeats or goes unsaid."""

import random
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from kiosk_agent.adapters.journal.schema import SCHEMA_VERSION
from kiosk_contracts.kiosk_status import JournalState
from kiosk_contracts.problem import ProblemError
from tests.support.journal import new_transaction
from tests.support.salvage import Scene, check, cut, flip, reserve_of, scene

_PAGE = 4096


def _noise_page(path: Path, chance: random.Random) -> None:
    content = bytearray(path.read_bytes())
    start = chance.randrange(len(content) // _PAGE) * _PAGE
    content[start : start + _PAGE] = chance.randbytes(_PAGE)
    path.write_bytes(content)


DAMAGES: dict[str, tuple[bool, Callable[[Scene, random.Random], None]]] = {
    "one bit of the file": (False, lambda one, chance: flip(one.path, chance)),
    "one bit at rest": (True, lambda one, chance: flip(one.path, chance)),
    "forty bits of the file": (False, lambda one, chance: flip(one.path, chance, 40)),
    "one bit of the log": (False, lambda one, chance: flip(one.wal, chance)),
    "a page of noise": (False, lambda one, chance: _noise_page(one.path, chance)),
    "a cut file": (False, lambda one, chance: cut(one.path, chance)),
    "a cut file at rest": (True, lambda one, chance: cut(one.path, chance)),
    "a cut log": (False, lambda one, chance: cut(one.wal, chance)),
    "garbage": (False, lambda one, chance: one.path.write_bytes(chance.randbytes(9000)) and None),
}


@pytest.mark.parametrize("part", range(2))
@pytest.mark.parametrize("damage", DAMAGES)
async def test_whatever_was_damaged_it_opens_and_nothing_repeats(
    tmp_path: Path, damage: str, part: int
) -> None:
    closed, do = DAMAGES[damage]
    for seed in range(part * 12, part * 12 + 12):
        one = scene(tmp_path / str(seed), closed=closed, archived=bool(seed % 2))
        do(one, random.Random(seed))  # noqa: S311  the same damage in every run
        check(one, await one.outcome())


async def test_an_untouched_journal_goes_on_as_it_was(tmp_path: Path) -> None:
    for closed in (True, False):
        one = scene(tmp_path / str(closed), closed=closed)
        found = await one.outcome()
        check(one, found)
        assert (found.epoch, found.reason, found.frozen) == (1, "first", 0)
        assert len(found.rows) == len(one.known.sequences)
        assert not one.reports()


async def test_a_log_that_is_gone_means_a_new_epoch_that_sells_the_reserve_alone(
    tmp_path: Path,
) -> None:
    one = scene(tmp_path)
    one.wal.unlink()
    before = one.path.read_bytes()
    found = await one.outcome()
    check(one, found)
    assert (found.epoch, found.reason) == (2, "damaged")
    assert set(found.sold) == one.known.reserved
    assert found.receipts == [f"HB1-2-{number:06d}" for number in range(1, 7)]
    [kept] = (one.folder / "damaged").glob("*/journal.db")
    assert kept.read_bytes() == before, "the damaged file is kept as it was"
    [report] = one.reports()
    assert "but #38 was recorded here" in report["found"]
    assert (report["new_epoch"], report["reserve_taken"]) == (2, True)
    lost = sum(last - first + 1 for first, last in report["sequences_missing"])
    assert lost == len(one.known.sequences) - len(found.rows) > 0
    [used] = (one.folder / "reserve").glob("*.json")
    assert used.name == f"{found.journal_id}-used.json"
    assert stat.S_IMODE(used.stat().st_mode) == 0o600
    assert stat.S_IMODE(one.path.stat().st_mode) == 0o600


async def test_the_chain_and_the_numbers_go_on_from_what_was_salvaged(tmp_path: Path) -> None:
    one = scene(tmp_path, closed=True)
    one.path.write_bytes(one.path.read_bytes()[:72] + b"\0" * 8 + one.path.read_bytes()[80:])
    with closing(sqlite3.connect(one.path)) as plain:
        plain.execute("UPDATE meta SET value = 'nonsense' WHERE key = 'head_hash'")
        plain.commit()
    found = await one.outcome()
    check(one, found)
    assert len(found.rows) == len(one.known.sequences), "all could be read"
    last, first = found.rows[-1].readable().envelope, found.new_rows[0].readable().envelope
    assert (first.sequence, first.prev_hash) == (last.sequence + 1, last.hash)
    assert (last.epoch, first.epoch) == (1, 2)
    assert last.journal_id == one.known.journal_id != first.journal_id
    assert {row.state for row in found.rows} == {JournalState.QUEUED, JournalState.SETTLED}


async def test_numbers_that_were_lost_are_not_given_again(tmp_path: Path) -> None:
    one = scene(tmp_path)
    one.wal.unlink()
    found = await one.outcome()
    assert found.new_rows[0].sequence == max(one.known.sequences) + 1


@pytest.mark.parametrize("gone", [["journal.db"], ["journal.db", "journal.db-wal"]])
@pytest.mark.parametrize("without_mark", [True, False])
async def test_a_journal_that_is_gone_is_said_to_be_lost(
    tmp_path: Path, gone: list[str], *, without_mark: bool
) -> None:
    one = scene(tmp_path)
    for name in gone:
        (one.folder / name).unlink()
    if without_mark:
        (one.folder / "journal.mark").unlink()
    found = await one.outcome()
    if not without_mark:
        check(one, found)
    assert (found.epoch, found.reason, found.rows) == (2, "lost", [])
    assert set(found.sold) == one.known.reserved


async def test_a_log_without_its_file_is_kept_with_what_was_found(tmp_path: Path) -> None:
    one = scene(tmp_path)
    one.path.unlink()
    before = one.wal.read_bytes()
    await one.outcome()
    [kept] = (one.folder / "damaged").glob("*/journal.db-wal")
    assert kept.read_bytes() == before


async def test_a_folder_of_damaged_files_alone_says_that_there_was_a_journal(
    tmp_path: Path,
) -> None:
    one = scene(tmp_path)
    for path in (one.path, one.wal, one.folder / "journal.mark"):
        path.unlink()
    (one.folder / "reserve" / "sealed.json").unlink()
    (one.folder / "damaged").mkdir()
    found = await one.outcome()
    assert (found.reason, found.epoch, found.sold) == ("lost", 2, [])


async def test_an_older_copy_is_told_by_the_mark_without_a_line(tmp_path: Path) -> None:
    newer, older = scene(tmp_path / "newer", closed=True), scene(tmp_path / "older", closed=True)
    async with newer.opened() as journal:
        await journal.write(lambda writer: writer.append(new_transaction()))
    newer.path.write_bytes(older.path.read_bytes())
    found = await newer.outcome()
    assert (found.reason, set(found.sold)) == ("damaged", newer.known.reserved)
    assert "was recorded here" in newer.reports()[0]["found"]


async def test_on_another_host_a_new_epoch_begins_in_the_file_without_the_reserve(
    tmp_path: Path,
) -> None:
    one = scene(tmp_path)
    one.host_id = "machine:bbbb"
    found = await one.outcome()
    check(one, found)
    assert (found.epoch, found.reason, found.sold) == (2, "other_host", [])
    assert found.frozen == len(one.known.stock - one.known.sold)
    assert (one.folder / "reserve" / "sealed.json").exists(), "the other host may open it"
    again = await one.outcome()
    assert (again.epoch, again.journal_id) == (2, found.journal_id), "once, not at every start"


async def test_a_host_that_can_not_be_told_changes_nothing(tmp_path: Path) -> None:
    one = scene(tmp_path)
    one.host_id = ""
    assert (await one.outcome()).epoch == 1
    one.host_id = "machine:aaaa product:new"
    assert (await one.outcome()).epoch == 1
    one.host_id = "machine:aaaa product:other"
    assert (await one.outcome()).epoch == 2


async def test_two_hosts_with_a_copy_each_go_on_as_different_journals(tmp_path: Path) -> None:
    ids = set()
    for host in ("machine:bbbb", "machine:cccc"):
        one = scene(tmp_path / host)
        one.host_id = host
        ids.add((await one.outcome()).journal_id)
    assert len(ids) == 2


@pytest.mark.parametrize(
    "changes", [{"host_id": "machine:zzzz"}, {"kiosk_id": "other-till"}, {"seal": "broken"}]
)
async def test_a_reserve_that_is_not_ours_or_is_damaged_stays_shut(
    tmp_path: Path, changes: dict[str, str]
) -> None:
    one = scene(tmp_path)
    sealed = one.folder / "reserve" / "sealed.json"
    if "seal" in changes:
        sealed.write_bytes(sealed.read_bytes()[:-1] + b" ")
    else:
        one.home().reserve.save(reserve_of(one.clock, sorted(one.known.reserved), **changes))
    one.wal.unlink()
    found = await one.outcome()
    check(one, found)
    assert (found.sold, found.epoch) == ([], 2)
    assert sealed.exists()


async def test_a_second_damage_opens_a_third_epoch_and_freezes_the_reserve(tmp_path: Path) -> None:
    one = scene(tmp_path)
    one.wal.unlink()
    async with one.opened() as journal:
        await journal.write(lambda writer: writer.append(new_transaction()))
    one.path.write_bytes(b"x" * 5000)
    found = await one.outcome()
    assert (found.epoch, found.sold) == (3, []), "known by the mark, though nothing was readable"
    assert len(one.reports()) == 2


async def test_carts_are_emptied_and_what_is_being_paid_stays_in_sight(tmp_path: Path) -> None:
    one = scene(tmp_path)
    one.host_id = "machine:bbbb"
    async with one.opened() as journal:
        carts = await journal.read(lambda reader: reader.carts())
        items = await journal.read(lambda reader: reader.cart_items(carts[0].txn_id))
        opened = await journal.read(lambda reader: reader.stock_counts())
    assert [str(cart.txn_id) for cart in carts] == [one.known.paying]
    assert [item.state for item in items] == ["frozen"] * 3
    assert opened == {}


async def test_voided_tickets_stay_revoked_and_sold_ones_sold(tmp_path: Path) -> None:
    one = scene(tmp_path, closed=True)
    with closing(sqlite3.connect(one.path)) as plain:
        plain.execute("UPDATE meta SET value = 'x' WHERE key = 'epoch'")
        plain.execute("UPDATE stock SET state = 'available'")
        plain.commit()
    async with one.opened() as journal:
        states = {
            serial: await journal.read(lambda reader, serial=serial: reader.stock_item(serial))
            for serial in one.known.sold
        }
    said = {serial: item.state for serial, item in states.items() if item is not None}
    assert said == {
        serial: "revoked" if serial in one.known.voided else "sold" for serial in one.known.sold
    }


@pytest.mark.parametrize("version", [SCHEMA_VERSION + 1, SCHEMA_VERSION + 1_000_000])
async def test_a_version_that_nothing_in_the_file_is_of_is_damage(
    tmp_path: Path, version: int
) -> None:
    one = scene(tmp_path, closed=True)
    with closing(sqlite3.connect(one.path)) as plain:
        plain.execute(f"PRAGMA user_version = {version}")
    found = await one.outcome()
    check(one, found)
    assert found.reason == "damaged"
    assert len(found.rows) == len(one.known.sequences)


async def test_another_kiosks_damaged_journal_is_left_where_it_is(tmp_path: Path) -> None:
    one = scene(tmp_path, closed=True)
    with closing(sqlite3.connect(one.path)) as plain:
        plain.execute("UPDATE meta SET value = 'x' WHERE key = 'epoch'")
        plain.commit()
    one.kiosk_id = "river-till-2"
    with pytest.raises(ProblemError) as caught:
        await one.outcome()
    assert caught.value.code == "journal_of_another_kiosk"
    assert not (one.folder / "damaged").exists()


async def test_a_wrong_kiosk_id_does_not_make_a_hot_log_look_lost(tmp_path: Path) -> None:
    one = scene(tmp_path)
    one.kiosk_id = "river-till-2"
    with pytest.raises(ProblemError):
        await one.outcome()
    one.kiosk_id = "harbour-till-1"
    assert (await one.outcome()).epoch == 1


async def test_a_name_of_the_kiosk_that_was_damaged_does_not_shut_it_out(tmp_path: Path) -> None:
    one = scene(tmp_path, closed=True)
    with closing(sqlite3.connect(one.path)) as plain:
        plain.execute("UPDATE meta SET value = 'harbour-till-3' WHERE key = 'kiosk_id'")
        plain.commit()
    found = await one.outcome()
    check(one, found)
    assert found.reason == "damaged"


MEANINGLESS = {
    "a migration that is no text": (
        "UPDATE _sqlite_migrations SET name = CAST(x'ff' AS TEXT) WHERE rowid = 1"
    ),
    "a note that is no text": "UPDATE meta SET value = CAST(x'ff' AS TEXT) WHERE key = 'epoch'",
    "a name that is no text": "UPDATE meta SET value = CAST(x'ff' AS TEXT) WHERE key = 'kiosk_id'",
    "last_sequence too low": "UPDATE meta SET value = '3' WHERE key = 'last_sequence'",
    "receipt counter too low": "UPDATE meta SET value = '3' WHERE key = 'receipt_counter'",
    "head of another row": "UPDATE meta SET value = hex(zeroblob(32)) WHERE key = 'head_hash'",
    "a state that is none": "UPDATE transactions SET state = 'queuee' WHERE sequence = 5",
    "a time that is none": "UPDATE transactions SET recorded_at = 'x' WHERE sequence = 5",
    "an id that is none": "UPDATE transactions SET txn_id = 'x' WHERE sequence = 5",
    "a serial that is none": "UPDATE stock SET serial = '0000000001' WHERE rowid = 70",
    "a counter that is none": "UPDATE meta SET value = 'x' WHERE key = 'gate_cursor'",
    "a cart in no state": "UPDATE carts SET state = 'x' WHERE rowid = 1",
    "a note that is gone": "DELETE FROM meta WHERE key = 'head_hash'",
    "a table without a column": "ALTER TABLE carts RENAME COLUMN cashier_id TO cashier_ie",
    "transactions without a column": (
        "ALTER TABLE transactions RENAME COLUMN request_hash TO request_hasi"
    ),
    "a migration that is none": "UPDATE _sqlite_migrations SET name = 'm0001_x' WHERE rowid = 1",
    "another application": "PRAGMA application_id = 7",
    "a state that stock can't be in": "UPDATE stock SET state = 'solc' WHERE state = 'sold'",
}


@pytest.mark.parametrize("what", MEANINGLESS)
async def test_what_contradicts_itself_is_salvaged(tmp_path: Path, what: str) -> None:
    one = scene(tmp_path, closed=True)
    with closing(sqlite3.connect(one.path, isolation_level=None)) as plain:
        plain.execute(MEANINGLESS[what])
    found = await one.outcome()
    check(one, found)
    assert found.reason == "damaged"
    assert len(found.rows) == len(one.known.sequences)
    txn_ids = {row.sequence: str(row.txn_id) for row in found.rows}
    assert txn_ids == one.known.sequences


async def test_answers_and_outcomes_that_were_damaged_harm_nobody(tmp_path: Path) -> None:
    one = scene(tmp_path, closed=True)
    with closing(sqlite3.connect(one.path, isolation_level=None)) as plain:
        plain.execute("UPDATE transactions SET answer = CAST(x'ff7b' AS TEXT), outcome = '{'")
    found = await one.outcome()
    assert (found.epoch, {row.answer for row in found.rows}) == (1, {None})
    assert {row.outcome for row in found.rows} == {None}


async def test_the_report_names_what_could_not_be_read(tmp_path: Path) -> None:
    one = scene(tmp_path, closed=True)
    with closing(sqlite3.connect(one.path, isolation_level=None)) as plain:
        plain.execute("UPDATE meta SET value = 'x' WHERE key = 'epoch'")
        plain.execute("UPDATE transactions SET payload = '{}' WHERE sequence = 4")
        plain.execute("UPDATE transactions SET envelope = '{}', txn_id = 'x' WHERE sequence = 6")
        plain.execute("DELETE FROM transactions WHERE sequence IN (8, 9)")
    found = await one.outcome()
    [report] = one.reports()
    assert report["transactions_damaged"] == [4]
    assert report["transactions_rejected"] == [6]
    assert report["sequences_missing"] == [[6, 6], [8, 9]]
    assert report["transactions_read"] == len(one.known.sequences) - 2
    assert 4 in {row.sequence for row in found.rows}


async def test_a_person_who_looks_into_a_killed_agents_file_starts_no_epoch(tmp_path: Path) -> None:
    one = scene(tmp_path)
    with closing(sqlite3.connect(one.path)) as plain:
        plain.execute("SELECT count(*) FROM transactions").fetchone()
    assert not one.wal.exists(), "closing it empties the log into the file"
    found = await one.outcome()
    check(one, found)
    assert (found.epoch, found.frozen) == (1, 0)


async def test_a_missing_commit_is_found_though_it_recorded_no_transaction(
    tmp_path: Path,
) -> None:
    one = scene(tmp_path, closed=True)
    async with one.opened() as journal:
        await journal.write(lambda writer: writer.put_identity("HB1", "harbour-hall", "A new name"))
        kept = one.path.read_bytes()
    one.path.write_bytes(kept)
    found = await one.outcome()
    check(one, found)
    assert found.reason == "damaged"
    [report] = one.reports()
    assert "its last changes are gone: 1 that were recorded here" in report["found"]


async def test_every_row_is_salvaged_that_is_not_on_the_damaged_page_itself(
    tmp_path: Path,
) -> None:
    for seed in range(8):
        one = scene(tmp_path / str(seed), closed=True)
        _blank_leaf(one.path, random.Random(seed))  # noqa: S311  the same damage in every run
        with closing(sqlite3.connect(one.path)) as plain:
            readable = [number for number in one.known.sequences if _can_read(plain, number)]
        assert 0 < len(readable) < len(one.known.sequences)
        found = await one.outcome()
        check(one, found)
        assert [row.sequence for row in found.rows] == readable


def _blank_leaf(path: Path, chance: random.Random) -> None:
    """Blank a page of transactions."""
    with closing(sqlite3.connect(path)) as plain:
        [root] = plain.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'transactions'")
    content = bytearray(path.read_bytes())
    start = (root[0] - 1) * _PAGE
    cell = start + int.from_bytes(content[start + 12 :][: 2 * chance.randrange(1, 5)][-2:], "big")
    leaf = (int.from_bytes(content[cell : cell + 4], "big") - 1) * _PAGE
    content[leaf : leaf + _PAGE] = bytes(_PAGE)
    path.write_bytes(content)


def _can_read(plain: sqlite3.Connection, sequence: int) -> bool:
    try:
        sql = "SELECT payload FROM transactions WHERE sequence = ?"
        return plain.execute(sql, (sequence,)).fetchone() is not None
    except sqlite3.DatabaseError:
        return False
