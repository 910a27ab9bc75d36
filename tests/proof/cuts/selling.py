"""Phases in which a kiosk sells, sends, and is opened again."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from uuid6 import uuid7

from kiosk_agent.adapters.journal import store, write_ahead_log
from tests.proof.cuts.run import OLD_JOURNALS, Run


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
        patch.setattr(write_ahead_log, "LONG_LOG_BYTES", 60_000)
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
        run.tell({"payment": str(txn_id)})
    async with run.kiosk() as kiosk:
        run.answered(await kiosk.close_sale(txn_id))


async def cancelled_payment(run: Run) -> None:
    """Give a part of a payment back; sell that cart all the same."""
    txn_id = uuid7()
    async with run.kiosk() as kiosk:
        await kiosk.put_cart(txn_id, adult=2)
        await kiosk.start_payment(txn_id)
        await kiosk.take_part(txn_id, "5.00")
        await kiosk.cancel_payment(txn_id)
        run.tell({"given_back": str(txn_id)})
        await kiosk.start_payment(txn_id)
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


def after_connecting(patch: pytest.MonkeyPatch, pragma: str) -> None:
    """Let every writing connection begin with one more setting."""
    connect = vars(store)["connect_writer"]

    def connect_with(path: Path) -> Any:
        connection = connect(path)
        connection.execute(f"PRAGMA {pragma}")
        return connection

    patch.setattr(store, "connect_writer", connect_with)
