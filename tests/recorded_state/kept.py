"""The journals that are kept, and what of them must never change."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, Final

RECORDED: Final = sorted(path.parent for path in Path(__file__).parent.glob("*/journal.db"))
_KEPT: Final = (
    "transactions: sequence, txn_id, epoch, kind, receipt_number, envelope, payload, personal, "
    "request_hash, answer, recorded_at, offline, depends_on, state, attempts, outcome\n"
    "carts: *\nstock: *\nleases: *\ngate_facts: *\nshifts: *\nstaff_sessions: *\nruns: *\n"
    "line_changes: *\nupload_attempts: *\nverify_keys: *\ncatalogue: *\nmeta: *"
)


def copy_of(recorded: Path, folder: Path) -> Path:
    """Copy a journal and its log into a folder; return where the journal is."""
    for file in recorded.glob("journal.db*"):
        shutil.copy(file, folder / file.name)
    return folder / "journal.db"


def contents(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Read what must never change, with nothing of ours; what is new beside it does not count."""
    with closing(sqlite3.connect(path)) as plain:
        tables = {
            table: plain.execute(f"SELECT {columns} FROM {table} ORDER BY 1, 2").fetchall()  # noqa: S608
            for table, columns in (line.split(": ") for line in _KEPT.splitlines())
        }
    # Each commit is counted, those of the start, too.
    tables["meta"] = [row for row in tables["meta"] if row[0] != "commits"]
    return tables


def missing(before: dict[str, list[tuple[Any, ...]]], path: Path) -> dict[str, list[Any]]:
    """Return what a file had and has no more, by table."""
    after = contents(path)
    return {
        table: lost
        for table, rows in before.items()
        if (lost := [row for row in rows if row not in [one[: len(row)] for one in after[table]]])
    }
