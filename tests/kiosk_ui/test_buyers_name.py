"""A name for the sale: typed at the payment, found by it afterwards; the real agent's answers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from kiosk_agent.services.cart_views import known_cart
from kiosk_agent.services.kiosk import end_hold
from kiosk_contracts.version import STAFF_TOKEN_HEADER
from kiosk_ui.places import Place
from kiosk_ui.selling import new_txn_id
from tests.support.ui_socket import Till as Agent
from tests.support.ui_socket import till_in
from tests.support.ui_till import Till, open_at

NAME = "Zoë O'Neill"


@asynccontextmanager
async def _paying(folder: Path) -> AsyncIterator[tuple[Agent, Till]]:
    """Run the app at an agent that has five adult tickets, with two of them in payment."""
    async with till_in(folder) as agent:
        await agent.opened.stock(5)
        async with open_at(folder) as till:
            await till.press(*"2222", "enter", *"100", "enter", "f2", "2", "enter")
            await till.at(Place.PAYMENT)
            yield agent, till


async def _look_up(agent: Agent, till: Till, text: str) -> list[Any]:
    token = {STAFF_TOKEN_HEADER: till.app.kiosk.desk.client.staff_token or ""}
    return list((await agent.ask("GET", f"/v1/look-up?text={text}", headers=token)).body["sales"])


async def test_the_name_is_shown_kept_outside_what_is_hashed_and_found(tmp_path: Path) -> None:
    async with _paying(tmp_path) as (agent, till):
        await till.press("f4")
        await till.says("Name for the sale?")
        await till.press(*NAME, "enter")
        await till.says(f"for {NAME}")
        await till.press("escape")
        await till.at(Place.SELL)
        await till.press("enter")
        await till.at(Place.PAYMENT)
        await till.says(f"for {NAME}")
        await till.press("enter")
        await till.at(Place.TICKET)
        [found] = await _look_up(agent, till, "neill")
        assert found["buyer"] == NAME
        rows = await agent.opened.journal.read(lambda reader: reader.rows_after(0, 9))
        sale = rows[-1].readable()
        assert sale.personal is not None
        assert sale.personal.buyer.name == NAME
        assert sale.payload["personal_hash"] == sale.personal.salted_hash(sale.envelope.txn_id)
        assert NAME not in str(sale.payload)


async def test_the_next_sale_has_no_name_and_none_is_no_buyer(tmp_path: Path) -> None:
    async with _paying(tmp_path) as (agent, till):
        await till.press("f4", *NAME, "enter", "enter")
        await till.at(Place.TICKET)
        await till.press("escape", "f2", "1", "enter")
        await till.at(Place.PAYMENT)
        assert NAME not in till.text
        await till.press("enter")
        await till.at(Place.TICKET)
        rows = await agent.opened.journal.read(lambda reader: reader.rows_after(0, 9))
        assert rows[-1].readable().personal is None


async def test_a_name_can_be_taken_back_and_left_as_it_was(tmp_path: Path) -> None:
    async with _paying(tmp_path) as (_, till):
        await till.press("f4", *NAME, "enter")
        await till.says(f"for {NAME}")
        await till.press("f4", *"xx", "escape")
        await till.says(f"for {NAME}")
        assert "xx" not in till.text
        await till.press("f4", *["backspace"] * len(NAME), "space", "enter")
        await till.until(lambda: f"for {NAME}" not in till.text)
        assert till.app.kiosk.selling.buyer == ""


async def test_a_name_at_its_limits_is_taken_or_refused_in_words(tmp_path: Path) -> None:
    async with _paying(tmp_path) as (agent, till):
        await till.press("f4", *("ab" * 70), "enter")
        assert len(till.app.kiosk.selling.buyer) == 120
        await till.press("f4")
        field = till.app.screen.query_one("Line")
        field.value = "a\u202eb"  # type: ignore[attr-defined]
        await till.press("enter")
        await till.says("Type the name without control characters.")
        field.value = "עדי [b]x[/b]"  # type: ignore[attr-defined]
        await till.press("enter")
        await till.says("[b]x[/b]")
        await till.press("enter")
        await till.at(Place.TICKET)
        assert len(await _look_up(agent, till, "[b]x")) == 1


async def test_another_cart_that_is_taken_up_has_not_the_name_of_the_one_before(
    tmp_path: Path,
) -> None:
    async with _paying(tmp_path) as (_, till):
        selling = till.app.kiosk.selling
        assert selling.cart is not None
        selling.buyer = NAME
        selling.take_up(selling.cart)
        assert selling.buyer == NAME
        selling.take_up(selling.cart.model_copy(update={"txn_id": new_txn_id()}))
        assert selling.buyer == ""


async def test_a_name_is_still_there_behind_a_lock(tmp_path: Path) -> None:
    async with _paying(tmp_path) as (agent, till):
        await till.press("f4", *NAME, "enter")
        await till.says(f"for {NAME}")
        till.app.kiosk.signed_out()
        await till.says("Who is at this kiosk?")
        await till.press(*"2222", "enter")
        await till.at(Place.PAYMENT)
        await till.says(f"for {NAME}")
        await till.press("enter")
        await till.at(Place.TICKET)
        assert len(await _look_up(agent, till, "Zo")) == 1
        assert till.app.kiosk.selling._names == {}


async def test_a_name_is_still_there_after_another_cashier_named_and_sold(tmp_path: Path) -> None:
    async with _paying(tmp_path) as (agent, till):
        await till.press("f4", *NAME, "enter")
        await till.says(f"for {NAME}")
        till.app.kiosk.signed_out()
        await till.at(Place.SIGN_IN)
        await till.press(*"9999", "enter", *"50", "enter")
        await till.at(Place.EVENTS)
        await till.press("f2", "1", "enter")
        await till.at(Place.PAYMENT)
        assert NAME not in till.text
        await till.press("f4", *"Bo", "enter")
        await till.says("for Bo")
        await till.press("enter")
        await till.at(Place.TICKET)
        assert len(await _look_up(agent, till, "Bo")) == 1
        till.app.kiosk.signed_out()
        await till.at(Place.SIGN_IN)
        await till.press(*"2222", "enter")
        await till.at(Place.PAYMENT)
        await till.says(f"for {NAME}")
        await till.press("enter")
        await till.at(Place.TICKET)
        assert len(await _look_up(agent, till, "Zo")) == 1
        assert till.app.kiosk.selling._names == {}


async def test_the_name_of_a_cart_that_ended_elsewhere_is_not_kept(tmp_path: Path) -> None:
    async with _paying(tmp_path) as (agent, till):
        await till.press("f4", *NAME, "enter")
        await till.says(f"for {NAME}")
        selling = till.app.kiosk.selling
        txn_id = selling.txn_id
        assert txn_id is not None
        till.app.kiosk.signed_out()
        await till.at(Place.SIGN_IN)
        await agent.opened.journal.write(
            lambda writer: end_hold(writer, known_cart(writer, txn_id))
        )
        await till.press(*"9999", "enter", *"50", "enter")
        await till.at(Place.EVENTS)
        await till.until(lambda: not selling._names)
