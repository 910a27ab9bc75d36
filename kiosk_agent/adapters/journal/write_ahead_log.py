"""Moves the journal's write-ahead log into its file: after the answers, and when nobody waits.

SQLite by itself does so inside one COMMIT in a hundred, and whoever waits for that one waits for
two more syncs.
"""

import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Final

from kiosk_agent.adapters.journal.files import wal_of

WORTHWHILE_CHANGES: Final = 500
"""Rows changed since the last move that make one worthwhile in a pause. One makes about 1.3 pages,
as was counted with sales one by one; less where many share a commit."""
MOST_CHANGES: Final = 1500
"""After these the log is moved, pause or not, so that it stays at about the 8 MB that are kept."""
LONGEST_LOG_BYTES: Final = 32_000_000
"""A read that keeps the write-ahead log from beginning anew beyond this is ended."""


class WriteAheadLog:
    """The log of the writing connection, moved by the thread that writes, between transactions."""

    def __init__(
        self, path: Path, writing: sqlite3.Connection, reading: sqlite3.Connection | None = None
    ) -> None:
        """Take the moving over from SQLite; `reading` is the one whose reads may be ended."""
        self._path = wal_of(path)
        self._writing = writing
        self._reading = reading
        self._changes = 0
        self.move_after_each_commit(on=False)

    def grew(self, changes: int) -> None:
        """Note a commit, of so many changed rows."""
        self._changes += changes

    def worth_a_pause(self) -> bool:
        """Say whether a pause should be used to move it."""
        return self._changes >= WORTHWHILE_CHANGES

    def bound(self) -> None:
        """Move it if it has grown long; end a read that lasts so long that it can't begin anew."""
        # What was committed is answered by now: whatever fails here is looked at again next time.
        with suppress(OSError, sqlite3.Error):
            too_long = self._path.stat().st_size > LONGEST_LOG_BYTES
            if not too_long and self._changes < MOST_CHANGES:
                return
            moved = self._move()
            if too_long and not moved and self._reading is not None:
                self._reading.interrupt()
                self._reading.execute("ROLLBACK")

    def move(self) -> None:
        """Move it into the file as far as that goes now, so that it can begin anew."""
        # On a full disk this may fail halfway: what it did not move stays in the log.
        with suppress(sqlite3.Error):
            self._move()

    def move_after_each_commit(self, *, on: bool) -> None:
        """Let only the file grow, not the log, where room is scarce."""
        self._writing.execute(f"PRAGMA wal_autocheckpoint = {int(on)}")

    def _move(self) -> bool:
        """Say whether all of it was moved."""
        self._changes = 0
        row = self._writing.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        _busy, frames, moved = row
        return bool(moved >= frames)
