"""An evening without a keyboard: no key is pressed in any of these, all is touched."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kiosk_contracts.payloads import SalePayload, ShiftClosedPayload, ShiftOpenedPayload
from kiosk_contracts.tender import CardTender, CashTender, ComplimentaryTender
from kiosk_ui.places import Place
from tests.support.ui_socket import Till as Agent
from tests.support.ui_socket import till_in
from tests.support.ui_till import AgentClock, Till, kiosk_app


@pytest.fixture
async def agent(tmp_path: Path) -> AsyncIterator[Agent]:
    """Serve a kiosk with tickets of two events."""
    async with till_in(tmp_path) as agent:
        for event_id in ("tide", "quay"):
            await agent.opened.stock(5, event_id=event_id)
        yield agent


@pytest.fixture
async def till(agent: Agent, tmp_path: Path) -> AsyncIterator[Till]:
    """Stand at that kiosk, which nobody has touched yet."""
    app = kiosk_app(tmp_path / "ui.sock", AgentClock(agent.clock))
    async with app.run_test(size=(80, 24)) as pilot:
        till = Till(app, pilot)
        await till.says("Who is at this kiosk?")
        yield till


async def sign_in(till: Till) -> None:
    """Sign in and open a shift."""
    await till.click("PIN")
    await till.tap("2222", "enter")
    await till.at(Place.OPENING_FLOAT)
    await till.tap("100.50", "enter")
    await till.at(Place.EVENTS)
    await till.says("Tide & Timber")


async def open_payment(till: Till) -> None:
    """Put two adults into a cart and go to payment."""
    await till.click("Tide & Timber")
    await till.at(Place.SELL)
    await till.says("Adult")
    await till.click("+ more")
    await till.click("+ more")
    await till.says("Total €25.00")
    await till.click("Enter pay", last=True)
    await till.at(Place.PAYMENT)


async def payloads(agent: Agent) -> list[object]:
    rows = await agent.opened.journal.read(lambda reader: reader.rows_after(0, 99))
    return [row.read_payload() for row in rows]


async def test_tickets_of_two_events_are_paid_in_parts(till: Till, agent: Agent) -> None:
    await sign_in(till)
    await till.click("Tide & Timber")
    await till.at(Place.SELL)
    await till.says("Adult")
    await till.click("+ more")
    await till.click("+ more")
    await till.click("→ event")
    await till.says("Quay Blues ·")
    await till.click("+ more")
    await till.says("Total €37.50")
    await till.click("Enter pay", last=True)
    await till.at(Place.PAYMENT)
    await till.tap("20")
    await till.click("F9 part")
    await till.says("Reference")
    await till.tap("4711-a", "enter")
    await till.at(Place.TICKET)
    await till.click("Enter next")
    await till.says("Ticket 2 of 3")
    await till.click("← back")
    await till.says("Ticket 1 of 3")
    await till.click("Esc done")
    await till.at(Place.EVENTS)
    opened, sale = await payloads(agent)
    assert isinstance(opened, ShiftOpenedPayload)
    assert str(opened.opening_float) == "100.50 EUR"
    assert isinstance(sale, SalePayload)
    counts = [(line.event_id, len(line.serials)) for line in sale.lines]
    assert counts == [("tide", 2), ("quay", 1)]
    cash, card = sale.tender
    assert isinstance(cash, CashTender)
    assert str(cash.amount) == "20.00 EUR"
    assert isinstance(card, CardTender)
    assert (str(card.amount), card.reference) == ("17.50 EUR", "4711-a")


async def test_a_group_is_counted_on_the_pad(till: Till) -> None:
    await sign_in(till)
    await till.click("Tide & Timber")
    await till.at(Place.SELL)
    await till.says("Adult")
    assert not till.pad(), "the rows can be touched without one"
    await till.click("0-9 count")
    await till.tap("4")
    await till.says("Total €50.00")
    await till.tap("", "backspace")
    await till.says("0 tickets")
    await till.tap("3")
    await till.says("Total €37.50")
    await till.click("0-9 count")
    await till.until(lambda: not till.pad(), "no pad any more")
    await till.click("- less")
    await till.says("Total €25.00")


async def test_tickets_are_given_away_with_a_managers_pin(till: Till, agent: Agent) -> None:
    await sign_in(till)
    await open_payment(till)
    await till.click("F7 Complimentary")
    await till.tap("Press O'Hara-Li.")
    await till.click("Manager's PIN")
    await till.tap("9999")
    assert "9999" not in till.text
    await till.says("••••")
    await till.tap("", "enter")
    await till.at(Place.TICKET)
    (tender,) = (await payloads(agent))[-1].tender  # type: ignore[attr-defined]
    assert isinstance(tender, ComplimentaryTender)
    assert tender.reason == "Press O'Hara-Li."


async def test_a_sale_with_a_name_is_found_by_it_and_given_back(till: Till, agent: Agent) -> None:
    agent.line.up = False
    await sign_in(till)
    await open_payment(till)
    await till.click("F4 name")
    await till.says("Name for the sale?")
    await till.tap("Eve", "enter")
    await till.says("Eve")
    await till.click("Enter complete")
    await till.at(Place.TICKET)
    await till.click("Esc done")
    await till.at(Place.EVENTS)
    await till.click("F4 transactions")
    await till.at(Place.TRANSACTIONS)
    await till.click("F6 find")
    await till.at(Place.FIND)
    await till.tap("ev", "enter")
    await till.says("€25.00")
    await till.click("F8 give back")
    await till.says("Reason")
    await till.tap("ill", "enter")
    await till.says("Manager's PIN")
    await till.tap("9999", "enter")
    await till.until(lambda: "void" in till.headline, "voided")
    kinds = [type(one).__name__ for one in await payloads(agent)]
    assert kinds == ["ShiftOpenedPayload", "SalePayload", "VoidPayload"]


async def test_the_drawer_is_counted_and_the_shift_closed(till: Till, agent: Agent) -> None:
    await sign_in(till)
    await till.click("F5 drawer")
    await till.says("Should be in the drawer")
    await till.click("F6 pay in")
    await till.says("Pay cash in?")
    await till.tap("9.50", "enter")
    await till.tap("change", "enter")
    await till.until(lambda: "paid in" in till.headline, "paid in")
    await till.click("F8 tally")
    await till.at(Place.COUNT)
    await till.click("€50.00")
    await till.tap("2")
    await till.says("€100.00")
    await till.click("€10.00")
    await till.tap("12", "backspace")
    await till.says("€110.00")
    await till.tap("", "enter")
    await till.says("Counted €110.00: exact. Close the shift?")
    await till.click("Enter close")
    await till.at(Place.Z_REPORT)
    await till.click("Enter sign out")
    await till.at(Place.SIGN_IN)
    closed = (await payloads(agent))[-1]
    assert isinstance(closed, ShiftClosedPayload)
    assert str(closed.counted) == "110.00 EUR"


async def test_a_ticket_is_admitted_by_its_receipt(till: Till) -> None:
    await sign_in(till)
    await open_payment(till)
    await till.click("Enter complete")
    await till.at(Place.TICKET)
    await till.click("Esc done")
    await till.at(Place.EVENTS)
    await till.click("F3 admit")
    await till.at(Place.ADMIT)
    await till.tap("1", "enter")
    await till.says("Tickets found for “1”")
    await till.click("Enter admit")
    await till.says("GREEN · LET IN")
    await till.until(lambda: bool(till.pad()), "the pad again")
