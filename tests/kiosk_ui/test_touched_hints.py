"""Hints are touched: two keys are two things, and a touch is never taken for a scanner's key."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kiosk_contracts.gate_search import GateCandidate, GateCandidates
from kiosk_ui.clock import SystemClock
from kiosk_ui.looks import Look
from kiosk_ui.notices import Tone
from kiosk_ui.places import Place
from kiosk_ui.screens.candidates import CandidatesScreen
from kiosk_ui.screens.refund import RefundTicketsScreen
from tests.support.refund_models import found_ticket
from tests.support.ui_agent import UiAgent
from tests.support.ui_socket import till_in
from tests.support.ui_till import AgentClock, Till, key_event, kiosk_app, open_at, open_till

SERIALS = ("0000000012", "0000000024")


@pytest.fixture
async def two_events(tmp_path: Path) -> AsyncIterator[Till]:
    """Open a sale at a kiosk with tickets of two events."""
    async with till_in(tmp_path) as agent:
        for event_id in ("tide", "quay"):
            await agent.opened.stock(5, event_id=event_id)
        await agent.open_shift()
        async with open_at(tmp_path, AgentClock(agent.clock)) as till:
            await till.press(*"2222", "enter")
            await till.at(Place.EVENTS)
            await till.press("f2")
            await till.says("Tide & Timber · Mon 23 Nov 20:00")
            yield till


async def test_each_of_two_keys_in_a_hint_is_touched_apart(two_events: Till) -> None:
    till = two_events
    await till.click("→ event")
    await till.says("Quay Blues · Mon 23 Nov 21:00")
    await till.click("← →")
    await till.says("Tide & Timber · Mon 23 Nov 20:00")


async def test_up_and_down_choose_by_touch(till: Till) -> None:
    await till.sign_in()
    await till.open_sale()
    await till.click("↓ type")
    await till.click("more")
    await till.says("Total €6.00")
    await till.click("↑ ↓ type")
    await till.click("more")
    await till.says("Total €18.50")


async def test_in_the_plain_look_the_words_are_touched_apart(agent: UiAgent) -> None:
    async with open_till(agent, app=kiosk_app(agent.socket_path, look=Look.PLAIN)) as till:
        await till.sign_in()
        await till.open_sale()
        # The halves of a word for both: the first leads up, the second down.
        line = next(row for row in till.text.split("\n") if "Arrows type" in row)
        column, row = line.index("Arrows"), till.text.split("\n").index(line)
        await till.touch(column + 4, row)
        await till.says(">Child")
        await till.touch(column + 1, row)
        await till.says(">Adult")


async def test_the_help_scrolls_by_touch(agent: UiAgent) -> None:
    async with open_till(agent) as till:
        await till.click("F1 help")
        await till.says("Help: sign-in")
        top = till.text
        await till.click("↓ scroll")
        await till.until(lambda: till.text != top)
        await till.click("↑ ↓ scroll")
        await till.until(lambda: till.text == top)


async def test_an_enter_that_is_touched_behind_a_scan_is_no_part_of_it(till: Till) -> None:
    await till.sign_in()
    await till.open_sale()
    await till.press("1")
    begun = key_event("E").time
    for number, character in enumerate("EP1.AAAAAAAAAAAAAAAAAAAAAA"):
        event = key_event(character)
        event.time = begun + 0.002 * number
        till.app.post_message(event)
    await till.until(lambda: till.tone is Tone.REFUSED)
    # An Enter of the keyboard would be the scanner's own, late; this one comes from a finger.
    await till.click("Enter pay", last=True)
    await till.at(Place.PAYMENT)


async def test_touches_in_quick_succession_all_count(till: Till) -> None:
    await till.sign_in()
    await till.open_sale()
    for _ in range(3):
        till.app.simulate_key("plus")
    await till.all_typed()
    await till.says("Total €37.50")


async def test_a_key_that_the_line_has_no_room_for_is_touched_in_the_help(till: Till) -> None:
    await till.sign_in()
    await till.click("F3 admit")
    await till.at(Place.ADMIT)
    assert "F9 scanner" not in till.text
    await till.click("F1 help")
    await till.click("teaches the kiosk")
    await till.at(Place.SCANNER)
    await till.click("F1 help")
    await till.click("Esc      ")
    await till.at(Place.ADMIT)


async def test_two_keys_of_the_help_are_touched_apart_there_too(till: Till) -> None:
    await till.sign_in()
    await till.open_sale()
    for touched, total in (("  ↓ ", "Total €6.00"), ("↑ ↓ ", "Total €18.50")):
        await till.click("F1 help")
        await till.says("Help: sell")
        text = till.text.split("\n")
        y = next(n for n, line in enumerate(text) if "Choose a ticket type." in line)
        await till.touch(text[y].index("↑ ↓") + (2 if touched == "  ↓ " else 0), y)
        await till.says("Enter pay")
        await till.click("+ more", last=True)
        await till.says(total)


async def test_the_help_itself_scrolls_by_its_keys(till: Till) -> None:
    await till.says("PIN")
    await till.click("F1 help")
    await till.says("Help: sign-in")
    text = till.text.split("\n")
    y = next(n for n, line in enumerate(text) if "PgUp PgDn" in line)
    await till.touch(text[y].index("PgDn") + 1, y)
    await till.until(lambda: till.text.split("\n") != text)
    await till.says("F1 close")


async def test_a_touch_takes_a_ticket_or_leaves_it_and_does_not_go_on(till: Till) -> None:
    answers: list[tuple[str, ...] | None] = []
    await till.says("PIN")
    tickets = [found_ticket(serial=one) for one in SERIALS]
    panel = RefundTicketsScreen("HB1-1-000001", tickets, SystemClock())
    till.app.push_screen(panel, answers.append)
    await till.says("2 tickets, €25.00")
    await till.click(SERIALS[1])
    await till.says("1 ticket, €12.50")
    await till.click(SERIALS[1])
    await till.says("2 tickets, €25.00")
    await till.click(SERIALS[0])
    await till.says("1 ticket, €12.50")
    assert not answers
    await till.click("Enter go on")
    await till.until(lambda: answers)
    assert answers == [(SERIALS[1],)]


async def test_a_touch_chooses_a_ticket_at_the_gate_and_the_next_admits_it(till: Till) -> None:
    found = [
        GateCandidate(
            serial=one,
            event_name="Tide",
            ticket_type_name="Adult",
            receipt_number="HB1-1-000001",
            verdict="green",
        )
        for one in SERIALS
    ]
    answers: list[str | None] = []
    await till.says("PIN")
    till.app.push_screen(CandidatesScreen("1", GateCandidates(candidates=found)), answers.append)
    await till.click(SERIALS[1])
    assert not answers
    await till.click(SERIALS[1])
    await till.until(lambda: answers)
    assert answers == [SERIALS[1]]
