"""A cart that somebody left in payment, seen and freed at the kiosk; the real agent's answers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from kiosk_ui.notices import Tone
from kiosk_ui.places import Place
from tests.support.ui_socket import PINS, till_in
from tests.support.ui_socket import Till as Agent
from tests.support.ui_till import Till, open_at

GIVE = "Give the customer back €10.00 in cash, €5.00 to the card of 4711."


@asynccontextmanager
async def _left(folder: Path) -> AsyncIterator[tuple[Agent, Till]]:
    """Run the app: Ana went away from two tickets in payment, 15.00 of 25.00 EUR taken."""
    async with till_in(folder) as agent:
        await agent.opened.stock(5)
        async with open_at(folder) as till:
            await till.press(*PINS["ana"], "enter", *"100", "enter", "f2", "2", "enter")
            await till.at(Place.PAYMENT)
            await till.press(*"10", "f9", *"4711", "down", *"5", "f9")
            await till.says("Card 4711 taken")
            till.app.kiosk.signed_out()
            await till.at(Place.SIGN_IN)
            yield agent, till


async def _to_carts(till: Till, pin: str) -> None:
    await till.press(*pin, "enter")
    await till.at(Place.OPENING_FLOAT)
    await till.press("escape", "f9")
    await till.at(Place.STANDING)
    await till.press("f6")
    await till.at(Place.CARTS)


async def test_a_manager_sees_whose_it_is_and_frees_it(tmp_path: Path) -> None:
    async with _left(tmp_path) as (agent, till):
        await _to_carts(till, PINS["mia"])
        await till.says("€15.00")
        row = next(row for row in till.text.splitlines() if "Ana" in row and "25.00" in row)
        assert "€15.00" in row
        await till.press("f8")
        await till.says("Free the cart of Ana, €25.00?")
        assert GIVE in " ".join(till.text.replace("│", " ").split())
        await till.press("escape")
        assert (await agent.stock())["tide", "adult"] == (3, 2)
        await till.press("f8", "enter")
        await till.says("No cart is in payment.")
        assert till.tone is Tone.AMBER
        assert till.headline == "▲ Freed: its tickets can be sold again"
        await till.says("€5.00 to the card of 4711")
        assert (await agent.stock())["tide", "adult"] == (5, 0)
        await till.press("escape")
        await till.at(Place.STANDING)


async def test_where_no_manager_is_signed_in_one_types_their_pin(tmp_path: Path) -> None:
    async with _left(tmp_path) as (agent, till):
        # Mia leaves one as well; Ana, whose own is in payment, comes to it from there.
        await _to_carts(till, PINS["mia"])
        await till.press("escape", "escape", "f2", *"50", "enter")
        await till.at(Place.EVENTS)
        await till.press("f2", "1", "enter")
        await till.at(Place.PAYMENT)
        till.app.kiosk.signed_out()
        await till.at(Place.SIGN_IN)
        await till.press(*PINS["ana"], "enter")
        await till.at(Place.PAYMENT)
        await till.press("escape", "enter")
        await till.at(Place.SELL)
        await till.press("escape", "enter")
        await till.at(Place.EVENTS)
        await till.press("f9", "f6")
        await till.at(Place.CARTS)
        await till.press("f8")
        await till.says("Free the cart of Mia, €12.50?")
        await till.says("Nothing was noted as taken.")
        await till.press("enter")
        await till.says("A manager types their PIN to approve.")
        await till.press(*PINS["ana"], "enter")
        await till.says("No manager here has this PIN")
        assert (await agent.stock())["tide", "adult"] == (4, 1)
        await till.press(*PINS["mia"], "enter")
        await till.says("No cart is in payment.")
        assert (await agent.stock())["tide", "adult"] == (5, 0)


async def test_the_gate_has_no_carts(tmp_path: Path) -> None:
    async with _left(tmp_path) as (_, till):
        await till.press(*PINS["gus"], "enter")
        await till.at(Place.EVENTS)
        await till.press("f9", "f6")
        await till.until(lambda: till.headline == "✖ You have no carts with this PIN")
        assert till.app.kiosk.place is Place.STANDING
