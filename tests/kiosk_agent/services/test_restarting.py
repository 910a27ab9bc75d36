"""A restart of the host by a command: nobody is broken off, and nobody is charged before it."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
from uuid6 import uuid7

from kiosk_agent.adapters.command_folder import FOLDER
from kiosk_agent.domain.records import StoredCart
from kiosk_agent.services.restarting import LONGEST_MS
from kiosk_contracts.commands import CommandEnd, outcome
from kiosk_contracts.screens import ScreenReport
from kiosk_contracts.selling import CartState
from tests.kiosk_agent.services.test_commands import Desk, desk_in


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk_in(tmp_path) as built:
        yield built


async def test_a_restart_waits_for_no_screen_that_is_idle_and_for_one_that_is_busy(
    desk: Desk,
) -> None:
    desk.screens.report("till", ScreenReport(busy=True, why="a refund", holds=True))
    refused, forced = desk.order("reboot"), desk.order("reboot", forced=True)
    await desk.hears()
    assert await desk.takes() == forced
    [(told, end, why)] = await desk.outcomes()
    assert (told, end) == (refused, "refused")
    assert why == "somebody is served at its screen (a refund); ask again, or force it"
    desk.screens.report("till", ScreenReport(busy=False, holds=True))
    later = desk.order("reboot")
    await desk.hears()
    assert await desk.takes() == later


async def test_a_restart_waits_for_a_payment_that_has_begun(desk: Desk) -> None:
    now = desk.kit.clock.now()
    cart = StoredCart(uuid7(), CartState.PAYMENT_STARTED, "ada", now, "boot-1", 0)
    await desk.kit.here.journal.write(lambda writer: writer.put_cart(cart))
    command_id = desk.order("reboot")
    await desk.hears()
    assert await desk.takes() is None
    [(told, end, why)] = await desk.outcomes()
    assert (told, end) == (command_id, "refused")
    assert why.startswith("a payment has begun at the kiosk, and is not completed")


async def test_while_a_restart_may_come_nothing_is_sold_anew_and_for_no_longer(
    desk: Desk,
) -> None:
    state, clock = desk.kit.here.state, desk.kit.clock
    failed, done = desk.order("reboot"), desk.order("reboot", forced=True)
    await desk.hears()
    assert await desk.takes() == failed
    assert state.restarts_until_ms() == clock.boottime_ms() + LONGEST_MS
    await desk.commands.end(failed, outcome(CommandEnd.FAILED, "it did not go down"))
    assert state.restarts_until_ms() == 0
    assert await desk.takes() == done
    state.set_restarts(0)
    desk.begins()
    assert state.restarts_until_ms() == clock.boottime_ms() + LONGEST_MS, "the agent was killed"
    await desk.takes()
    assert state.restarts_until_ms() == 0, "the supervisor has been started anew"
    desk.begins()
    assert state.restarts_until_ms() == 0


async def test_after_the_restart_the_kiosk_sells(desk: Desk) -> None:
    desk.order("reboot")
    await desk.hears()
    await desk.takes()
    desk.kit.here.state.set_restarts(0)
    desk.kit.clock.boot = "boot-2"
    desk.begins()
    assert desk.kit.here.state.restarts_until_ms() == 0


async def test_a_restart_that_is_refused_keeps_nobody_from_selling(desk: Desk) -> None:
    desk.screens.report("till", ScreenReport(busy=True, holds=True))
    desk.order("reboot")
    await desk.hears()
    assert await desk.takes() is None
    assert desk.kit.here.state.restarts_until_ms() == 0


async def test_starts_of_the_agent_put_the_end_of_a_decision_off_no_further(desk: Desk) -> None:
    """An agent that crashes over and over would sell nothing, for ever."""
    state, clock = desk.kit.here.state, desk.kit.clock
    desk.order("reboot")
    await desk.hears()
    assert await desk.takes() is not None
    ends_ms = clock.boottime_ms() + LONGEST_MS
    for _ in range(3):
        clock.advance(150)
        state.set_restarts(0)
        desk.begins()
        assert state.restarts_until_ms() == ends_ms
    assert clock.boottime_ms() > ends_ms


async def test_one_that_an_older_agent_began_counts_from_this_start(desk: Desk) -> None:
    command_id = desk.order("reboot")
    await desk.hears()
    await desk.takes()
    path = desk.folder / FOLDER / f"{command_id}.json"
    kept = json.loads(path.read_text())
    assert kept.pop("begun_ms") == desk.kit.clock.boottime_ms()
    path.write_text(json.dumps(kept))
    desk.kit.clock.advance(150)
    desk.begins()
    until_ms = desk.kit.here.state.restarts_until_ms()
    assert until_ms == desk.kit.clock.boottime_ms() + LONGEST_MS


async def test_a_restart_that_is_refused_ends_no_decision_of_another(desk: Desk) -> None:
    """Systems Manager's was decided, and the host goes down by it."""
    other = uuid4()
    assert await desk.restarting.begin(other, forced=True) == ""
    ends_ms = desk.kit.here.state.restarts_until_ms()
    desk.screens.report("till", ScreenReport(busy=True, holds=True))
    refused = desk.order("reboot")
    await desk.hears()
    assert await desk.takes() is None
    assert [one[:2] for one in await desk.outcomes()] == [(refused, "refused")]
    assert desk.kit.here.state.restarts_until_ms() == ends_ms > 0
    desk.restarting.end(other)
    assert desk.kit.here.state.restarts_until_ms() == 0


async def test_of_two_decisions_the_longer_one_counts_until_it_ends(desk: Desk) -> None:
    first, second = uuid4(), uuid4()
    await desk.restarting.begin(first, forced=True)
    until_ms = desk.kit.here.state.restarts_until_ms()
    desk.kit.clock.advance(10)
    await desk.restarting.begin(second, forced=True)
    assert desk.kit.here.state.restarts_until_ms() == until_ms + 10_000
    desk.restarting.end(second)
    assert desk.kit.here.state.restarts_until_ms() == until_ms
