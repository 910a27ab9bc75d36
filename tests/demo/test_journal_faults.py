"""The faults around the journal happen to a real journal, once, and only when armed."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from demo.evidence import tamper_with_unsent_sale
from demo.journal_faults import FaultyJournal, JournalFault, arm, fired
from kiosk_agent.ports.journal import JournalWriter
from tests.support.journal import journal_in, new_transaction

SELL_AND_DIE = """
import asyncio, sys
from pathlib import Path
from demo.journal_faults import FaultyJournal
from tests.support.journal import journal_in, new_transaction
async def main():
    folder = Path(sys.argv[1])
    async with journal_in(folder) as opened:
        journal = FaultyJournal(opened.journal, folder)
        await journal.write(lambda writer: writer.append(new_transaction()))
        print("not a sale", flush=True)
        await journal.write(lambda writer: writer.append(new_transaction(kind="sale")))
        print("answered", flush=True)
asyncio.run(main())
"""


def _sell(writer: JournalWriter) -> int:
    row = writer.append(new_transaction(kind="sale", numbered=True))
    return row.transaction.envelope.sequence


async def test_a_lost_sale_is_answered_but_not_there(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:
        journal = FaultyJournal(opened.journal, tmp_path)
        assert await journal.write(_sell) == 1
        arm(tmp_path, JournalFault.LOSE_SALE)
        await opened.append()
        assert not fired(tmp_path, JournalFault.LOSE_SALE)
        assert await journal.write(_sell) == 3
        assert fired(tmp_path, JournalFault.LOSE_SALE)
        counts = await journal.read(lambda reader: reader.counts())
        assert counts.last_sequence == 2
        assert await journal.write(_sell) == 3


async def test_an_unarmed_journal_is_left_alone(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:
        journal = FaultyJournal(opened.journal, tmp_path)
        assert [await journal.write(_sell) for _ in range(3)] == [1, 2, 3]
    assert not any(fired(tmp_path, fault) for fault in JournalFault)


async def test_the_process_dies_after_the_commit_and_before_the_answer(tmp_path: Path) -> None:
    arm(tmp_path, JournalFault.DIE_AFTER_COMMIT)
    died = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        SELL_AND_DIE,
        str(tmp_path),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    said, _ = await died.communicate()
    assert died.returncode == -signal.SIGKILL
    assert said == b"not a sale\n"
    assert fired(tmp_path, JournalFault.DIE_AFTER_COMMIT)
    async with journal_in(tmp_path) as opened:
        counts = await opened.journal.read(lambda reader: reader.counts())
    assert counts.last_sequence == 2


@pytest.mark.parametrize("sending", [False, True])
async def test_tampering_leaves_a_sale_whose_payload_no_longer_matches(
    tmp_path: Path, *, sending: bool
) -> None:
    total = {"amount": "25.00", "currency": "EUR"}
    async with journal_in(tmp_path) as opened:
        sales = [await opened.append(kind="sale", payload={"total": total}) for _ in range(2)]
        await opened.append()
        if sending:
            # As an agent leaves it that is killed while it tries to send.
            await opened.journal.write(lambda writer: writer.begin_upload(2, 1 << 20))
        path = opened.path
    assert tamper_with_unsent_sale(path, not_newest=True) == 1
    ids = [sale.transaction.envelope.txn_id for sale in sales]
    async with journal_in(tmp_path) as opened:
        found = await opened.journal.read(lambda reader: [reader.row(txn_id) for txn_id in ids])
    matches = [row is not None and row.transaction.payload_matches() for row in found]
    assert matches == [False, True]
