"""A payment whose cart ended meanwhile is left, with words that are true: the real agent's."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from kiosk_agent.services.cart_views import known_cart
from kiosk_agent.services.kiosk import end_hold
from kiosk_agent.services.syncer import _learn
from kiosk_contracts.gates import GateFeedEntry
from kiosk_ui.places import Place
from tests.support.ui_socket import PINS, till_in
from tests.support.ui_socket import Till as Agent
from tests.support.ui_till import Till, open_at

ENDED = "✖ This cart was ended meanwhile"


@asynccontextmanager
async def _paying(folder: Path) -> AsyncIterator[tuple[Agent, Till, list[str]]]:
    """Run the app at an agent that has five adult tickets, with two of them in payment."""
    async with till_in(folder) as agent:
        serials = await agent.opened.stock(5)
        async with open_at(folder) as till:
            await till.press(*PINS["ana"], "enter", *"100", "enter", "f2", "2", "enter")
            await till.at(Place.PAYMENT)
            await till.says("Total €25.00")
            yield agent, till, list(serials)


async def _freed(agent: Agent, till: Till) -> None:
    """End the cart in hand as another screen's manager does."""
    txn_id = till.app.kiosk.selling.txn_id
    assert txn_id is not None
    await agent.opened.journal.write(lambda writer: end_hold(writer, known_cart(writer, txn_id)))


async def _revoked(agent: Agent, serial: str) -> None:
    entry = GateFeedEntry(
        cursor=1,
        fact="revoked",
        serial=serial,
        event_id="tide",
        at=agent.clock.now(),
        reason="written_off",
    )
    await agent.opened.journal.write(lambda writer: _learn(writer, [entry], 1))


@pytest.mark.parametrize(
    "keys",
    [["enter"], ["escape"], [*"10", "f9"], ["f7", *"press", "enter", *PINS["mia"], "enter"]],
    ids=["sale", "back", "part", "given away"],
)
@pytest.mark.parametrize("late_s", [0, 3600])
async def test_a_payment_is_left_once_its_cart_is_gone_however_late(
    tmp_path: Path, keys: list[str], late_s: float
) -> None:
    async with _paying(tmp_path) as (agent, till, _):
        old = till.app.kiosk.selling.txn_id
        await _freed(agent, till)
        agent.clock.advance(late_s)
        await till.press(*keys)
        await till.at(Place.SELL)
        assert till.headline == ENDED
        assert till.app.kiosk.selling.txn_id not in (old, None)
        await till.says("0 tickets")
        await till.press("1", "enter", "enter")
        await till.at(Place.TICKET)
        await till.says("Ticket 1 of 1")


async def test_a_question_about_what_was_taken_does_not_keep_one_there(tmp_path: Path) -> None:
    async with _paying(tmp_path) as (agent, till, _):
        await till.press(*"10", "f9")
        await till.says("Cash taken")
        await till.press("escape")
        await till.says("Give back")
        await _freed(agent, till)
        await till.press("enter")
        await till.at(Place.SELL)
        assert till.headline == ENDED


async def test_a_cart_gone_while_the_agent_was_away_is_left_and_said_so(tmp_path: Path) -> None:
    async with _paying(tmp_path) as (agent, till, _):
        await _freed(agent, till)
        till.app.kiosk._agent_back()
        await till.at(Place.SELL)
        await till.until(lambda: till.headline == "✖ The agent has this cart no more")
        await till.says("Its tickets went back.")


async def test_an_open_cart_that_a_revocation_ended_says_so_at_the_payment(tmp_path: Path) -> None:
    async with _paying(tmp_path) as (agent, till, serials):
        await till.press("escape")
        await till.at(Place.SELL)
        await _revoked(agent, serials[0])
        await till.press("enter")
        await till.until(lambda: till.headline == ENDED)
        await till.at(Place.SELL)


@pytest.mark.parametrize(
    ("taken", "headline"),
    [([], "The payment is cancelled"), ([*"10", "f9"], "Given back: €10.00")],
)
async def test_a_cart_with_a_ticket_revoked_meanwhile_is_over_when_its_payment_is_cancelled(
    tmp_path: Path, taken: list[str], headline: str
) -> None:
    async with _paying(tmp_path) as (agent, till, serials):
        old = till.app.kiosk.selling.txn_id
        if taken:
            await till.press(*taken)
            await till.says("Cash taken")
        await _revoked(agent, serials[0])
        await till.press("escape", *(["enter"] if taken else []))
        await till.at(Place.SELL)
        assert headline in till.headline
        await till.says("The cart is over: some of its tickets cannot be sold any more.")
        assert "The cart is open again." not in till.text
        assert till.app.kiosk.selling.txn_id not in (old, None)
        await till.says("0 tickets")
        await till.press("1", "enter", "enter")
        await till.at(Place.TICKET)


async def test_a_payment_that_is_cancelled_before_anything_was_taken_needs_no_words(
    tmp_path: Path,
) -> None:
    async with _paying(tmp_path) as (_, till, _serials):
        await till.press("escape")
        await till.at(Place.SELL)
        assert till.headline == ""
        await till.says("Total €25.00")
