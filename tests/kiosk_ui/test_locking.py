"""The kiosk locks itself when nobody is there."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from math import inf
from pathlib import Path

import pytest

from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_ui.agent_client import AgentClient
from kiosk_ui.gate import Direction
from kiosk_ui.idle import Idle
from kiosk_ui.locking import until_signed_out
from kiosk_ui.places import Place
from kiosk_ui.settings import UiSettings
from tests.support.ui_agent import UiAgent, pin_of
from tests.support.ui_socket import Till as Agent
from tests.support.ui_socket import till_in
from tests.support.ui_till import AgentClock, Till, app_of

SIGN_OUT = "POST /v1/sign-out"


def test_a_touch_keeps_it_open_for_as_long_again() -> None:
    idle = Idle(300)
    idle.touch(1000.0)
    assert not idle.is_over(1299.9)
    assert idle.is_over(1300.0)
    idle.touch(1299.9)
    assert not idle.is_over(1599.8)


def test_nought_never_locks() -> None:
    assert not Idle(0).is_over(1e9)


@asynccontextmanager
async def _signed_in(folder: Path, *, lock_after_s: int) -> AsyncIterator[tuple[Agent, Till]]:
    """Sign in at a real agent, with a shift and five tickets."""
    async with till_in(folder) as agent:
        await agent.opened.stock(5)
        await agent.open_shift()
        settings = UiSettings(socket=folder / "ui.sock", lock_after_s=lock_after_s)
        app = app_of(settings, AgentClock(agent.clock))
        async with app.run_test(size=(80, 24)) as pilot:
            till = Till(app, pilot)
            await till.says("PIN")
            await till.press(*"2222", "enter")
            await till.at(Place.EVENTS)
            yield agent, till


async def test_it_locks_with_a_cart_in_hand_which_comes_back_with_its_cashier(
    tmp_path: Path,
) -> None:
    async with _signed_in(tmp_path, lock_after_s=300) as (agent, till):
        token = till.app.kiosk.desk.client.staff_token
        await till.press("f2", "2")
        await till.says("Total €25.00")
        # By hand, not in a few seconds' time: a slow machine takes longer than that to get here.
        lock(till)
        await till.at(Place.SIGN_IN)
        await till.says("locked: nobody was here")
        agent.token = token
        await signed_out(agent)
        await till.press(*"2222", "enter")
        await till.at(Place.SELL)
        await till.says("Total €25.00")


async def signed_out(agent: Agent) -> None:
    """Wait until the agent knows of the session no more."""
    async with asyncio.timeout(30):
        while (await agent.ask("GET", "/v1/session")).code != "not_signed_in":  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def lock(till: Till) -> None:
    """Take it that nobody is here: also where keys of a person's pace come later than now."""
    till.app.kiosk._idle.after_s = -inf
    till.app.kiosk._tick()
    till.app.kiosk._idle.after_s = 3600


async def test_a_locked_session_ends_at_an_agent_that_was_away_though_another_signed_in(
    till: Till, agent: UiAgent
) -> None:
    await till.sign_in()
    token = till.app.kiosk.desk.client.staff_token
    assert token in agent.books.tokens
    agent.faults.garble[SIGN_OUT] = 1
    agent.faults.lose_answer[SIGN_OUT] = 1
    await agent.go_away()
    lock(till)
    await till.at(Place.SIGN_IN)
    assert till.app.kiosk.desk.session.staff is None, "locked at once, whatever the agent does"
    assert token in agent.books.tokens
    await agent.come_back()
    await till.press(*pin_of("Max Manager"), "enter")
    await till.until(lambda: till.app.kiosk.desk.session.staff is not None, "signed in")
    await till.until(lambda: token not in agent.books.tokens, "signed out")
    assert till.app.kiosk.desk.client.staff_token in agent.books.tokens
    assert till.app.kiosk.desk.session.staff is not None


class Refusing:
    """A client whose agent refuses each sign-out in turn, and at last answers."""

    def __init__(self, *codes: ProblemCode) -> None:
        self.codes = list(codes)
        self.asked = 0

    async def __aenter__(self) -> None:
        pass

    async def __aexit__(self, *_: object) -> None:
        pass

    async def sign_out(self) -> None:
        self.asked += 1
        if self.codes:
            raise ProblemError(409, self.codes.pop(0), "refused")


@pytest.mark.parametrize(
    ("refused", "asked_so_often"),
    [
        ((ProblemCode.NOT_SIGNED_IN, ProblemCode.NOT_SIGNED_IN), 1),
        ((ProblemCode.SCREEN_ELSEWHERE, ProblemCode.SCREEN_ELSEWHERE), 1),
        ((ProblemCode.STORAGE_FULL, ProblemCode.NOT_SIGNED_IN), 2),
    ],
)
async def test_it_is_asked_again_unless_the_session_ended_or_goes_on_elsewhere(
    refused: tuple[ProblemCode, ...], asked_so_often: int
) -> None:
    agent = Refusing(*refused)
    await until_signed_out(agent)  # type: ignore[arg-type]
    assert agent.asked == asked_so_often


async def test_a_part_of_a_payment_outlives_the_lock(tmp_path: Path) -> None:
    async with _signed_in(tmp_path, lock_after_s=3600) as (_, till):
        await till.press("f2", "2", "enter")
        await till.at(Place.PAYMENT)
        await till.press("1", "0", "f9")
        await till.says("Still to pay")
        till.app.kiosk._idle.after_s = -inf
        till.app.kiosk._tick()
        await till.at(Place.SIGN_IN)
        till.app.kiosk._idle.after_s = 3600
        await till.press(*"2222", "enter")
        await till.at(Place.PAYMENT)
        await till.says("Cash taken")
        await till.press("f6", *"4021", "enter")
        await till.at(Place.TICKET)


async def test_a_gate_that_lets_out_lets_in_again_after_a_lock(tmp_path: Path) -> None:
    async with _signed_in(tmp_path, lock_after_s=300) as (_, till):
        till.app.kiosk.gate.turn_round()
        assert till.app.kiosk.gate.direction is Direction.OUT
        till.app.kiosk.signed_out()
        await till.says("PIN")
        assert till.app.kiosk.gate.direction is Direction.IN


@asynccontextmanager
async def _at_screen(agent: Agent, folder: Path, screen: str) -> AsyncIterator[Till]:
    """Run a UI that takes turns; it is killed at the end: nothing of it says a last word."""
    settings = UiSettings(socket=folder / "ui.sock", lock_after_s=300, screen=screen)
    app = app_of(settings, AgentClock(agent.clock))
    async with app.run_test(size=(80, 24)) as pilot:
        till = Till(app, pilot)
        await till.says("PIN")
        yield till
        app.kiosk._turns._turn._name = ""


@pytest.mark.parametrize("locks", [True, False])
async def test_killed_with_its_sign_out_unanswered_a_locked_screen_hands_nobody_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, locks: bool
) -> None:
    async with till_in(tmp_path) as agent:
        await agent.open_shift()
        agent.clock.advance(3)
        screens = agent.desk.kiosk.screens
        assert screens is not None
        async with _at_screen(agent, tmp_path, "one") as one:
            await one.until(lambda: screens.holder == "one", "the lease")
            await one.press(*"2222", "enter")
            await one.at(Place.EVENTS)
            token = one.app.kiosk.desk.client.staff_token
            await one.until(lambda: (screens._locks_at_ms or 0) > agent.clock.boottime_ms())
            asked = asyncio.Event()
            monkeypatch.setattr(AgentClient, "sign_out", _unanswered(asked))
            if locks:
                lock(one)
                await asked.wait()
                await one.until(lambda: (screens._locks_at_ms or 0) <= agent.clock.boottime_ms())
        agent.clock.advance(11)
        async with _at_screen(agent, tmp_path, "two") as two:
            await two.until(lambda: screens.holder == "two", "the lease")
            if not locks:
                await two.at(Place.EVENTS)
            else:
                await two.press("f2")
                await two.says("Who is at this kiosk?")
            assert two.app.kiosk.desk.client.staff_token == (None if locks else token)
        agent.token = token
        assert (await agent.ask("GET", "/v1/session")).status == 200, "nobody ended it"


def _unanswered(asked: asyncio.Event) -> Callable[[AgentClient], Awaitable[None]]:
    async def sign_out(_client: AgentClient) -> None:
        asked.set()
        await asyncio.Event().wait()

    return sign_out
