"""How often a store's items were written, by the versions that they have reached."""

import sqlite3
from contextlib import closing
from pathlib import Path


def writes_of(path: Path) -> int:
    """Return the writes of all items that are there: each counts its own, from 1.

    Items that are gone count no more, and one that was made anew counts from 1: of a fleet service
    those are nonces, which belong to sessions, not to heartbeats.
    """
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        [count] = connection.execute("SELECT sum(version) FROM items").fetchone()
    return int(count or 0)
