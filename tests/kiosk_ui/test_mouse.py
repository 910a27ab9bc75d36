"""Each act can be done with the mouse: key hints, rows, ways of paying, answers to questions."""

import pytest

from kiosk_ui.notices import Tone
from kiosk_ui.places import Place
from tests.support.ui_agent import UiAgent
from tests.support.ui_till import Till, of_kind


async def test_a_whole_sale(till: Till, agent: UiAgent) -> None:
    await till.sign_in()
    await till.click("sell", last=True)
    await till.at(Place.SELL)
    await till.click("Child")
    await till.click("more")
    await till.click("more")
    await till.click("less")
    await till.says("Total €6.00")
    await till.click("Enter pay", last=True)
    await till.at(Place.PAYMENT)
    await till.click("F6 Card")
    await till.says("Reference")
    await till.click("Complimentary")
    await till.says("Reason")
    await till.click("F5 Cash")
    await till.click("complete", last=True)
    await till.at(Place.TICKET)
    await till.click("done")
    await till.at(Place.EVENTS)
    assert len(list(of_kind(agent, "sale"))) == 1


async def test_a_click_on_an_event_opens_its_sale(till: Till) -> None:
    await till.sign_in()
    await till.click("Night Tide")
    await till.at(Place.SELL)
    await till.says("Standing")


async def test_a_click_on_a_ticket_type_only_chooses_it(till: Till) -> None:
    await till.sign_in()
    await till.open_sale()
    await till.click("Child")
    assert till.app.kiosk.place is Place.SELL
    assert till.app.kiosk.selling.is_empty
    await till.press("1")
    await till.says("Total €6.00")


@pytest.mark.parametrize(("answer", "carts"), [("leave it", 0), ("keep the cart", 1)])
async def test_a_question_is_answered(till: Till, agent: UiAgent, answer: str, carts: int) -> None:
    await till.sign_in()
    await till.open_sale()
    await till.press("2")
    await till.says("Total €25.00")
    await till.click("leave", last=True)
    await till.click(answer)
    await till.at(Place.SELL if carts else Place.EVENTS)
    assert len(agent.books.open_carts()) == carts


async def test_payment_goes_back_to_the_cart(till: Till, agent: UiAgent) -> None:
    await till.sign_in()
    await till.open_sale()
    await till.press("1", "enter")
    await till.at(Place.PAYMENT)
    await till.click("back")
    await till.at(Place.SELL)
    assert agent.books.open_carts()[0]["state"] == "open"


async def test_the_gate_turns_round_and_is_left(till: Till) -> None:
    await till.sign_in()
    await till.click("admit", last=True)
    await till.at(Place.ADMIT)
    await till.click("in / out")
    await till.says("letting OUT")
    await till.click("back")
    await till.at(Place.EVENTS)


async def test_a_sale_is_chosen_among_the_transactions_and_voided(
    till: Till, agent: UiAgent
) -> None:
    agent.books.line = "offline"
    await till.sign_in("Max Manager")
    await till.sell()
    await till.click("next")
    await till.at(Place.EVENTS)
    await till.click("transactions", last=True)
    await till.says("HB1-1-000001")
    await till.press("end")
    await till.click("#2")
    await till.at(Place.TICKET)
    await till.click("done")
    await till.click("transactions", last=True)
    await till.click("F9 waiting")
    await till.click("F8 give back")
    await till.says("Reason")
    await till.press(*"wrong evening")
    await till.click("Enter void")
    await till.until(lambda: till.tone is Tone.RECORDED and "void" in till.headline)
    assert len(list(of_kind(agent, "void"))) == 1


async def test_signing_in_and_out(till: Till) -> None:
    await till.says("PIN")
    await till.press(*"1111")
    await till.click("sign in")
    await till.at(Place.OPENING_FLOAT)
    await till.click("without a shift")
    await till.at(Place.EVENTS)
    await till.click("sign out")
    await till.at(Place.SIGN_IN)
