"""The update lock set and lifted at the kiosk; the real agent's answers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from kiosk_contracts.update_lock import SetUpdateLock, UpdateLock
from kiosk_ui.notices import Tone
from kiosk_ui.places import Place
from kiosk_ui.screens.standing import StandingScreen
from kiosk_ui.screens.update_lock import SetUpdateLockScreen
from kiosk_ui.widgets.forms.field import Field
from kiosk_ui.widgets.forms.pin_field import PinField
from tests.support.ui_socket import PINS, till_in
from tests.support.ui_socket import Till as Agent
from tests.support.ui_till import AgentClock, Till, open_at

BERLIN = ZoneInfo("Europe/Berlin")
LINE = "No update until 22:00:00: doors are open (Mia)"
EMPTIED = ["backspace"] * 5


@asynccontextmanager
async def _standing(
    folder: Path, person: str = "gus", *, training: bool = False
) -> AsyncIterator[tuple[Agent, Till]]:
    """Run the app where it is 20:00 in Berlin, at how the kiosk stands."""
    async with (
        till_in(folder, training=training) as agent,
        open_at(folder, AgentClock(agent.clock, BERLIN)) as till,
    ):
        await till.press(*PINS[person], "enter")
        await till.until(lambda: till.app.kiosk.place is not Place.SIGN_IN and till.settled)
        if till.app.kiosk.place is Place.OPENING_FLOAT:
            await till.press("escape")
        await till.at(Place.EVENTS)
        await till.press("f9")
        await till.at(Place.STANDING)
        yield agent, till


async def _told(agent: Agent, till: Till) -> None:
    """Have the kiosk hear how the agent is now."""
    await till.until(lambda: till.settled)
    await agent.clock.wait_for_sleepers()
    agent.clock.advance(1)


def _lock(agent: Agent) -> UpdateLock | None:
    locks = agent.desk.kiosk.update_locks
    assert locks is not None
    return locks.in_force()


async def _set_elsewhere(agent: Agent) -> None:
    locks = agent.desk.kiosk.update_locks
    assert locks is not None
    until = agent.clock.now() + timedelta(hours=2)
    await locks.set(SetUpdateLock(until=until, why="doors"), None)


def _at_standing(till: Till) -> bool:
    return isinstance(till.app.screen, StandingScreen) and till.settled


def _typed(till: Till) -> list[str]:
    return [
        field.value for field in till.app.screen.query(Field) if not isinstance(field, PinField)
    ]


async def test_two_hours_are_offered_a_manager_s_pin_sets_it_and_lifts_it(tmp_path: Path) -> None:
    async with _standing(tmp_path) as (agent, till):
        await till.click("F9 update lock")
        await till.says("Keep updates away?")
        assert _typed(till) == ["22:00", "doors are open"]
        await till.press("enter", "enter", "enter")
        await till.says("A manager types their PIN to approve.")
        assert _lock(agent) is None
        await till.press(*PINS["mia"], "enter")
        await till.until(lambda: till.headline == "✔ No update before 22:00:00")
        await till.says("Locked in the name of Mia.")
        lock = _lock(agent)
        assert lock is not None
        assert (lock.until, lock.by_id) == (agent.clock.now() + timedelta(hours=2), "mia")
        await _told(agent, till)
        await till.says(LINE)

        await till.press("f9")
        await till.says("Lift the update lock?")
        await till.says("come as soon as nobody is busy here.")
        await till.press("escape")
        assert _lock(agent) == lock
        await till.press("f9", *PINS["gus"], "enter")
        await till.says("No manager here has this PIN")
        assert _lock(agent) == lock
        await till.press(*PINS["mia"], "enter")
        await till.until(lambda: till.headline == "✔ No update lock is in force any more")
        assert _lock(agent) is None
        await _told(agent, till)
        await till.until(lambda: "No update until" not in till.text)


async def test_it_is_until_the_next_such_time_by_the_venue_s_clock(tmp_path: Path) -> None:
    async with _standing(tmp_path) as (agent, till):
        await till.press(
            "f9", *EMPTIED, *"0115", "enter", *" encore", "enter", *PINS["mia"], "enter"
        )
        await till.until(lambda: till.tone is Tone.RECORDED)
        lock = _lock(agent)
        assert lock is not None
        assert lock.until.isoformat() == "2026-11-24T00:15:00+00:00"
        assert lock.why == "doors are open encore"


async def test_a_manager_who_is_signed_in_types_no_pin(tmp_path: Path) -> None:
    async with _standing(tmp_path, "mia") as (agent, till):
        await till.press("f9")
        await till.says("Keep updates away?")
        assert "Manager's PIN" not in till.text
        await till.press("enter", "enter")
        await till.until(lambda: till.tone is Tone.RECORDED)
        await _told(agent, till)
        await till.says(LINE)
        await till.press("f9")
        await till.says("Lift the update lock?")
        await till.press("escape")
        assert _lock(agent) is not None
        await till.press("f9", "enter")
        await till.until(lambda: till.headline == "✔ No update lock is in force any more")
        assert _lock(agent) is None


async def test_a_time_that_is_refused_is_asked_for_again_with_what_was_typed(
    tmp_path: Path,
) -> None:
    async with _standing(tmp_path) as (agent, till):
        # It is 20:00: the next 19:00 is tomorrow's.
        await till.press("f9", *EMPTIED, *"19:00", "enter", "enter", *PINS["mia"], "enter")
        await till.says("That is too long without an update")
        assert isinstance(till.app.screen, SetUpdateLockScreen)
        assert _typed(till) == ["19:00", "doors are open"]
        await till.press(*EMPTIED, *"21.30", "enter", "enter", *PINS["ana"], "enter")
        await till.says("No manager here has this PIN")
        assert _lock(agent) is None
        assert _typed(till) == ["21:30", "doors are open"]
        # The PIN has the focus: what is typed next is one.
        await till.press(*PINS["mia"], "enter")
        await till.until(lambda: till.headline == "✔ No update before 21:30:00")
        assert _lock(agent) is not None


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ([*EMPTIED, "enter"], "Type the time as 22:30."),
        ([*EMPTIED, *"25:00", "enter"], "Type the time as 22:30."),
        (["enter", *["backspace"] * 20, "enter"], "Type why no update is to come."),
    ],
)
async def test_what_is_missing_is_said_and_nothing_is_asked(
    tmp_path: Path, keys: list[str], said: str
) -> None:
    async with _standing(tmp_path, "mia") as (agent, till):
        await till.press("f9", *keys)
        await till.says(said)
        await till.press("escape")
        await till.until(lambda: _at_standing(till))
        assert _lock(agent) is None


async def test_who_is_no_manager_any_more_is_asked_for_a_pin(tmp_path: Path) -> None:
    async with _standing(tmp_path) as (agent, till):
        screen = till.app.screen
        assert isinstance(screen, StandingScreen)
        # As where the roster came anew since they signed in.
        screen._ask_to_set(needs_pin=False)
        await till.says("Keep updates away?")
        await till.press("enter", "enter")
        await till.says("Manager's PIN")
        await till.press(*PINS["mia"], "enter")
        await till.until(lambda: till.tone is Tone.RECORDED)
        await _told(agent, till)
        await till.says(LINE)


async def test_one_of_the_command_line_is_lifted_here(tmp_path: Path) -> None:
    async with _standing(tmp_path) as (agent, till):
        await _set_elsewhere(agent)
        await _told(agent, till)
        await till.says("No update until 22:00:00: doors (command line)")
        await till.press("f9", *PINS["mia"], "enter")
        await till.until(lambda: till.headline == "✔ No update lock is in force any more")
        assert _lock(agent) is None


async def test_in_training_it_is_said_that_there_is_none(tmp_path: Path) -> None:
    async with _standing(tmp_path, training=True) as (_, till):
        await till.press("f9")
        await till.until(lambda: till.headline == "✖ Training has no update lock")
        assert _at_standing(till)


async def test_by_touch_alone_it_is_set(tmp_path: Path) -> None:
    async with _standing(tmp_path) as (agent, till):
        await till.click("F9 update lock")
        await till.click("22:00")
        for _ in EMPTIED:
            await till.tap("", "backspace")
        await till.tap("21.30", "enter", "enter")
        await till.tap(PINS["mia"], "enter")
        await till.until(lambda: till.headline == "✔ No update before 21:30:00")
        assert _lock(agent) is not None
