"""`python -m kiosk_ui` in a real pseudo-terminal, at the socket of the real agent's process."""

import os
import re
import signal
import termios
from pathlib import Path

import psutil
import pytest

from kiosk_contracts.ticket_code import TicketCode
from tests.support.agent_process import running_agent
from tests.support.real_kiosk import keys_by_themselves, real_kiosk, sell_one, sign_in

FORBIDDEN = {
    "botocore",
    "boto3",
    "kiosk_agent",
    "fleet_service",
    "core_services",
    "cryptography",
    "sqlite_utils",
}
LISTING = """
import atexit, pathlib, sys
from kiosk_ui.__main__ import main
listed = pathlib.Path(sys.argv.pop(1))
atexit.register(lambda: listed.write_text("\\n".join(sys.modules)))
sys.exit(main())
"""
"""The UI, which writes down what it imported when it ends."""

LOCAL = 3
"""Where `tcgetattr` has the local modes."""
UNDONE = {
    "\x1b[?1049h": "\x1b[?1049l",  # the alternate screen
    "\x1b[?25l": "\x1b[?25h",  # the hidden cursor
    "\x1b[?1000h": "\x1b[?1000l",  # the mouse
    "\x1b[?2004h": "\x1b[?2004l",  # bracketed paste
}

pytestmark = pytest.mark.timeout(300)


async def test_a_ticket_sold_by_keys_shows_a_code_that_its_key_verifies(tmp_path: Path) -> None:
    async with (
        real_kiosk(tmp_path) as kiosk,
        running_agent(kiosk.folder),
        kiosk.screen() as terminal,
    ):
        await sign_in(terminal)
        code = TicketCode.decode(await sell_one(terminal))
        public_key = kiosk.far.signer.private.public_key()
        public_key.verify(code.signature, code.facts.signed_bytes())
        assert code.facts.serial in terminal.text
        assert "recorded online" in terminal.text, "the first picture has all its lines"
        assert "ONLINE since" in terminal.text
        await terminal.wait_for("39 left to sell", 60)


async def test_a_scan_types_nothing_on_any_screen(tmp_path: Path) -> None:
    async with (
        real_kiosk(tmp_path) as kiosk,
        running_agent(kiosk.folder),
        kiosk.screen() as terminal,
    ):
        code = kiosk.far.signer.code("0000000000")

        async def scan_at(place: str, said: str) -> None:
            await terminal.wait_for(f"HB1 · {place}", 60)
            terminal.scan(code)
            await terminal.wait_for(said, 60)
            await keys_by_themselves()
            assert f"HB1 · {place}" in terminal.text

        await scan_at("sign-in", "Sign in first")
        await sign_in(terminal)
        terminal.press("f2")
        await scan_at("sell", "Finish or leave this sale first")
        terminal.type("1")
        await terminal.wait_for("Total €12.50", 60)
        terminal.press("enter")
        await scan_at("payment", "Finish this payment first")
        terminal.press("enter")
        await scan_at("ticket", "Hand over the tickets first")
        assert "Cash €12.50, exact" in terminal.text
        terminal.press("escape", "f4")
        await terminal.wait_for("HB1 · transactions", 60)
        terminal.scan(code)
        await scan_at("find a sale", "Receipt, ticket, name")
        terminal.press("escape", "escape", "f3")
        await scan_at("admit", "GREEN · LET IN")
        assert re.search(r"^ *Serial, receipt, name *$", terminal.text, re.MULTILINE), (
            "nothing was typed"
        )


async def test_no_picture_between_two_screens_is_without_the_line_status(tmp_path: Path) -> None:
    async with real_kiosk(tmp_path) as kiosk, running_agent(kiosk.folder):
        async with kiosk.screen() as terminal:
            await sign_in(terminal)
            for _ in range(3):
                await sell_one(terminal)
                terminal.press("escape", "f4")
                await terminal.wait_for("HB1 · transactions", 60)
                terminal.press("escape", "f3")
                await terminal.wait_for("HB1 · admit", 60)
                terminal.press("escape")
                await terminal.wait_for("HB1 · events", 60)
        pictures = kiosk.pictures()
    first = next(at for at, text in enumerate(pictures) if "left to sell" in text)
    without = [text for text in pictures[first:] if "LINE since" not in text]
    assert len(pictures) > first + 20
    assert not without, without[0]


async def test_sigterm_leaves_the_terminal_as_it_was(tmp_path: Path) -> None:
    async with real_kiosk(tmp_path) as kiosk, running_agent(kiosk.folder):
        async with kiosk.screen() as terminal:
            await terminal.wait_for("Who is at this kiosk?", 60)
            settings = termios.tcgetattr(terminal._running().fd)
            assert not settings[LOCAL] & (termios.ECHO | termios.ICANON)
            os.kill(terminal.pid, signal.SIGTERM)
            await terminal._ended.wait()
            settings = termios.tcgetattr(terminal._running().fd)
            assert settings[LOCAL] & termios.ECHO
            assert settings[LOCAL] & termios.ICANON
        sent = kiosk.sent()
    for begun, undone in UNDONE.items():
        assert sent.rindex(undone) > sent.rindex(begun), f"{undone!r} is the last word"


async def test_an_agent_killed_and_started_again_is_shown_and_the_cart_goes_on(
    tmp_path: Path,
) -> None:
    async with real_kiosk(tmp_path) as kiosk, kiosk.screen() as terminal:
        async with running_agent(kiosk.folder) as agent:
            await sign_in(terminal)
            terminal.press("f2")
            terminal.type("2")
            await terminal.wait_for("Total €25.00", 60)
            agent.kill()
            await agent.ended()
            await terminal.wait_for("NO AGENT since", 60)
        async with running_agent(kiosk.folder):
            await terminal.wait_for("your cart is back", 60)
            await terminal.wait_for("ONLINE since", 60)
            await terminal.wait_for("Total €25.00", 60)
            terminal.press("enter", "enter")
            await terminal.wait_for("Ticket 1 of 2", 60)


async def test_after_a_sale_the_ui_holds_nothing_of_the_agent_the_cloud_or_aws(
    tmp_path: Path,
) -> None:
    listed = tmp_path / "modules"
    async with (
        real_kiosk(tmp_path) as kiosk,
        running_agent(kiosk.folder),
        kiosk.screen("-c", LISTING, str(listed)) as terminal,
    ):
        await sign_in(terminal)
        await sell_one(terminal)
        mapped = {region.path for region in psutil.Process(terminal.pid).memory_maps()}
        os.kill(terminal.pid, signal.SIGTERM)
        await terminal._ended.wait()
    modules = set(listed.read_text().split())
    assert {"kiosk_ui.screens.ticket", "kiosk_contracts", "textual"} <= modules
    assert not modules & FORBIDDEN
    names = "|".join(sorted(FORBIDDEN))
    assert mapped
    assert [path for path in mapped if re.search(rf"/({names})[/.]", path)] == []
