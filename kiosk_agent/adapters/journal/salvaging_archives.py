"""After damage: archives lie beside the journal, and tell themselves what had gone to them."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

import structlog

from kiosk_agent.adapters.archive_files import FileArchives
from kiosk_agent.adapters.journal.archiving import file_archive
from kiosk_agent.adapters.journal.salvaging import Salvage
from kiosk_agent.domain.archiving import ArchiveLine
from kiosk_agent.ports.archives import ArchiveError
from kiosk_contracts.transactions import Envelope

log = structlog.get_logger(__name__)


def restore_archives(
    fresh: sqlite3.Connection, folder: Path, salvage: Salvage, at: datetime
) -> None:
    """Name each whole archive in the fresh file, with the ids that are in no row of it.

    The damaged file's own list is not needed, and is not believed.
    """
    archives = FileArchives(folder)
    for name in archives.names():
        try:
            facts = archives.verify(name)
            lines = archives.read(name)
        except ArchiveError as error:
            log.warning("archive_unreadable", file=name, detail=str(error))
            salvage.unreadable_archives.append(str(error))
            continue
        new = [line for line in lines if not _is_here(fresh, UUID(line["txn_id"]))]
        if new:
            file_archive(fresh, facts, new, at)
            _learn(salvage, new)
    salvage.sequences.sort()


def _is_here(fresh: sqlite3.Connection, txn_id: UUID) -> bool:
    sql = (
        "SELECT 1 FROM transactions WHERE txn_id = ?"
        " UNION ALL SELECT 1 FROM archived WHERE txn_id = ?"
    )
    return fresh.execute(sql, (str(txn_id), txn_id.bytes)).fetchone() is not None


def _learn(salvage: Salvage, lines: Sequence[ArchiveLine]) -> None:
    for line in lines:
        envelope = Envelope.model_validate(line["envelope"])
        salvage.archived += 1
        salvage.learn(line["sequence"], envelope)
        salvage.learn_tickets(line["kind"], line["txn_id"], line["payload"])
