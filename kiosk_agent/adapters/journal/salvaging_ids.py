"""After damage: ids in archives that can't be read, by the list that the damaged file has of them.

What such an archive held is known by id alone: a repeat is refused as damaged, never sold again.
"""

import re
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

import structlog

from kiosk_agent.adapters.journal.archiving import file_archive
from kiosk_agent.adapters.journal.damaged_file import DamagedFile, Reading, Row
from kiosk_agent.adapters.journal.salvaging import Salvage
from kiosk_agent.domain.archiving import ArchiveFacts, ArchiveLine

log = structlog.get_logger(__name__)

_NAME: Final = re.compile(
    r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})-([0-9]+)-([0-9]+)\.jsonl\.gz"
)
_KIND: Final = re.compile(r"[a-z][a-z0-9_]{0,40}")
_ID_BYTES: Final = 16
_HASH_BYTES: Final = 32


def restore_ids(  # noqa: PLR0913  from where, to where, of which archives
    damaged: DamagedFile,
    fresh: sqlite3.Connection,
    salvage: Salvage,
    at: datetime,
    *,
    whole: Collection[str],
    broken: Sequence[str],
) -> None:
    """Name each archive that is not whole and whose ids can be read, with those.

    `whole` and `broken` are names of files; a file that is gone is in neither.
    """
    listed = dict(_archives(damaged, salvage))
    by_name = [one for name in [*whole, *broken] if (one := _facts_of(name)) is not None]
    for one in [*listed.values(), *by_name]:
        salvage.tell(one.last_sequence)
    lines: dict[ArchiveFacts, list[ArchiveLine]] = {}
    orphans: list[ArchiveLine] = []
    for archive_id, line in _ids(damaged, salvage):
        salvage.tell(line["sequence"])
        if is_known(fresh, UUID(line["txn_id"])):
            continue
        facts = listed.get(archive_id) or _around(by_name, line["sequence"])
        if facts is None:
            orphans.append(line)
        elif facts.name in whole:
            # What that file holds is known: the id was damaged.
            salvage.reject("archived", line["sequence"])
        else:
            lines.setdefault(facts, []).append(line)
    if orphans:
        lines[_of_nowhere(orphans)] = orphans
    for archive, found in lines.items():
        file_archive(fresh, archive, found, at)
        salvage.ids_alone += len(found)
        if archive.name not in broken:
            log.warning("archive_unreadable", file=archive.name, detail="it is gone")
            salvage.unreadable_archives.append(f"{archive.name} is gone")


def is_known(fresh: sqlite3.Connection, txn_id: UUID) -> bool:
    """Say whether a transaction is in the fresh file, as a row or by its id."""
    sql = (
        "SELECT 1 FROM transactions WHERE txn_id = ?"
        " UNION ALL SELECT 1 FROM archived WHERE txn_id = ?"
    )
    return fresh.execute(sql, (str(txn_id), txn_id.bytes)).fetchone() is not None


def _archives(damaged: DamagedFile, salvage: Salvage) -> Iterator[tuple[int, ArchiveFacts]]:
    reading = salvage.readings.setdefault("archives", Reading())
    columns = damaged.columns("archives")
    for rowid, row in damaged.rows("archives", columns, reading):
        facts = _facts(row)
        if facts is None:
            salvage.reject("archives", rowid)
        else:
            yield rowid, facts


def _facts(row: Row) -> ArchiveFacts | None:
    try:
        facts = ArchiveFacts(
            journal_id=UUID(row["journal_id"].decode()),
            first_sequence=row["first_sequence"],
            last_sequence=row["last_sequence"],
            transactions=row["transactions"],
            first_prev_hash=row["first_prev_hash"].decode("ascii"),
            last_hash=row["last_hash"].decode("ascii"),
            sha256=row["sha256"].decode("ascii"),
        )
        makes_sense = 0 < facts.first_sequence <= facts.last_sequence
    except (KeyError, AttributeError, TypeError, ValueError):
        return None
    return facts if makes_sense else None


def _facts_of(name: str) -> ArchiveFacts | None:
    """Return what a file's name says; no hashes, so that it never passes for a whole one."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    first, last = int(found[2]), int(found[3])
    try:
        return ArchiveFacts(UUID(found[1]), first, last, last - first + 1, "", "", "")
    except ValueError:
        return None


def _of_nowhere(lines: Sequence[ArchiveLine]) -> ArchiveFacts:
    """Return an archive that nobody has, for ids of which nothing says where they went."""
    numbers = [line["sequence"] for line in lines]
    return ArchiveFacts(uuid4(), min(numbers), max(numbers), len(lines), "", "", "")


def _around(named: Sequence[ArchiveFacts], sequence: int) -> ArchiveFacts | None:
    held = (one for one in named if one.first_sequence <= sequence <= one.last_sequence)
    return next(held, None)


def _ids(damaged: DamagedFile, salvage: Salvage) -> Iterator[tuple[int, ArchiveLine]]:
    """Return (archive_id, what is kept of a transaction), where it makes sense."""
    reading = salvage.readings.setdefault("archived", Reading())
    columns = damaged.columns("archived")
    for row in damaged.rows_by_uuid("archived", "txn_id", columns, reading):
        line = _line(row)
        if line is not None:
            yield row["archive_id"], line


def _line(row: Row) -> ArchiveLine | None:
    """Return the id alone if only that makes sense: it is what may never be forgotten."""
    txn_id, sequence = row.get("txn_id"), row.get("sequence")
    if not isinstance(txn_id, bytes) or len(txn_id) != _ID_BYTES:
        return None
    hashed, kind = row.get("request_hash"), _text(row.get("kind"))
    sale = row.get("depends_on")
    is_id = isinstance(sale, bytes) and len(sale) == _ID_BYTES
    whole_hash = hashed.hex() if isinstance(hashed, bytes) and len(hashed) == _HASH_BYTES else ""
    return {
        "txn_id": str(UUID(bytes=txn_id)),
        "sequence": sequence if isinstance(sequence, int) and sequence > 0 else 0,
        "kind": kind if kind and _KIND.fullmatch(kind) else "unknown",
        "request_hash": whole_hash,
        "receipt_number": _text(row.get("receipt_number")),
        "depends_on": str(UUID(bytes=sale)) if is_id else None,
    }


def _text(raw: Any) -> str | None:
    try:
        return raw.decode("ascii") if isinstance(raw, bytes) else None
    except UnicodeDecodeError:
        return None
