"""One cart over several events, and how long it is held: the real agent's carts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from kiosk_contracts.payloads import SalePayload
from kiosk_contracts.selling import Carts
from kiosk_ui.places import Place
from tests.support.ui_socket import Till as Agent
from tests.support.ui_socket import till_in
from tests.support.ui_till import AgentClock, Till, open_at


@asynccontextmanager
async def _selling(folder: Path) -> AsyncIterator[tuple[Agent, Till]]:
    """Open a cart at a kiosk with tickets of two events."""
    async with till_in(folder) as agent:
        for event_id in ("tide", "quay"):
            await agent.opened.stock(5, event_id=event_id)
        await agent.open_shift()
        async with open_at(folder, AgentClock(agent.clock)) as till:
            await till.press(*"2222", "enter")
            await till.at(Place.EVENTS)
            await till.press("f2")
            await till.says("Tide & Timber · Mon 23 Nov 20:00")
            yield agent, till


def _pass(agent: Agent, till: Till, seconds: float) -> None:
    """Let time pass, and the screen notice it."""
    agent.clock.advance(seconds)
    till.app.kiosk._tick()


async def test_tickets_of_two_events_are_one_sale(tmp_path: Path) -> None:
    async with _selling(tmp_path) as (agent, till):
        await till.press("2", "right")
        await till.says("Quay Blues · Mon 23 Nov 21:00")
        await till.says("Also 2 Adult · Tide & Timber")
        await till.says("Total €25.00")
        await till.press("1")
        await till.says("Total €37.50")
        await till.click("← → event")
        await till.says("Tide & Timber · Mon 23 Nov 20:00")
        await till.says("Also 1 Adult · Quay Blues")
        await till.press("right", "right")
        await till.says("Also 1 Adult · Quay Blues")
        await till.press("enter", "enter")
        await till.says("Ticket 1 of 3")
        rows = await agent.opened.journal.read(lambda reader: reader.rows_after(0, 9))
        sale = rows[-1].read_payload()
    assert isinstance(sale, SalePayload)
    assert [(line.event_id, len(line.serials)) for line in sale.lines] == [("tide", 2), ("quay", 1)]
    assert str(sale.total) == "37.50 EUR"


async def test_a_cart_over_two_events_comes_back_whole(tmp_path: Path) -> None:
    async with _selling(tmp_path) as (_, till):
        await till.press("2", "right", "1")
        await till.says("Total €37.50")
        till.app.kiosk.selling.forget()
        assert await till.app.kiosk.selling.resume() is not None
        await till.says("Total €37.50")
        await till.says("Also 1 Adult · Quay Blues")


async def test_how_long_the_tickets_are_held_counts_down_and_begins_anew_with_each_change(
    tmp_path: Path,
) -> None:
    async with _selling(tmp_path) as (agent, till):
        assert "held for" not in till.text
        await till.press("2")
        await till.says("2 tickets · held for 10:00")
        _pass(agent, till, 31.5)
        await till.says("2 tickets · held for 9:29")
        await till.press("plus")
        await till.says("3 tickets · held for 10:00")
        await till.press("enter")
        await till.at(Place.PAYMENT)
        assert "held for" not in till.text, "what is being paid is held for as long as it takes"


async def test_a_hold_that_is_over_is_said_and_the_cart_begins_anew(tmp_path: Path) -> None:
    async with _selling(tmp_path) as (agent, till):
        await till.press("2")
        await till.says("held for 10:00")
        _pass(agent, till, 599)
        await till.says("held for 0:01")
        assert till.app.kiosk.selling.cart is not None
        _pass(agent, till, 1)
        await till.until(lambda: till.headline == "▲ The tickets were held too long and went back")
        assert till.app.kiosk.selling.is_empty
        await till.says("0 tickets")
        await till.press("plus")
        await till.says("1 ticket · held for 10:00")


async def test_each_hold_that_is_over_is_said(tmp_path: Path) -> None:
    async with _selling(tmp_path) as (agent, till):
        for _ in range(2):
            await till.press("plus")
            await till.says("1 ticket · held for 10:00")
            _pass(agent, till, 600)
            await till.until(lambda: till.headline.startswith("▲ The tickets were held too long"))
            await till.says("0 tickets")
            till.app.kiosk.announce(None)


async def test_whether_a_hold_is_over_is_asked_once_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _selling(tmp_path) as (agent, till):
        client, asked, answers = till.app.kiosk.desk.client, list[str](), asyncio.Event()
        carts = client.carts

        async def slow() -> Carts:
            asked.append("carts")
            await answers.wait()
            return await carts()

        monkeypatch.setattr(client, "carts", slow)
        await till.press("2")
        await till.says("held for 10:00")
        _pass(agent, till, 600)
        await till.until(lambda: asked)
        for _ in range(3):
            till.app.kiosk._tick()
            await till.pilot.pause()
        assert len(asked) == 1
        answers.set()
        await till.until(lambda: till.headline.startswith("▲ The tickets were held too long"))
        await till.says("0 tickets")


async def test_a_clock_that_jumps_ahead_takes_no_cart_away(tmp_path: Path) -> None:
    async with _selling(tmp_path) as (agent, till):
        await till.press("2")
        await till.says("held for 10:00")
        agent.clock.set_wall(agent.clock.now().replace(hour=23))
        till.app.kiosk._tick()
        await till.says("2 tickets · held for 10:00")
        assert till.headline == ""
