"""Floats and cash in or out that nobody means: refused at the kiosk, with what to do."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from kiosk_ui.places import Place
from tests.support.ui_socket import PINS, till_in
from tests.support.ui_socket import Till as Agent
from tests.support.ui_till import Till, open_at


@asynccontextmanager
async def _kiosk(folder: Path) -> AsyncIterator[tuple[Agent, Till]]:
    async with till_in(folder) as agent, open_at(folder) as till:
        yield agent, till


async def _recorded(agent: Agent) -> int:
    return (await agent.opened.journal.read(lambda reader: reader.counts())).last_sequence


async def test_a_float_that_nobody_means_opens_no_shift(tmp_path: Path) -> None:
    async with _kiosk(tmp_path) as (agent, till):
        await till.press(*PINS["ana"], "enter", *"5000,01", "enter")
        await till.until(lambda: till.headline == "✖ So large an amount is a slip")
        await till.says("€5,000.01 is a slip: €5,000.00 at most.")
        await till.says("open with less and")
        assert await _recorded(agent) == 0
        await till.press("backspace", "0", "enter")
        await till.at(Place.EVENTS)
        assert await _recorded(agent) == 1


async def test_a_full_drawer_is_taken_over_whatever_is_in_it(tmp_path: Path) -> None:
    async with _kiosk(tmp_path) as (_, till):
        await till.press(*PINS["mia"], "enter", *"100", "enter", "f5")
        await till.at(Place.DRAWER)
        await till.says("X report")
        await till.press("f6", *"9000", "enter", *"safe", "enter")
        await till.says("shift paid in")
        await till.press("f8", "down", *"45", "enter")
        await till.says("Close the shift?")
        await till.press(*"lost", "enter")
        await till.at(Place.Z_REPORT)
        await till.press("enter")
        await till.at(Place.SIGN_IN)
        await till.press(*PINS["ana"], "enter")
        await till.says("F6 takes it over")
        await till.press("f6", "enter")
        await till.at(Place.EVENTS)


@pytest.mark.parametrize("key", ["f6", "f7"])
async def test_so_much_is_not_moved_at_once(tmp_path: Path, key: str) -> None:
    async with _kiosk(tmp_path) as (agent, till):
        await till.press(*PINS["mia"], "enter", *"100", "enter", "f5")
        await till.says("X report")
        before = await _recorded(agent)
        await till.press(key, *"10000,01", "enter")
        await till.says("€10,000.01 is a slip: €10,000.00 at most. If it is right, move")
        assert await _recorded(agent) == before
