"""A resting command line reads an older file, with the archives beside it."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kiosk_agent.adapters.journal.read_only import open_read_only
from kiosk_agent.adapters.journal.schema import SCHEMA_VERSION
from tests.support.salvage import scene


async def test_the_archives_of_an_older_file_are_those_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = scene(tmp_path, archived=True)
    with closing(sqlite3.connect(one.path, isolation_level=None)) as plain:
        plain.execute(f"PRAGMA user_version = {SCHEMA_VERSION - 1}")
    monkeypatch.chdir(tmp_path)
    async with open_read_only(one.path) as journal:
        rows = await journal.read(lambda reader: reader.rows_after(0, 1000))
    assert [row.sequence for row in rows] == sorted(one.known.sequences)
