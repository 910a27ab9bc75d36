"""The Scanner screen: one scan of its code, and tickets are read right; the real agent keeps it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual import events

from kiosk_contracts.scanning import CALIBRATION_TEXT, AgentScan, ScannerState
from kiosk_contracts.ticket_code import TicketCode
from kiosk_ui.notices import Tone
from kiosk_ui.places import Place
from kiosk_ui.scan_feed import MOST_AGE_MS
from tests.support.keyboards import CapsLock, console_caps_lock, layouts, scan_at, xkb_caps_lock
from tests.support.ui_socket import Till as Agent
from tests.support.ui_socket import till_in
from tests.support.ui_till import AgentClock, Till, open_at

US = layouts()["English (US)"]


@asynccontextmanager
async def kiosk(folder: Path) -> AsyncIterator[tuple[Agent, Till]]:
    """Run the app at an agent that has sold; a person is at the gate."""
    async with till_in(folder) as agent:
        await agent.opened.stock(20)
        await agent.open_shift()
        async with screen(agent, folder) as till:
            yield agent, till


@asynccontextmanager
async def screen(agent: Agent, folder: Path) -> AsyncIterator[Till]:
    """Run the app, and sign in at its gate."""
    async with open_at(folder, AgentClock(agent.clock)) as till:
        await till.press(*"2222", "enter")
        await till.at(Place.EVENTS)
        await till.says("Tide & Timber")
        await till.press("f3")
        await till.at(Place.ADMIT)
        yield till


async def news(agent: Agent) -> None:
    """Let the agent's stream tell what is new: it sleeps by the agent's clock."""
    await agent.clock.wait_for_sleepers()
    agent.clock.advance(1)


async def codes(agent: Agent, count: int) -> list[str]:
    """Sell tickets; return their codes."""
    return [
        ticket["code"]
        for _ in range(count)
        for ticket in (await agent.sell(adult=1)).body["tickets"]
    ]


def typed(host: str, text: str, caps_lock: CapsLock | None = None) -> str:
    """Return what arrives at a kiosk of a US scanner's text."""
    return scan_at(layouts()[host], US, text, caps_lock) or ""


async def calibrate(agent: Agent, till: Till, host: str, caps_lock: CapsLock | None = None) -> None:
    """Scan the code on the Scanner screen, and go back."""
    await till.press("f9")
    await till.at(Place.SCANNER)
    till.scan(typed(host, CALIBRATION_TEXT, caps_lock))
    await till.until(lambda: till.headline == "✔ The scanner is calibrated")
    await news(agent)
    await till.until(lambda: till.app.kiosk._scanner.layout is not None)
    await till.press("escape")
    await till.at(Place.ADMIT)


@pytest.mark.parametrize("caps_lock", [None, xkb_caps_lock])
@pytest.mark.parametrize("host", ["French (AZERTY)", "Dvorak", "Turkish (F)", "Czech"])
async def test_after_one_scan_tickets_are_admitted_with_caps_lock_and_without(
    tmp_path: Path, host: str, caps_lock: CapsLock | None
) -> None:
    async with kiosk(tmp_path) as (agent, till):
        first, second = await codes(agent, 2)
        await calibrate(agent, till, host, caps_lock)
        for code, locked in ((first, None), (second, xkb_caps_lock)):
            till.scan(typed(host, code, locked))
            serial = TicketCode.decode(code).facts.serial
            await till.until(lambda serial=serial: f"admission {serial}" in till.headline)
        assert till.app.screen.query_one("Line").value == ""  # type: ignore[attr-defined]


async def test_what_was_learnt_is_in_force_before_the_stream_tells_of_it(tmp_path: Path) -> None:
    async with kiosk(tmp_path) as (agent, till):
        [code] = await codes(agent, 1)
        await till.press("f9")
        await till.at(Place.SCANNER)
        till.scan(typed("French (AZERTY)", CALIBRATION_TEXT))
        await till.until(lambda: till.headline == "✔ The scanner is calibrated")
        await till.press("escape")
        await till.at(Place.ADMIT)
        till.scan(typed("French (AZERTY)", code))
        await till.says("LET IN")


async def test_the_layout_outlives_the_ui_and_says_who_and_when(tmp_path: Path) -> None:
    async with kiosk(tmp_path) as (agent, till):
        code = (await codes(agent, 1))[0]
        await calibrate(agent, till, "French (AZERTY)")
        async with screen(agent, tmp_path) as again:
            again.scan(typed("French (AZERTY)", code, console_caps_lock))
            await again.until(lambda: "admission" in again.headline)
            await again.press("f9")
            await again.says("15 characters arrive as others.")
            await again.says("Calibrated by Ana")


async def test_the_screen_shows_the_code_and_what_is_known(tmp_path: Path) -> None:
    async with kiosk(tmp_path) as (_, till):
        await till.press("f9")
        await till.at(Place.SCANNER)
        await till.says("Nobody has calibrated a scanner here.")
        assert "agent's own scanner" not in till.text
        assert till.text.count("█") > 100


async def test_a_scanner_that_is_read_right_already_changes_nothing(tmp_path: Path) -> None:
    async with kiosk(tmp_path) as (agent, till):
        await calibrate(agent, till, "German")
        before = agent.desk.kiosk.scanner.layout
        await till.press("f9")
        await till.at(Place.SCANNER)
        till.scan(typed("German", CALIBRATION_TEXT, xkb_caps_lock))
        await till.until(lambda: "read as it should be" in till.headline)
        assert agent.desk.kiosk.scanner.layout is before


async def test_what_can_not_be_mapped_is_said_in_words_and_nothing_is_kept(tmp_path: Path) -> None:
    async with kiosk(tmp_path) as (agent, till):
        await till.press("f9")
        await till.at(Place.SCANNER)
        till.scan(CALIBRATION_TEXT.replace("Y", "Z"))
        await till.until(lambda: till.tone is Tone.REFUSED)
        assert till.headline == "✖ This scanner is not calibrated"
        assert "Y and Z arrive alike" in " ".join(till.text.split())
        assert agent.desk.kiosk.scanner.layout is None


async def test_it_can_be_forgotten(tmp_path: Path) -> None:
    async with kiosk(tmp_path) as (agent, till):
        await calibrate(agent, till, "French (AZERTY)")
        await till.press("f9", "f8")
        await till.until(lambda: till.headline == "✔ The scanner's layout is forgotten")
        assert agent.desk.kiosk.scanner.layout is None
        await news(agent)
        await till.until(lambda: till.app.kiosk._scanner.layout is None)


async def test_keys_of_a_person_and_a_pasted_text_teach_nothing(tmp_path: Path) -> None:
    async with kiosk(tmp_path) as (agent, till):
        await till.press("f9")
        await till.at(Place.SCANNER)
        till.burst("7", "enter")
        till.app.post_message(events.Paste("EP1 of something else"))
        await till.until(lambda: till.headline == "✖ That is another code")
        assert agent.desk.kiosk.scanner.layout is None


async def test_the_calibration_code_elsewhere_says_what_it_is(tmp_path: Path) -> None:
    async with kiosk(tmp_path) as (_, till):
        till.scan(CALIBRATION_TEXT)
        await till.until(lambda: till.headline == "✔ That is the scanner's calibration code")


# Scans of the agent's own scanner


def serial_scan(agent: Agent, text: str, *, age_ms: int = 0) -> None:
    at = agent.clock.boottime_ms() - age_ms
    agent.desk.kiosk.scans.offer(AgentScan(text=text, boottime_ms=at))


@asynccontextmanager
async def with_scanner(folder: Path) -> AsyncIterator[tuple[Agent, Till]]:
    """Run the app at an agent that has a scanner of its own."""
    async with till_in(folder) as agent:
        agent.desk.kiosk.scanner.state = ScannerState.READY
        await agent.opened.stock(20)
        await agent.open_shift()
        async with screen(agent, folder) as till:
            yield agent, till


async def test_a_scan_of_the_agents_scanner_is_treated_as_one_that_was_typed(
    tmp_path: Path,
) -> None:
    async with with_scanner(tmp_path) as (agent, till):
        first, second = await codes(agent, 2)
        serial_scan(agent, first)
        await till.until(lambda: "admission" in till.headline)
        await till.press("escape", "f2", "1")
        await till.says("Total €12.50")
        serial_scan(agent, second)
        await till.until(lambda: till.headline == "✖ Finish or leave this sale first")
        await till.says("Total €12.50")


async def test_scans_before_sign_in_are_told_so_and_type_nothing(tmp_path: Path) -> None:
    async with with_scanner(tmp_path) as (agent, till):
        await till.press("escape", "f10")
        await till.at(Place.SIGN_IN)
        await till.press(*"22")
        serial_scan(agent, "4006381333931")
        await till.until(lambda: till.headline == "✖ Sign in first")
        await till.press(*"22", "enter")
        await till.at(Place.EVENTS)


async def test_a_scan_that_comes_too_late_admits_nobody(tmp_path: Path) -> None:
    async with with_scanner(tmp_path) as (agent, till):
        stale, fresh = await codes(agent, 2)
        serial_scan(agent, stale, age_ms=MOST_AGE_MS + 1)
        serial_scan(agent, fresh)
        serial = TicketCode.decode(fresh).facts.serial
        await till.until(lambda: f"admission {serial}" in till.headline)
        assert till.app.kiosk._feed.too_late == 1
        assert len(till.app.kiosk.gate.verdicts) == 1


async def test_a_scan_that_comes_too_late_leaves_nobody_else_s_verdict_standing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with with_scanner(tmp_path) as (agent, till):
        first, stale = await codes(agent, 2)
        serial_scan(agent, first)
        await till.until(lambda: till.app.kiosk.gate.latest is not None)
        rung: list[str] = []
        monkeypatch.setattr(till.app, "bell", lambda: rung.append("bell"))
        serial_scan(agent, stale, age_ms=MOST_AGE_MS + 1)
        await till.until(lambda: till.headline == "✖ A scan came too late")
        assert till.app.kiosk.gate.latest is None
        assert "LET IN" not in till.text.split("Serial")[0]
        assert rung


async def test_two_screens_each_gets_scans_while_it_is_the_one_in_use(tmp_path: Path) -> None:
    async with with_scanner(tmp_path) as (agent, old), screen(agent, tmp_path) as new:
        first, second = await codes(agent, 2)
        serial_scan(agent, first)
        await new.until(lambda: "admission" in new.headline)
        assert not old.app.kiosk.gate.verdicts
        await old.press("f6", "f6")
        await old.until(lambda: agent.desk.kiosk.scans._turn == 3)
        serial_scan(agent, second)
        await old.until(lambda: "admission" in old.headline)
        assert len(new.app.kiosk.gate.verdicts) == 1


async def test_the_layout_of_keyboards_is_not_used_for_them(tmp_path: Path) -> None:
    async with with_scanner(tmp_path) as (agent, till):
        await calibrate(agent, till, "German")
        code = next(code for code in await codes(agent, 9) if "Y" in code or "Z" in code)
        serial_scan(agent, code)
        await till.until(lambda: "admission" in till.headline)
        await till.press("f9")
        await till.says("The agent's own scanner is there.")
        serial_scan(agent, CALIBRATION_TEXT)
        await till.until(lambda: "reads the code as it is" in till.headline)


async def test_without_a_scanner_of_the_agents_no_stream_is_opened(tmp_path: Path) -> None:
    async with kiosk(tmp_path) as (agent, _):
        assert agent.desk.kiosk.scans._turn == 0
