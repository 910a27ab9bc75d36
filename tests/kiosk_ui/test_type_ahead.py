"""Keys typed ahead of the screens they are meant for, however long the agent takes to answer."""

import asyncio
from random import Random

import pytest

from kiosk_ui.places import Place
from tests.support.ui_agent import UiAgent
from tests.support.ui_till import Till, of_kind

SALE = ("f2", "down", "3", "enter", *"20", "enter", "enter", "enter")
EVENING = (
    *("1", "1", "1", "1", "enter", *"100", "enter"),  # sign in, open the shift
    *SALE,
    "escape",  # done with the tickets
    *("f2", "2", "escape", "enter"),  # a cart, and away with it
    *("f2", "plus", "plus", "minus", "enter", "f6", *"4021", "enter", "enter"),  # by card
    *("f4", "f8", *"wrong evening", "enter", *"9999", "enter"),  # the sale by card is undone
    *("f9", "end", "up", "enter", "right", "right"),  # the second ticket of the first sale
)


@pytest.mark.parametrize("seed", range(8))
async def test_a_whole_evening_typed_at_once_is_done_key_by_key(
    till: Till, agent: UiAgent, seed: int
) -> None:
    agent.faults.dawdle = Random(seed)  # noqa: S311  delays that differ, the same in every run
    agent.books.line = "offline"
    till.burst(*EVENING)
    await till.until(lambda: till.app.focused, "the first screen")
    await till.all_typed()
    await till.says("Ticket 3 of 3")
    assert agent.faults.fired["dawdle"] >= 25
    assert "Child · 6.00 EUR" in till.text
    assert "Change 2.00 EUR of 20.00 EUR" in till.text
    assert "HB1-1-000001" in till.text
    kinds = [(row["kind"], row["voided"]) for row in agent.books.rows]
    assert kinds == [("shift_opened", False), ("sale", False), ("sale", True), ("void", False)]
    undone = agent.books.first_answer(agent.books.rows[2]["txn_id"])
    assert undone["tender"][0]["reference"] == "4021"
    assert len(undone["tickets"]) == 1
    assert agent.books.open_carts() == []


@pytest.mark.parametrize(
    "call",
    ["PUT /v1/carts/{txn_id}", "POST /v1/carts/{txn_id}/payment", "POST /v1/sales"],
)
async def test_a_key_waits_for_the_answer_that_the_one_before_asked_for(
    till: Till, agent: UiAgent, call: str
) -> None:
    await till.sign_in()
    agent.faults.hold_back[call] = asyncio.Event()
    till.burst(*SALE)
    await till.until(lambda: agent.faults.fired["hold_back"])
    agent.books.line = "offline"
    await agent.say()
    await till.says("OFFLINE since")
    assert till.app.place is not Place.TICKET
    agent.faults.hold_back[call].set()
    await till.says("Ticket 3 of 3")
    assert len(list(of_kind(agent, "sale"))) == 1


async def test_keys_at_the_first_screen_wait_for_the_events(till: Till, agent: UiAgent) -> None:
    agent.faults.hold_back["GET /v1/catalogue"] = asyncio.Event()
    till.burst(*"1111", "enter", *"100", "enter", "f2", "2")
    await till.until(lambda: agent.faults.fired["hold_back"])
    agent.faults.hold_back["GET /v1/catalogue"].set()
    await till.says("Total 25.00 EUR")


async def test_keys_wait_for_the_cart_that_is_taken_up(till: Till, agent: UiAgent) -> None:
    await till.sign_in()
    await till.open_sale()
    await till.press("2")
    await till.says("Total 25.00 EUR")
    agent.faults.hold_back["GET /v1/carts"] = asyncio.Event()
    agent.books.tokens.clear()
    till.burst("plus", *"1111", "enter", "enter", "enter")
    await till.until(lambda: agent.faults.fired["hold_back"])
    agent.faults.hold_back["GET /v1/carts"].set()
    await till.says("Ticket 1 of 2")


async def test_keys_do_not_wait_for_an_agent_that_is_away(till: Till, agent: UiAgent) -> None:
    await till.sign_in()
    await till.open_sale()
    await agent.go_away()
    till.burst("1", "plus", "enter")
    await till.until(lambda: till.app.place is Place.PAYMENT)
    await till.says("… Total 25.00 EUR")
    await agent.come_back()
    await till.at(Place.PAYMENT)
    await till.press("enter")
    await till.at(Place.TICKET)


async def test_keys_do_not_wait_for_what_only_brings_a_screen_up_to_date(
    till: Till, agent: UiAgent
) -> None:
    await till.sign_in()
    await till.press("f4")
    await till.says("shift opened")
    agent.faults.hold_back["GET /v1/transactions"] = asyncio.Event()
    await agent.say()
    await till.until(lambda: agent.faults.fired["hold_back"])
    await till.press("escape")
    await till.at(Place.EVENTS)


async def test_leaving_the_program_waits_for_nothing(till: Till, agent: UiAgent) -> None:
    await till.sign_in()
    await till.open_sale()
    agent.faults.hold_back["POST /v1/sales"] = asyncio.Event()
    till.burst("1", "enter", "enter", "enter", "ctrl+q")
    await till.until(lambda: not till.app.is_running)
