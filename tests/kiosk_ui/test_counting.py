"""Counting a drawer by notes and coins: what digits, Backspace and Delete make of a number."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual import events

from kiosk_ui.places import Place
from kiosk_ui.screens.closing import ClosingScreen
from tests.support.ui_socket import till_in
from tests.support.ui_till import AgentClock, Till, key_event, open_at

_SLOWLY_S = 30.0


@asynccontextmanager
async def _counting(folder: Path) -> AsyncIterator[Till]:
    """Run the app where Ana counts her drawer; notes of 100.00 are chosen."""
    async with till_in(folder) as agent:
        await agent.opened.stock(1)
        await agent.open_shift()
        async with open_at(folder, AgentClock(agent.clock)) as till:
            await till.press(*"2222", "enter")
            await till.at(Place.EVENTS)
            await till.press("f5")
            await till.says("Should be in the drawer")
            await till.press("f8")
            await till.at(Place.COUNT)
            await till.press("down", "down")
            yield till


async def _slowly(till: Till, *keys: str) -> None:
    """Press keys that are half a minute apart by the keyboard's clock."""
    for key in keys:
        event: events.Key = key_event(key)
        event.time = till.keyboard.after(_SLOWLY_S)
        till.app.post_message(event)
        await till.pilot.pause()
        await till.all_typed()


async def test_digits_typed_slowly_go_behind_each_other(tmp_path: Path) -> None:
    async with _counting(tmp_path) as till:
        await _slowly(till, *"123")
        await till.says("€12,300.00")


@pytest.mark.parametrize(
    ("keys", "worth"),
    [
        (("1", "2", "backspace"), "€100.00"),
        (("1", "2", "backspace", "3"), "€1,300.00"),
        (("1", "2", "backspace", "backspace", "4"), "€400.00"),
        (("1", "2", "delete", "5"), "€500.00"),
        (("1", "2", "plus", "7"), "€700.00"),
        (("1", "2", "down", "up", "6"), "€600.00"),
    ],
)
async def test_a_number_is_mended_as_people_expect(
    tmp_path: Path, keys: tuple[str, ...], worth: str
) -> None:
    async with _counting(tmp_path) as till:
        await _slowly(till, *keys)
        await till.until(lambda: _counted(till) == worth, f"{worth}, not {_counted(till)}")


def _counted(till: Till) -> str:
    [line] = [line for line in till.text.splitlines() if "In the drawer" in line]
    return line.split()[-1]


async def test_delete_leaves_none_and_too_many_change_nothing(tmp_path: Path) -> None:
    async with _counting(tmp_path) as till:
        await _slowly(till, *"999999")
        await till.until(lambda: till.headline.startswith("✖ At most"))
        before = _counted(till)
        await _slowly(till, "9")
        assert _counted(till) == before
        await _slowly(till, "delete")
        await till.until(lambda: _counted(till) == "€0.00")


async def test_how_a_number_is_typed_stands_on_the_screen(tmp_path: Path) -> None:
    async with _counting(tmp_path) as till:
        said = "Digits go behind each other. Backspace takes the last one away, Delete all."
        assert said in till.text
        assert "In the drawer" in till.text


async def test_another_code_is_not_counted_as_notes(tmp_path: Path) -> None:
    async with _counting(tmp_path) as till:
        await till.press("1", "wait:100")
        till.burst(*"4006381333931", "enter")
        await till.until(lambda: till.headline == "✖ That was no ticket's code")
        await till.all_typed()
        assert _counted(till) == "€100.00"
        assert not isinstance(till.app.screen, ClosingScreen)
        await till.press("2")
        await till.says("€1,200.00")
