"""Moves the journal's write-ahead log into its file: after the answers, and when nobody waits.

SQLite by itself does so inside one COMMIT in a hundred, and whoever waits for that one waits for
two more syncs. What is in the log alone is lost with it: so it has a few dozen sales at most.
"""

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from kiosk_agent.adapters.journal.files import LOG_BYTES_KEPT, wal_of

WORTHWHILE_CHANGES: Final = 500
"""Rows changed since the last move that make one worthwhile in a pause: some thirty sales."""
LONG_LOG_BYTES: Final = LOG_BYTES_KEPT
"""Beyond this the log is moved, pause or not."""
LONGEST_LOG_BYTES: Final = 12_000_000
"""A read that keeps the write-ahead log from beginning anew beyond this is ended: it would grow
larger than the reserve on the disk that it is moved with when the disk is full."""


class WriteAheadLog:
    """The log of the writing connection, moved by the thread that writes, between transactions."""

    def __init__(
        self,
        path: Path,
        writing: sqlite3.Connection,
        end_long_read: Callable[[], None] = lambda: None,
    ) -> None:
        """Take the moving over from SQLite; whoever opens the file has moved what was left.

        `end_long_read` ends a read of ours that has lasted for long.
        """
        self._path = wal_of(path)
        self._writing = writing
        self._end_long_read = end_long_read
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
            size = self._path.stat().st_size
            if size <= LONG_LOG_BYTES:
                return
            if not self._move() and size > LONGEST_LOG_BYTES:
                self._end_long_read()

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
