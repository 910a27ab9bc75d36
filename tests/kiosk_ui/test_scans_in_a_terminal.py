"""Scans through real lines: a keyboard's pseudo-terminal, and a serial scanner of the agent's."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from demo.terminal import Terminal
from kiosk_contracts.payloads import TransactionKind
from kiosk_contracts.scanning import CALIBRATION_TEXT
from kiosk_contracts.serials import format_serial
from tests.support.agent_process import CASHIER_PIN, AgentProcess, running_agent
from tests.support.fake_scanner import FakeScanner, fake_scanner
from tests.support.keyboards import layouts, scan_at
from tests.support.real_kiosk import RealKiosk, keys_by_themselves, real_kiosk, sign_in

HUNDRED = 100


def serial(number: int) -> str:
    """Return a serial that is of no kiosk's stock here."""
    return format_serial(7_000_000 + number)


def codes(kiosk: RealKiosk, count: int) -> list[str]:
    """Return good codes of tickets that another kiosk sold."""
    return [kiosk.far.signer.code(serial(number)) for number in range(count)]


async def admitted(kiosk: RealKiosk) -> list[str]:
    """Return the serials let in, in order, after the agent has ended."""
    payloads = [row.readable().payload for row in await kiosk.folder.rows()]
    return [str(one["serial"]) for one in payloads if "by_hand" in one]


async def go_to_gate(terminal: Terminal) -> None:
    await sign_in(terminal)
    terminal.press("f3")
    await terminal.wait_for("HB1 · admit", 60)


@asynccontextmanager
async def with_scanner(tmp_path: Path) -> AsyncIterator[tuple[RealKiosk, FakeScanner]]:
    """Make a kiosk whose agent has a serial scanner, plugged in."""
    async with real_kiosk(tmp_path) as kiosk:
        with fake_scanner(kiosk.folder.path) as scanner:
            scanner.plug_in()
            kiosk.folder.settings["scanner"] = scanner.setting
            kiosk.folder.write()
            yield kiosk, scanner


async def until_ready(agent: AgentProcess) -> None:
    await agent.until_logged(lambda line: line.get("state") == "ready")


async def test_a_hundred_keyboard_scans_in_a_row_none_missed(tmp_path: Path) -> None:
    async with real_kiosk(tmp_path) as kiosk:
        async with running_agent(kiosk.folder) as agent, kiosk.screen() as terminal:
            await go_to_gate(terminal)
            for code in codes(kiosk, HUNDRED):
                terminal.scan(code)
            await terminal.wait_for(f"{HUNDRED} inside", 100)
            assert re.search(r"^ *Serial, receipt, name *$", terminal.text, re.MULTILINE), (
                "nothing was typed"
            )
            await agent.stop()
        assert await admitted(kiosk) == [serial(number) for number in range(HUNDRED)]


async def _refused(terminal: Terminal) -> None:
    await terminal.wait_for("That was no ticket's code", 60)
    await keys_by_themselves()


async def test_other_codes_at_a_terminal_sell_open_and_admit_nothing(
    tmp_path: Path,
) -> None:
    others = ("40123455", "036000291452", "4006381333931", "https://tickets.example/e?a=b")
    async with real_kiosk(tmp_path) as kiosk:
        async with running_agent(kiosk.folder) as agent, kiosk.screen() as terminal:
            await terminal.wait_for("Who is at this kiosk?", 60)
            terminal.scan(others[0])
            await _refused(terminal)
            await sign_in(terminal)
            for other in others:
                terminal.press("f2")
                await terminal.wait_for("HB1 · sell", 60)
                terminal.scan(other)
                await _refused(terminal)
                terminal.type("1")
                await terminal.wait_for("1 ticket ", 60)
                terminal.press("enter")
                await terminal.wait_for("HB1 · payment", 60)
                terminal.scan(other)
                await _refused(terminal)
                terminal.press("escape")
                await terminal.wait_for("HB1 · sell", 60)
                terminal.press("escape")
                await terminal.wait_for("Leave this sale?", 60)
                terminal.press("enter")
                await terminal.wait_for("HB1 · events", 60)
            await terminal.wait_for("40 left to sell", 60)
            await agent.stop()
        kinds = [row.kind for row in await kiosk.folder.rows()]
        assert kinds == [TransactionKind.SHIFT_OPENED]


async def test_a_calibrated_french_kiosk_reads_a_us_scanner_through_its_terminal(
    tmp_path: Path,
) -> None:
    french, us = layouts()["French (AZERTY)"], layouts()["English (US)"]

    def typed(text: str) -> str:
        return scan_at(french, us, text) or ""

    async with real_kiosk(tmp_path) as kiosk:
        async with running_agent(kiosk.folder) as agent, kiosk.screen() as terminal:
            await go_to_gate(terminal)
            terminal.press("f9")
            await terminal.wait_for("HB1 · scanner", 60)
            assert await terminal.read_qr(60) == CALIBRATION_TEXT
            terminal.scan(typed(CALIBRATION_TEXT))
            await terminal.wait_for("The scanner is calibrated", 60)
            terminal.press("escape")
            await terminal.wait_for("HB1 · admit", 60)
            for code in codes(kiosk, 3):
                terminal.scan(typed(code))
            await terminal.wait_for("3 inside", 60)
            await agent.stop()
        assert len(await admitted(kiosk)) == 3


async def test_a_hundred_serial_scans_in_a_row_none_missed(tmp_path: Path) -> None:
    async with with_scanner(tmp_path) as (kiosk, scanner):
        async with running_agent(kiosk.folder) as agent, kiosk.screen() as terminal:
            await go_to_gate(terminal)
            await until_ready(agent)
            for code in codes(kiosk, HUNDRED):
                scanner.scan(code)
            await terminal.wait_for(f"{HUNDRED} inside", 100)
            await agent.stop()
        assert await admitted(kiosk) == [serial(number) for number in range(HUNDRED)]


async def test_across_a_restart_of_the_ui_no_serial_scan_counts_twice_and_stale_ones_are_dropped(
    tmp_path: Path,
) -> None:
    async with with_scanner(tmp_path) as (kiosk, scanner):
        first, nobody, later = codes(kiosk, 3)
        async with running_agent(kiosk.folder) as agent:
            async with kiosk.screen() as terminal:
                await go_to_gate(terminal)
                await until_ready(agent)
                scanner.scan(first)
                await terminal.wait_for("1 inside", 60)
            scanner.scan(nobody)
            await agent.until_logged(lambda line: line["event"] == "scan_dropped")
            async with kiosk.screen() as terminal:
                await terminal.wait_for("Who is at this kiosk?", 60)
                terminal.type(CASHIER_PIN)
                terminal.press("enter")
                await terminal.wait_for("HB1 · events", 60)
                await terminal.wait_for("left to sell", 60)
                scanner.scan(later)
                await terminal.wait_for(serial(2), 60)
            await agent.stop()
        assert await admitted(kiosk) == [serial(0), serial(2)]


async def test_a_serial_scanner_that_is_unplugged_is_told_and_used_again(tmp_path: Path) -> None:
    async with (
        with_scanner(tmp_path) as (kiosk, scanner),
        running_agent(kiosk.folder) as agent,
        kiosk.screen() as terminal,
    ):
        await sign_in(terminal)
        terminal.press("f3")
        await terminal.wait_for("HB1 · admit", 60)
        await until_ready(agent)
        scanner.unplug()
        await terminal.wait_for("The scanner does not answer", 60)
        scanner.plug_in()
        await terminal.wait_until(
            lambda: "does not answer" not in terminal.text, "that it is back", 60
        )
        scanner.scan(codes(kiosk, 1)[0])
        await terminal.wait_for(f"{TransactionKind.ADMISSION} {serial(0)}", 60)
