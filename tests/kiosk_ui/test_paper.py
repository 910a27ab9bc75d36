"""Paper at a till whose agent has a printer: tickets by themselves, copies by a key."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from kiosk_contracts.printing import PrinterState
from kiosk_ui.places import Place
from kiosk_ui.settings import UiSettings
from tests.support.fake_printer import FakePrinter, lines
from tests.support.paper_office import Office, office_in
from tests.support.ui_socket import till_in
from tests.support.ui_till import AgentClock, Till, app_of


@asynccontextmanager
async def _signed_in(folder: Path, office: Office) -> AsyncIterator[Till]:
    settings = UiSettings(socket=folder / "ui.sock", lock_after_s=0)
    app = app_of(settings, AgentClock(office.till.clock))
    async with app.run_test(size=(80, 24)) as pilot:
        till = Till(app, pilot)
        await till.says("PIN")
        await till.press(*"2222", "enter")
        await till.at(Place.EVENTS)
        ticking = asyncio.create_task(office.tick())
        try:
            yield till
        finally:
            ticking.cancel()


async def _sell_two(till: Till) -> None:
    await till.press("f2", "2", "enter")
    await till.at(Place.PAYMENT)
    await till.press("enter")
    await till.at(Place.TICKET)


async def test_two_adults_exact_cash_are_on_paper_after_six_keys(tmp_path: Path) -> None:
    async with office_in(tmp_path) as office, _signed_in(tmp_path, office) as till:
        keys = ["f2", "2", "enter", "enter"]
        await till.press(*keys)
        await till.at(Place.TICKET)
        await office.until_quiet()
        await till.says("Printed")
        assert len(keys) <= 6
    assert len(office.fake.sheets) == 2


async def test_a_ticket_is_printed_again_as_a_copy_and_the_receipt(tmp_path: Path) -> None:
    async with office_in(tmp_path) as office, _signed_in(tmp_path, office) as till:
        await _sell_two(till)
        await office.until_quiet()
        await till.press("right", "f8")
        await till.until(lambda: till.headline == "✔ Printing this ticket again, as a copy")
        await office.until_quiet()
        await till.press("f9")
        await till.until(lambda: till.headline == "✔ Printing the receipt")
        await office.until_quiet()
    first, second, copy, receipt = office.fake.sheets
    assert lines(copy)[0] == "COPY 1"
    assert "COPY 1" not in lines(receipt), "the first receipt is none"
    assert lines(copy)[1:-1] == lines(second)
    assert lines(first) != lines(second)


async def test_a_printer_in_trouble_says_so_where_the_tickets_are(tmp_path: Path) -> None:
    fake = FakePrinter(lines_left=0)
    async with office_in(tmp_path, fake) as office, _signed_in(tmp_path, office) as till:
        await _sell_two(till)
        await till.says("Out of paper: 2 to print")
        await till.press("f8")
        await till.until(lambda: till.headline == "▲ Out of paper")
        await till.press("escape")
        await till.at(Place.EVENTS)
        fake.new_roll()
        await office.until_quiet()
    assert len(fake.sheets) == 3


async def test_the_drawers_report_is_printed(tmp_path: Path) -> None:
    async with office_in(tmp_path) as office, _signed_in(tmp_path, office) as till:
        await till.press("f5")
        await till.at(Place.DRAWER)
        await till.says("Should be in the drawer")
        await till.press("f9")
        await till.until(lambda: till.headline == "✔ Printing the report")
        await office.until_quiet()
    assert "X report" in lines(office.fake.sheets[0])


async def test_without_a_printer_the_key_says_what_to_do(tmp_path: Path) -> None:
    async with till_in(tmp_path) as agent:
        await agent.opened.stock(5)
        await agent.open_shift()
        app = app_of(UiSettings(socket=tmp_path / "ui.sock"), AgentClock(agent.clock))
        async with app.run_test(size=(80, 24)) as pilot:
            till = Till(app, pilot)
            await till.says("PIN")
            await till.press(*"2222", "enter")
            await till.at(Place.EVENTS)
            await _sell_two(till)
            assert "Printed" not in till.text
            await till.press("f8")
            await till.until(lambda: till.headline == "✖ This kiosk has no printer")
            await till.says("Show the ticket's code")


async def test_what_nobody_knows_of_is_told_on_events_and_printed_again_as_a_copy(
    tmp_path: Path,
) -> None:
    async with office_in(tmp_path) as office, _signed_in(tmp_path, office) as till:
        office.fake.cover_opens_after_lines = 3
        await _sell_two(till)
        await till.until(lambda: office.fake.cover_open)
        await till.press("escape")
        await till.says("The printer's cover is open.")
        await till.says("Not sure that this was")
        await till.click("F6 paper")
        await till.at(Place.PAPER)
        await till.says("▲ The printer is open.")
        await till.says("▲ not sure")
        await till.says("waits")
        await till.says("Look at the printer first")
        doubtful = next(line for line in till.text.split("\n") if "not sure" in line)
        await till.press("f8")
        await till.until(lambda: till.headline == "▲ The printer is open")
        office.fake.close_cover()
        await till.says("Nothing waits for paper.")
        await till.says("✔ The printer is ready.")
        await office.until_quiet()
    serial = doubtful.split("ticket ")[1].split(" ")[0]
    copies = [
        lines(sheet) for sheet in office.fake.sheets if any("COPY" in x for x in lines(sheet))
    ]
    assert len(copies) == 1
    assert any(serial in line for line in copies[0])


async def test_a_sheet_is_taken_off_the_queue_and_never_comes_out(tmp_path: Path) -> None:
    async with office_in(tmp_path) as office, _signed_in(tmp_path, office) as till:
        office.fake.open_cover()
        await office.until_state(PrinterState.COVER_OPEN)
        await _sell_two(till)
        await till.press("escape", "f6")
        await till.at(Place.PAPER)
        await till.until(lambda: till.text.count("waits") >= 3, "two that wait")
        await till.press("f8")
        await till.press("f7")
        await till.until(lambda: till.headline.startswith("✔ Taken off the queue: ticket"))
        office.fake.close_cover()
        await till.says("Nothing waits for paper.")
        await office.until_quiet()
    assert len(office.fake.sheets) == 1
