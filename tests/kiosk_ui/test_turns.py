"""Two real UIs at the real agent: one answers keys, and whatever happens the sale goes on."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from demo.terminal import Terminal
from kiosk_contracts.screens import ScreensSeen
from tests.support.agent_process import client, running_agent
from tests.support.far_side import event
from tests.support.real_kiosk import RealKiosk, real_kiosk, sell_one, sign_in

pytestmark = pytest.mark.timeout(300)
MOMENT = "One moment, please"


@asynccontextmanager
async def two_screens(folder: Path) -> AsyncIterator[tuple[RealKiosk, Terminal, Terminal]]:
    """Run an agent and two screens; a cashier is signed in at the first, the second waits."""
    async with (
        real_kiosk(folder) as kiosk,
        running_agent(kiosk.folder),
        kiosk.turn("one") as one,
    ):
        await sign_in(one)
        async with kiosk.turn("two") as two:
            await two.wait_for(MOMENT, 60)
            yield kiosk, one, two


async def test_the_second_waits_and_what_is_typed_there_is_nobodys(tmp_path: Path) -> None:
    async with two_screens(tmp_path) as (_, one, two):
        two.type("2468")
        two.press("enter")
        await sell_one(one)
        assert MOMENT in two.text
        os.kill(one.pid, signal.SIGTERM)
        # The cashier is signed in at the next one, and nothing of what was typed is there.
        await two.wait_for("39 left to sell", 60)
        assert await sell_one(two)


async def test_a_screen_that_is_killed_in_the_middle_of_a_sale_is_gone_on_with(
    tmp_path: Path,
) -> None:
    async with two_screens(tmp_path) as (_, one, two):
        one.press("f2")
        one.type("2")
        await one.wait_for("2 tickets · held for", 60)
        os.kill(one.pid, signal.SIGKILL)
        await two.wait_for("your cart is back", 60)
        await two.wait_for("Total €25.00", 60)
        two.press("enter", "enter")
        await two.wait_for("Ticket 1 of 2", 60)


async def test_who_sold_just_before_their_screen_died_is_told_so(tmp_path: Path) -> None:
    async with two_screens(tmp_path) as (kiosk, one, two):
        one.press("f2")
        one.type("1")
        await one.wait_for("1 ticket · held for", 60)
        # It is on disk, and its screen never shows it: the UI hangs from just before.
        one.press("enter")
        await one.wait_for("HB1 · payment", 60)
        one.press("enter")
        await sold(kiosk)
        os.kill(one.pid, signal.SIGKILL)
        await two.wait_for("Done here just now: sale HB1-1-000001, €12.50", 60)
        await two.wait_for("do not do it again", 60)


async def test_told_to_end_it_finishes_the_sale_in_hand_and_begins_no_other(
    tmp_path: Path,
) -> None:
    async with two_screens(tmp_path) as (kiosk, one, two):
        one.press("f2")
        one.type("2")
        await one.wait_for("Total €25.00", 60)
        os.kill(one.pid, signal.SIGTERM)
        await one.wait_for("finish this sale", 60)
        await says_that_it_ends(kiosk, "one")
        assert MOMENT in two.text
        one.press("enter", "enter")
        await one.wait_for("Ticket 1 of 2", 60)
        one.press("escape", "f2")
        await one.wait_for("This screen is about to end", 60)
        await two.wait_for("38 left to sell", 60)
        await one._ended.wait()
        assert await sell_one(two)


async def test_the_screen_is_moved_when_nobody_is_busy_and_only_then(tmp_path: Path) -> None:
    async with two_screens(tmp_path) as (kiosk, one, two):
        one.press("f2")
        one.type("1")
        await one.wait_for("Total €12.50", 60)
        refused = await take(kiosk, "two")
        assert (refused["code"], refused["detail"]) == ("screen_busy", "a sale")
        one.press("enter", "enter")
        await one.wait_for("Ticket 1 of 1", 60)
        one.press("escape")
        await moved(kiosk, "two")
        await one.wait_for(MOMENT, 60)
        await two.wait_for("39 left to sell", 60)
        assert await sell_one(two)


async def test_a_gate_goes_on_with_its_event_at_the_next_screen(tmp_path: Path) -> None:
    async with real_kiosk(tmp_path) as kiosk:
        other = event(event_id="night", event_no=8, name="Night Tide")
        kiosk.far.catalogue["events"].append(other)
        async with running_agent(kiosk.folder), kiosk.turn("one") as one:
            await sign_in(one, left=80)
            await one.wait_for("Night Tide", 60)
            one.press("down", "f3")
            await one.wait_for("letting in: Night Tide", 60)
            async with kiosk.turn("two") as two:
                await two.wait_for(MOMENT, 60)
                os.kill(one.pid, signal.SIGKILL)
                await two.wait_for("Night Tide", 60)
                two.press("f3")
                await two.wait_for("letting in: Night Tide", 60)


async def sold(kiosk: RealKiosk) -> None:
    """Wait until a sale is on disk."""
    async with client(kiosk.folder.admin_socket) as http:
        while True:
            async with http.get("/v1/transactions") as answer:
                rows = (await answer.json())["transactions"]
            if any(row["kind"] == "sale" for row in rows):
                return


async def says_that_it_ends(kiosk: RealKiosk, screen: str) -> None:
    """Wait until the agent has it of the screen that answers keys, as its heartbeats tell it."""
    async with client(kiosk.folder.admin_socket) as http, asyncio.timeout(20):
        while True:
            async with http.get("/v1/screens") as answer:
                state = ScreensSeen.model_validate(await answer.json()).state()
            if state.stopping:
                break
            await asyncio.sleep(0.1)
    assert (state.holder, state.busy) == (screen, True)


async def take(kiosk: RealKiosk, screen: str) -> Any:
    """Give the screen to another one, as the supervisor does; return the answer."""
    async with (
        client(kiosk.folder.admin_socket) as http,
        http.post(f"/v1/screens/{screen}/take", json={}) as answer,
    ):
        return await answer.json(content_type=None)


async def moved(kiosk: RealKiosk, screen: str) -> None:
    """Ask again until nobody is busy."""
    while (answer := await take(kiosk, screen)).get("code") == "screen_busy":  # noqa: ASYNC110
        await asyncio.sleep(0.1)
    assert answer["holder"] == screen
