"""What a payment lets nobody do while the agent is asked, and what a refusal leaves behind."""

import asyncio

import pytest

from kiosk_contracts.problem import ProblemError
from kiosk_ui.notices import Tone
from kiosk_ui.places import Place
from kiosk_ui.screens.payment import PaymentScreen
from kiosk_ui.widgets.payment.tender_form import TenderForm
from tests.support.ui_agent import UiAgent
from tests.support.ui_agent_books import STAFF, Json
from tests.support.ui_till import Till, asked, of_kind

START = "POST /v1/carts/{txn_id}/payment"
CANCEL = "DELETE /v1/carts/{txn_id}/payment"
SALE = "POST /v1/sales"
WAITING = "… waiting for the agent"


async def _cart(till: Till, name: str = "Ana Cashier") -> None:
    await till.sign_in(name)
    await till.open_sale()
    await till.press("2")
    await till.says(" Total €25.00")


async def _pay(till: Till, name: str = "Ana Cashier") -> PaymentScreen:
    await _cart(till, name)
    await till.press("enter")
    await till.at(Place.PAYMENT)
    screen = till.app.screen
    assert isinstance(screen, PaymentScreen)
    return screen


async def test_esc_before_the_payment_has_started_says_that_it_waits_and_cancels_nothing(
    till: Till, agent: UiAgent
) -> None:
    await _cart(till)
    await agent.go_away()
    till.burst("enter")
    await till.until(till.app.kiosk.desk.asking.away.is_set)
    assert till.app.kiosk.place is Place.PAYMENT
    till.burst("escape")
    await till.until(lambda: till.headline == WAITING)
    await agent.come_back()
    await till.until(lambda: till.app.kiosk.selling.paying)
    await till.all_typed()
    assert till.settled
    assert till.app.kiosk.place is Place.PAYMENT
    assert asked(agent, CANCEL) == 0
    assert agent.books.open_carts()[0]["state"] == "payment_started"


async def test_a_way_of_paying_chosen_while_a_sale_is_recorded_clears_nothing(
    till: Till, agent: UiAgent
) -> None:
    screen = await _pay(till)
    await till.press(*"40")
    held = agent.faults.hold_back[SALE] = asyncio.Event()
    till.burst("enter")
    await till.until(lambda: agent.faults.fired["hold_back"])
    # A click does not wait for the answer, as a key does.
    screen.action_pay_by("card")
    assert till.headline == WAITING
    assert "● F5 Cash" in till.text
    assert screen.query_one(TenderForm).text.value == "40"
    agent.books.open_carts()[0]["total"] = {"amount": "26.00", "currency": "EUR"}
    held.set()
    await till.until(lambda: till.tone is Tone.REFUSED)
    assert "● F5 Cash" in till.text
    assert "40" in till.text
    assert not list(of_kind(agent, "sale"))


async def _given_away_by_who_is_a_manager_no_more(
    till: Till, agent: UiAgent, monkeypatch: pytest.MonkeyPatch
) -> PaymentScreen:
    """Give away as a manager; the agent knows better by now, and takes its time to refuse."""
    screen = await _pay(till, "Max Manager")
    await till.press("f7", *"press")
    assert "Manager's PIN" not in till.text
    held = agent.faults.hold_back[SALE] = asyncio.Event()
    till.burst("enter")
    await till.says("Waiting for the agent")
    monkeypatch.setitem(STAFF["9999"], "role", "cashier")
    held.set()
    await till.until(lambda: till.headline == "✖ No manager here has this PIN")
    await till.until(lambda: not screen.query_one(TenderForm).disabled)
    return screen


async def test_who_is_a_manager_no_more_types_anothers_pin_where_they_are_asked(
    till: Till, agent: UiAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = await _given_away_by_who_is_a_manager_no_more(till, agent, monkeypatch)
    await till.says("Manager's PIN")
    await till.press(*"8888")
    form = screen.query_one(TenderForm)
    assert (form.text.value, form.pin.value) == ("press", "8888")
    monkeypatch.setitem(STAFF, "8888", {"staff_id": "mo", "name": "Mo", "role": "manager"})
    await till.press("enter")
    await till.at(Place.TICKET)
    given = agent.books.first_answer(next(iter(of_kind(agent, "sale"))))["tender"]
    assert [(one["method"], one["reason"]) for one in given] == [("complimentary", "press")]


async def test_who_is_a_manager_no_more_is_asked_for_a_pin_the_next_time_too(
    till: Till, agent: UiAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = await _given_away_by_who_is_a_manager_no_more(till, agent, monkeypatch)
    await till.press("f5")
    assert "Manager's PIN" not in till.text
    await till.press("f7", *"press", "enter")
    await till.says("Manager's PIN")
    assert screen.query_one(TenderForm).pin.line.has_focus
    assert asked(agent, SALE) == 1


async def test_a_refused_pin_is_not_left_for_the_next_digits_to_join(
    till: Till, agent: UiAgent
) -> None:
    screen = await _pay(till)
    await till.press("f7", *"press", "enter", *"1111", "enter")
    await till.until(lambda: till.headline == "✖ No manager here has this PIN")
    form = screen.query_one(TenderForm)
    assert form.pin.value == ""
    await till.press(*"9999")
    assert (form.text.value, form.pin.value) == ("press", "9999")
    assert not list(of_kind(agent, "sale"))


async def test_a_refusal_that_no_pin_mends_asks_for_none(till: Till, agent: UiAgent) -> None:
    screen = await _pay(till, "Max Manager")
    await till.press("f7", *"press")
    agent.books.open_carts()[0]["total"] = {"amount": "26.00", "currency": "EUR"}
    await till.press("enter")
    await till.until(lambda: till.tone is Tone.REFUSED)
    await till.all_typed()
    assert "Manager's PIN" not in till.text
    assert screen.query_one(TenderForm).text.line.has_focus


async def test_a_payment_whose_cancelling_is_refused_goes_on(
    till: Till, agent: UiAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _pay(till)

    def refuse(_txn_id: str, _state: str) -> Json:
        raise ProblemError(409, "payment_not_cancelled", "The payment cannot be cancelled now")

    with monkeypatch.context() as for_now:
        for_now.setattr(agent.books, "set_state", refuse)
        await till.press("escape")
        await till.until(lambda: till.headline == "✖ The payment cannot be cancelled now")
    await till.at(Place.PAYMENT)
    await till.press("enter")
    await till.at(Place.TICKET)
    assert len(list(of_kind(agent, "sale"))) == 1


async def test_an_enter_before_the_payment_has_started_completes_it_once_it_has(
    till: Till, agent: UiAgent
) -> None:
    await _cart(till)
    await agent.go_away()
    till.burst("enter")
    await till.until(till.app.kiosk.desk.asking.away.is_set)
    till.burst("enter")
    await till.all_typed()
    assert not till.app.kiosk.selling.paying
    await agent.come_back()
    await till.at(Place.TICKET)
    assert len(list(of_kind(agent, "sale"))) == 1


async def test_while_a_sale_waits_for_the_agent_no_name_is_asked_for(
    till: Till, agent: UiAgent
) -> None:
    screen = await _pay(till)
    await agent.go_away()
    till.burst("enter")
    await till.until(till.app.kiosk.desk.asking.away.is_set)
    till.burst("f4")
    await till.until(lambda: till.headline == WAITING)
    await till.all_typed()
    assert till.app.screen is screen
    await agent.come_back()
    await till.at(Place.TICKET)
