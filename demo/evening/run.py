"""Plays an evening, or spoils a finished one; the verifier judges it afterwards."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from random import Random

from demo.evening.plan import plan_sales
from demo.evening.scans import plan_scans
from demo.evening.scenario import Evening, EveningPlan
from demo.evening.spoil import Removal, copy_run, spoil
from demo.evening.venue import evening_venue
from demo.evidence import NothingToSpoilError
from demo.layout import FolderTakenError, Layout
from demo.ledger_watch import LedgerWatch
from demo.live import Board
from demo.playing import play
from demo.season import CURRENCY
from demo.stack import Stack
from demo.till import Till


def run_evening(layout: Layout, seed: int, sales: int, removal: Removal | None) -> int:
    """Play an evening; 0 if it was played to its end, whatever the verifier will say.

    `removal` is what is spoiled once every process has ended.
    """

    async def story(stack: Stack, board: Board, watch: LedgerWatch, tills: Sequence[Till]) -> None:
        plan_of_sales = plan_sales(sales, stack.season, Random(f"sales {seed}"))
        scans = plan_scans(plan_of_sales, Random(f"scans {seed}"))
        plan = EveningPlan(plan_of_sales, scans)
        await Evening(stack, board, watch, plan, tills).all_acts()

    def make_stack() -> Stack:
        return Stack(layout, seed, make_venue=evening_venue(sales))

    title = f"An evening of {sales} sales, seed {seed}" + (f", BREAK={removal}" if removal else "")
    status = play(layout, title, make_stack, story)
    if status == 0 and removal is not None:
        return _spoil(layout, seed, removal)
    return status


def spoil_copy(run: Path, layout: Layout, seed: int, removal: Removal) -> int:
    """Copy a finished run and spoil the copy; return the exit status."""
    try:
        copy_run(run, layout)
    except (FolderTakenError, OSError) as error:
        print(error)
        return 2
    return _spoil(layout, seed, removal)


def _spoil(layout: Layout, seed: int, removal: Removal) -> int:
    try:
        spoiled = spoil(layout, removal, Random(f"spoil {seed}"))
    except (NothingToSpoilError, sqlite3.Error) as error:
        print(error)
        return 1
    where = "the journal" if removal is Removal.IN_JOURNAL else "the ticket API's store"
    print(
        f"{spoiled.kiosk_id} #{spoiled.sequence}, a sale with {spoiled.cash} {CURRENCY} in cash,"
        f" is removed from {where}: the verifier must find it."
    )
    return 0
