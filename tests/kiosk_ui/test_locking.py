"""The kiosk locks itself when nobody is there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from kiosk_ui.gate import Direction
from kiosk_ui.idle import Idle
from kiosk_ui.places import Place
from kiosk_ui.settings import UiSettings
from tests.support.ui_socket import Till as Agent
from tests.support.ui_socket import till_in
from tests.support.ui_till import AgentClock, Till, app_of


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
    async with _signed_in(tmp_path, lock_after_s=3) as (agent, till):
        token = till.app.kiosk.desk.client.staff_token
        await till.press("f2", "2")
        await till.says("Total €25.00")
        await till.at(Place.SIGN_IN)
        await till.says("locked: nobody was here")
        agent.token = token
        assert (await agent.ask("GET", "/v1/session")).code == "not_signed_in"
        await till.press(*"2222", "enter")
        await till.at(Place.SELL)
        await till.says("Total €25.00")


async def test_a_part_of_a_payment_outlives_the_lock(tmp_path: Path) -> None:
    async with _signed_in(tmp_path, lock_after_s=3600) as (_, till):
        await till.press("f2", "2", "enter")
        await till.at(Place.PAYMENT)
        await till.press("1", "0", "f9")
        await till.says("Still to pay")
        till.app.kiosk._idle.after_s = 1e-9
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
