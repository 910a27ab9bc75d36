"""A manager confirms the kiosk's time where selling waits for it: the real agent's answers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, timedelta, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from textual.widgets import Digits

from kiosk_ui.notices import Tone
from kiosk_ui.places import Place
from kiosk_ui.screens.clock import ClockScreen
from tests.support.ui_agent import UiAgent
from tests.support.ui_socket import Till as Agent
from tests.support.ui_socket import till_in
from tests.support.ui_till import AgentClock, Till, asked, kiosk_app

DAY_S = 24 * 3600.0
OFFERED = "F12 Confirm the time…"


@asynccontextmanager
async def _kiosk(
    folder: Path, *, away_s: float = -DAY_S, zone: tzinfo = UTC
) -> AsyncIterator[tuple[Agent, Till]]:
    """Run the app at an agent that sold, and whose host then came up with this clock."""
    async with till_in(folder) as agent:
        await agent.opened.stock(5)
        await agent.open_shift()
        assert (await agent.sell(adult=1)).status == 201
        agent.clock.reboot(away_s=away_s)
        app = kiosk_app(folder / "ui.sock", AgentClock(agent.clock, zone))
        async with app.run_test(size=(80, 24)) as pilot:
            till = Till(app, pilot)
            await till.says("PIN")
            yield agent, till


async def _refused(till: Till) -> None:
    """Sign in and be refused a ticket."""
    await till.press(*"2222", "enter")
    await till.at(Place.EVENTS)
    await till.press("f2", "2")
    await till.until(lambda: till.headline == "✖ The kiosk's clock is wrong")


async def _news(agent: Agent) -> None:
    """Let the agent's stream tell what is new: it sleeps by the agent's clock."""
    await agent.clock.wait_for_sleepers()
    agent.clock.advance(1)


async def _confirmed_by(agent: Agent) -> str | None:
    given = await agent.opened.journal.read(lambda reader: reader.clock_confirmation())
    return given.staff_id if given is not None else None


def _asks(till: Till) -> bool:
    return isinstance(till.app.screen, ClockScreen) and till.settled


async def test_the_refusal_offers_it_a_manager_confirms_and_the_same_sale_goes_on(
    tmp_path: Path,
) -> None:
    async with _kiosk(tmp_path) as (agent, till):
        await _refused(till)
        await till.says(OFFERED)
        await till.press("f12")
        await till.until(lambda: _asks(till))
        assert till.app.screen.query_one(Digits).value == "19:00:00"
        await till.says("Sunday, 22 November 2026 · UTC")
        await till.says("Compare it with a watch")
        await till.says("If it is wrong, do not confirm")
        await till.press(*"9999", "enter")
        await till.until(lambda: till.tone is Tone.RECORDED)
        assert till.headline == "✔ The time is confirmed: selling goes on"
        await till.says("Mia found 19:00:00 right.")
        assert till.app.kiosk.place is Place.SELL
        assert await _confirmed_by(agent) == "mia"
        await till.until(lambda: "clock is wrong" not in till.text, "types that sell")
        await till.press("plus", "plus", "enter", "enter")
        await till.at(Place.TICKET)
        await till.says("Ticket 1 of 2")


async def test_it_is_reached_from_the_events_while_selling_waits(tmp_path: Path) -> None:
    async with _kiosk(tmp_path) as (agent, till):
        await till.press(*"2222", "enter")
        await till.at(Place.EVENTS)
        await till.says("The kiosk's clock is behind its last recorded sale.")
        await till.until(lambda: till.text.count("not selling") == 2, "two events that do not sell")
        await till.click(OFFERED)
        await till.until(lambda: _asks(till))
        await till.press(*"9999", "enter")
        await till.until(lambda: till.tone is Tone.RECORDED)
        await _news(agent)
        await till.until(lambda: OFFERED not in till.text, "no more to confirm")
        await till.until(lambda: till.text.count("not selling") == 1, "an event that sells")
        await till.press("f12")
        assert till.headline == "✖ Selling does not wait for the clock"


async def test_a_click_on_the_refusal_opens_it(tmp_path: Path) -> None:
    async with _kiosk(tmp_path) as (_, till):
        await _refused(till)
        await till.click("Confirm the time…")
        await till.until(lambda: _asks(till))
        await till.click("leave it")
        await till.until(lambda: not _asks(till))
        assert till.app.kiosk.place is Place.SELL


async def test_the_refusal_offers_it_before_the_status_tells_of_it(tmp_path: Path) -> None:
    async with _kiosk(tmp_path, away_s=0) as (agent, till):
        await till.press(*"2222", "enter")
        await till.at(Place.EVENTS)
        await till.press("f2")
        await till.at(Place.SELL)
        agent.clock.boot = "boot-3"
        agent.clock.set_wall(agent.clock.now() - timedelta(days=1))
        await till.press("2")
        await till.says(OFFERED)
        await till.press("f12")
        await till.until(lambda: _asks(till))


async def test_the_time_is_the_kiosks_own_with_its_zone_and_goes_on(tmp_path: Path) -> None:
    async with _kiosk(tmp_path, zone=ZoneInfo("Europe/Berlin")) as (agent, till):
        await _refused(till)
        await till.press("f12")
        await till.until(lambda: _asks(till))
        shown = till.app.screen.query_one(Digits)
        assert shown.value == "20:00:00"
        await till.says("Sunday, 22 November 2026 · CET, UTC+01:00")
        agent.clock.set_wall(agent.clock.now() + timedelta(hours=4, seconds=7))
        await till.until(lambda: shown.value == "00:00:07", "the time that it is now")
        await till.says("Monday, 23 November 2026")


async def test_what_is_confirmed_is_the_time_shown_last(tmp_path: Path) -> None:
    async with _kiosk(tmp_path) as (agent, till):
        await _refused(till)
        await till.press("f12")
        await till.until(lambda: _asks(till))
        agent.clock.set_wall(agent.clock.now() + timedelta(minutes=30))
        shown = till.app.screen.query_one(Digits)
        await till.until(lambda: shown.value == "19:30:00")
        await till.press(*"9999", "enter")
        await till.until(lambda: till.tone is Tone.RECORDED)
        assert await _confirmed_by(agent) == "mia"


@pytest.mark.parametrize("pin", ["1111", "2222", "000000"])
async def test_a_pin_that_is_no_managers_is_typed_again_and_the_cart_stays(
    tmp_path: Path, pin: str
) -> None:
    async with _kiosk(tmp_path) as (agent, till):
        await _refused(till)
        cart = till.app.kiosk.selling.txn_id
        await till.press("f12", *pin, "enter")
        await till.says("No manager here has this PIN. This needs a manager")
        await till.until(lambda: _asks(till))
        assert await _confirmed_by(agent) is None
        await till.press(*"9999", "enter")
        await till.until(lambda: till.tone is Tone.RECORDED)
        assert till.app.kiosk.selling.txn_id == cart


async def test_a_lockout_says_for_how_long_and_nothing_is_lost(tmp_path: Path) -> None:
    async with _kiosk(tmp_path) as (agent, till):
        await _refused(till)
        await till.press("f12")
        for _ in range(5):
            await till.press(*"0000", "enter")
            await till.until(lambda: _asks(till))
        await till.press(*"9999", "enter")
        await till.says("Too many wrong PINs.")
        await till.says("takes no PIN for 60 seconds")
        await till.until(lambda: _asks(till))
        await till.press("escape")
        assert till.app.kiosk.place is Place.SELL
        agent.clock.advance(61)
        await till.press("f12", *"9999", "enter")
        await till.until(lambda: till.tone is Tone.RECORDED, "confirmed after all")


async def test_a_clock_that_jumps_while_the_pin_is_typed_is_looked_at_again(tmp_path: Path) -> None:
    async with _kiosk(tmp_path) as (agent, till):
        await _refused(till)
        await till.press("f12", *"9999")
        await till.until(lambda: _asks(till))
        question = till.app.screen
        assert isinstance(question, ClockScreen)
        question._shown -= timedelta(minutes=6)
        question.action_confirm()
        await till.says("That is not the kiosk's time.")
        await till.says("have it set before confirming.")
        assert await _confirmed_by(agent) is None
        await till.until(lambda: _asks(till))
        await till.press(*"9999", "enter")
        await till.until(lambda: till.tone is Tone.RECORDED)


async def test_a_manager_who_is_signed_in_confirms_by_a_key_that_no_scan_ends_with(
    tmp_path: Path,
) -> None:
    async with _kiosk(tmp_path) as (agent, till):
        await till.press(*"9999", "enter", *"50", "enter")
        await till.at(Place.EVENTS)
        await till.press("f12", "enter", *"4012345", "enter", "space")
        assert _asks(till)
        assert "Manager's PIN" not in till.text
        assert await _confirmed_by(agent) is None
        await till.click("F8 it is right")
        await till.until(lambda: till.tone is Tone.RECORDED)
        assert await _confirmed_by(agent) == "mia"


async def test_someone_who_is_no_manager_any_more_is_asked_for_a_pin(tmp_path: Path) -> None:
    async with _kiosk(tmp_path) as (agent, till):
        await _refused(till)
        staff = till.app.kiosk.desk.session.staff
        assert staff is not None
        till.app.kiosk.desk.session.staff = staff.model_copy(update={"role": "manager"})
        await till.press("f12", "f8")
        await till.says("A manager must approve this.")
        await till.press(*"9999", "enter")
        await till.until(lambda: till.tone is Tone.RECORDED)
        assert await _confirmed_by(agent) == "mia"


async def test_a_scan_neither_confirms_nor_types(tmp_path: Path) -> None:
    async with _kiosk(tmp_path) as (agent, till):
        await _refused(till)
        await till.press("f12", *"99")
        till.scan(agent.signer.code("0000000000"))
        await till.until(lambda: "Confirm the time or leave it first" in till.headline)
        assert _asks(till)
        await till.press(*"99", "enter")
        await till.until(lambda: till.tone is Tone.RECORDED)


async def test_too_short_a_pin_is_not_asked_about(tmp_path: Path) -> None:
    async with _kiosk(tmp_path) as (agent, till):
        await _refused(till)
        await till.press("f12", *"999", "enter")
        await till.says("A manager types their PIN to approve.")
        failures = await agent.opened.journal.read(lambda reader: reader.pin_failures())
        assert failures == (0, None)


async def test_nobody_confirms_a_time_that_nothing_waits_for(tmp_path: Path) -> None:
    async with _kiosk(tmp_path, away_s=0) as (agent, till):
        await till.press("f12")
        assert till.headline == ""
        await till.press(*"2222", "enter")
        await till.at(Place.EVENTS)
        await till.press("f12")
        assert till.headline == "✖ Selling does not wait for the clock"
        assert not _asks(till)
        await till.press("f2", "1")
        await till.says("Total €12.50")
        assert await _confirmed_by(agent) is None


async def test_the_confirmation_whose_answer_is_lost_is_given_once(
    till: Till, agent: UiAgent
) -> None:
    agent.books.warnings.append({"code": "clock_behind", "text": "The clock is behind."})
    await till.sign_in()
    agent.faults.lose_answer["POST /v1/clock/confirm"] = 1
    await till.press("f12", *"9999", "enter")
    await till.until(lambda: till.tone is Tone.RECORDED)
    assert till.headline == "✔ The time is confirmed: selling goes on"
    assert agent.faults.fired["lose_answer"] == 1
    assert asked(agent, "POST /v1/clock/confirm") == 2
