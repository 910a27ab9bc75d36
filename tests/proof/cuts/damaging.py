"""Phases in which the journal's file comes to harm, and the agent's own start-up salvages it."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

from uuid6 import uuid7

from kiosk_agent.adapters.durable import sync_directory
from kiosk_agent.adapters.journal.reading import SqliteReader
from kiosk_agent.domain.epochs import EpochReason
from kiosk_agent.ports.journal import JournalReader
from tests.proof.books import all_rows
from tests.proof.cuts import killed
from tests.proof.cuts.keeping import small_archives
from tests.proof.cuts.run import MAIN, Run
from tests.proof.cuts.told import EVERYTHING
from tests.proof.kiosk_at_work import KioskAtWork

NO_PAGE = b"\xff"
"""What no page of SQLite begins with: one byte, so that no power cut leaves half of it."""


async def salvage(run: Run) -> None:
    """Harm the file of a kiosk that was killed while archiving, then while selling; sell on.

    Nothing is lost by the harm.
    """
    async with run.kiosk() as kiosk:
        place = await kiosk.here.journal.read(_place_of_an_index)
    with small_archives():
        run.killed(killed.archive)
    paying = uuid7()
    run.killed(killed.till(paying))
    _begin_damage(run, EpochReason.DAMAGED, EVERYTHING)
    await asyncio.to_thread(_overwrite, run.folder / MAIN / "journal.db", place)
    run.tell({"damaged": True})
    run.killed(killed.salvage)
    async with run.kiosk() as kiosk:
        run.answered(await kiosk.sell(adult=1))
        run.tell({"paying_back": str(paying)})
        await kiosk.cancel_payment(paying)
        await _go_on(run, kiosk)


async def loss(run: Run) -> None:
    """Lose the file: what is in archives is all that is left. Go on with the next reserve."""
    async with run.kiosk() as kiosk:
        await kiosk.clear_left_overs()
        with small_archives():
            await kiosk.tidy()
        kept = await kiosk.here.journal.read(_archived)
        run.answered(await kiosk.sell(adult=1))
        await run.drain(kiosk)
    _begin_damage(run, EpochReason.LOST, kept)
    await asyncio.to_thread(_remove, run.folder / MAIN / "journal.db")
    run.tell({"damaged": True})
    async with run.kiosk() as kiosk:
        await kiosk.open_shift()
        run.answered(await kiosk.sell(child=1))
        await _go_on(run, kiosk)


def _begin_damage(run: Run, reason: EpochReason, kept: str | Sequence[str]) -> None:
    run.tell({"damaging": {"reason": reason, "kept": kept}})


async def _go_on(run: Run, kiosk: KioskAtWork) -> None:
    """Do what a new epoch does when the line is there."""
    await kiosk.begin()
    await run.top_up(kiosk)
    await kiosk.fill_reserve()
    run.answered(await kiosk.sell(adult=1))
    await run.drain(kiosk)


def _place_of_an_index(reader: JournalReader) -> int:
    """Return where the root page of an index is that a till without a line does not write."""
    assert isinstance(reader, SqliteReader)
    ask = "SELECT (rootpage - 1) * (SELECT page_size FROM pragma_page_size) AS place"
    row = reader._one(f"{ask} FROM sqlite_schema WHERE name = 'idx_leases_allotment_id'")
    assert row is not None
    return int(row["place"])


def _archived(reader: JournalReader) -> list[str]:
    here = {row.sequence for row in reader.rows_page(before=None, limit=1_000_000)}
    return [str(row.txn_id) for row in all_rows(reader) if row.sequence not in here]


def _overwrite(path: Path, place: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    os.pwrite(descriptor, NO_PAGE, place)
    os.fsync(descriptor)
    os.close(descriptor)


def _remove(path: Path) -> None:
    path.unlink()
    sync_directory(path.parent)
