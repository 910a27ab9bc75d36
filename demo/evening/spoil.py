"""Sabotage of a finished evening: one sale with cash is removed, for the verifier to find.

Once from the ticket API's store, as if it had lost what it settled; once from a journal's file, as
somebody at the venue could remove it. Nothing else is made to fit.
"""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import Any, Final

from demo.evidence import NothingToSpoilError
from demo.layout import Layout

SPOILED: Final = "spoiled.json"
"""What was removed, in the run's folder, for whoever checks the verdict: the verifier does not."""


class Removal(StrEnum):
    """Where the row is removed."""

    AT_TICKET_API = "cash"
    IN_JOURNAL = "cash-journal"


@dataclass(frozen=True, slots=True)
class Spoiled:
    """The sale that was removed."""

    removal: Removal
    kiosk_id: str
    sequence: int
    txn_id: str
    shift_id: str
    cash: str
    """What the drawer kept of it."""


def copy_run(source: Path, to: Layout) -> None:
    """Copy a finished run. Raises FolderTakenError, OSError."""
    with to.fresh():
        shutil.copytree(source, to.root, dirs_exist_ok=True)


def spoil(layout: Layout, removal: Removal, random: Random) -> Spoiled:
    """Remove one sale with cash, drawn from `random`; return which.

    Raises NothingToSpoilError, sqlite3.Error.
    """
    sales = list(_cash_sales(layout))
    if not sales:
        raise NothingToSpoilError(f"{layout.root} has no settled sale with cash")
    kiosk_id, sequence, txn_id, payload = random.choice(sales)
    match removal:
        case Removal.AT_TICKET_API:
            store = layout.ticket_api / "store.db"
            _delete(store, "DELETE FROM items WHERE kind = 'transaction' AND pk = ?", txn_id)
        case Removal.IN_JOURNAL:
            _delete(layout.journal(kiosk_id), "DELETE FROM transactions WHERE txn_id = ?", txn_id)
    cash = str(_cash_of(payload))
    spoiled = Spoiled(removal, kiosk_id, sequence, txn_id, str(payload["shift_id"]), cash)
    (layout.root / SPOILED).write_text(json.dumps(asdict(spoiled)) + "\n", encoding="utf-8")
    return spoiled


def _cash_sales(layout: Layout) -> Iterator[tuple[str, int, str, dict[str, Any]]]:
    """Yield (kiosk id, sequence, txn_id, payload) of settled sales with cash that nobody voided."""
    query = (
        "SELECT sequence, txn_id, payload FROM transactions AS sale"
        " WHERE kind = 'sale' AND state = 'settled' AND NOT EXISTS"
        " (SELECT 1 FROM transactions WHERE depends_on = sale.txn_id) ORDER BY sequence"
    )
    for path in sorted(layout.run.glob("*/state/journal.db")):
        with closing(sqlite3.connect(path)) as database:
            rows = database.execute(query).fetchall()
        for sequence, txn_id, text in rows:
            payload = json.loads(text)
            if _cash_of(payload):
                yield path.parent.parent.name, sequence, txn_id, payload


def _cash_of(payload: dict[str, Any]) -> Decimal:
    amounts = (
        Decimal(line["amount"]["amount"]) for line in payload["tender"] if line["method"] == "cash"
    )
    return sum(amounts, Decimal(0))


def _delete(path: Path, statement: str, txn_id: str) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        removed = database.execute(statement, (txn_id,)).rowcount
    if removed != 1:
        raise NothingToSpoilError(f"{path} has {removed} rows of {txn_id}, not one")
