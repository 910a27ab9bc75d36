"""Keys typed ahead of the screens they are meant for, however long the agent takes to answer."""

import asyncio
from random import Random
from typing import ClassVar

import pytest
from textual import events
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Input

from kiosk_ui.bounce import KeyTimes
from kiosk_ui.places import Place
from kiosk_ui.type_ahead import TypeAhead
from kiosk_ui.widgets.lists.row_list import Rows
from tests.support.ui_agent import UiAgent
from tests.support.ui_till import Till, of_kind

SALE = ("f2", "down", "3", "enter", *"20", "enter", "right", "right")
EVENING = (
    *("1", "1", "1", "1", "enter", *"100", "enter"),  # sign in, open the shift
    *SALE,
    "escape",  # done with the tickets
    *("f2", "2", "escape", "enter"),  # a cart, and away with it
    *("f2", "plus", "plus", "minus", "enter", "f6", *"4021", "enter", "right"),  # by card
    *("f4", "f8", *"wrong", "enter", *"9999", "enter"),  # the sale by card is undone
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
    assert "Child · €6.00" in till.text
    assert "Change €2.00 of €20.00" in till.text
    assert "HB1-1-000001" in till.text
    kinds = [(row["kind"], row["voided"]) for row in agent.books.rows]
    assert kinds == [("shift_opened", False), ("sale", False), ("sale", True), ("void", False)]
    undone = agent.books.first_answer(agent.books.rows[2]["txn_id"])
    assert undone["tender"][0]["reference"] == "4021"
    assert len(undone["tickets"]) == 1
    assert agent.books.open_carts() == []
    asked, _ = agent.books.answers[agent.books.rows[3]["txn_id"]]
    assert asked["reason"] == "wrong"


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
    assert till.app.kiosk.place is not Place.TICKET
    agent.faults.hold_back[call].set()
    await till.says("Ticket 3 of 3")
    assert len(list(of_kind(agent, "sale"))) == 1


async def test_keys_at_the_first_screen_wait_for_the_events(till: Till, agent: UiAgent) -> None:
    agent.faults.hold_back["GET /v1/catalogue"] = asyncio.Event()
    till.burst(*"1111", "enter", *"100", "enter", "f2", "2")
    await till.until(lambda: agent.faults.fired["hold_back"])
    agent.faults.hold_back["GET /v1/catalogue"].set()
    await till.says("Total €25.00")


async def test_keys_wait_for_the_cart_that_is_taken_up(till: Till, agent: UiAgent) -> None:
    await till.sign_in()
    await till.open_sale()
    await till.press("2")
    await till.says("Total €25.00")
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
    await till.until(lambda: till.app.kiosk.place is Place.PAYMENT)
    await till.says("… Total €25.00")
    await agent.come_back()
    await till.at(Place.PAYMENT)
    agent.faults.hold_back["POST /v1/sales"] = asyncio.Event()
    till.burst("enter", "right")
    await till.until(lambda: agent.faults.fired["hold_back"])
    await till.pilot.pause()
    agent.faults.hold_back["POST /v1/sales"].set()
    await till.says("Ticket 2 of 2")


async def test_a_key_that_waits_goes_on_when_the_agent_goes_away(
    till: Till, agent: UiAgent
) -> None:
    await till.sign_in()
    await till.open_sale()
    agent.faults.hold_back["PUT /v1/carts/{txn_id}"] = asyncio.Event()
    till.burst("1", "plus")
    await till.until(lambda: agent.faults.fired["hold_back"])
    await till.says("… Total €12.50")
    await agent.go_away()
    await till.says("… Total €25.00")
    assert agent.faults.fired["let_go"] == 1


@pytest.mark.parametrize("call", ["GET /v1/transactions", "GET /v1/catalogue"])
async def test_keys_do_not_wait_for_what_only_brings_a_screen_up_to_date(
    till: Till, agent: UiAgent, call: str
) -> None:
    await till.sign_in()
    await till.sell()
    await till.press("escape", "f4")
    await till.says("shift opened")
    agent.faults.hold_back[call] = asyncio.Event()
    if call == "GET /v1/catalogue":
        await till.press("escape")
    await agent.say()
    await till.until(lambda: agent.faults.fired["hold_back"])
    till.burst("down")
    await till.until(lambda: till.app.screen.query_one(Rows).highlighted == 1)
    assert agent.faults.fired["let_go"] == 0


async def test_leaving_the_program_waits_for_nothing(till: Till, agent: UiAgent) -> None:
    await till.sign_in()
    await till.open_sale()
    agent.faults.hold_back["POST /v1/sales"] = asyncio.Event()
    till.burst("1", "enter", "enter", "enter")
    await till.until(lambda: agent.faults.fired["hold_back"])
    await till.says("… recording the sale")
    till.burst("ctrl+q")
    await till.until(lambda: not till.app.is_running)
    assert till.headline == "… recording the sale"


class _Typed(Message):
    """The first field has had its key."""


class _Moved(Message):
    """The focus is to move on."""


class _SlowField(Input):
    """Takes many turns over a key, over the message it posts then, and over what that posts."""

    async def on_key(self) -> None:
        await _many_turns()
        self.post_message(_Typed())

    async def on__typed(self) -> None:
        await _many_turns()
        self.post_message(_Moved())

    async def on__moved(self) -> None:
        await _many_turns()


class _SlowQuestion(ModalScreen[None]):
    """Takes many turns of the loop until its field has the focus."""

    AUTO_FOCUS = ""

    def compose(self) -> ComposeResult:
        yield Input()

    async def on_mount(self) -> None:
        await _many_turns()
        self.query_one(Input).focus()


class _Asking(App[None]):
    """Asks at the first key."""

    BINDINGS: ClassVar[list[BindingType]] = [("f8", "ask", "")]

    def __init__(self) -> None:
        super().__init__()
        self.type_ahead = TypeAhead(self, super().on_event, asyncio.Event(), KeyTimes())

    def on_mount(self) -> None:
        self.run_worker(self.type_ahead.run())

    def action_ask(self) -> None:
        self.push_screen(_SlowQuestion())


async def test_a_key_waits_for_the_focus_of_the_screen_that_the_one_before_opens() -> None:
    app = _Asking()
    async with app.run_test() as pilot:
        app.type_ahead.offer(events.Key("f8", None))
        app.type_ahead.offer(events.Key("b", "b"))
        await app.type_ahead.all_delivered()
        await pilot.pause()
        assert app.screen.query_one(Input).value == "b"


class _TwoFields(App[None]):
    """Keys typed ahead into the first field, which gives the focus to the second."""

    def __init__(self) -> None:
        super().__init__()
        self.type_ahead = TypeAhead(self, super().on_event, asyncio.Event(), KeyTimes())

    def compose(self) -> ComposeResult:
        yield _SlowField(id="first")
        yield Input(id="second")

    def on_mount(self) -> None:
        self.run_worker(self.type_ahead.run())

    async def on__moved(self) -> None:
        await _many_turns()
        self.query_one("#second").focus()


async def _many_turns() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


async def test_a_key_waits_for_slow_handlers_and_for_the_messages_they_post() -> None:
    app = _TwoFields()
    async with app.run_test() as pilot:
        for key in "ab":
            app.type_ahead.offer(events.Key(key, key))
        await app.type_ahead.all_delivered()
        await pilot.pause()
        fields = [app.query_one(name, Input).value for name in ("#first", "#second")]
    assert fields == ["a", "b"]
