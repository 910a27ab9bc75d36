"""Keeps the journal's mark beside the journal, from the thread that writes."""

import sqlite3
from pathlib import Path

import structlog

from kiosk_agent.adapters.journal.mark import Mark, MarkFile
from kiosk_agent.adapters.journal.writing import SqliteWriter
from kiosk_agent.domain.epochs import Standing
from kiosk_agent.domain.records import JournalIdentity

log = structlog.get_logger(__name__)


class MarkKeeper:
    """Says how far the journal has come, after each commit and before its answers."""

    def __init__(self, path: Path, writer: SqliteWriter) -> None:
        self._file = MarkFile(path)
        self._writer = writer
        self._noted = -1

    def committed(self) -> None:
        """Write the mark if the commit changed anything. A failure costs only the mark."""
        try:
            standing = self._writer.standing()
            if standing.commits != self._noted:
                self._file.note(_mark(self._writer.identity(), standing))
                self._noted = standing.commits
        except (OSError, sqlite3.Error) as error:
            log.warning("journal_mark_failed", detail=str(error))

    def closing(self) -> None:
        """Sync the mark: whoever loses the file after a stop should know how far it had come."""
        try:
            self._file.sync()
        except OSError as error:
            log.warning("journal_mark_failed", detail=str(error))


def _mark(identity: JournalIdentity, standing: Standing) -> Mark:
    return Mark(
        kiosk_id=identity.kiosk_id,
        journal_id=str(standing.journal_id),
        epoch=standing.epoch,
        last_sequence=standing.last_sequence,
        commits=standing.commits,
    )
