"""Tickets given away: a cashier needs a manager's PIN, a manager needs none."""

from kiosk_ui.notices import Tone
from kiosk_ui.places import Place
from kiosk_ui.widgets.payment.tender_form import TenderForm
from tests.support.ui_agent import UiAgent
from tests.support.ui_till import Till, of_kind


async def _pay(till: Till, name: str) -> None:
    await till.sign_in(name)
    await till.open_sale()
    await till.press("1", "enter")
    await till.at(Place.PAYMENT)
    await till.press("f7", *"sponsor")


def _tender(agent: UiAgent) -> list[dict[str, object]]:
    answer = agent.books.first_answer(next(iter(of_kind(agent, "sale"))))
    return list(answer["tender"])


async def test_a_cashier_types_the_reason_then_a_manager_their_pin(
    till: Till, agent: UiAgent
) -> None:
    await _pay(till, "Ana Cashier")
    await till.says("Manager's PIN")
    await till.press("enter")
    assert till.app.kiosk.place is Place.PAYMENT
    assert till.tone is not Tone.REFUSED, "it goes on to the PIN"
    await till.press("enter")
    await till.says("A manager types their PIN to approve.")
    await till.press(*"9999")
    assert "9999" not in till.text
    await till.press("enter")
    await till.at(Place.TICKET)
    [given] = _tender(agent)
    assert (given["method"], given["reason"]) == ("complimentary", "sponsor")


async def test_a_pin_that_is_refused_is_typed_again_and_the_reason_stays(
    till: Till, agent: UiAgent
) -> None:
    await _pay(till, "Ana Cashier")
    await till.press("enter", *"1111", "enter")
    await till.until(lambda: till.headline == "✖ No manager here has this PIN")
    await till.says("sponsor")
    assert not list(of_kind(agent, "sale"))
    await till.press(*"9999", "enter")
    await till.at(Place.TICKET)


async def test_a_manager_types_none(till: Till, agent: UiAgent) -> None:
    await _pay(till, "Max Manager")
    assert "Manager's PIN" not in till.text
    await till.press("enter")
    await till.at(Place.TICKET)
    assert _tender(agent)[0]["reason"] == "sponsor"


async def test_another_way_of_paying_asks_for_no_pin(till: Till) -> None:
    await _pay(till, "Ana Cashier")
    await till.press("f6")
    await till.says("Amount, empty is all")
    assert "Manager's PIN" not in till.text
    await till.press("f5")
    await till.until(lambda: "Amount, empty is all" not in till.text, "cash")
    await till.press("enter")
    await till.at(Place.TICKET)


async def test_a_manager_is_asked_once_there_is_a_reason(till: Till, agent: UiAgent) -> None:
    await _pay(till, "Ana Cashier")
    await till.press(*["backspace"] * len("sponsor"), "enter")
    await till.says("type a reason.")
    await till.press(*"press", "enter", *"9999", "enter")
    await till.at(Place.TICKET)
    assert _tender(agent)[0]["reason"] == "press"


async def test_a_pin_is_not_left_typed_where_the_reason_is_refused(till: Till) -> None:
    await _pay(till, "Ana Cashier")
    await till.press("enter", *"9999")
    form = till.app.screen.query_one(TenderForm)
    form.text.line.value = "a\u202eb"
    await till.press("enter")
    await till.says("type a reason without control characters.")
    assert form.pin.value == ""


async def test_a_refused_pin_and_what_is_typed_next_are_in_sight_on_a_small_screen(
    till: Till,
) -> None:
    await _pay(till, "Ana Cashier")
    await till.pilot.resize_terminal(40, 10)
    await till.press("enter", *"1111", "enter")
    await till.until(lambda: till.headline == "✖ No manager here has this PIN")
    await till.says("Manager's PIN")
    await till.press("f5", *"50")
    await till.says("Change")
    assert "No manager here" not in till.text


async def test_a_managers_pin_is_typed_anew_after_every_refusal(till: Till, agent: UiAgent) -> None:
    await _pay(till, "Ana Cashier")
    form = till.app.screen.query_one(TenderForm)
    await till.press("enter", *"9999")
    assert form.pin.value == "9999"
    await till.press("f9")
    await till.until(lambda: till.headline == "✖ That is no part of the payment")
    assert (form.pin.value, form.text.value) == ("", "sponsor")
    agent.books.open_carts()[0]["total"] = {"amount": "26.00", "currency": "EUR"}
    await till.press(*"9999", "enter")
    await till.until(lambda: till.tone is Tone.REFUSED and till.settled)
    await till.until(lambda: not form.pin.value)
    assert till.app.kiosk.place is Place.PAYMENT
    assert not list(of_kind(agent, "sale"))
