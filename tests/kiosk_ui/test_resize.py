"""A terminal made 40x10 and large again: nothing breaks, what matters can be read, all is back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from kiosk_ui.looks import Look
from kiosk_ui.notices import refused
from kiosk_ui.places import Place
from kiosk_ui.widgets.frame.body import Body
from tests.support.paper_office import Office, office_in
from tests.support.ui_agent import UiAgent
from tests.support.ui_judges import is_plain, is_readable, is_whole
from tests.support.ui_shrink import SMALL, USUAL, shrunk
from tests.support.ui_socket import till_in
from tests.support.ui_till import AgentClock, Till, kiosk_app, open_till


@pytest.mark.parametrize("look", list(Look))
async def test_every_screen_of_a_sale_and_a_gate_keeps_what_matters(
    agent: UiAgent, look: Look
) -> None:
    async with open_till(agent, app=kiosk_app(agent.socket_path, look=look)) as till:
        await till.says("PIN")
        await shrunk(till, "PIN", "F1 help")
        await till.press(*"1111", "enter")
        await till.at(Place.OPENING_FLOAT)
        await shrunk(till, "Opening float")
        await till.press(*"100", "enter")
        await till.at(Place.EVENTS)
        await till.says("Harbour Lights")
        await shrunk(till, "Harbour Lights", "shift opened recorded", "ONLINE since")
        await till.open_sale()
        await till.press("2")
        await till.says("Total €25.00")
        await till.says("61 left to sell")
        await shrunk(till, "Total €25.00", "Adult")
        why = "It is behind the last recorded sale, so nobody can tell whether sales have closed."
        what = "Ask a manager to compare the time with a watch and to confirm it by PIN."
        till.app.kiosk.announce(refused("The kiosk's clock is wrong", why, what))
        await till.says("Ask a manager to compare")
        await shrunk(till, "Total €25.00", "The kiosk's clock is wrong")
        till.app.kiosk.announce(None)
        await till.press("escape")
        await till.says("Leave this sale?")
        await shrunk(till, "Leave this sale?", "Esc keep the cart")
        await till.press("escape", "enter", *"40")
        await till.says("Change: €15.00")
        await shrunk(till, "Total €25.00", "40")
        await till.press("enter")
        await till.at(Place.TICKET)
        sale = till.app.kiosk.desk.session.sale
        assert sale is not None
        await shrunk(till, "Ticket 1 of 2", "recorded online")
        await till.press("escape", "f3")
        code = sale.tickets[0].code
        till.scan(code)
        await till.says("LET IN")
        await shrunk(till, "GREEN", "LET IN")
        till.app.kiosk.announce(None)
        till.scan(code)
        await till.says("STOP")
        await shrunk(till, "RED", "STOP", "Already")
        await till.press("escape", "f4")
        await till.says("HB1-1-000001")
        await shrunk(till, "HB1-1-000001")


@pytest.mark.parametrize("look", list(Look))
async def test_a_payment_in_parts_can_be_worked_at_40x10(agent: UiAgent, look: Look) -> None:
    async with open_till(agent, app=kiosk_app(agent.socket_path, look=look)) as till:
        await till.sign_in()
        await till.open_sale()
        await till.press("2", "down", "1", "enter")
        await till.at(Place.PAYMENT)
        await till.press("f6", *"4021", "down", *"8")
        keys = ("Enter complete", "Esc back", "F9 part", "F4 name")
        await shrunk(till, "Total €31.00", "Card", "4021", "8", *keys)
        await till.pilot.resize_terminal(*SMALL)
        await till.press("f9")
        await till.says("Still to pay €23.00")
        await till.says("Reference")
        await till.press("enter")
        await till.says("The payment is not complete")
        await till.says("Still to pay €23.00")
        assert till.app.focused is not None
        await till.press(*"4711")
        await till.until(lambda: "4711" in till.text, "what is typed")
        await till.press("f5", *"50")
        await till.says("Change: €27.00")
        await till.press("f7", *"press", "enter")
        await till.says("Manager's PIN")
        await till.press("escape")
        await till.says("Give back €8.00")
        await till.says("Enter given back: cancel")


@asynccontextmanager
async def at_the_drawer(folder: Path) -> AsyncIterator[Till]:
    """Run the app at the real agent, with a shift's report shown."""
    async with till_in(folder) as agent:
        await agent.open_shift()
        app = kiosk_app(folder / "ui.sock", AgentClock(agent.clock))
        async with app.run_test(size=USUAL) as pilot:
            till = Till(app, pilot)
            await till.says("PIN")
            await till.press(*"2222", "enter", "f5")
            await till.says("Should be in the drawer")
            yield till


async def test_the_drawer_and_what_it_asks_keep_what_matters(tmp_path: Path) -> None:
    async with at_the_drawer(tmp_path) as till:
        await shrunk(till, "X report")
        await till.press("f7", *"30", "enter")
        await till.says("Pay cash out?")
        await shrunk(till, "Reason", "Manager's PIN")
        await till.press("escape", "f8")
        await till.at(Place.COUNT)
        await till.press("down", "down", "1")
        await till.says("€100.00")
        await shrunk(till, "In the drawer €100.00")
        await till.press("enter")
        await till.says("Close the shift?")
        await shrunk(till, "Close the shift?")


@pytest.mark.parametrize("look", [Look.STANDARD, Look.LARGE, Look.PLAIN])
async def test_what_leads_away_from_events_and_the_gate_keeps_what_matters(
    tmp_path: Path, look: Look
) -> None:
    async with till_in(tmp_path) as agent:
        await agent.opened.stock(20)
        await agent.open_shift()
        app = kiosk_app(tmp_path / "ui.sock", AgentClock(agent.clock), look)
        async with app.run_test(size=USUAL) as pilot:
            till = Till(app, pilot)
            await till.says("PIN")
            await till.press(*"2222", "enter")
            await till.at(Place.EVENTS)
            await till.says("Tide & Timber")
            await till.press("f8")
            await till.says("Not ready: tickets.")
            await shrunk(till, "Not ready: tickets.")
            await till.press("f8", *"12")
            await till.says("Keep this check?")
            await shrunk(till, "Manager's PIN")
            await till.press("escape", "escape", "f9")
            await till.says("without a line")
            await shrunk(till, "line")
            await till.press("escape", "f2", *"2", "enter", "enter")
            await till.at(Place.TICKET)
            await till.press("escape", "f3", *"1", "enter")
            await till.says("Tickets found")
            await shrunk(till, "Tickets found", "HB1-1-000001")
            await till.press("escape", "f9")
            await till.at(Place.SCANNER)
            await till.says("Nobody has calibrated")
            await shrunk(till, "Scanner", "ONLINE since")


async def test_the_print_queue_keeps_what_matters(tmp_path: Path) -> None:
    async with office_in(tmp_path) as office:
        app = kiosk_app(tmp_path / "ui.sock")
        async with app.run_test(size=USUAL) as pilot:
            till = Till(app, pilot)
            await till.says("PIN")
            await till.press(*"2222", "enter")
            await till.at(Place.EVENTS)
            await sheet_in_doubt(till, office)
            for look in Look:
                app.look = look
                await till.until(lambda: till.settled)
                is_whole(app)
                await shrunk(till, "The printer", "ticket 0000000012")
                if look is Look.HIGH_CONTRAST:
                    is_readable(app)
                if look is Look.PLAIN:
                    is_plain(app)


async def sheet_in_doubt(till: Till, office: Office) -> None:
    """Sell two; of the first ticket nobody knows whether it came out; open the print queue."""
    office.fake.cover_opens_after_lines = 3
    await till.press("f2", "2", "enter", "enter")
    await till.at(Place.TICKET)
    ticking = asyncio.create_task(office.tick())
    await till.until(lambda: office.fake.cover_open)
    await till.press("escape")
    await till.says("Not sure that this was")
    await till.press("f6")
    await till.at(Place.PAPER)
    await till.says("▲ not sure")
    await till.says("waits")
    ticking.cancel()


async def test_what_does_not_fit_scrolls_by_keys(tmp_path: Path) -> None:
    async with at_the_drawer(tmp_path) as till:
        await till.pilot.resize_terminal(*SMALL)
        body = till.app.screen.query_one(Body)
        assert body.max_scroll_y > 0
        for _ in range(10):
            await till.press("pagedown")
        assert body.scroll_y == body.max_scroll_y
        await till.says("Should be in the")
        for _ in range(10):
            await till.press("pageup")
        assert body.scroll_y == 0
        await till.says("X report")


async def test_a_resize_in_the_middle_of_typing_loses_no_key(till: Till) -> None:
    await till.sign_in()
    await till.open_sale()
    till.burst("1", "enter", *"20")
    await till.pilot.resize_terminal(*SMALL)
    till.burst("enter")
    await till.pilot.resize_terminal(*USUAL)
    await till.at(Place.TICKET)
    await till.says("Change €7.50 of €20.00")
