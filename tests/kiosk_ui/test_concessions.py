"""Concessions by one key, and price rules by themselves, on the screens: the real agent's carts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from kiosk_contracts.payloads import SalePayload
from kiosk_ui.cart_lines import LineKey
from kiosk_ui.notices import Tone
from kiosk_ui.places import Place
from kiosk_ui.widgets.lists.row_list import RowList
from tests.support.prices import priced_season
from tests.support.ui_socket import Till as Agent
from tests.support.ui_socket import till_in
from tests.support.ui_till import AgentClock, Till, kiosk_app, open_at

_HINT = "F5 concessions of the chosen type"


@asynccontextmanager
async def _selling(folder: Path, **changes: Any) -> AsyncIterator[tuple[Agent, Till]]:
    """Open the Sell screen of an event with concessions and rules."""
    async with till_in(folder) as agent:
        await _sync(agent, **changes)
        await agent.opened.stock(20)
        await agent.opened.stock(10, ticket_type_id="child", price="6.00")
        await agent.opened.stock(5, event_id="quay")
        await agent.open_shift()
        async with open_at(folder, AgentClock(agent.clock)) as till:
            await till.press(*"2222", "enter")
            await till.at(Place.EVENTS)
            await till.press("f2")
            await till.says("Tide & Timber · Mon 23 Nov 20:00")
            await till.says("Adult")
            yield agent, till


async def _sync(agent: Agent, **changes: Any) -> None:
    catalogue = priced_season(**changes)
    await agent.opened.journal.write(lambda writer: writer.put_catalogue(catalogue))


async def _sale(agent: Agent) -> SalePayload:
    rows = await agent.opened.journal.read(lambda reader: reader.rows_after(0, 9))
    sale = rows[-1].read_payload()
    assert isinstance(sale, SalePayload)
    return sale


async def test_two_students_are_f5_2_enter_enter(tmp_path: Path) -> None:
    async with _selling(tmp_path) as (agent, till):
        till.burst("f5", "2", "enter", "enter")
        await till.says("Ticket 1 of 2")
        await till.says("Adult, Student · €8.75")
        sale = await _sale(agent)
    assert [(one.concession_id, len(one.serials)) for one in sale.lines] == [("student", 2)]
    assert str(sale.total) == "17.50 EUR"


async def test_two_adults_are_still_2_enter_enter(tmp_path: Path) -> None:
    async with _selling(tmp_path) as (agent, till):
        till.burst("2", "enter", "enter")
        await till.says("Ticket 1 of 2")
        sale = await _sale(agent)
    assert [(one.concession_id, len(one.serials)) for one in sale.lines] == [("", 2)]


async def test_the_screen_says_what_to_ask_for_and_what_it_costs(tmp_path: Path) -> None:
    async with _selling(tmp_path) as (_, till):
        assert "Student" not in till.text
        await till.press("f5")
        await till.says("Student")
        await till.says("€8.75")
        await till.says("Ask for: a student card")
        await till.says("Ask for: a pass with the letter B")
        await till.press("1", "down", "1")
        await till.says("Total €8.75")
        await till.press("f5")
        await till.says("Companion")
        await till.says("Student")


async def test_f5_again_folds_what_nobody_wants(tmp_path: Path) -> None:
    async with _selling(tmp_path) as (_, till):
        await till.press("f5", "f5")
        assert "Student" not in till.text
        assert till.app.screen.query_one(RowList).chosen == "adult"


async def test_the_key_is_clicked_as_well_and_so_are_the_rows(tmp_path: Path) -> None:
    async with _selling(tmp_path) as (_, till):
        await till.click(_HINT)
        await till.says("Student")
        await till.click("Companion")
        await till.press("1")
        await till.says("Total €0.00")
        key = LineKey("tide", "adult", "companion")
        assert till.app.kiosk.selling.quantity(key) == 1


async def test_a_type_without_concessions_says_so_and_an_event_without_shows_no_key(
    tmp_path: Path,
) -> None:
    async with _selling(tmp_path) as (_, till):
        await till.press("down", "f5")
        await till.until(lambda: till.tone is Tone.REFUSED)
        assert till.headline == "✖ This ticket type has no concessions"
        await till.press("right")
        await till.says("Quay Blues")
        assert _HINT not in till.text


async def test_a_rule_is_shown_by_name_with_what_it_saves(tmp_path: Path) -> None:
    async with _selling(tmp_path) as (_, till):
        await till.press("2", "down", "2")
        await till.says("Family price saves €7.01")
        await till.says("Total €29.99")
        await till.press("plus")
        await till.says("Total €35.99")
        await till.press("minus", "minus")
        await till.says("Total €31.00")
        assert "saves" not in till.text


async def test_payment_lists_list_prices_and_below_what_the_rule_takes_off(tmp_path: Path) -> None:
    async with _selling(tmp_path) as (agent, till):
        await till.press("2", "f5", "1", "down", "down", "2")
        await till.says("Total €38.74")
        await till.press("enter")
        await till.says("Family price")
        await till.says("-€7.01")
        await till.says("Adult, Student · Tide & Timber")
        await till.press("enter")
        await till.says("Ticket 1 of 5")
        sale = await _sale(agent)
    assert str(sale.total) == "38.74 EUR"


async def test_the_cart_is_back_with_its_concessions(tmp_path: Path) -> None:
    async with _selling(tmp_path) as (agent, till):
        await till.press("f5", "2")
        await till.says("Total €17.50")
        other = kiosk_app(tmp_path / "ui.sock", AgentClock(agent.clock))
        async with other.run_test(size=(80, 24)) as pilot:
            again = Till(other, pilot)
            await again.says("PIN")
            await again.press(*"2222", "enter")
            await again.at(Place.SELL)
            await again.says("Ask for: a student card")
            await again.says("Total €17.50")
            assert other.kiosk.selling.quantity(LineKey("tide", "adult", "student")) == 2


async def test_a_concession_that_ended_is_said_and_can_be_set_to_none(tmp_path: Path) -> None:
    async with _selling(tmp_path) as (agent, till):
        await till.press("f5", "2")
        await till.says("Total €17.50")
        await _sync(agent, version=5, concessions=[])
        await till.press("plus")
        await till.until(lambda: till.tone is Tone.REFUSED)
        assert till.headline == "✖ There is no such concession"
        await till.says("Total €17.50")
        await till.until(lambda: _HINT not in till.text)
        assert "student" in till.text
        await till.press("backspace", "up", "1")
        await till.says("Total €12.50")


async def test_what_is_wanted_of_another_event_is_named_with_its_concession(tmp_path: Path) -> None:
    async with _selling(tmp_path) as (_, till):
        await till.press("f5", "2")
        await till.says("Total €17.50")
        await till.press("right")
        await till.says("Also 2 Adult, Student · Tide & Timber")


async def test_the_x_report_names_what_reduced_a_price(tmp_path: Path) -> None:
    async with _selling(tmp_path) as (_, till):
        await till.press("f5", "2", "enter", "enter")
        await till.says("Ticket 1 of 2")
        await till.press("escape")
        await till.at(Place.EVENTS)
        await till.press("f5")
        await till.says("Adult, Student · Tide & Timber · €8.75")
