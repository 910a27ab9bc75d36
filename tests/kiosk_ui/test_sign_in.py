"""Sign-in, shifts, and who may do what."""

import pytest

from kiosk_ui.notices import Tone
from kiosk_ui.places import Place
from tests.support.ui_agent import UiAgent
from tests.support.ui_till import Till, asked, kiosk_app, of_kind, open_till


async def test_a_wrong_pin_is_refused_and_not_kept(till: Till) -> None:
    await till.says("PIN")
    await till.press(*"4321", "enter")
    await till.until(lambda: till.tone is Tone.REFUSED)
    assert till.headline == "✖ That PIN is not known"
    await till.press(*"1111", "enter")
    await till.at(Place.OPENING_FLOAT)


async def test_a_short_pin_asks_nobody(till: Till, agent: UiAgent) -> None:
    await till.says("PIN")
    await till.press("1", "enter")
    await till.until(lambda: till.tone is Tone.REFUSED)
    assert asked(agent, "POST /v1/sign-in") == 0


async def test_the_pin_is_never_on_the_screen(till: Till) -> None:
    await till.says("PIN")
    await till.press(*"1111")
    await till.says("••••")
    assert "1111" not in till.text


async def test_the_shift_opens_once_and_is_said(till: Till, agent: UiAgent) -> None:
    await till.sign_in(opening_float="100,50")
    assert till.headline == "✔ #1 shift opened recorded online"
    assert len(list(of_kind(agent, "shift_opened"))) == 1
    await till.press("f10")
    await till.at(Place.SIGN_IN)
    await till.press(*"1111", "enter")
    await till.at(Place.EVENTS)
    assert len(list(of_kind(agent, "shift_opened"))) == 1


async def test_an_opening_float_that_is_no_amount_is_refused(till: Till, agent: UiAgent) -> None:
    await till.says("PIN")
    await till.press(*"1111", "enter")
    await till.at(Place.OPENING_FLOAT)
    await till.press(*"ten", "enter")
    await till.until(lambda: till.tone is Tone.REFUSED)
    assert asked(agent, "POST /v1/shifts") == 0


async def test_without_a_shift_the_gate_works_and_selling_asks_for_the_float(till: Till) -> None:
    await till.says("PIN")
    await till.press(*"1111", "enter")
    await till.at(Place.OPENING_FLOAT)
    await till.press("escape")
    await till.at(Place.EVENTS)
    await till.says("Harbour Lights")
    await till.press("f3")
    await till.at(Place.ADMIT)
    await till.press("escape")
    await till.at(Place.EVENTS)
    await till.says("Harbour Lights")
    await till.press("f2")
    await till.at(Place.OPENING_FLOAT)


async def test_a_gate_person_has_no_drawer_and_does_not_sell(till: Till, agent: UiAgent) -> None:
    await till.sign_in("Gil Gate")
    assert asked(agent, "POST /v1/shifts") == 0
    await till.press("f2")
    await till.until(lambda: till.tone is Tone.REFUSED)
    assert till.headline == "✖ You cannot sell with this PIN"
    assert till.app.kiosk.place is Place.EVENTS


async def test_a_token_the_agent_forgot_leads_to_sign_in_and_the_cart_comes_back(
    till: Till, agent: UiAgent
) -> None:
    await till.sign_in()
    await till.open_sale()
    await till.press("2")
    await till.says("Total €25.00")
    agent.books.tokens.clear()
    await till.press("plus")
    await till.at(Place.SIGN_IN)
    assert till.headline == "✖ Nobody is signed in"
    await till.press(*"1111", "enter")
    await till.at(Place.SELL)
    await till.until(lambda: till.headline == "… your cart is back")
    await till.says("Total €25.00")


async def test_a_list_that_may_not_be_read_any_more_leads_to_sign_in(
    till: Till, agent: UiAgent
) -> None:
    await till.sign_in()
    await till.press("f4")
    await till.says("shift opened")
    agent.books.tokens.clear()
    await agent.say()
    await till.at(Place.SIGN_IN)


async def test_a_cart_comes_back_after_the_float_and_not_before(till: Till, agent: UiAgent) -> None:
    await till.sign_in()
    await till.open_sale()
    await till.press("2")
    await till.says("Total €25.00")
    till.app.kiosk.signed_out()
    agent.books.shifts.clear()
    await till.at(Place.SIGN_IN)
    await till.press(*"1111", "enter")
    await till.at(Place.OPENING_FLOAT)
    await till.press("escape")
    await till.at(Place.EVENTS)
    await till.press("f2")
    await till.at(Place.OPENING_FLOAT)
    await till.press("enter")
    await till.at(Place.SELL)
    await till.until(lambda: till.headline == "… your cart is back")


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("xx_YY", "▲ There is no locale xx_YY: all is in English."),
        ("fr_FR", "▲ There are no texts in the language of fr_FR: they are in English."),
        ("de_DE", ""),
    ],
)
async def test_a_language_that_there_is_not_stops_nobody_and_is_told(
    agent: UiAgent, locale: str, said: str
) -> None:
    async with open_till(agent, app=kiosk_app(agent.socket_path, locale=locale)) as till:
        await till.says("PIN")
        if said:
            await till.says(said)
            await till.sign_in()
        else:
            assert "▲" not in till.text
