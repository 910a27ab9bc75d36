"""A bad scanner: codes read twice, split, pasted together, in the middle of typing, or no codes."""

import asyncio
import random

import pytest
from textual import events

from kiosk_contracts.ticket_code import CODE_LENGTH, TicketCode, TicketFacts
from kiosk_ui.gate import TWICE_WITHIN_S
from kiosk_ui.key_press import KeyPress
from kiosk_ui.notices import Tone
from kiosk_ui.other_codes import LATE_ENTER_S
from kiosk_ui.places import Place
from kiosk_ui.scanner import Scan, Scanner
from tests.support.ui_agent import UiAgent
from tests.support.ui_till import Till, asked, of_kind

ADMIT = "POST /v1/admissions"
SOME_CODE = TicketCode(TicketFacts(1, 7, 1, "0000000000"), b"\x01" * 64).encode()


async def at_the_gate(till: Till, tickets: str = "1") -> list[str]:
    """Sell tickets and go to the gate; return their codes."""
    await till.sign_in()
    sold = await till.sell(tickets)
    await till.press("escape", "f3")
    await till.at(Place.ADMIT)
    return sold


async def test_a_code_read_twice_within_a_second_counts_once_and_says_so(
    till: Till, agent: UiAgent
) -> None:
    (code,) = await at_the_gate(till)
    till.scan(code)
    await till.until(lambda: "admission" in till.headline)
    till.scan_soon(code, 0.4)
    await till.until(lambda: till.headline == "▲ Scanned twice within a second: counted once")
    await till.says("GREEN · LET IN")
    await till.says("admission")
    assert asked(agent, ADMIT) == 1
    till.scan_soon(code, TWICE_WITHIN_S)
    await till.says("RED · STOP")
    assert asked(agent, ADMIT) == 2
    assert len(list(of_kind(agent, "admission"))) == 1


async def test_a_code_read_twice_before_it_is_answered_counts_once_and_says_so(
    till: Till, agent: UiAgent
) -> None:
    (code,) = await at_the_gate(till)
    agent.faults.hold_back[ADMIT] = asyncio.Event()
    till.scan_soon(code, 0.1)
    await till.until(lambda: agent.faults.fired["hold_back"])
    till.scan_soon(code, 0.1)
    await till.pilot.pause()
    agent.faults.hold_back[ADMIT].set()
    await till.until(lambda: "admission" in till.headline)
    await till.says("Scanned twice within a second: counted once.")
    assert asked(agent, ADMIT) == 1


async def test_another_ticket_at_once_is_no_repeat_and_neither_is_the_way_out(
    till: Till, agent: UiAgent
) -> None:
    first, second = await at_the_gate(till, "2")
    for code in (first, second):
        till.scan_soon(code, 0.1)
    await till.until(lambda: len(till.app.kiosk.gate.verdicts) == 2)
    await till.press("f6")
    till.scan_soon(second, 0.1)
    await till.until(lambda: "exit" in till.headline)
    assert asked(agent, ADMIT) == 2


async def test_a_verdict_stands_until_the_next_ticket_though_the_agent_went_and_came(
    till: Till, agent: UiAgent
) -> None:
    (code,) = await at_the_gate(till)
    till.scan(code)
    await till.says("GREEN · LET IN")
    await agent.go_away()
    await till.says("NO AGENT since")
    counted = asked(agent, "GET /v1/gates/{event_id}")
    await agent.come_back()
    await till.until(lambda: asked(agent, "GET /v1/gates/{event_id}") > counted)
    await till.says("ONLINE since")
    await till.pilot.pause(0.05)
    assert "GREEN · LET IN" in till.text
    await till.press("f6")
    await till.says("Scan a ticket, or type its serial")


@pytest.mark.parametrize("cut", [3, 40, CODE_LENGTH - 4])
async def test_a_code_split_in_two_by_an_enter_is_refused_then_admitted(
    till: Till, agent: UiAgent, cut: int
) -> None:
    (code,) = await at_the_gate(till)
    till.burst(*code[:cut], "enter", *code[cut:], "enter")
    await till.until(lambda: "admission" in till.headline)
    assert [judged.word for judged in till.app.kiosk.gate.verdicts] == ["LET IN", "STOP"]
    assert len(list(of_kind(agent, "admission"))) == 1
    assert till.app.screen.query_one("Line").value == ""  # type: ignore[attr-defined]


async def test_codes_pasted_together_are_taken_one_by_one(till: Till, agent: UiAgent) -> None:
    codes = await at_the_gate(till, "3")
    till.scan("".join(codes[:2]))
    await till.until(lambda: len(till.app.kiosk.gate.verdicts) == 2)
    till.app.post_message(events.Paste("".join(codes)))
    await till.until(lambda: len(till.app.kiosk.gate.verdicts) == 5)
    serials = [TicketCode.decode(code).facts.serial for code in codes]
    admitted = [
        judged.subject for judged in till.app.kiosk.gate.verdicts if judged.word == "LET IN"
    ]
    assert sorted(admitted) == sorted(serials)
    assert len(list(of_kind(agent, "admission"))) == 3


@pytest.mark.parametrize("cut", [3, 40, CODE_LENGTH - 4])
async def test_a_split_code_in_the_middle_of_a_quantity_types_nothing_and_does_nothing(
    till: Till, agent: UiAgent, cut: int
) -> None:
    await till.sign_in()
    await till.open_sale()
    till.burst("1", *SOME_CODE[:cut], "enter", *SOME_CODE[cut:], "enter", "2")
    await till.says("12 tickets")
    assert till.app.kiosk.place is Place.SELL
    assert asked(agent, ADMIT) == 0


@pytest.mark.parametrize("cut", [3, 40, CODE_LENGTH - 4])
async def test_a_split_code_in_the_middle_of_a_pin_types_nothing(till: Till, cut: int) -> None:
    await till.says("PIN")
    till.burst(*"11", *SOME_CODE[:cut], "enter", *SOME_CODE[cut:], "enter", *"11")
    await till.until(lambda: till.headline == "✖ Sign in first")
    # The last digits might have been a rest until now.
    await till.until(lambda: not till.app.kiosk._scanner.holding)
    await till.press("enter")
    await till.at(Place.OPENING_FLOAT)


OTHERS = ("40123455", "036000291452", "4006381333931", "1029384756")
"""An EAN-8, a UPC-A, an EAN-13, a membership card."""


def scan_other(till: Till, other: str, end: str = "enter") -> None:
    """Scan a code that is no ticket, with what the scanner puts behind it."""
    till.burst(*other, *filter(None, [end]))


async def refused(till: Till) -> None:
    """Wait until it is said that nothing was done with a code."""
    await till.until(lambda: till.headline == "✖ That was no ticket's code")
    assert "Nothing was done with it, and nothing is changed." in " ".join(till.text.split())
    assert till.tone is Tone.REFUSED
    await till.all_typed()


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("end", ["enter", ""])
async def test_another_code_changes_nothing_in_a_sale(
    till: Till, agent: UiAgent, other: str, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # However slow this machine is, both digits are typed quickly.
    monkeypatch.setattr("kiosk_ui.quantity_entry.TOGETHER_S", 60.0)
    await till.sign_in()
    await till.open_sale()
    await till.press("1")
    await till.says("Total €12.50")
    await till.press("wait:100")
    scan_other(till, other, end)
    await refused(till)
    await till.says("Total €12.50")
    assert till.app.kiosk.place is Place.SELL
    assert [
        len(line["serials"]) for cart in agent.books.open_carts() for line in cart["lines"]
    ] == [1]
    assert asked(agent, "POST /v1/carts/{txn_id}/payment") == 0
    # What was being typed goes on where it was.
    await till.press("2")
    await till.says("12 tickets")


async def test_another_code_holds_nothing_in_an_empty_sale(till: Till, agent: UiAgent) -> None:
    await till.sign_in()
    await till.open_sale()
    scan_other(till, OTHERS[2])
    await refused(till)
    assert till.app.kiosk.selling.is_empty
    assert not [line for cart in agent.books.open_carts() for line in cart["lines"]]


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("end", ["enter", ""])
async def test_another_code_is_no_money(till: Till, agent: UiAgent, other: str, end: str) -> None:
    await till.sign_in()
    await till.open_sale()
    await till.press("1", "enter")
    await till.at(Place.PAYMENT)
    await till.press(*"20", "wait:100")
    scan_other(till, other, end)
    await refused(till)
    assert till.app.kiosk.place is Place.PAYMENT
    assert till.app.screen.query_one("Line").value == "20"  # type: ignore[attr-defined]
    assert asked(agent, "POST /v1/sales") == 0
    # Until then an Enter may be the code's own, late.
    await till.press(f"wait:{LATE_ENTER_S * 1100:.0f}", "enter")
    await till.at(Place.TICKET)
    await till.says("€7.50")


@pytest.mark.parametrize("other", OTHERS)
async def test_another_code_opens_no_shift(till: Till, agent: UiAgent, other: str) -> None:
    await till.says("PIN")
    await till.press(*"1111", "enter")
    await till.at(Place.OPENING_FLOAT)
    scan_other(till, other)
    await refused(till)
    assert till.app.kiosk.place is Place.OPENING_FLOAT
    assert asked(agent, "POST /v1/shifts") == 0


@pytest.mark.parametrize("other", OTHERS)
async def test_another_code_is_no_attempt_at_a_pin(till: Till, agent: UiAgent, other: str) -> None:
    await till.says("PIN")
    await till.press(*"11", "wait:100")
    scan_other(till, other)
    await refused(till)
    assert asked(agent, "POST /v1/sign-in") == 0
    # What the person had typed is there still, and goes on: no person is as quick behind a code as
    # what belongs to it.
    await till.press("wait:100", *"11", "enter")
    await till.at(Place.OPENING_FLOAT)


@pytest.mark.parametrize("other", OTHERS)
async def test_another_code_answers_no_question(till: Till, agent: UiAgent, other: str) -> None:
    await till.sign_in()
    await till.open_sale()
    await till.press("1")
    await till.says("Total €12.50")
    await till.press("escape")
    await till.says("Leave this sale?")
    scan_other(till, other)
    await till.until(lambda: till.headline == "✖ That was no ticket's code")
    assert "Leave this sale?" in till.text
    assert agent.books.open_carts()


@pytest.mark.parametrize("other", OTHERS)
async def test_another_code_asks_for_nobody_at_the_gate(
    till: Till, agent: UiAgent, other: str
) -> None:
    await at_the_gate(till)
    scan_other(till, other)
    await refused(till)
    assert till.app.screen.query_one("Line").value == ""  # type: ignore[attr-defined]
    assert asked(agent, "GET /v1/gates/{event_id}/tickets") == 0
    assert asked(agent, ADMIT) == 0


async def test_a_code_whose_first_digit_was_refused_changes_nothing(
    till: Till, agent: UiAgent
) -> None:
    await till.sign_in()
    await till.open_sale()
    await till.press(*"12", "wait:100")
    await till.says("12 tickets")
    # 129 would be too many: the agent is not even asked.
    scan_other(till, "96385074")
    await refused(till)
    await till.says("12 tickets")
    assert [
        len(line["serials"]) for cart in agent.books.open_carts() for line in cart["lines"]
    ] == [12]


def test_of_ten_thousand_random_texts_none_is_lost_and_each_scan_has_the_prefix() -> None:
    dice = random.Random(20261126)  # noqa: S311  seeded randomness is the point
    alphabet = "EP1" * 4 + "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZäß§ é?\n"
    scanner: Scanner[int] = Scanner()
    at, number, seen, scans = 0.0, 0, 0, 0
    for _ in range(10_000):
        text = "".join(dice.choices(alphabet, k=dice.randrange(140)))
        if dice.random() < 0.5:
            text = f"EP1{text}"
        for char in f"{text}\n":
            at += dice.choice([0.001, 0.001, 0.001, 0.005, 0.2])
            number += 1
            for outcome in scanner.press(KeyPress(number, char, at, char == "\n")):
                if isinstance(outcome, Scan):
                    scans += 1
                    assert outcome.text.startswith("EP1")
                for event in getattr(outcome, "events", ()):
                    assert event > seen, "keys stay in order and come back once"
                    seen = event
    assert scans > 1000


async def test_many_random_codes_at_the_gate_are_refused_and_the_screen_lives(
    till: Till, agent: UiAgent
) -> None:
    (good,) = await at_the_gate(till)
    dice = random.Random(7)  # noqa: S311  seeded randomness is the point
    for _ in range(60):
        till.scan("EP1" + "".join(dice.choices("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", k=118)))
    await till.until(lambda: asked(agent, ADMIT) == 60 and till.settled)
    assert {judged.verdict.value for judged in till.app.kiosk.gate.verdicts} <= {"red", "amber"}
    till.scan(good)
    await till.until(lambda: "admission" in till.headline)
    assert len(list(of_kind(agent, "admission"))) == 1
