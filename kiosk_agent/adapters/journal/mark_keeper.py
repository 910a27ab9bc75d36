"""Keeps the journal's mark beside the journal, from the thread that writes."""

from pathlib import Path

import structlog

from kiosk_agent.adapters.journal.files import wal_of
from kiosk_agent.adapters.journal.mark import Mark, MarkFile
from kiosk_agent.adapters.journal.writing import SqliteWriter

log = structlog.get_logger(__name__)


class MarkKeeper:
    """Says how far the journal has come, and whether its write-ahead log must be there.

    The mark says so only while it is true for certain: from after the first commit, whose answer
    waits for the mark, to before the checkpoint that empties the log at the end. A kill in between
    leaves no mark that asks for too much.
    """

    def __init__(self, path: Path, writer: SqliteWriter) -> None:
        self._file = MarkFile(path)
        self._wal = wal_of(path)
        self._writer = writer
        self._is_open = False

    def committed(self) -> None:
        """Write the mark if the commit moved the journal on. A failure costs only the mark."""
        if self._is_open and not self._writer.has_moved:
            return
        try:
            # Once there, the log stays as long as the journal is open.
            if self._is_open or self._wal.stat().st_size:
                self._note(is_open=True)
                self._is_open = True
                self._writer.has_moved = False
        except OSError as error:
            log.warning("journal_mark_failed", detail=error.strerror)

    def closing(self) -> None:
        """Say that the log may be gone from here on. Call it before the last checkpoint."""
        try:
            self._note(is_open=False)
        except OSError as error:
            log.warning("journal_mark_failed", detail=error.strerror)

    def _note(self, *, is_open: bool) -> None:
        identity, standing = self._writer.identity(), self._writer.standing()
        mark = Mark(
            kiosk_id=identity.kiosk_id,
            journal_id=str(standing.journal_id),
            epoch=standing.epoch,
            last_sequence=standing.last_sequence,
            is_open=is_open,
        )
        self._file.note(mark)
