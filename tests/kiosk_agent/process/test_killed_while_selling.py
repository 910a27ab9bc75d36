"""SIGKILL at any moment of selling: every 201 is kept, and nothing is sold or numbered twice."""

import asyncio
import os
import random
import signal
import sqlite3
import sys
from collections import Counter
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest

from kiosk_contracts.transactions import Transaction
from tests.support.journal import journal_in

ROOT = Path(__file__).resolve().parents[3]
TICKETS = 600

SELLER = """
import asyncio, sys
from pathlib import Path
from uuid6 import uuid7
from tests.support.ui_socket import till_in

async def sell_for_ever(till):
    while True:
        sold = await till.sell(adult=1)
        assert sold.status == 201, sold.body
        body = sold.body
        serial = body["tickets"][0]["serial"]
        print("SOLD", body["txn_id"], body["receipt_number"], serial, flush=True)

async def main():
    async with till_in(Path(sys.argv[1])) as till:
        await till.sign_in("ana")
        if (await till.ask("GET", "/v1/session")).body["shift_id"] is None:
            await till.open_shift()
        await asyncio.gather(*(sell_for_ever(till) for _ in range(4)))

asyncio.run(main())
"""


async def _sell_and_kill(folder: Path, answers: int) -> list[list[str]]:
    """Sell over a real socket in a child; kill it right after so many answers."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SELLER, str(folder), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert child.stdout is not None
    lines: list[bytes] = []
    try:
        while sum(line.startswith(b"SOLD ") for line in lines) < answers:
            lines.append(await child.stdout.readline())
            assert lines[-1], "the seller ended by itself"
    finally:
        os.kill(child.pid, signal.SIGKILL)
    rest, _ = await child.communicate()
    assert child.returncode == -signal.SIGKILL, "the fault fired"
    # A line that the kill cut short was not answered.
    text = b"".join(lines) + rest
    whole = text.split(b"\n")[:-1]
    return [line.decode().split()[1:] for line in whole if line.startswith(b"SOLD ")]


def _rows(folder: Path) -> list[sqlite3.Row]:
    with closing(sqlite3.connect(f"file:{folder}/journal.db?mode=ro", uri=True)) as plain:
        plain.row_factory = sqlite3.Row
        return plain.execute("SELECT * FROM transactions ORDER BY sequence").fetchall()


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_every_answer_is_kept_and_nothing_is_twice(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  a repeatable moment is the point
    async with journal_in(tmp_path) as opened:
        await opened.stock(TICKETS, lease_s=10**6)
    answered = [
        answer for _ in range(2) for answer in await _sell_and_kill(tmp_path, chance.randint(1, 40))
    ]
    assert len(answered) >= 2
    async with journal_in(tmp_path) as opened:
        assert await opened.journal.read(lambda reader: reader.carts()) is not None
        counts = await opened.journal.read(lambda reader: reader.counts())
        held = (await opened.journal.read(lambda reader: reader.stock_counts()))["tide", "adult"]
    rows = _rows(tmp_path)
    transactions = [
        Transaction.model_validate_json(
            f'{{"envelope": {row["envelope"]}, "payload": {row["payload"]}}}'
        )
        for row in rows
    ]
    by_id = {row["txn_id"]: row for row in rows}
    for txn_id, receipt, serial in answered:
        assert by_id[txn_id]["receipt_number"] == receipt
        assert serial in by_id[txn_id]["payload"]
        assert by_id[txn_id]["answer"], "the first answer is there to give again"
    receipts = [row["receipt_number"] for row in rows if row["kind"] == "sale"]
    assert receipts == [f"HB1-1-{number:06d}" for number in range(1, len(receipts) + 1)]
    serials = Counter(
        serial
        for one in transactions
        if one.envelope.kind == "sale"
        for serial in one.read_payload().serials()  # type: ignore[union-attr]
    )
    assert set(serials.values()) == {1}
    assert sum(held) + len(serials) == TICKETS, "no serial is lost or made"
    assert [row["sequence"] for row in rows] == list(range(1, len(rows) + 1))
    assert counts.last_sequence == len(rows)
    for before, after in pairwise(transactions):
        assert after.envelope.prev_hash == before.envelope.hash
    assert all(one.payload_matches() for one in transactions)
