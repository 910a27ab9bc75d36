"""The SQLite store's file: what is refused in words, and what a full disk leaves as it was."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from cloud_store.port import StoreError
from cloud_store.sqlite import (
    SCHEMA_VERSION,
    TICKET_API,
    open_sqlite,
)
from tests.support.full_store import fill_disk, free_disk
from tests.support.stores import bodies, change, key, new
from tests.support.ticket_api import run_cli, write_config

PAGE = 4096


async def filled(path: Path) -> None:
    """Make a store of a few dozen pages."""
    async with open_sqlite(path, TICKET_API) as store:
        for number in range(40):
            await store.commit([new(key(f"{number:02d}"), filling="x" * 3000)])


def newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")


def of_another_program(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA application_id = 7")


def overwritten_at_the_start(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"not a database, " * 4)


def overwritten_in_the_middle(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(20 * PAGE)
        file.write(b"\xff" * PAGE)


def cut_short(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(15 * PAGE)


REFUSED = [
    (newer, "is of version 2; this program reads 1"),
    (of_another_program, "is another program's file"),
    (overwritten_at_the_start, "file is not a database"),
    (overwritten_in_the_middle, "is damaged"),
    (cut_short, "damaged|malformed"),
]


@pytest.mark.parametrize(
    ("spoil", "words"), REFUSED, ids=lambda each: getattr(each, "__name__", "")
)
async def test_a_file_that_can_not_be_used_is_refused_in_words_and_left_as_it_is(
    tmp_path: Path, spoil: Callable[[Path], None], words: str
) -> None:
    path = tmp_path / "store.db"
    await filled(path)
    spoil(path)
    before = path.read_bytes()

    with pytest.raises(StoreError, match=words) as refused:
        async with open_sqlite(path, TICKET_API):
            pass

    assert str(path) in str(refused.value)
    assert path.read_bytes() == before


@pytest.mark.parametrize("spoil", [newer, overwritten_in_the_middle])
async def test_the_program_says_what_is_wrong_with_its_file_and_exits_78(
    tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    config = write_config(tmp_path)
    await filled(tmp_path / "store.db")
    spoil(tmp_path / "store.db")

    status, _, err = await run_cli("serve", "--config", str(config))

    assert status == 78
    assert err.startswith("ticket-api: ")
    assert str(tmp_path / "store.db") in err
    assert "Traceback" not in err


@pytest.mark.parametrize("kind", ["a folder", "in no folder"])
async def test_a_path_that_can_not_be_a_file_is_refused_in_words(tmp_path: Path, kind: str) -> None:
    path = tmp_path if kind == "a folder" else tmp_path / "missing" / "store.db"

    with pytest.raises(StoreError, match=r"the store .* could not be opened"):
        async with open_sqlite(path, TICKET_API):
            pass


async def test_a_new_file_says_whose_it_is_and_of_which_version(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    await filled(path)

    with closing(sqlite3.connect(path)) as connection:
        said = [
            connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("application_id", "user_version", "journal_mode")
        ]
    assert said == [TICKET_API, SCHEMA_VERSION, "wal"]


async def test_every_commit_is_synced_to_the_disk_before_it_is_answered(tmp_path: Path) -> None:
    async with open_sqlite(tmp_path / "store.db", TICKET_API) as store:
        (synchronous,) = store._writer.execute("PRAGMA synchronous").fetchone()
        (autocheckpoint,) = store._writer.execute("PRAGMA wal_autocheckpoint").fetchone()
    assert (synchronous, autocheckpoint) == (2, 0)


async def test_the_log_is_folded_back_once_it_is_long(tmp_path: Path) -> None:
    log = tmp_path / "store.db-wal"
    longest = 0
    async with open_sqlite(tmp_path / "store.db", TICKET_API) as store:
        for number in range(12):
            await store.commit([new(key(f"{number:02d}"), filling="x" * 1_000_000)])
            longest = max(longest, log.stat().st_size)
        assert longest > 4 * 1024 * 1024
        await store.commit([new(key("last"))])
        assert log.stat().st_size < 5_500_000


async def test_callers_that_wait_together_share_a_commit_and_a_failure_takes_nothing_else(
    tmp_path: Path,
) -> None:
    async with open_sqlite(tmp_path / "store.db", TICKET_API) as store:
        statements: list[str] = []
        await store.commit([new(key("taken"))])
        store._writer.set_trace_callback(statements.append)
        names = ["taken" if number == 5 else f"+{number}" for number in range(60)]
        answers = await asyncio.gather(
            *(store.commit([new(key(name[1:])), new(key(name))]) for name in names),
            return_exceptions=True,
        )
        store._writer.set_trace_callback(None)

        assert [number for number, each in enumerate(answers) if each is not None] == [5]
        assert await bodies(store, key("aken"), key("4"), key("+59")) == [None, {}, {}]
    assert 1 <= statements.count("COMMIT") < 30


async def test_a_full_disk_leaves_everything_as_it_was_and_is_said(tmp_path: Path) -> None:
    async with open_sqlite(tmp_path / "store.db", TICKET_API) as store:
        await store.commit([new(key("old"), n=1)])
        fill_disk(store, 4)

        with pytest.raises(StoreError, match="full"):
            await store.commit([change(key("old"), 1, n=2), new(key("big"), filling="x" * 90_000)])

        assert await bodies(store, key("old"), key("big")) == [{"n": 1}, None]
        await store.commit([change(key("old"), 1, n=3)])
        free_disk(store)
        await store.commit([new(key("big"), filling="x" * 90_000)])
        assert await bodies(store, key("old")) == [{"n": 3}]


def modes_in(folder: Path) -> dict[str, int]:
    return {file.name: file.stat().st_mode & 0o777 for file in folder.iterdir()}


async def test_nobody_but_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    await filled(path)
    async with open_sqlite(path, TICKET_API) as store:
        await store.commit([new(key("more"))])
        modes = modes_in(tmp_path)
    assert "store.db-wal" in modes
    assert set(modes.values()) == {0o600}
