"""The run that is cut: a list of phases, each telling what it was acknowledged.

As a program it runs every phase in turn on one folder:

    python -m tests.proof.cuts.script [--synchronous NORMAL]

with PROOF_FOLDER and PROOF_MARKS in the environment. To put something else under the proof (an
archive, a salvage, an export), add a phase to PHASES.
"""

import argparse
import asyncio
import json
import logging
import os
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
import structlog
from uuid6 import uuid7

from kiosk_agent.adapters.journal import store
from kiosk_contracts.kiosk_status import JournalState
from tests.proof.books import all_rows
from tests.proof.far_ledger import LosingLedger
from tests.proof.kiosk_at_work import KioskAtWork, kiosk_in

MAIN: Final = "kiosk"
OLD_JOURNALS: Final[dict[str, bytes]] = {"empty": b""}
"""Journal files as earlier versions left them, by the folder that they are in."""


def prepare(folder: Path) -> None:
    """Make what is there before the run begins."""
    (folder / MAIN).mkdir()
    for name, content in OLD_JOURNALS.items():
        (folder / name).mkdir()
        (folder / name / "journal.db").write_bytes(content)


@dataclass
class Run:
    """The scripted run: its folder, the far side, and where it tells."""

    folder: Path
    marks: int
    ledger: LosingLedger = field(init=False)

    def __post_init__(self) -> None:
        self.ledger = LosingLedger(tell=self.tell)

    def tell(self, fact: dict[str, Any]) -> None:
        """Tell the world, in order with what is done on the disk."""
        os.write(self.marks, json.dumps(fact).encode() + b"\n")

    def kiosk(self, name: str = MAIN) -> AbstractAsyncContextManager[KioskAtWork]:
        """Open the kiosk of a folder."""
        return kiosk_in(self.folder / name, self.ledger)

    def answered(self, answer: dict[str, Any], name: str = MAIN) -> dict[str, Any]:
        """Tell that the UI was answered; return the answer."""
        self.tell({"journal": name, "answer": answer})
        return answer

    async def top_up(self, kiosk: KioskAtWork, name: str = MAIN) -> None:
        """Get stock, then tell which serials are in it."""
        await kiosk.top_up()
        identity = await kiosk.here.journal.read(lambda reader: reader.identity())
        stocked = [
            ticket.serial
            for allotment in self.ledger.granted.values()
            if allotment.journal_id == identity.journal_id
            for ticket in allotment.tickets
        ]
        self.tell({"journal": name, "stocked": stocked})

    async def drain(self, kiosk: KioskAtWork, name: str = MAIN) -> None:
        """Send everything, then tell what is settled."""
        await kiosk.drain()
        rows = await kiosk.here.journal.read(all_rows)
        settled = [
            str(row.transaction.envelope.txn_id)
            for row in rows
            if row.state is JournalState.SETTLED
        ]
        self.tell({"journal": name, "settled": settled})


async def first_start(run: Run) -> None:
    """Make the journal, learn the season, get stock; then stop."""
    async with run.kiosk() as kiosk:
        await kiosk.begin()
        await run.top_up(kiosk)


async def single_sales(run: Run) -> None:
    """Sell one after the other, void one of them, admit two, let one out; settle."""
    async with run.kiosk() as kiosk:
        sales = [run.answered(await kiosk.sell(adult=1 + number % 2)) for number in range(3)]
        run.answered(await kiosk.void(sales[0]["txn_id"]))
        for sale in sales[1:]:
            run.answered(await kiosk.admit(sale["tickets"][0]["serial"]))
        run.answered(await kiosk.admit(sales[1]["tickets"][0]["serial"], out=True))
        await run.drain(kiosk)


async def concurrent_sales(run: Run) -> None:
    """Sell at several tills at once, so that commits are shared; stop without sending."""
    async with run.kiosk() as kiosk:

        async def till(kind: str) -> None:
            for _ in range(3):
                run.answered(await kiosk.sell(**{kind: 1}))

        await run.top_up(kiosk)
        await asyncio.gather(*(till(kind) for kind in ("adult", "child", "adult", "child")))


async def lost_answers(run: Run) -> None:
    """Send in batches while answers get lost, and sell meanwhile."""
    async with run.kiosk() as kiosk:
        run.ledger.losing = 2
        selling = asyncio.create_task(kiosk.sell(child=2))
        await run.drain(kiosk)
        run.answered(await selling)
        await run.drain(kiosk)


async def checkpoints(run: Run) -> None:
    """Sell while the write-ahead log is folded back again and again, and begun anew."""
    with pytest.MonkeyPatch.context() as patch:
        after_connecting(patch, "wal_autocheckpoint = 30")
        async with run.kiosk() as kiosk:
            for _ in range(6):
                run.answered(await kiosk.sell(adult=1))
            await run.drain(kiosk)


async def cart_in_payment(run: Run) -> None:
    """Stop while a customer pays; sell that cart after the restart."""
    txn_id = uuid7()
    async with run.kiosk() as kiosk:
        await kiosk.put_cart(txn_id, adult=2)
        await kiosk.start_payment(txn_id)
        run.tell({"journal": MAIN, "payment": str(txn_id)})
    async with run.kiosk() as kiosk:
        run.answered(await kiosk.close_sale(txn_id))


async def return_of_stock(run: Run) -> None:
    """Give back what is unsold, get new stock, sell of it, settle."""
    async with run.kiosk() as kiosk:
        await kiosk.give_back()
        await run.top_up(kiosk)
        run.answered(await kiosk.sell(adult=1))
        await run.drain(kiosk)


async def migrations(run: Run) -> None:
    """Open what earlier versions left, and sell with it."""
    for name in OLD_JOURNALS:
        async with run.kiosk(name) as kiosk:
            await kiosk.begin()
            await run.top_up(kiosk, name)
            run.answered(await kiosk.sell(adult=1), name)
            await run.drain(kiosk, name)


PHASES: Final[tuple[Callable[[Run], Awaitable[None]], ...]] = (
    first_start,
    single_sales,
    concurrent_sales,
    lost_answers,
    checkpoints,
    cart_in_payment,
    return_of_stock,
    migrations,
)


async def play(folder: Path, marks: Path) -> None:
    """Play all phases."""
    run = Run(folder, os.open(marks, os.O_WRONLY | os.O_CREAT | os.O_APPEND))
    for phase in PHASES:
        await phase(run)


def after_connecting(patch: pytest.MonkeyPatch, pragma: str) -> None:
    """Let every writing connection begin with one more setting."""
    connect = vars(store)["connect_writer"]

    def connect_with(path: Path) -> Any:
        connection = connect(path)
        connection.execute(f"PRAGMA {pragma}")
        return connection

    patch.setattr(store, "connect_writer", connect_with)


def main() -> None:
    """Play the run on the folder that the environment names."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--synchronous", choices=["FULL", "NORMAL"], default="FULL")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with pytest.MonkeyPatch.context() as patch:
        # NORMAL is a control: SQLite then answers a commit before it is on the disk.
        after_connecting(patch, f"synchronous = {parser.parse_args().synchronous}")
        asyncio.run(play(Path(os.environ["PROOF_FOLDER"]), Path(os.environ["PROOF_MARKS"])))


if __name__ == "__main__":
    main()
