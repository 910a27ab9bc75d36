"""Shifts of before, at the real agent: their reports again, a manager in a cashier's place."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from kiosk_ui.notices import Tone
from kiosk_ui.places import Place
from kiosk_ui.screens.closing import ClosingScreen
from tests.support.agent_process import files_in
from tests.support.fake_printer import lines
from tests.support.paper_office import office_in
from tests.support.ui_socket import Till as Agent
from tests.support.ui_socket import till_in
from tests.support.ui_till import AgentClock, Till, kiosk_app, open_at


@asynccontextmanager
async def _kiosk(folder: Path, agent: Agent, pin: str) -> AsyncIterator[Till]:
    """Run the app at an agent where Ana's shift is open, and sign in."""
    async with open_at(folder, AgentClock(agent.clock)) as till:
        await till.press(*pin, "enter")
        await till.until(lambda: till.app.kiosk.place is not Place.SIGN_IN)
        if till.app.kiosk.place is Place.OPENING_FLOAT:
            await till.press("escape")
        await till.at(Place.EVENTS)
        yield till


async def _to_the_shifts(till: Till) -> None:
    await till.press("f5")
    await till.at(Place.DRAWER)
    await till.press("f4")
    await till.at(Place.SHIFTS)


async def _counted_one_hundred(till: Till) -> None:
    await till.press("f8")
    await till.at(Place.COUNT)
    await till.press("down", "down", "1", "enter")
    await till.until(lambda: isinstance(till.app.screen, ClosingScreen))


async def test_a_manager_closes_an_absent_cashiers_shift_and_is_named(tmp_path: Path) -> None:
    async with till_in(tmp_path) as agent:
        await agent.opened.stock(5)
        await agent.open_shift()
        async with _kiosk(tmp_path, agent, "9999") as till:
            await _to_the_shifts(till)
            await till.until(lambda: "Ana" in till.text and " open" in till.text, "Ana's shift")
            await till.press("enter")
            await till.at(Place.SHIFT)
            await till.says("X report · Ana")
            await _counted_one_hundred(till)
            await till.says("Counted €100.00: exact. Close the shift?")
            await till.press("enter")
            await till.at(Place.SHIFT)
            assert "shift closed" in till.headline
            for words in ("Z report · Ana", "Closed by", "Mia"):
                await till.says(words)
            await till.press("f8")
            await till.until(lambda: till.headline == "✖ This shift is closed already")
            await till.press("escape")
            await till.at(Place.SHIFTS)
            await till.says("Closed by Mia")
            await till.says("exact")
        await agent.sign_in("ana")
        assert (await agent.ask("GET", "/v1/session")).body["shift_id"] is None


async def test_counting_for_another_says_whose_drawer_and_esc_leads_back(tmp_path: Path) -> None:
    async with till_in(tmp_path) as agent:
        await agent.open_shift()
        before = await agent.recorded()
        async with _kiosk(tmp_path, agent, "9999") as till:
            await _to_the_shifts(till)
            await till.says("Ana")
            await till.press("enter")
            await till.at(Place.SHIFT)
            await till.press("f8")
            await till.at(Place.COUNT)
            await till.says("the drawer of Ana")
            await till.press("escape")
            await till.at(Place.SHIFT)
        assert await agent.recorded() == before


async def test_after_anothers_drawer_one_counts_ones_own(tmp_path: Path) -> None:
    async with till_in(tmp_path) as agent:
        await agent.open_shift()
        await agent.open_shift("mia")
        async with _kiosk(tmp_path, agent, "9999") as till:
            await _to_the_shifts(till)
            await till.says("Ana")
            await till.press("end", "enter")
            await till.at(Place.SHIFT)
            await till.says("X report · Ana")
            await till.press("f8")
            await till.at(Place.COUNT)
            await till.says("the drawer of Ana")
            await till.press("escape", "escape", "escape")
            await till.at(Place.DRAWER)
            await till.says("X report · Mia")
            await _counted_one_hundred(till)
            await till.press("enter")
            await till.at(Place.Z_REPORT)
            await till.says("Z report · Mia")
        await agent.sign_in("ana")
        assert (await agent.ask("GET", "/v1/session")).body["shift_id"] is not None


async def test_a_cashier_reads_exports_and_prints_an_earlier_z_report(tmp_path: Path) -> None:
    async with office_in(tmp_path) as office:
        agent = office.till
        async with _kiosk(tmp_path, agent, "2222") as till:
            await till.press("f5")
            await till.at(Place.DRAWER)
            await till.says("X report")
            await _counted_one_hundred(till)
            await till.press("enter")
            await till.at(Place.Z_REPORT)
            await till.press("f9")
            await till.until(lambda: till.headline == "✔ Printing the report")
            await office.until_quiet()
            await till.press("escape")
            await till.at(Place.EVENTS)
            agent.clock.advance(3600)
            await _to_the_shifts(till)
            await till.says("exact")
            await till.press("enter")
            await till.at(Place.SHIFT)
            await till.says("Z report · Ana")
            await till.press("f2")
            await till.says("The report is exported")
            await till.press("f9")
            await till.until(lambda: till.headline == "✔ Printing the report")
            await office.until_quiet()
    assert [name[:2] for name in sorted(files_in(tmp_path / "reports"))] == ["Z-", "Z-"]
    assert ["COPY 1" in lines(sheet) for sheet in office.fake.sheets] == [False, True]


async def test_a_cashier_sees_no_other_ones_shift(tmp_path: Path) -> None:
    async with till_in(tmp_path) as agent:
        await agent.open_shift("mia")
        async with _kiosk(tmp_path, agent, "2222") as till:
            await _to_the_shifts(till)
            await till.says("No shift was opened here yet.")


async def test_closing_asks_once_for_reason_and_pin_where_a_manager_must_agree(
    tmp_path: Path,
) -> None:
    async with till_in(tmp_path) as agent:
        await agent.opened.stock(5)
        await agent.open_shift()
        assert (await agent.sell(adult=2)).status == 201
        async with _kiosk(tmp_path, agent, "2222") as till:
            await till.press("f5")
            await till.says("X report")
            await _counted_one_hundred(till)
            await till.says("€25.00 short")
            await till.says("Manager's PIN")
            question = till.app.screen
            await till.press(*"stolen", "enter")
            assert till.app.screen is question, "the same panel asks for the PIN"
            await till.press(*"9999", "enter")
            await till.at(Place.Z_REPORT)


@pytest.mark.parametrize("counted", ["122", "120"])
async def test_a_drawer_taken_over_is_counted_again_and_the_report_says_both(
    tmp_path: Path, counted: str
) -> None:
    async with till_in(tmp_path) as agent:
        await agent.open_shift()
        shift_id = (await agent.ask("GET", "/v1/session")).body["shift_id"]
        body = {
            "txn_id": "01a21587-99c1-7493-8ce9-c518d1493b20",
            "counted": {"amount": "122.00", "currency": "EUR"},
            "approval_pin": "9999",
        }
        closed = await agent.ask("POST", f"/v1/shifts/{shift_id}/close", body)
        assert closed.status == 201, closed.body
        app = kiosk_app(tmp_path / "ui.sock", AgentClock(agent.clock))
        async with app.run_test(size=(80, 24)) as pilot:
            till = Till(app, pilot)
            await till.says("PIN")
            await till.press(*"9999", "enter")
            await till.at(Place.OPENING_FLOAT)
            await till.says("Ana left €122.00")
            await till.press("f6", *["backspace"] * 6, *counted, "enter")
            await till.at(Place.EVENTS)
            differs = "Ana counted €122.00, you €120.00" in " ".join(app.kiosk.notice.details)  # type: ignore[union-attr]
            assert differs == (counted == "120")
            await till.press("f5")
            await till.says("Taken over from Ana")
            [line] = [one for one in till.text.splitlines() if "Taken over" in one]
            assert "€122.00" in line
            [line] = [one for one in till.text.splitlines() if "Opening float" in one]
            assert f"€{counted}.00" in line


async def test_a_drawer_that_another_took_meanwhile_opens_nothing_and_says_so(
    tmp_path: Path,
) -> None:
    async with till_in(tmp_path) as agent:
        await agent.open_shift()
        shift_id = (await agent.ask("GET", "/v1/session")).body["shift_id"]
        body = {
            "txn_id": "01a21587-99c1-7493-8ce9-c518d1493b20",
            "counted": {"amount": "100.00", "currency": "EUR"},
        }
        assert (await agent.ask("POST", f"/v1/shifts/{shift_id}/close", body)).status == 201
        async with open_at(tmp_path, AgentClock(agent.clock)) as till:
            await till.press(*"9999", "enter")
            await till.says("Ana left €100.00")
            await agent.open_shift("ana")
            await till.press("f6", "enter")
            await till.until(lambda: till.headline == "✖ That drawer does not wait any more")
            assert till.tone is Tone.REFUSED
            assert till.app.kiosk.place is Place.OPENING_FLOAT
            await till.until(lambda: "Ana left" not in till.text)
            await till.press("enter")
            await till.at(Place.EVENTS)
