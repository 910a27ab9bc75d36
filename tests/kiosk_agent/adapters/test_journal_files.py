"""Which files the journal opens, and that it leaves the others as they are."""

import hashlib
import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from kiosk_agent.adapters.journal.files import connect_reader, prepare_file
from kiosk_agent.adapters.journal.schema import SCHEMA_VERSION, migrations
from kiosk_contracts.problem import ProblemError
from tests.support.clock import FakeClock
from tests.support.journal import journal_in


def _digest(folder: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if not path.name.endswith("-shm") and path.stat().st_size
    }


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def _refusal(folder: Path, kiosk_id: str = "harbour-till-1") -> ProblemError:
    with pytest.raises(ProblemError) as caught:
        async with journal_in(folder, FakeClock(), kiosk_id):
            raise AssertionError("it was opened")
    return caught.value


def _sql(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


async def test_a_new_file_is_a_journal_as_documented(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:
        with closing(sqlite3.connect(f"file:{opened.path}?mode=ro", uri=True)) as plain:
            assert plain.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
            assert plain.execute("PRAGMA application_id").fetchone()[0] == 0x45504B4A
            assert plain.execute("PRAGMA user_version").fetchone()[0] == SCHEMA_VERSION
        synchronous = opened.journal._writing.execute("PRAGMA synchronous").fetchone()[0]
        assert synchronous == 2, "every commit is synced"
        assert stat.S_IMODE(opened.path.stat().st_mode) == 0o600
        assert stat.S_IMODE((tmp_path / "journal.db-wal").stat().st_mode) == 0o600
    newest = migrations._migrations[-1].name
    assert newest.startswith(f"m{SCHEMA_VERSION:04d}_"), "each migration sets its version"


async def test_closing_leaves_one_file_with_everything_in_it(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:
        await opened.append()
    assert _names(tmp_path) == ["journal.db", "journal.mark"]


_NEWER = (
    f"PRAGMA user_version = {SCHEMA_VERSION + 1}",
    (
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
        " VALUES ('kiosk_journal', 'm9999_later', '')"
    ),
)


async def test_closing_empties_the_log_also_while_someone_else_reads(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:
        other = sqlite3.connect(f"file:{opened.path}?mode=ro", uri=True)
        other.execute("SELECT * FROM meta").fetchall()
        await opened.append()
        assert (tmp_path / "journal.db-wal").stat().st_size
    assert (tmp_path / "journal.db-wal").stat().st_size == 0
    other.close()


async def test_a_reading_connection_can_not_write(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:
        with closing(connect_reader(opened.path)) as reading, pytest.raises(sqlite3.Error):
            reading.execute("DELETE FROM meta")


def test_the_name_of_a_new_file_is_synced_while_sqlite_syncs_its_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    monkeypatch.setattr("os.fsync", lambda descriptor: synced.append(os.fstat(descriptor).st_ino))
    prepare_file(tmp_path / "journal.db")
    assert synced == [tmp_path.stat().st_ino]


def _newer(path: Path) -> None:
    _sql(path, *_NEWER)


def _newer_and_killed(path: Path) -> None:
    """Leave the newer version in the write-ahead log only."""
    program = (
        "import os, sqlite3, sys\n"
        "raw = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "[raw.execute(statement) for statement in sys.argv[2:]]\n"
        "os._exit(0)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(path), *_NEWER], check=True)
    assert path.with_name("journal.db-wal").stat().st_size


@pytest.mark.parametrize("make_newer", [_newer, _newer_and_killed])
async def test_a_newer_journal_is_refused_and_left_alone(
    tmp_path: Path, make_newer: Callable[[Path], None]
) -> None:
    async with journal_in(tmp_path) as opened:
        await opened.append()
    make_newer(tmp_path / "journal.db")
    before = _digest(tmp_path)
    assert (await _refusal(tmp_path)).code == "journal_newer"
    assert _digest(tmp_path) == before


def _text(path: Path) -> None:
    path.write_text("dear diary " * 500)


def _other_database(path: Path) -> None:
    _sql(path, "CREATE TABLE diary (entry TEXT)")


def _other_application(path: Path) -> None:
    _sql(path, "PRAGMA application_id = 7")


def _short(path: Path) -> None:
    path.write_bytes(b"SQLite format 3\x00" + b"\x10\x00\x02\x02")


def _log_without_file(path: Path) -> None:
    path.with_name("journal.db-wal").write_bytes(b"frames")


def _emptied_with_log(path: Path) -> None:
    path.touch()
    _log_without_file(path)


@pytest.mark.parametrize(
    "make",
    [_text, _other_database, _other_application, _short, _log_without_file, _emptied_with_log],
)
async def test_what_is_no_sound_journal_is_refused_and_left_alone(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    make(tmp_path / "journal.db")
    before = _digest(tmp_path)
    refusal = await _refusal(tmp_path)
    assert refusal.code == "journal_damaged"
    assert "support" in refusal.problem.hint
    assert _digest(tmp_path) == before


async def test_a_page_overwritten_with_noise_is_found_at_the_start(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:
        for _ in range(40):
            await opened.append()
    path = tmp_path / "journal.db"
    pages = bytearray(path.read_bytes())
    pages[4096 * 3 : 4096 * 8] = bytes(range(256)) * (4096 * 5 // 256)
    path.write_bytes(pages)
    before = _digest(tmp_path)
    assert (await _refusal(tmp_path)).code == "journal_damaged"
    assert _digest(tmp_path) == before


async def test_the_journal_of_another_kiosk_is_refused(tmp_path: Path) -> None:
    async with journal_in(tmp_path):
        pass
    refusal = await _refusal(tmp_path, "river-till-2")
    assert refusal.code == "journal_of_another_kiosk"
    assert "harbour-till-1" in refusal.problem.detail


async def test_a_new_file_is_whole_before_it_has_its_name(tmp_path: Path) -> None:
    prepare_file(tmp_path / "journal.db")
    assert _names(tmp_path) == ["journal.db"]
    header = (tmp_path / "journal.db").read_bytes()[:20]
    assert header[18:20] == b"\x02\x02", "it is in WAL mode, so no rollback journal is ever left"


async def test_what_a_cut_first_start_left_is_taken_up(tmp_path: Path) -> None:
    (tmp_path / "journal.db").touch()
    (tmp_path / "journal.db.new").write_bytes(b"half of it")
    (tmp_path / "journal.db.new-journal").write_bytes(b"half of that")
    async with journal_in(tmp_path) as opened:
        await opened.append()
    assert _names(tmp_path) == ["journal.db", "journal.mark"]


async def test_a_file_killed_between_wal_mode_and_first_migration_is_taken_up(
    tmp_path: Path,
) -> None:
    _sql(tmp_path / "journal.db", "PRAGMA journal_mode = WAL")
    assert (tmp_path / "journal.db").stat().st_size > 0
    async with journal_in(tmp_path) as opened:
        assert (await opened.append()).transaction.envelope.sequence == 1


async def test_a_folder_that_is_missing_is_said_so(tmp_path: Path) -> None:
    refusal = await _refusal(tmp_path / "nowhere")
    assert "No such file" in refusal.problem.detail
