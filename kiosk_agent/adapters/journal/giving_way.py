"""Work on the journal's file that ends at once when somebody writes."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_STEPS: Final = 1000
"""Of SQLite's virtual machine, between two looks at whether to go on: well below a millisecond."""


class GivingWay:
    """Lets one piece of long work run on a connection, until it is interrupted."""

    def __init__(self, steps: int = _STEPS) -> None:
        """Look after so many steps of SQLite's machine whether to go on."""
        self._steps = steps
        self._lock = threading.Lock()
        self._running: sqlite3.Connection | None = None
        self._asked = False

    def interrupt(self) -> None:
        """End what runs, if anything does; it gets SQLITE_INTERRUPT."""
        with self._lock:
            self._asked = True
            if self._running is not None:
                self._running.interrupt()

    @contextmanager
    def running(self, connection: sqlite3.Connection) -> Iterator[None]:
        """Let statements on `connection` be interrupted meanwhile, and none after that."""
        with self._lock:
            self._running, self._asked = connection, False
        # Between two statements there is nothing to interrupt: the handler sees it then.
        connection.set_progress_handler(self._is_asked, self._steps)
        try:
            yield
        finally:
            with self._lock:
                self._running = None
            connection.set_progress_handler(None, 0)

    def _is_asked(self) -> bool:
        return self._asked


def gave_way(error: sqlite3.Error) -> bool:
    """Say whether work ended because somebody wrote."""
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT
