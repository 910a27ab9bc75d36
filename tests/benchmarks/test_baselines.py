"""Baselines are as durable as the journal, and are really exercised."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import Any

import pytest

from benchmarks import bare_sqlite, peers
from benchmarks.burst import both, rows_of
from benchmarks.imports_only import libraries_of

PEERS = {
    "persist_queue": (peers.persist_queue, "data.db", "ack_queue_default"),
    "litequeue": (peers.litequeue, "litequeue.db", "Queue"),
    "huey": (peers.huey, "huey.db", "task"),
}


@pytest.fixture
def durable(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, int]]]:
    """Note what is in force on each connection that was made durable."""
    seen: list[tuple[str, int]] = []
    make_durable = bare_sqlite.make_durable

    def watched(connection: sqlite3.Connection) -> None:
        make_durable(connection)
        mode = connection.execute("PRAGMA journal_mode").fetchone()[0]
        seen.append((mode, connection.execute("PRAGMA synchronous").fetchone()[0]))

    monkeypatch.setattr(peers, "make_durable", watched)
    return seen


@pytest.mark.parametrize("name", PEERS)
def test_a_peer_syncs_every_item_and_has_it_in_its_file(
    tmp_path: Path, durable: list[tuple[str, int]], name: str
) -> None:
    opened: Callable[[Path], AbstractContextManager[peers.Put]]
    opened, file, table = PEERS[name]
    with opened(tmp_path) as put:
        for number in range(3):
            put(f"item {number}".encode())
    assert durable == [("wal", 2)]
    with closing(sqlite3.connect(tmp_path / file)) as connection:
        found = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608
    assert found == 3


def test_a_baseline_that_syncs_less_is_refused(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "plain.db", isolation_level=None)
    with closing(connection), pytest.raises(bare_sqlite.NotDurableError, match="delete"):
        bare_sqlite.make_durable(connection)


async def test_bare_commits_leave_the_same_rows_as_the_journal(tmp_path: Path) -> None:
    await both(tmp_path, 70)
    ours, bare = rows_of(tmp_path), rows_of(tmp_path / "before")
    assert len(ours) == 70
    assert bare == ours
    assert _rest(tmp_path) == _rest(tmp_path / "before")


def _rest(folder: Path) -> list[Any]:
    with closing(sqlite3.connect(folder / "journal.db")) as connection:
        return [
            # Commits are counted by the journal alone, and it makes fewer.
            connection.execute(
                "SELECT key, value FROM meta WHERE key != 'commits' ORDER BY key"
            ).fetchall(),
            connection.execute("SELECT serial, state FROM stock ORDER BY serial").fetchall(),
        ]


def test_the_libraries_of_the_agent_are_all_of_them_and_nothing_of_ours() -> None:
    names = libraries_of("kiosk_agent.runtime")
    assert {"aiohttp", "pydantic", "cryptography", "sqlite_utils"} <= set(names)
    assert not [name for name in names if name.startswith("kiosk_")]
