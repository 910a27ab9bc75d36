"""How the kiosk stands, without a line above all: the real agent's status in words."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kiosk_contracts.kiosk_status import KioskStatus, StockLine
from kiosk_contracts.update_lock import UpdateLock
from kiosk_ui.places import Place
from kiosk_ui.standing_words import standing_lines
from tests.support.clock import FakeClock
from tests.support.ui_socket import till_in
from tests.support.ui_till import AgentClock, open_at

NOW = FakeClock().now()
LINE: dict[str, Any] = {
    "event_id": "tide",
    "event_name": "Tide",
    "ticket_type_id": "adult",
    "ticket_type_name": "Adult",
    "left": 20,
    "held": 0,
}


def status_of(**changes: Any) -> KioskStatus:
    """Return the status of a kiosk that is online and has sold nothing."""
    return KioskStatus.model_validate(
        {
            "kiosk_id": "kiosk-a",
            "kiosk_code": "HB1",
            "venue_name": "Harbour Hall",
            "agent_version": "1",
            "line": "online",
            "line_since": NOW,
            "last_contact_at": NOW,
            "journal_id": "5f0c6b9e-8a43-4a53-9a44-3a1c1f6d7a11",
            "epoch": 1,
            "last_sequence": 0,
            "counts": {},
            "unsent": 0,
            "oldest_unsent_at": None,
            "stock": [LINE],
            "open_carts": 0,
            "draining": False,
            "warnings": [],
            "safe_to_reinstall": True,
            **changes,
        }
    )


def said(**changes: Any) -> str:
    """Return all lines as one text."""
    lines = standing_lines(status_of(**changes), AgentClock(FakeClock()))
    return "\n".join(f"{line.label} | {line.value}" for line in lines)


def test_a_line_is_said_with_its_time_and_nothing_is_alarming() -> None:
    text = said()

    assert text.startswith("There is a line, since 19:00:00")
    assert "▲" not in text
    assert "For a manager: 0" in text
    assert "set aside" not in text
    assert "Safe to reinstall | yes" in text


def test_open_carts_are_counted_and_it_is_said_where_they_are() -> None:
    assert "Open carts" not in said()
    assert "Open carts: 2 | F6 lists those in payment" in said(open_carts=2)


def test_an_outage_is_said_with_why_and_when_the_cloud_was_last_heard_of() -> None:
    heard = NOW - timedelta(minutes=4)

    text = said(line="offline", line_detail="nothing answers", last_contact_at=heard)

    assert text.startswith("▲ No line, since 19:00:00: nothing answers")
    assert "The cloud was last heard of | Mon 23 Nov 18:56" in text


@pytest.mark.parametrize(
    ("stock", "words"),
    [
        ({"sells_until": datetime.fromisoformat("2026-11-23T23:30:00Z")}, "20 | Mon 23 Nov 23:30"),
        ({"held": 2}, "Tide · Adult: 20, 2 in open carts | "),
        ({"left": 0, "frozen": 7}, "Tide · Adult: 0, 7 frozen | "),
        ({"left": 0}, "▲ Nothing is left to sell here"),
        ({"event_name": "Ti\x1b[31mde"}, "Ti\N{REPLACEMENT CHARACTER}[31mde · Adult"),
    ],
)
def test_what_is_left_is_said_by_type_and_until_when(stock: dict[str, Any], words: str) -> None:
    assert words in said(stock=[StockLine.model_validate({**LINE, **stock})])


def test_what_waits_and_what_is_not_safe_is_said() -> None:
    text = said(
        unsent=3,
        oldest_unsent_at=NOW - timedelta(minutes=9),
        counts={"parked": 2, "quarantined": 1},
        safe_to_reinstall=False,
        why_not=["3 transactions are unsent"],
    )

    assert "Unsent: 3 | the oldest since 18:51:00" in text
    assert "set aside, tried again by themselves: 2 | F7 lists them" in text
    assert "▲ For a manager: 1 | F7 lists them" in text
    assert "Safe to switch off | yes" in text
    assert "Safe to reinstall | no\n  3 transactions are unsent" in text


async def test_it_follows_the_agent_and_leads_to_what_is_stuck(tmp_path: Path) -> None:
    async with till_in(tmp_path) as agent:
        await agent.opened.stock(5)
        await agent.open_shift()
        async with open_at(tmp_path, AgentClock(agent.clock)) as till:
            await till.press(*"2222", "enter")
            await till.at(Place.EVENTS)
            await till.click("F9 line")
            await till.at(Place.STANDING)
            await till.says("There is a line")
            await till.says("Tide & Timber · Adult: 5")
            await till.says("Tue 24 Nov 19:00")
            agent.line.up = False
            assert (await agent.sell(adult=2)).status == 201
            agent.desk.kiosk.changes.notify()
            await agent.clock.wait_for_sleepers()
            agent.clock.advance(1)
            await till.says("▲ No line")
            await till.says("Tide & Timber · Adult: 3")
            await till.press(*["down"] * 20)
            await till.says("Unsent: 2")
            await till.press("f8")
            await till.at(Place.PRE_SHOW)
            await till.press("escape", "f9", "f7")
            await till.at(Place.TRANSACTIONS)
            await till.says("stuck")


def test_an_update_lock_is_said_with_its_end_why_and_whose_it_is() -> None:
    assert "No update" not in said()
    lock = UpdateLock(
        until=NOW + timedelta(minutes=210), why="doors", by="Max Manager", by_id="max"
    )
    assert "No update until 22:30:00: doors (Max Manager)" in said(update_lock=lock)
