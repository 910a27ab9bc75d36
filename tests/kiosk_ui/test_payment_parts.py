"""A payment in parts by cash and cards, and how it is undone: what is asked, said and kept."""

import asyncio
from typing import Any

import pytest

from kiosk_ui.notices import Tone
from kiosk_ui.places import Place
from tests.support.ui_agent import UiAgent
from tests.support.ui_till import Till, of_kind

TAKE = "PUT /v1/carts/{txn_id}/payment"


async def _pay(till: Till, tickets: str = "2") -> None:
    await till.sign_in()
    await till.open_sale()
    await till.press(tickets, "enter")
    await till.at(Place.PAYMENT)


def _tender(agent: UiAgent) -> list[tuple[Any, ...]]:
    answer = agent.books.first_answer(next(iter(of_kind(agent, "sale"))))
    return [
        (one["method"], one["amount"]["amount"], one.get("reference")) for one in answer["tender"]
    ]


def _taken(agent: UiAgent) -> list[tuple[str, str]]:
    [cart] = agent.books.open_carts()
    return [(one["method"], one["amount"]["amount"]) for one in cart.get("taken", [])]


@pytest.mark.parametrize("key", ["f9", "enter"])
async def test_two_cards_then_cash_with_change_of_what_is_left(
    till: Till, agent: UiAgent, key: str
) -> None:
    await _pay(till)
    await till.press("f6", *"4021", "down", *"8", key)
    await till.says("Card 4021 taken")
    await till.press(*"4022", "down", *"7,50", key)
    await till.says("Card 4022 taken")
    assert _taken(agent) == [("card", "8.00"), ("card", "7.50")]
    assert "€9.50" in next(row for row in till.text.splitlines() if "Still to pay" in row)
    await till.press("f5", *"20")
    await till.says("Change: €10.50")
    await till.press("enter")
    await till.at(Place.TICKET)
    await till.says("Change €10.50 of €20.00")
    assert _tender(agent) == [
        ("card", "8.00", "4021"),
        ("card", "7.50", "4022"),
        ("cash", "9.50", None),
    ]


@pytest.mark.parametrize("amount", ["", "25"])
async def test_a_card_without_an_amount_or_with_all_of_it_pays_all(
    till: Till, agent: UiAgent, amount: str
) -> None:
    await _pay(till)
    await till.press("f6", *"4021", "down", *amount, "enter")
    await till.at(Place.TICKET)
    assert _tender(agent) == [("card", "25.00", "4021")]


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        (("f6", *"4021", "f9"), "type the amount that this card paid"),
        (("f6", "f9"), "type the card's reference."),
        (("f6", "down", *"5", "f9"), "type the card's reference."),
        (("f6", *"4021", "down", *"25", "f9"), "less than €25.00"),
        (("f6", *"4021", "down", *"0", "f9"), "more than nothing"),
        (("f6", *"4021", "down", *"five", "f9"), "'five' is not an amount"),
        (("f7", *"press", "f9"), "take parts in cash or by card first."),
    ],
)
async def test_what_is_no_part_says_why_and_takes_nothing(
    till: Till, agent: UiAgent, keys: tuple[str, ...], why: str
) -> None:
    await _pay(till)
    await till.press(*keys)
    await till.until(lambda: till.headline == "✖ That is no part of the payment")
    await till.says(why)
    assert _taken(agent) == []


@pytest.mark.parametrize(
    ("amount", "why"), [("30", "€30.00 is more than the €25.00 to pay."), ("0", "more than")]
)
async def test_a_card_that_pays_too_much_or_nothing_completes_nothing(
    till: Till, agent: UiAgent, amount: str, why: str
) -> None:
    await _pay(till)
    await till.press("f6", *"4021", "down", *amount, "enter")
    await till.until(lambda: till.headline == "✖ The payment is not complete")
    await till.says(why)
    assert till.app.kiosk.place is Place.PAYMENT
    assert _taken(agent) == []


async def test_after_a_part_a_second_enter_completes_nothing(till: Till, agent: UiAgent) -> None:
    await _pay(till)
    till.burst("f6", *"4021", "down", *"8", "enter", "enter")
    await till.says("Card 4021 taken")
    await till.until(lambda: till.tone is Tone.REFUSED)
    await till.says("type the card's reference.")
    assert _taken(agent) == [("card", "8.00")]


async def test_leaving_says_all_that_is_to_be_given_back_until_it_is(
    till: Till, agent: UiAgent
) -> None:
    await _pay(till)
    await till.press("f5", *"3", "f9", "f5", *"4", "f9", *"4711", "down", *"15", "f9")
    await till.says("Still to pay")
    await till.press("escape")
    await till.says("Give back €7.00 in cash, €15.00 to the card of 4711")
    till.app.kiosk.announce(None)
    await till.press("f5", "x", "7", "f9", "down")
    words = "Give back €7.00 in cash, €15.00 to the card of 4711"
    await till.until(lambda: words in " ".join(till.text.split()), words)
    assert len(_taken(agent)) == 3
    await till.press("enter")
    await till.at(Place.SELL)
    assert till.tone is Tone.AMBER, "nothing was refused"
    assert till.headline == "▲ Given back: €7.00 in cash, €15.00 to the card of 4711"
    await till.says("The cart is open again.")
    assert agent.books.open_carts()[0]["state"] == "open"


async def test_a_lock_over_the_question_leaves_the_parts_where_they_are(
    till: Till, agent: UiAgent
) -> None:
    await _pay(till)
    await till.press(*"10", "f9", "escape")
    await till.says("Give back €10.00 in cash")
    till.app.kiosk.signed_out()
    await till.at(Place.SIGN_IN)
    assert _taken(agent) == [("cash", "10.00")]
    await till.press(*"1111", "enter")
    await till.at(Place.PAYMENT)
    await till.says("Still to pay")


async def test_a_payment_without_parts_is_left_without_a_question(till: Till) -> None:
    await _pay(till)
    await till.press("escape")
    await till.at(Place.SELL)


async def test_a_part_typed_twice_while_the_agent_is_away_is_taken_once(
    till: Till, agent: UiAgent
) -> None:
    await _pay(till)
    await till.press(*"10")
    await agent.go_away()
    till.burst("f9")
    await till.until(till.app.kiosk.desk.asking.away.is_set)
    till.burst("f9", "enter")
    await till.all_typed()
    await agent.come_back()
    await till.says("Still to pay")
    await till.at(Place.PAYMENT)
    assert _taken(agent) == [("cash", "10.00")]


async def test_cash_that_nobody_gives_is_refused_before_the_agent_is_asked(
    till: Till, agent: UiAgent
) -> None:
    await _pay(till)
    await till.press(*"40123456")
    await till.says("€40,123,456.00 for €25.00 is a slip: €1,000.00 at most is given back.")
    assert "Change:" not in till.text
    await till.press("enter")
    await till.until(lambda: till.headline == "✖ The payment is not complete")
    assert agent.requests.count("POST /v1/sales") == 0
    await till.press(*["backspace"] * 6, "enter")
    await till.at(Place.TICKET)
    assert _tender(agent) == [("cash", "25.00", None)]


async def test_what_is_missing_is_of_what_is_left(till: Till) -> None:
    await _pay(till)
    await till.press(*"10", "f9", "f5", *"12")
    await till.says("€3.00 is missing")
    await till.press("enter")
    await till.says("€12.00 is less than the €15.00 to pay; €3.00 is missing.")


async def test_while_a_sale_waits_for_the_agent_nothing_can_be_typed_and_esc_says_why(
    till: Till, agent: UiAgent
) -> None:
    await _pay(till)
    await till.press(*"40")
    await agent.go_away()
    till.burst("enter")
    await till.until(till.app.kiosk.desk.asking.away.is_set)
    await till.says("Waiting for the agent: take no more money, give none back.")
    till.burst("5", "f6", "f9", "f4", "enter")
    await till.all_typed()
    await till.pilot.pause(0.1)
    assert "● F5 Cash" in till.text
    assert "Name for the sale?" not in till.text
    assert "405" not in till.text
    before = till.headline
    till.burst("escape")
    await till.until(lambda: till.headline == "… waiting for the agent", f"it said {before}")
    assert till.app.kiosk.place is Place.PAYMENT
    await agent.come_back()
    await till.at(Place.TICKET)
    await till.says("Change €15.00 of €40.00")
    assert _tender(agent) == [("cash", "25.00", None)]


async def test_a_refusal_gives_the_form_back_as_it_was(till: Till, agent: UiAgent) -> None:
    await _pay(till)
    await till.press("f6", *"4021")
    held = agent.faults.hold_back["POST /v1/sales"] = asyncio.Event()
    till.burst("enter")
    await till.says("Waiting for the agent")
    agent.books.open_carts()[0]["total"] = {"amount": "26.00", "currency": "EUR"}
    held.set()
    await till.until(lambda: till.tone is Tone.REFUSED)
    await till.press("7")
    await till.says("40217")
    assert "Waiting for the agent" not in till.text


async def test_a_void_gives_back_each_part_the_way_it_came(till: Till, agent: UiAgent) -> None:
    agent.books.line = "offline"
    await agent.say()
    await _pay(till)
    await till.press("f6", *"4021", "down", *"8", "f9", "f5", "enter")
    await till.at(Place.TICKET)
    await till.press("escape", "f4")
    await till.at(Place.TRANSACTIONS)
    await till.press("f8", *"wrong evening", "enter", *"9999", "enter")
    await till.says("€8.00 to the card of 4021")
    await till.says("€17.00 in cash")
