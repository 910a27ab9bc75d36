"""The scanner's worker, and the scans on their way to a screen."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from kiosk_agent.adapters.scanners.address import parse_scanner
from kiosk_agent.adapters.scanners.serial_scanner import SerialScanner
from kiosk_agent.services import scans as scans_module
from kiosk_agent.services.agent_state import AgentState
from kiosk_agent.services.changes import Changes
from kiosk_agent.services.kiosk import Kiosk
from kiosk_agent.services.scanning import ScanReader
from kiosk_agent.services.scans import Scans
from kiosk_contracts.scanning import AgentScan, ScannerState
from tests.support.clock import FakeClock
from tests.support.fake_scanner import FakeScanner, fake_scanner
from tests.support.journal import journal_in
from tests.support.ui_socket import FakeLine


def _scan(text: str) -> AgentScan:
    return AgentScan(text=text, boottime_ms=1)


@pytest.fixture
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let scans wait for a screen no longer than a blink."""
    monkeypatch.setattr(scans_module, "MOST_AGE_S", 0.01)


async def test_each_scan_is_taken_once_in_order() -> None:
    scans = Scans()
    turn = scans.begin_turn()
    scans.offer(_scan("A"))
    scans.offer(_scan("A"))
    scans.offer(_scan("B"))
    taken = [scans.take(turn) for _ in range(4)]
    assert [scan and scan.text for scan in taken] == ["A", "A", "B", None]


async def test_a_screen_that_comes_at_once_gets_what_waits_and_the_old_one_nothing() -> None:
    scans = Scans()
    old = scans.begin_turn()
    scans.offer(_scan("A"))
    new = scans.begin_turn()
    assert scans.take(old) is None
    assert not scans.has_turn(old)
    assert scans.take(new) == _scan("A")


@pytest.mark.usefixtures("quickly")
async def test_a_scan_that_no_screen_takes_is_dropped_and_told_without_its_text() -> None:
    scans = Scans()
    with capture_logs() as logs:
        scans.offer(_scan("EP1SECRET"))
        due = asyncio.Event()
        asyncio.get_running_loop().call_later(0.02, due.set)
        await due.wait()
    assert scans.take(scans.begin_turn()) is None
    assert logs[0]["event"] == "scan_dropped"
    assert "SECRET" not in str(logs)


@asynccontextmanager
async def reading(folder: Path, scanner: FakeScanner) -> AsyncIterator[tuple[Kiosk, AgentState]]:
    """Run the worker before a scanner."""
    clock = FakeClock()
    async with journal_in(folder, clock) as opened:
        changes = Changes()
        state = AgentState(changes)
        kiosk = Kiosk(opened.journal, clock, FakeLine(clock), state, changes)
        port = SerialScanner(parse_scanner(scanner.setting))
        worker = asyncio.create_task(ScanReader(kiosk, port, state).run())
        try:
            yield kiosk, state
        finally:
            worker.cancel()
            await asyncio.gather(worker, return_exceptions=True)


async def _seen(kiosk: Kiosk, state: ScannerState) -> None:
    async with asyncio.timeout(20):
        while kiosk.scanner.state is not state:
            await kiosk.changes.beyond(kiosk.changes.version)


async def _next(kiosk: Kiosk, turn: int) -> str:
    async with asyncio.timeout(20):
        while (scan := kiosk.scans.take(turn)) is None:
            await kiosk.scans.changes.beyond(kiosk.scans.changes.version)
    return scan.text


async def test_it_is_away_until_it_is_plugged_in_and_after_it_was_unplugged(tmp_path: Path) -> None:
    with fake_scanner(tmp_path) as scanner:
        async with reading(tmp_path, scanner) as (kiosk, state):
            clock = kiosk.clock
            assert isinstance(clock, FakeClock)
            turn = kiosk.scans.begin_turn()
            for text in ("EP1A", "EP1B"):
                await _seen(kiosk, ScannerState.AWAY)
                assert [one.code for one in state.warnings()] == ["scanner_away"]
                scanner.plug_in()
                await clock.wait_for_sleepers()
                clock.advance(1)
                await _seen(kiosk, ScannerState.READY)
                assert state.warnings() == ()
                scanner.scan(text)
                assert await _next(kiosk, turn) == text
                scanner.unplug()


async def test_a_scan_without_an_end_is_over_after_a_silence(tmp_path: Path) -> None:
    with fake_scanner(tmp_path) as scanner:
        scanner.plug_in()
        async with reading(tmp_path, scanner) as (kiosk, _):
            await _seen(kiosk, ScannerState.READY)
            turn = kiosk.scans.begin_turn()
            scanner.scan("EP1A", end="")
            assert await _next(kiosk, turn) == "EP1A"


async def test_noise_is_told_and_what_follows_is_read(tmp_path: Path) -> None:
    with fake_scanner(tmp_path) as scanner, capture_logs() as logs:
        scanner.plug_in()
        async with reading(tmp_path, scanner) as (kiosk, _):
            await _seen(kiosk, ScannerState.READY)
            turn = kiosk.scans.begin_turn()
            scanner.scan("x" * 2000)
            scanner.scan("EP1A")
            assert await _next(kiosk, turn) == "EP1A"
    assert "scan_noise" in [line["event"] for line in logs]
