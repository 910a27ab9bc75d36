"""After damage: archives lie beside the journal, and tell themselves what had gone to them."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

import structlog

from kiosk_agent.adapters.archive_files import FileArchives
from kiosk_agent.adapters.journal.archiving import file_archive
from kiosk_agent.adapters.journal.damaged_file import DamagedFile
from kiosk_agent.adapters.journal.salvaging import Salvage
from kiosk_agent.adapters.journal.salvaging_ids import is_known, restore_ids
from kiosk_agent.domain.archiving import ArchiveLine
from kiosk_agent.ports.archives import ArchiveError
from kiosk_contracts.transactions import Envelope

log = structlog.get_logger(__name__)


def restore_archives(
    damaged: DamagedFile, fresh: sqlite3.Connection, folder: Path, salvage: Salvage, at: datetime
) -> None:
    """Name each whole archive in the fresh file, with the ids that are in no row of it.

    The damaged file's own list is asked only for the ids in archives that are not whole.
    """
    archives = FileArchives(folder)
    whole: set[str] = set()
    for name in archives.names():
        try:
            facts = archives.verify(name)
            lines = archives.read(name)
        except ArchiveError as error:
            log.warning("archive_unreadable", file=name, detail=str(error))
            salvage.unreadable_archives.append(str(error))
            continue
        whole.add(name)
        new = [line for line in lines if not is_known(fresh, UUID(line["txn_id"]))]
        if new:
            file_archive(fresh, facts, new, at)
            _learn(salvage, new)
    salvage.sequences.sort()
    broken = [name for name in archives.names() if name not in whole]
    restore_ids(damaged, fresh, salvage, at, whole=whole, broken=broken)


def _learn(salvage: Salvage, lines: Sequence[ArchiveLine]) -> None:
    for line in lines:
        envelope = Envelope.model_validate(line["envelope"])
        salvage.archived += 1
        salvage.learn(line["sequence"], envelope)
        salvage.learn_tickets(line["kind"], line["txn_id"], line["payload"])
