"""A sale at the till, by keys and by mouse, with what may be refused on the way."""

import asyncio

import pytest

from kiosk_contracts.payloads import MAX_TICKETS_PER_SALE
from kiosk_ui.cart_lines import LineKey
from kiosk_ui.notices import Tone
from kiosk_ui.places import Place
from kiosk_ui.screens.payment import PaymentScreen
from kiosk_ui.selling import TooManyError
from kiosk_ui.widgets.forms.field import Field
from tests.support.ui_agent import UiAgent
from tests.support.ui_till import Till, asked, of_kind

PUT = "PUT /v1/carts/{txn_id}"


async def test_two_adults_with_exact_cash_are_two_enter_enter(till: Till, agent: UiAgent) -> None:
    await till.sign_in()
    await till.open_sale()
    till.burst("2", "enter", "enter")
    await till.at(Place.TICKET)
    assert till.headline == "✔ #2 sale HB1-1-000001 recorded online"
    await till.says(till.headline)
    answer = agent.books.first_answer(next(iter(of_kind(agent, "sale"))))
    assert len(answer["tickets"]) == 2
    assert answer["tender"] == [
        {
            "method": "cash",
            "amount": {"amount": "25.00", "currency": "EUR"},
            "given": {"amount": "25.00", "currency": "EUR"},
            "change": {"amount": "0.00", "currency": "EUR"},
        }
    ]


async def test_the_tickets_are_shown_one_at_a_time_and_then_events(till: Till) -> None:
    await till.sign_in()
    await till.sell("2")
    await till.says("Ticket 1 of 2")
    await till.press("right")
    await till.says("Ticket 2 of 2")
    await till.press("left")
    await till.says("Ticket 1 of 2")
    await till.press("enter", "enter")
    await till.at(Place.EVENTS)
    assert till.headline == "✔ #2 sale HB1-1-000001 recorded online"


@pytest.mark.parametrize(
    ("key", "typed", "tender"),
    [
        ("f6", "4021-7788", {"method": "card", "reference": "4021-7788"}),
    ],
)
async def test_other_ways_of_paying_are_recorded(
    till: Till, agent: UiAgent, key: str, typed: str, tender: dict[str, str]
) -> None:
    await till.sign_in()
    await till.open_sale()
    await till.press("1", "enter")
    await till.at(Place.PAYMENT)
    await till.press(key, *typed, "enter")
    await till.at(Place.TICKET)
    answer = agent.books.first_answer(next(iter(of_kind(agent, "sale"))))
    assert tender.items() <= answer["tender"][0].items()


async def test_a_payment_that_is_not_complete_says_why_and_stays(
    till: Till, agent: UiAgent
) -> None:
    await till.sign_in()
    await till.open_sale()
    await till.press("1", "enter")
    await till.at(Place.PAYMENT)
    await till.press("1", "0", "enter")
    await till.until(lambda: till.tone is Tone.REFUSED)
    await till.says("€2.50 is missing")
    assert till.app.kiosk.place is Place.PAYMENT
    assert not list(of_kind(agent, "sale"))


async def test_sold_out_is_said_and_the_cart_stays_as_it_was(till: Till, agent: UiAgent) -> None:
    await till.sign_in()
    await till.press("down", "enter")
    await till.at(Place.SELL)
    await till.says("Standing")
    await till.press("2")
    await till.says("Total €56.00")
    await till.press("plus", "plus")
    await till.until(lambda: till.tone is Tone.REFUSED)
    assert till.headline == "✖ Not that many left"
    await till.says("3 left at this kiosk, 4 wanted.")
    await till.says("Offer another ticket type or fewer tickets.")
    assert "3 tickets" in till.text
    cart = agent.books.open_carts()[0]
    assert [len(line["serials"]) for line in cart["lines"]] == [3]


async def test_sold_out_with_enter_typed_ahead_comes_back_to_the_cart(
    till: Till, agent: UiAgent
) -> None:
    await till.sign_in()
    await till.press("down", "enter")
    await till.at(Place.SELL)
    await till.says("Standing")
    till.burst("4", "enter", "enter")
    await till.until(lambda: till.tone is Tone.REFUSED and till.app.kiosk.place is Place.SELL)
    await till.pilot.pause(0.05)
    assert till.headline == "✖ Not that many left"
    assert till.app.kiosk.place is Place.SELL
    assert not list(of_kind(agent, "sale"))
    assert asked(agent, "POST /v1/sales") == 0


async def test_more_than_a_line_may_have_is_refused_before_asking(
    till: Till, agent: UiAgent
) -> None:
    await till.sign_in()
    await till.open_sale()
    till.burst("2", "5")
    await till.until(lambda: till.tone is Tone.REFUSED)
    assert till.headline == "✖ At most 20 tickets of one type in a sale"
    await till.says("2 tickets")
    cart = agent.books.open_carts()[0]
    assert [len(line["serials"]) for line in cart["lines"]] == [2]


async def test_more_than_a_sale_may_have_is_refused_whatever_the_types(till: Till) -> None:
    selling = till.app.kiosk.selling
    for number in range(MAX_TICKETS_PER_SALE // 20):
        selling.want(LineKey("harbour", f"type-{number}"), 20)
    with pytest.raises(TooManyError, match=f"At most {MAX_TICKETS_PER_SALE} tickets in a sale"):
        selling.want(LineKey("harbour", "one-more"), 1)
    assert selling.tickets == MAX_TICKETS_PER_SALE
    selling.want(LineKey("harbour", "type-0"), 19)
    assert selling.tickets == MAX_TICKETS_PER_SALE - 1


async def test_an_empty_cart_is_not_paid(till: Till) -> None:
    await till.sign_in()
    await till.open_sale()
    till.app.kiosk.announce(None)
    await till.press("enter")
    await till.until(lambda: till.tone is Tone.REFUSED)
    assert till.headline == "✖ The cart is empty"
    assert till.app.kiosk.place is Place.SELL


async def test_leaving_asks_and_releases_what_was_held(till: Till, agent: UiAgent) -> None:
    await till.sign_in()
    await till.open_sale()
    await till.press("3")
    await till.says("Total €37.50")
    await till.press("escape")
    await till.says("Leave this sale?")
    await till.press("escape")
    await till.until(lambda: len(till.app.screen_stack) == 2)
    assert agent.books.open_carts()
    await till.press("escape")
    await till.says("Leave this sale?")
    await till.press("enter")
    await till.at(Place.EVENTS)
    assert agent.books.open_carts() == []
    assert all(ticket["cart"] is None for roll in agent.books.stock.values() for ticket in roll)


async def test_leaving_an_empty_cart_asks_nobody(till: Till, agent: UiAgent) -> None:
    await till.sign_in()
    await till.open_sale()
    await till.press("escape")
    await till.at(Place.EVENTS)
    assert asked(agent, PUT) == 0
    assert asked(agent, "DELETE /v1/carts/{txn_id}") == 0


async def test_esc_on_payment_cancels_it_and_the_cart_can_change(
    till: Till, agent: UiAgent
) -> None:
    await till.sign_in()
    await till.open_sale()
    await till.press("1", "enter")
    await till.at(Place.PAYMENT)
    assert agent.books.open_carts()[0]["state"] == "payment_started"
    await till.press("escape")
    await till.at(Place.SELL)
    assert agent.books.open_carts()[0]["state"] == "open"
    await till.press("2")
    await till.says("Total €25.00")


async def test_one_cart_has_one_txn_id_to_its_sale(till: Till, agent: UiAgent) -> None:
    await till.sign_in()
    await till.open_sale()
    txn_id = str(till.app.kiosk.selling.txn_id)
    await till.press("1", "plus", "minus", "plus", "enter")
    await till.at(Place.PAYMENT)
    await till.press("enter")
    await till.at(Place.TICKET)
    assert list(of_kind(agent, "sale")) == [txn_id]
    assert set(agent.books.carts) == {txn_id}


async def test_markup_in_a_name_is_shown_as_it_is(till: Till) -> None:
    await till.sign_in()
    await till.says("Night Tide [bold]Live[/bold]")


async def test_control_characters_in_a_name_do_not_reach_the_terminal(
    till: Till, agent: UiAgent
) -> None:
    agent.books.events[1]["name"] = "Night\x1b[2J\u202eTide\nLive"
    await till.sign_in()
    await till.says("Night\ufffd[2J\ufffdTide Live")


async def test_the_screen_stays_usable_when_it_becomes_very_small(till: Till) -> None:
    await till.sign_in()
    await till.open_sale()
    await till.pilot.resize_terminal(40, 10)
    await till.press("1")
    await till.says("ONLINE since")
    await till.press("enter", "enter")
    await till.at(Place.TICKET)
    await till.says("Ticket 1 of 1")
    assert "█" not in till.text
    await till.pilot.resize_terminal(80, 24)
    await till.until(lambda: till.text.count("█") > 60, "the QR code")
    assert "✔ #2 sale HB1-1-000001 recorded online" in till.text


async def test_a_cart_whose_time_ran_out_begins_again_with_another_txn_id(
    till: Till, agent: UiAgent
) -> None:
    await till.sign_in()
    await till.open_sale()
    await till.press("2")
    await till.says("Total €25.00")
    old = str(till.app.kiosk.selling.txn_id)
    agent.books.expire(old)
    await till.press("enter")
    await till.at(Place.SELL)
    assert till.headline == "✖ The cart's time ran out"
    await till.press("1", "enter", "enter")
    await till.at(Place.TICKET)
    [sold] = of_kind(agent, "sale")
    assert sold != old


async def test_what_comes_and_goes_changes_why_a_type_does_not_sell(
    till: Till, agent: UiAgent
) -> None:
    await till.sign_in()
    key, roll = next(iter(agent.books.stock.items()))
    agent.books.stock[key] = []
    await agent.say()
    await till.open_sale()
    await till.says("sold out here")
    agent.books.stock[key] = roll
    await agent.say()
    await till.until(lambda: "sold out here" not in till.text)
    agent.books.stock[key] = []
    await agent.say()
    await till.says("sold out here")


async def test_a_part_in_cash_and_the_rest_by_card(till: Till, agent: UiAgent) -> None:
    await till.sign_in()
    await till.open_sale()
    await till.press("2", "enter")
    await till.at(Place.PAYMENT)
    await till.press("2", "0", "f9")
    await till.says("Still to pay")
    assert "€5.00" in next(row for row in till.text.splitlines() if "Still to pay" in row)
    await till.press(*"4021", "enter")
    await till.at(Place.TICKET)
    answer = agent.books.first_answer(next(iter(of_kind(agent, "sale"))))
    assert [(one["method"], one["amount"]["amount"]) for one in answer["tender"]] == [
        ("cash", "20.00"),
        ("card", "5.00"),
    ]


@pytest.mark.parametrize("typed", ["", "0", "25", "26", "ten"])
async def test_what_is_no_part_of_the_total_takes_nothing(till: Till, typed: str) -> None:
    await till.sign_in()
    await till.open_sale()
    await till.press("2", "enter")
    await till.at(Place.PAYMENT)
    await till.press(*typed, "f9")
    await till.until(lambda: till.headline == "✖ That is no part of the payment")
    assert "Still to pay" not in till.text


async def test_leaving_a_split_payment_says_what_to_give_back(till: Till, agent: UiAgent) -> None:
    await till.sign_in()
    await till.open_sale()
    await till.press("2", "enter")
    await till.at(Place.PAYMENT)
    await till.press("1", "0", "f9", "f5", "5", "f9", "escape")
    await till.says("Give back €15.00 in cash")
    assert agent.books.open_carts()[0]["state"] == "payment_started", "it is asked first"
    await till.press("escape")
    await till.until(lambda: len(till.app.screen_stack) == 2)
    assert till.app.kiosk.place is Place.PAYMENT
    await till.press("escape")
    await till.says("Give back €15.00 in cash")
    await till.press("enter")
    await till.at(Place.SELL)
    await till.until(lambda: till.headline == "▲ Given back: €15.00 in cash")
    assert agent.books.open_carts()[0]["state"] == "open"


async def test_no_part_is_taken_before_payment_has_started(till: Till, agent: UiAgent) -> None:
    await till.sign_in()
    await till.open_sale()
    await till.press("2")
    await till.says("Total €25.00")
    start = "POST /v1/carts/{txn_id}/payment"
    held = agent.faults.hold_back[start] = asyncio.Event()
    till.burst("enter")
    await till.until(lambda: agent.faults.fired["hold_back"])
    screen = till.app.screen
    assert isinstance(screen, PaymentScreen)
    screen.query_one(Field).line.value = "10"
    screen.action_part()
    assert till.headline == "✖ The payment has not started yet"
    held.set()
    await till.until(lambda: till.app.kiosk.selling.paying)
    assert "taken" not in agent.books.open_carts()[0]
    screen.action_part()
    await till.says("Still to pay")


async def test_typed_ahead_a_part_and_the_rest_are_two(till: Till, agent: UiAgent) -> None:
    await till.sign_in()
    await till.open_sale()
    await till.press("2", "enter")
    await till.at(Place.PAYMENT)
    till.burst(*"10", "f9", *"4021", "enter")
    await till.at(Place.TICKET)
    answer = agent.books.first_answer(next(iter(of_kind(agent, "sale"))))
    assert [(one["method"], one["amount"]["amount"]) for one in answer["tender"]] == [
        ("cash", "10.00"),
        ("card", "15.00"),
    ]
