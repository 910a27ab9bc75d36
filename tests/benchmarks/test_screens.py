"""What is timed at a pseudo-terminal is what a person would see there, and baselines are honest."""

import os
import sys
from dataclasses import replace

import pytest

from benchmarks.empty_app import READY, said
from benchmarks.gate import BareGate, Tickets
from benchmarks.pty_screen import NotShownError, pty_screen
from benchmarks.till_screen import is_at_rest, shows_quantity
from kiosk_contracts.ticket_code import TicketCode, TicketFacts

SLOW = (
    "import sys, time; print('ready', flush=True); sys.stdin.readline(); "
    "time.sleep(0.2); print('late', flush=True); time.sleep(60)"
)
HALF = (
    "import sys, time; print('\\x1b[?2026hearly', end='', flush=True); time.sleep(0.2); "
    "print('\\x1b[?2026l', end='', flush=True); time.sleep(60)"
)


def test_a_picture_is_timed_when_it_came_and_not_before() -> None:
    with pty_screen([sys.executable, "-c", SLOW]) as screen:
        screen.shows("ready")
        written = screen.send("enter")
        assert screen.shows("late") - written >= 0.2


def test_half_a_picture_is_none() -> None:
    with pty_screen([sys.executable, "-c", HALF]) as screen:
        assert screen.shows("early") - screen.began >= 0.2


def test_a_program_that_ended_shows_nothing_more() -> None:
    with pty_screen([sys.executable, "-c", "print('bye')"]) as screen:
        with pytest.raises(NotShownError, match="bye"):
            screen.shows("more")
        pid = screen.pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_the_empty_app_answers_each_key_with_a_picture_of_it() -> None:
    with pty_screen([sys.executable, "-m", "benchmarks.empty_app"]) as screen:
        screen.shows(READY)
        for key in ("7", "backspace"):
            assert said(key) not in screen.text
            written = screen.send(key)
            assert screen.shows(said(key)) > written


def test_a_quantity_counts_as_shown_only_in_its_own_column() -> None:
    row = "  Adult                    €12.50    197        3     €37.50"
    assert shows_quantity(row, 3)
    assert not shows_quantity(row, 197)
    assert not shows_quantity(row, 0)
    assert shows_quantity("  Adult                    €12.50    200        ·", 0)


def test_a_cart_is_at_rest_when_the_agent_has_answered() -> None:
    assert is_at_rest("\n   3 tickets                Total €37.50\n")
    assert not is_at_rest("\n   3 tickets              … Total €37.50\n")
    assert not is_at_rest("\n   3 tickets                Total €37.50\n\n … holding the tickets\n")


def test_the_bare_gate_checks_signatures_and_knows_who_is_in() -> None:
    tickets = Tickets(known=50)
    gate = BareGate(tickets)
    shown = tickets.some(40)
    assert {one.used for one in shown} == {True, False}
    for one in shown:
        assert gate.lets_in(one.code) is not one.used
        assert gate.lets_in(one.code) is False
    new = next(one for one in tickets.some(40) if not one.used)
    code = TicketCode.decode(new.code)
    other = TicketFacts(code.facts.key_id, 1, 2, code.facts.serial)
    assert gate.lets_in(replace(code, facts=other).encode()) is False
    assert gate.lets_in(new.code) is True
