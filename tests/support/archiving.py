"""A till whose evenings are long past, so that there is something to archive."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from uuid6 import uuid7

from kiosk_agent.adapters.archive_files import FileArchives
from kiosk_agent.services.tidying import Tidying
from kiosk_contracts.uploads import ItemOutcome
from tests.support.far_kit import at_work
from tests.support.ui_socket import Till, sale_of

DAY_S = 24 * 3600.0
AFTER_S = 30 * DAY_S


@dataclass
class Sold:
    """A sale as it was asked for and answered."""

    body: dict[str, Any]
    request: dict[str, Any]

    @property
    def txn_id(self) -> UUID:
        return UUID(self.body["txn_id"])


async def sell(till: Till, buyer: str | None = None) -> Sold:
    """Sell one ticket, all steps; keep what was asked."""
    txn_id = str(uuid7())
    cart = await till.put_cart(txn_id, adult=1)
    assert cart.status == 200, cart.body
    assert (await till.ask("POST", f"/v1/carts/{txn_id}/payment")).status == 200
    request = sale_of(txn_id, cart.body["total"])
    if buyer:
        request["buyer"] = {"name": buyer}
    answer = await till.ask("POST", "/v1/sales", request)
    assert answer.status == 201, answer.body
    return Sold(answer.body, request)


async def settle(till: Till, *sequences: int) -> None:
    """Mark rows settled now; all that are there if none is named."""
    now = till.clock.now()
    outcome = ItemOutcome(txn_id=None, status="settled", settled_at=now)
    rows = await till.opened.journal.read(lambda reader: reader.rows_page(before=None, limit=9999))
    for sequence in sequences or [row.sequence for row in rows]:
        await till.opened.journal.write(
            lambda writer, sequence=sequence: writer.settle(sequence, outcome, now)
        )


def tidying(till: Till, folder: Path) -> Tidying:
    """Return the worker, on the real files of the till's folder."""
    archives = FileArchives(folder / "archive")
    return Tidying(till.desk.kiosk, archives, archive_after_s=AFTER_S)


async def tidy(till: Till, folder: Path) -> None:
    """Let the worker do one round."""
    before = till.clock.sleeping()
    async with at_work(tidying(till, folder).run):
        await till.clock.wait_for_sleepers(before + 1)


def names(folder: Path) -> Sequence[str]:
    """Return every file of the archive's folder."""
    return sorted(path.name for path in (folder / "archive").glob("*"))


async def evening(till: Till, sales: int = 3) -> list[Any]:
    """Open a shift and make so many sales; return their answers."""
    await till.opened.stock(9)
    await till.open_shift()
    return [await sell(till, buyer="Nora Quay") for _ in range(sales)]


def rows_of(folder: Path, sql: str) -> list[Any]:
    """Return what a query gives of the journal in a folder, beside whoever writes it."""
    with closing(sqlite3.connect(f"file:{folder}/journal.db?mode=ro", uri=True)) as plain:
        return plain.execute(sql).fetchall()
