"""Whose cart is taken up, and what follows a cart whose time ran out: the real agent's answers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from kiosk_contracts.version import STAFF_TOKEN_HEADER
from kiosk_ui.places import Place
from tests.support.ui_socket import Till as Agent
from tests.support.ui_socket import till_in
from tests.support.ui_till import Till, open_at


@asynccontextmanager
async def _kiosk(folder: Path) -> AsyncIterator[tuple[Agent, Till]]:
    """Run the app at an agent that has five adult tickets."""
    async with till_in(folder) as agent:
        await agent.opened.stock(5)
        async with open_at(folder) as till:
            yield agent, till


async def test_a_cart_whose_time_ran_out_says_so_and_choosing_again_works(tmp_path: Path) -> None:
    async with _kiosk(tmp_path) as (agent, till):
        await till.press(*"2222", "enter", *"100", "enter", "f2", "2")
        await till.says("Total €25.00")
        old = till.app.kiosk.selling.txn_id
        agent.clock.advance(600)
        await till.press("enter")
        await till.at(Place.SELL)
        assert till.headline == "✖ The cart's time ran out"
        await till.says("0 tickets")
        assert till.app.kiosk.selling.txn_id not in (old, None)
        await till.press("2", "enter", "enter")
        await till.at(Place.TICKET)
        await till.says("Ticket 1 of 2")


@pytest.mark.parametrize(("keys", "state"), [(["2"], "open"), (["2", "enter"], "payment_started")])
async def test_a_cart_is_taken_up_by_the_person_who_opened_it_alone(
    tmp_path: Path, keys: list[str], state: str
) -> None:
    async with _kiosk(tmp_path) as (agent, till):
        await till.press(*"2222", "enter", *"100", "enter", "f2", *keys)
        await till.says("Total €25.00")
        txn_id = till.app.kiosk.selling.txn_id
        till.app.kiosk.signed_out()
        await till.at(Place.SIGN_IN)
        await till.press(*"9999", "enter")
        await till.at(Place.OPENING_FLOAT)
        await till.press("escape")
        await till.at(Place.EVENTS)
        await till.press("f2")
        await till.at(Place.OPENING_FLOAT)
        await till.press(*"50", "enter")
        await till.at(Place.EVENTS)
        await till.press("f2", "1")
        await till.says("Total €12.50")
        assert till.app.kiosk.selling.txn_id != txn_id
        till.app.kiosk.signed_out()
        await till.at(Place.SIGN_IN)
        await till.press(*"2222", "enter")
        await till.says("Total €25.00")
        assert till.app.kiosk.selling.txn_id == txn_id
        carts = (await agent.ask("GET", "/v1/carts", headers=_token(till))).body["carts"]
        assert [(cart["cashier_id"], cart["state"]) for cart in carts] == [
            ("ana", state),
            ("mia", "open"),
        ]


def _token(till: Till) -> dict[str, str]:
    return {STAFF_TOKEN_HEADER: till.app.kiosk.desk.client.staff_token or ""}
