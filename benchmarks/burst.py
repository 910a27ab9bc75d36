"""64 callers who await durable acknowledgements, of the journal and of whatever it is measured by.

    python -m benchmarks.burst FOLDER COUNT

measures one burst of the journal and of bare commits and prints their rates as JSON.
"""

import asyncio
import json
import shutil
import sqlite3
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any, Final, TypeVar

from benchmarks import bare_sqlite
from benchmarks.kiosk import KIOSK_ID, stock_up
from benchmarks.sales import record, sale_of_one
from kiosk_agent.adapters.journal.store import open_journal
from kiosk_agent.adapters.system_clock import SystemClock
from kiosk_contracts.serials import format_serial

T = TypeVar("T")
CALLERS: Final = 64


async def rate_of(ack: Callable[[T], Awaitable[object]], items: Sequence[T]) -> float:
    """Return acknowledgements a second: CALLERS callers take turns through `items`."""
    left = iter(items)

    async def caller() -> None:
        for item in left:
            await ack(item)

    began = perf_counter()
    await asyncio.gather(*(caller() for _ in range(CALLERS)))
    return len(items) / (perf_counter() - began)


@contextmanager
def in_a_thread(put: Callable[[T], object]) -> Iterator[Callable[[T], Awaitable[object]]]:
    """Let asyncio's callers await what blocks: each call is a commit, one after the other."""
    with ThreadPoolExecutor(1) as thread:
        yield lambda item: asyncio.get_running_loop().run_in_executor(thread, put, item)


async def journal_burst_once(folder: Path, count: int) -> float:
    """Record sales in a new journal, with stock and chain; return the rate."""
    clock = SystemClock()
    async with open_journal(folder / "journal.db", clock=clock, kiosk_id=KIOSK_ID) as journal:
        await stock_up(journal, count)
        shutil.copytree(folder, folder / "before")
        sales = [sale_of_one(format_serial(number), clock) for number in range(1, count + 1)]
        return await rate_of(lambda sale: journal.write(lambda w: record(w, sale)), sales)


def rows_of(folder: Path) -> list[tuple[Any, ...]]:
    """Return the rows that a burst left, in order."""
    connection = sqlite3.connect(folder / "journal.db")
    rows = connection.execute("SELECT * FROM transactions ORDER BY sequence").fetchall()
    connection.close()
    return rows


async def bare_burst_once(folder: Path, rows: Sequence[tuple[Any, ...]]) -> float:
    """Write the same rows and take the same stock, one commit each; return the rate.

    The file is the journal's own as it was before the burst, tables and indexes included.
    """
    connection = bare_sqlite.connect(folder / "before" / "journal.db")
    insert = f"INSERT INTO transactions VALUES ({', '.join('?' * len(rows[0]))})"  # noqa: S608
    names = [column[1] for column in connection.execute("PRAGMA table_info(transactions)")]
    sequence, receipt, envelope, payload = (
        names.index(name) for name in ("sequence", "receipt_number", "envelope", "payload")
    )

    def put(row: tuple[Any, ...]) -> None:
        serial = json.loads(row[payload])["lines"][0]["serials"][0]
        head = json.loads(row[envelope])["hash"]
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(insert, row)
        connection.execute("UPDATE stock SET state = 'sold' WHERE serial = ?", (serial,))
        for key, value in (
            ("last_sequence", row[sequence]),
            ("head_hash", head),
            ("receipt_counter", int(row[receipt].rpartition("-")[2])),
        ):
            connection.execute("UPDATE meta SET value = ? WHERE key = ?", (str(value), key))
        connection.execute("COMMIT")

    with in_a_thread(put) as ack:
        rate = await rate_of(ack, rows)
    connection.close()
    return rate


async def both(folder: Path, count: int) -> tuple[float, float]:
    """Return (ours, bare) of one burst, in a folder that is empty."""
    ours = await journal_burst_once(folder, count)
    return ours, await bare_burst_once(folder, rows_of(folder))


if __name__ == "__main__":
    print(json.dumps(asyncio.run(both(Path(sys.argv[1]), int(sys.argv[2])))))
