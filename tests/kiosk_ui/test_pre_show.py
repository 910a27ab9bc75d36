"""The pre-show check on the screen, with the real agent's answers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from kiosk_agent.adapters.check_folder import FileKeptChecks
from kiosk_contracts.printing import PrinterState
from kiosk_ui.places import Place
from kiosk_ui.screens.keep_check import KeepCheckScreen
from kiosk_ui.screens.pre_show import PreShowScreen
from tests.support.ui_socket import Till as Agent
from tests.support.ui_socket import till_in
from tests.support.ui_till import AgentClock, Till, open_at


@asynccontextmanager
async def _checking(folder: Path, pin: str) -> AsyncIterator[tuple[Agent, Till]]:
    """Sign in at a kiosk that lacks little, and open the check."""
    async with till_in(folder) as agent:
        for event_id in ("tide", "quay"):
            for kind in ("adult", "child"):
                await agent.opened.stock(9, event_id=event_id, ticket_type_id=kind)
        await agent.open_shift()
        now = agent.clock.now()
        await agent.opened.journal.write(lambda writer: writer.note_synced("keys", now))
        await agent.opened.journal.write(lambda writer: writer.note_synced("gate_feed", now))
        async with open_at(folder, AgentClock(agent.clock)) as till:
            await till.press(*pin, "enter")
            if pin == "9999":
                await till.at(Place.OPENING_FLOAT)
                await till.press("escape")
            await till.at(Place.EVENTS)
            await till.click("F8 check")
            await till.at(Place.PRE_SHOW)
            yield agent, till


def _asks(till: Till) -> bool:
    return isinstance(till.app.screen, KeepCheckScreen)


def _shows(till: Till) -> bool:
    return isinstance(till.app.screen, PreShowScreen) and till.settled


async def test_a_scan_proves_the_scanner_and_lets_nobody_in(tmp_path: Path) -> None:
    async with _checking(tmp_path, "2222") as (agent, till):
        await till.says("▲ Ready to open doors; to look at: scanner.")
        await till.says("No check was kept yet.")
        await till.says("Scan any ticket here and now.")
        (serial,) = await agent.opened.stock(1)
        till.scan(agent.signer.code(serial))
        await till.says("✔ Ready to open doors.")
        await till.says("A code arrived whole.")
        assert till.headline == ""
        rows = await agent.opened.journal.read(lambda reader: reader.rows_after(0, 99))
        assert [row.kind for row in rows] == ["shift_opened"]


async def test_a_forged_code_proves_the_scanner_as_well(tmp_path: Path) -> None:
    async with _checking(tmp_path, "2222") as (_, till):
        till.scan("EP1" + "X" * 40)
        await till.says("A code arrived whole.")


async def test_what_goes_wrong_meanwhile_shows(tmp_path: Path) -> None:
    async with _checking(tmp_path, "2222") as (agent, till):
        await till.says("This kiosk has none: tickets are shown on the screen.")
        agent.desk.kiosk.printer.state = PrinterState.COVER_OPEN
        agent.line.up = False
        agent.desk.kiosk.changes.notify()
        await agent.clock.wait_for_sleepers()
        agent.clock.advance(1)
        await till.says("✖ Not ready: printer.")
        await till.says("▲ Line")
        await till.says("The printer's cover is open.")
        await till.press("down", "down", "down", "down", "down", "down", "down", "down", "down")
        await till.says("sells its tickets and admits without one")


async def test_a_manager_keeps_it_by_pin_and_it_is_told_the_next_time(tmp_path: Path) -> None:
    async with _checking(tmp_path, "2222") as (agent, till):
        await till.says("Scan any ticket")
        await till.press("f8")
        await till.until(lambda: _asks(till))
        await till.press(*"1234", "enter")
        await till.until(lambda: _asks(till) and till.settled)
        await till.says("PIN")
        assert FileKeptChecks(tmp_path).newest_first() == []
        await till.press(*"9999", "enter")
        await till.until(lambda: _shows(till))
        await till.says("Kept in the name of Mia.")
        assert till.headline == "✔ The check is kept"
        (kept,) = FileKeptChecks(tmp_path).newest_first()
        assert (kept.kept_by, kept.at) == ("mia", agent.clock.now())
        await till.press("escape")
        await till.at(Place.EVENTS)
        await till.press("f8")
        await till.says("Last kept Mon 23 Nov 19:00 by Mia: ▲ Ready to open doors")


async def test_a_manager_who_is_signed_in_types_no_pin_and_esc_keeps_nothing(
    tmp_path: Path,
) -> None:
    async with _checking(tmp_path, "9999") as (_, till):
        await till.says("Scan any ticket")
        await till.press("f8")
        await till.says("Kept in the name of Mia.")
        assert len(FileKeptChecks(tmp_path).newest_first()) == 1
    (tmp_path / "other").mkdir()
    async with _checking(tmp_path / "other", "2222") as (_, till):
        await till.press("f8")
        await till.until(lambda: _asks(till))
        await till.press("escape")
        await till.until(lambda: _shows(till))
        assert FileKeptChecks(tmp_path / "other").newest_first() == []
