"""The agent goes away in the middle: nothing is lost, nothing is done twice, and it is said."""

import asyncio

import pytest

from kiosk_ui.notices import Tone
from kiosk_ui.places import Place
from tests.support.ui_agent import UiAgent
from tests.support.ui_till import Till, asked, of_kind, open_till

ASKING_AGAIN = "… asking again: the agent was away"
CART_BACK = "… your cart is back"


async def test_an_absence_is_said_on_every_screen_and_ends_by_itself(
    till: Till, agent: UiAgent
) -> None:
    await till.sign_in()
    await agent.go_away()
    await till.says("NO AGENT since 19:14:05 · waiting, nothing is lost")
    await till.press("f3")
    await till.at(Place.ADMIT)
    await till.says("NO AGENT since 19:14:05")
    await agent.come_back()
    await till.says("ONLINE since 19:14:05")


async def test_a_ui_that_starts_before_its_agent_waits_for_it(agent: UiAgent) -> None:
    await agent.go_away()
    async with open_till(agent) as till:
        await till.says("NO AGENT since")
        await till.press(*"1111", "enter")
        await till.until(lambda: till.headline == ASKING_AGAIN)
        await agent.come_back()
        await till.at(Place.OPENING_FLOAT)


async def test_a_sale_whose_answer_is_lost_is_asked_again_and_shown_once(
    till: Till, agent: UiAgent
) -> None:
    await till.sign_in()
    await till.open_sale()
    agent.faults.lose_answer["POST /v1/sales"] = 1
    await till.press("2", "enter", "enter")
    await till.at(Place.TICKET)
    assert agent.faults.fired["lose_answer"] == 1
    assert asked(agent, "POST /v1/sales") == 2
    assert len(list(of_kind(agent, "sale"))) == 1
    assert till.headline == "✔ #2 sale HB1-1-000001 recorded online"
    await till.press("escape")
    await till.at(Place.EVENTS)
    assert agent.books.open_carts() == []


async def test_an_agent_killed_between_commit_and_answer_gives_the_first_answer(
    till: Till, agent: UiAgent
) -> None:
    await till.sign_in()
    await till.open_sale()
    await till.press("1", "enter")
    await till.at(Place.PAYMENT)
    # However often it is asked before it is gone: on a busy machine that is more than once.
    agent.faults.lose_answer["POST /v1/sales"] = 1000
    till.burst("enter")
    await till.until(lambda: agent.faults.fired["lose_answer"])
    await agent.go_away()
    agent.faults.lose_answer.clear()
    await till.says("NO AGENT since")
    await till.says(ASKING_AGAIN)
    await till.press("escape", "enter")
    assert till.app.kiosk.place is Place.PAYMENT
    await agent.come_back()
    await till.at(Place.TICKET)
    assert len(list(of_kind(agent, "sale"))) == 1
    assert till.headline == "✔ #2 sale HB1-1-000001 recorded online"


@pytest.mark.parametrize(("keys", "place"), [("2", Place.SELL), ("2!", Place.PAYMENT)])
async def test_a_cart_in_hand_comes_back_with_the_agent(
    till: Till, agent: UiAgent, keys: str, place: Place
) -> None:
    await till.sign_in()
    await till.open_sale()
    await till.press(*("enter" if key == "!" else key for key in keys))
    await till.at(place)
    await till.says("Total €25.00")
    txn_id = till.app.kiosk.selling.txn_id
    await agent.go_away()
    await till.says("NO AGENT since")
    await agent.come_back()
    await till.says(CART_BACK)
    assert (till.app.kiosk.place, till.app.kiosk.selling.txn_id) == (place, txn_id)
    till.burst(*["enter"] * (2 if place is Place.SELL else 1))
    await till.at(Place.TICKET)
    assert list(of_kind(agent, "sale")) == [str(txn_id)]


async def test_tickets_chosen_while_the_agent_is_away_are_held_when_it_is_back(
    till: Till, agent: UiAgent
) -> None:
    await till.sign_in()
    await till.open_sale()
    await agent.go_away()
    await till.says("NO AGENT since")
    await till.press("1")
    await till.says(ASKING_AGAIN)
    await till.press("plus")
    await till.says("… Total €25.00")
    await agent.come_back()
    await till.until(lambda: till.settled and till.app.kiosk.selling.in_step)
    assert till.headline in (CART_BACK, "")
    assert [len(line["serials"]) for line in agent.books.open_carts()[0]["lines"]] == [2]


async def test_a_hold_whose_answer_is_lost_is_asked_again_and_the_cart_is_said_to_be_back(
    till: Till, agent: UiAgent
) -> None:
    await till.sign_in()
    await till.open_sale()
    # The HTTP client itself asks once more where that is safe, so it takes two to be noticed.
    agent.faults.lose_answer["PUT /v1/carts/{txn_id}"] = 2
    await till.press("1")
    await till.until(lambda: till.settled and till.app.kiosk.selling.in_step)
    assert agent.faults.fired["lose_answer"] == 2
    assert till.headline == CART_BACK


async def test_a_new_ui_goes_on_with_the_cart_of_the_old_one(agent: UiAgent) -> None:
    async with open_till(agent) as old:
        await old.sign_in()
        await old.open_sale()
        await old.press("3")
        await old.says("Total €37.50")
        txn_id = old.app.kiosk.selling.txn_id
    async with open_till(agent) as new:
        await new.says("PIN")
        await new.press(*"1111", "enter")
        await new.at(Place.SELL)
        await new.says(CART_BACK)
        await new.says("Total €37.50")
        assert new.app.kiosk.selling.txn_id == txn_id


async def test_a_cart_that_the_agent_let_go_begins_again_empty(till: Till, agent: UiAgent) -> None:
    await till.sign_in()
    await till.open_sale()
    await till.press("2")
    await till.says("Total €25.00")
    old = till.app.kiosk.selling.txn_id
    await agent.go_away()
    await till.says("NO AGENT since")
    agent.books.delete_cart(str(old))
    await agent.come_back()
    await till.says("0 tickets")
    assert till.app.kiosk.selling.txn_id not in (old, None)


async def test_an_admission_whose_answer_is_lost_is_shown_once(till: Till, agent: UiAgent) -> None:
    await till.sign_in()
    code = (await till.sell())[0]
    await till.press("escape")
    await till.at(Place.EVENTS)
    agent.faults.lose_answer["POST /v1/admissions"] = 1
    till.scan(code)
    await till.until(lambda: "admission" in till.headline)
    assert agent.faults.fired["lose_answer"] == 1
    assert till.headline.startswith("✔ #3 admission ")
    assert len(list(of_kind(agent, "admission"))) == 1


async def test_waiting_is_shown_and_the_screen_stays_alive(till: Till, agent: UiAgent) -> None:
    await till.sign_in()
    await till.open_sale()
    agent.faults.hold_back["POST /v1/sales"] = asyncio.Event()
    till.burst("1", "enter", "enter")
    await till.says("… recording the sale")
    assert agent.faults.fired["hold_back"] == 1
    agent.books.line = "offline"
    await agent.say()
    await till.says("OFFLINE since")
    agent.faults.hold_back["POST /v1/sales"].set()
    await till.at(Place.TICKET)


async def test_an_answer_that_cannot_be_read_says_where_to_look(till: Till, agent: UiAgent) -> None:
    await till.sign_in()
    await till.open_sale()
    agent.faults.garble["POST /v1/sales"] = 1
    await till.press("1", "enter", "enter")
    await till.until(lambda: till.tone is Tone.REFUSED)
    assert agent.faults.fired["garble"] == 1
    await till.says("Look in Transactions (F4) before doing it again.")
    await till.press("enter")
    await till.at(Place.TICKET)
    assert len(list(of_kind(agent, "sale"))) == 1


async def test_a_sale_recorded_under_another_tender_is_found_instead_of_made_again(
    till: Till, agent: UiAgent
) -> None:
    await till.sign_in()
    await till.open_sale()
    agent.faults.garble["POST /v1/sales"] = 1
    await till.press("1", "enter", "enter")
    await till.until(lambda: till.tone is Tone.REFUSED)
    await till.press("f6", *"99", "enter")
    await till.at(Place.TICKET)
    assert agent.faults.fired["garble"] == 1
    assert len(list(of_kind(agent, "sale"))) == 1
    await till.says("Cash €12.50, exact")
