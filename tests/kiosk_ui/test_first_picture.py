"""The first picture: what is typed at it counts, and it needs next to nothing."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.widgets import Input

from kiosk_contracts.ticket_code import PREFIX
from kiosk_ui.app import KioskApp, MakeKiosk
from kiosk_ui.kiosk import Kiosk
from kiosk_ui.looks import Look
from kiosk_ui.places import Place
from kiosk_ui.screens.first import FirstScreen
from kiosk_ui.settings import UiSettings
from tests.support.ui_agent import UiAgent, pin_of
from tests.support.ui_till import StandingClock, Till, key_event

ROOT = Path(__file__).parents[2]


class Programs:
    """Programs that are read when the test says so."""

    def __init__(self, settings: UiSettings) -> None:
        self._settings = settings
        self.may_be_read = threading.Event()

    def read(self) -> MakeKiosk:
        self.may_be_read.wait(20)
        return lambda app: Kiosk(app, self._settings)


@asynccontextmanager
async def first_picture(agent: UiAgent) -> AsyncIterator[tuple[Till, Programs]]:
    """Run the app as far as its first picture."""
    settings = UiSettings(socket=agent.socket_path)
    programs = Programs(settings)
    app = KioskApp(settings, programs.read, StandingClock())
    async with app.run_test(size=(80, 24)) as pilot:
        try:
            await _until(app, pilot.pause, lambda: isinstance(app.screen, FirstScreen))
            yield Till(app, pilot), programs
        finally:
            programs.may_be_read.set()


async def _until(
    app: KioskApp, pause: Callable[[float], object], shown: Callable[[], bool]
) -> None:
    for _ in range(2000):
        if shown():
            return
        await pause(0.005)
    raise AssertionError(app.screen)


async def test_a_pin_that_is_typed_at_the_first_picture_is_seen_and_signs_in(
    agent: UiAgent,
) -> None:
    async with first_picture(agent) as (till, programs):
        await till.pilot.press(*pin_of("Ana Cashier"))
        assert "••••" in till.text
        assert not till.app.ready.is_set()
        await till.pilot.press("enter")
        assert not till.app.screen.query_one(Input).value
        assert "checking the PIN" in till.text
        programs.may_be_read.set()
        await till.at(Place.OPENING_FLOAT)


async def test_digits_of_a_pin_go_on_where_the_first_picture_ends(agent: UiAgent) -> None:
    first, *others = pin_of("Ana Cashier")
    async with first_picture(agent) as (till, programs):
        await till.pilot.press(first)
        programs.may_be_read.set()
        await till.app.ready.wait()
        await till.press(*others, "enter")
        await till.at(Place.OPENING_FLOAT)


class HeldUp(Kiosk):
    """A kiosk that shows its sign-in, and takes over only when a key has come to it."""

    async def begin(self) -> None:
        await super().begin()
        self._app.post_message(key_event("2"))
        await asyncio.sleep(0.1)


async def test_a_digit_that_comes_between_the_two_is_typed_once(agent: UiAgent) -> None:
    settings = UiSettings(socket=agent.socket_path)
    app = KioskApp(settings, lambda: lambda app: HeldUp(app, settings), StandingClock())
    async with app.run_test(size=(80, 24)) as pilot:
        till = Till(app, pilot)
        await till.says("ONLINE")
        await till.all_typed()
        assert app.screen.query_one(Input).value == "2"


async def test_a_scan_at_the_first_picture_is_told_to_sign_in_first(agent: UiAgent) -> None:
    async with first_picture(agent) as (till, programs):
        till.scan(PREFIX + "A7" * 60)
        await till.pilot.pause()
        programs.may_be_read.set()
        await till.says("Sign in first")
        assert not till.app.screen.query_one(Input).value


async def test_it_looks_as_the_sign_in_that_follows(agent: UiAgent) -> None:
    async with first_picture(agent) as (till, programs):
        first = till.text
        programs.may_be_read.set()
        await till.says("ONLINE")
        later = till.text
    before, after = first.splitlines(), later.splitlines()
    # The top line and the line status say what the agent has told meanwhile.
    assert [line for line in before[1:] if line] == [
        line for line in after[1:] if line and "ONLINE" not in line
    ]


async def test_a_key_that_it_answers_itself_is_not_answered_again(agent: UiAgent) -> None:
    async with first_picture(agent) as (till, programs):
        await till.pilot.press("ctrl+l")
        assert till.app.look is Look.HIGH_CONTRAST
        programs.may_be_read.set()
        await till.says("ONLINE")
        assert till.app.look is Look.HIGH_CONTRAST


async def test_help_that_is_asked_for_comes_once_it_can(agent: UiAgent) -> None:
    async with first_picture(agent) as (till, programs):
        await till.pilot.press("f1")
        programs.may_be_read.set()
        await till.says("Help: sign-in")


async def test_it_can_be_ended(agent: UiAgent) -> None:
    async with first_picture(agent) as (till, _):
        await till.pilot.press("ctrl+q")
        await _until(till.app, till.pilot.pause, lambda: not till.app.is_running)
    assert till.app.return_code == 0


async def test_programs_that_cannot_be_read_end_it_with_the_reason(agent: UiAgent) -> None:
    def read() -> MakeKiosk:
        msg = "no module named pear"
        raise ImportError(msg)

    app = KioskApp(UiSettings(socket=agent.socket_path), read, StandingClock())
    with pytest.raises(Exception, match="no module named pear"):
        async with app.run_test(size=(80, 24)) as pilot:
            await _until(app, pilot.pause, lambda: not app.is_running)


def test_nothing_that_takes_long_is_read_before_it() -> None:
    program = "import sys, kiosk_ui.__main__; print(*sorted(sys.modules))"
    read = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert "kiosk_ui.screens.first" in read
    assert not {"pydantic", "pydantic_core", "aiohttp", "email", "kiosk_ui.words"} & set(read)
