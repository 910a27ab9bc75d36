"""A damaged journal whose older transactions are in archives: those tell what went to them."""

import gzip
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from kiosk_agent.adapters.archive_files import FileArchives
from kiosk_agent.adapters.journal.store import SqliteJournal
from kiosk_agent.ports.journal import JournalReader
from kiosk_contracts.kiosk_status import JournalState
from kiosk_contracts.problem import ProblemError
from tests.support.journal import new_transaction
from tests.support.salvage import ARCHIVED, Scene, check, scene


def _lose(one: Scene) -> None:
    one.path.unlink()
    one.wal.unlink()


def _noise(one: Scene) -> None:
    one.path.write_bytes(b"no journal at all" * 1000)


def _hurt(one: Scene) -> None:
    """Damage so little that no row of it is lost."""
    with closing(sqlite3.connect(one.path, isolation_level=None)) as plain:
        plain.execute("UPDATE meta SET value = 'x' WHERE key = 'epoch'")


def _archive(one: Scene) -> Path:
    [path] = (one.folder / "archive").iterdir()
    return path


async def _refuses(journal: SqliteJournal, txn_id: str) -> None:
    with pytest.raises(ValueError, match="in the journal already"):
        await journal.write(lambda writer: writer.append(new_transaction(txn_id=UUID(txn_id))))


@pytest.mark.parametrize("harm", [_lose, _noise])
async def test_what_was_archived_stays_known_and_settled(tmp_path: Path, harm: object) -> None:
    one = scene(tmp_path, archived=True)
    assert callable(harm)
    harm(one)
    check(one, await one.outcome())
    async with one.opened() as journal:
        known = [one.known.sequences[number] for number in range(1, ARCHIVED + 1)]
        for txn_id in known:
            row = await journal.read(lambda reader, txn_id=txn_id: reader.row(UUID(txn_id)))
            assert row is not None
            assert row.state is JournalState.SETTLED
            await _refuses(journal, txn_id)
        counts = await journal.read(lambda reader: reader.counts())
        assert counts.by_state[JournalState.SETTLED] == ARCHIVED
    [report] = one.reports()
    assert report["transactions_archived"] == ARCHIVED
    assert report["archives_unreadable"] == []


async def test_the_epoch_is_above_the_one_that_archives_alone_tell_of(tmp_path: Path) -> None:
    one = scene(tmp_path, archived=True)
    _lose(one)
    (one.folder / "journal.mark").unlink()
    for path in (one.folder / "reserve").iterdir():
        path.unlink()
    found = await one.outcome()
    assert (found.epoch, found.reason) == (2, "lost")


def _spoil(one: Scene) -> None:
    text = gzip.decompress(_archive(one).read_bytes())
    _archive(one).write_bytes(gzip.compress(text.replace(b"12.50", b"99.50", 1)))


def _drop(one: Scene) -> None:
    _archive(one).unlink()


@pytest.mark.parametrize("harm", [_spoil, _drop])
@pytest.mark.parametrize("listed", [True, False])
async def test_the_ids_in_an_archive_that_is_not_whole_stay_taken(
    tmp_path: Path, harm: Callable[[Scene], None], *, listed: bool
) -> None:
    one = scene(tmp_path, archived=True, closed=True)
    name = _archive(one).name
    harm(one)
    _hurt(one)
    if not listed:
        with closing(sqlite3.connect(one.path, isolation_level=None)) as plain:
            plain.execute("DELETE FROM archives")
    async with one.opened() as journal:
        named = [facts.name for facts in await journal.read(lambda reader: reader.archives())]
        known = await journal.read(lambda reader: reader.counts())
        for number in range(1, ARCHIVED + 1):
            txn_id = UUID(one.known.sequences[number])
            await _refuses(journal, str(txn_id))
            if harm is _drop:
                with pytest.raises(ProblemError) as caught:
                    await journal.read(lambda reader, txn_id=txn_id: reader.row(txn_id))
                assert caught.value.code == "journal_damaged"
    [report] = one.reports()
    missing = {n for low, high in report["sequences_missing"] for n in range(low, high + 1)}
    assert set(range(1, ARCHIVED + 1)) <= missing
    assert (named == [name]) is (listed or harm is _spoil)
    assert report["ids_of_unreadable_archives"] == ARCHIVED
    assert known.by_state[JournalState.SETTLED] >= ARCHIVED
    [told] = report["archives_unreadable"]
    assert named[0] in told


async def test_a_left_over_file_gives_only_what_the_journal_lost(tmp_path: Path) -> None:
    one = scene(tmp_path, archived=True, closed=True)
    async with one.opened() as journal:
        identity = await journal.read(lambda reader: reader.identity())
        soon = one.clock.now() + timedelta(days=1)
        lines = await journal.read(lambda reader: reader.archivable(soon, 3))
    # Killed after the file was written, before the journal named it.
    FileArchives(one.folder / "archive").write(identity.journal_id, lines)
    _hurt(one)
    check(one, await one.outcome())
    async with one.opened() as journal:
        rows = await journal.read(lambda reader: reader.rows_after(0, 9999))
        named = await journal.read(_named)
    numbers = [row.sequence for row in rows]
    assert len(set(numbers)) == len(numbers)
    held = {line["sequence"] for line in lines}
    assert named == set(range(1, ARCHIVED + 1)), f"{held} stayed in the journal itself"


def _named(reader: JournalReader) -> set[int]:
    return {
        number
        for facts in reader.archives()
        for number in range(facts.first_sequence, facts.last_sequence + 1)
    }
