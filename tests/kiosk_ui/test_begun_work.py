"""Work of a screen that ends before it is done: nothing of it is left, and nothing breaks."""

import asyncio
import gc
import sys
from typing import Any

import pytest

from kiosk_ui.places import Place
from kiosk_ui.screens.transaction import TransactionScreen
from tests.support.ui_agent import UiAgent
from tests.support.ui_till import Till

READ = "GET /v1/transactions"


@pytest.fixture
def dropped(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return what Python complains of where nobody can hear it."""
    found: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", found.append)
    return found


@pytest.mark.parametrize("whose", ["app", "screen"])
async def test_of_work_that_ended_before_it_ran_nothing_is_left(
    till: Till, dropped: list[Any], whose: str
) -> None:
    ran: list[int] = []

    async def work(number: int) -> None:
        ran.append(number)

    node = till.app if whose == "app" else till.app.screen
    # Two in one turn of the loop, as of two statuses.
    workers = [node.run_worker(work(number), group="some", exclusive=True) for number in (1, 2)]
    assert [worker.name for worker in workers] == ["work", "work"]
    await workers[1].wait()
    del workers
    await till.pilot.pause()
    gc.collect()
    assert ran == [2]
    assert not dropped


async def test_a_panel_that_goes_ends_its_work_before_it_loses_its_parts(
    till: Till, agent: UiAgent
) -> None:
    await till.sign_in()
    await till.press("f4")
    await till.at(Place.TRANSACTIONS)
    await till.says("shift opened")
    await till.press("enter")
    await till.until(lambda: isinstance(till.app.screen, TransactionScreen))
    panel = till.app.screen
    held = agent.faults.hold_back[READ] = asyncio.Event()
    await agent.say()
    await till.until(lambda: [one for one in till.app.workers if one.node is panel])
    works = [one for one in till.app.workers if one.node is panel]
    panel.dismiss(None)
    assert all(work.is_cancelled for work in works)
    held.set()
    await till.until(lambda: till.app.screen is not panel)
    await till.at(Place.TRANSACTIONS)
