"""Plays the main job; the verifier judges it afterwards."""

from collections.abc import Sequence
from random import Random

from demo.layout import Layout
from demo.ledger_watch import LedgerWatch
from demo.live import Board
from demo.plan import make_plan
from demo.playing import play
from demo.scenario import Play
from demo.stack import Sabotage, Stack
from demo.till import Till


def run(layout: Layout, seed: int, sabotage: Sabotage | None) -> int:
    """Play the main job; 0 if it was played to its end, whatever the verifier will say."""

    async def story(stack: Stack, board: Board, watch: LedgerWatch, tills: Sequence[Till]) -> None:
        plan = make_plan(seed, stack.season, Random(f"plan {seed}"))
        await Play(stack, board, watch, plan, tills).all_acts()

    title = f"EventPro's main job, seed {seed}" + (f", BREAK={sabotage}" if sabotage else "")
    return play(layout, title, lambda: Stack(layout, seed, sabotage), story)
