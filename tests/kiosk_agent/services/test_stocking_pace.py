"""When the stock is looked at: after a change, but not after every one."""

import asyncio
from pathlib import Path

import pytest

from kiosk_agent.services.stocking import Stocking
from tests.support.far_kit import at_work, kit_in


async def test_many_sales_in_a_second_make_one_look_at_the_stock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0

    async def look(_: Stocking) -> None:
        nonlocal looks
        looks += 1

    monkeypatch.setattr(Stocking, "_top_up", look)
    async with kit_in(tmp_path) as kit:
        stocking = Stocking(kit.here, kit.there, every_s=30, ask_again_s=300)
        async with at_work(stocking.run):
            await kit.clock.wait_for_sleepers()
            for _ in range(5):
                kit.here.changes.notify()
                await _others_run()
            assert looks == 1
            kit.clock.advance(1)
            await _others_run()
            assert looks == 2
            kit.clock.advance(1)
            await _others_run()
            assert looks == 2, "nothing has changed since"
            kit.here.changes.notify()
            await _others_run()
            assert looks == 3


async def _others_run() -> None:
    """Let every task of the loop run until it waits."""
    for _ in range(20):
        await asyncio.sleep(0)
