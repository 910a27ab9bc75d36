"""After a power cut: every archive that the journal names is whole, and no other file harms."""

from pathlib import Path

from kiosk_agent.adapters.archive_files import FileArchives
from kiosk_agent.domain.archiving import ArchiveFacts
from kiosk_agent.ports.archives import ArchiveError
from kiosk_agent.ports.journal import JournalReader
from kiosk_contracts.kiosk_status import JournalState
from tests.proof.books import all_rows
from tests.proof.cuts.told import Acknowledged
from tests.proof.findings import Finding, doubled, lost, wrong


def archive_findings(
    reader: JournalReader, archives: FileArchives, due: Acknowledged
) -> list[Finding]:
    """Check the archives that the journal names, and that each transaction is in one place."""
    named = reader.archives()
    found = [finding for facts in named for finding in _broken(archives, facts)]
    here = len(reader.rows_page(before=None, limit=1_000_000))
    there = sum(facts.transactions for facts in named)
    last = reader.standing().last_sequence
    # What was salvaged may be in both: a kill leaves it so, and the file was damaged then.
    if not due.damages and here + there != last:
        found.append(doubled(f"of {last} transactions {here} are in the journal, {there} archived"))
    return found


def left_over_findings(reader: JournalReader, folder: Path) -> list[Finding]:
    """Return what the agent's start has left in `folder` of what a kill or a power cut left there.

    An earlier journal's file may stay that nobody names, if all that it holds is known.
    """
    archives = FileArchives(folder)
    found = [
        wrong(f"archive/{path.name} was never finished, and stays")
        for path in folder.glob("*")
        if path.name not in archives.names()
    ]
    others = set(archives.names()) - {facts.name for facts in reader.archives()}
    return found + [one for name in sorted(others) for one in _unknown(reader, archives, name)]


def _broken(archives: FileArchives, facts: ArchiveFacts) -> list[Finding]:
    try:
        there = archives.verify(facts.name)
    except ArchiveError as error:
        return [lost(f"an archive is named, and not whole: {error}")]
    return [] if there == facts else [wrong(f"{facts.name} holds {there}, named is {facts}")]


def _unknown(reader: JournalReader, archives: FileArchives, name: str) -> list[Finding]:
    try:
        is_old = archives.verify(name).journal_id != reader.identity().journal_id
        ids = {line["txn_id"] for line in archives.read(name)}
    except ArchiveError as error:
        return [wrong(f"a file in archive/ is no archive: {error}")]
    settled = {str(row.txn_id) for row in all_rows(reader) if row.state is JournalState.SETTLED}
    return (
        [] if is_old and ids <= settled else [wrong(f"nobody names archive/{name}, and it stays")]
    )
