"""Transactions: where each stands, voids, and tickets shown again."""

import asyncio

import pytest

from kiosk_ui.notices import Tone
from kiosk_ui.places import Place
from kiosk_ui.screens.void import VoidScreen
from kiosk_ui.type_ahead import REFRESH
from tests.support.ui_agent import UiAgent
from tests.support.ui_till import Till, of_kind


async def sold_offline(till: Till, agent: UiAgent, name: str = "Ana Cashier") -> None:
    """Sell one ticket without a line and open the transactions."""
    agent.books.line = "offline"
    await agent.say()
    await till.sign_in(name)
    await till.sell()
    assert till.headline == "✔ #2 sale HB1-1-000001 recorded offline"
    await till.press("escape", "f4")
    await till.at(Place.TRANSACTIONS)
    await till.says("HB1-1-000001")


async def test_states_are_shown_in_words_newest_first(till: Till, agent: UiAgent) -> None:
    await sold_offline(till, agent)
    await till.says("waiting to be sent")
    assert till.text.index("#2") < till.text.index("#1 shift opened")
    agent.books.rows[1]["state"] = "quarantined"
    agent.books.rows[1]["reason"] = "leased elsewhere"
    agent.books.rows[1]["hint"] = "Call operations."
    agent.books.rows[0]["state"] = "settled"
    await agent.say()
    await till.says("for a manager: leased")
    await till.says("elsewhere")
    await till.says("Call operations.")
    await till.says("· 1 for a manager")
    await till.press("f9")
    await till.until(lambda: "shift opened" not in till.text.split("\n", 1)[1], "only what waits")
    await till.press("f9")
    await till.says("#1 shift opened")


async def test_a_void_needs_a_reason_and_a_managers_pin(till: Till, agent: UiAgent) -> None:
    await sold_offline(till, agent)
    await till.press("f8")
    await till.says("Void HB1-1-000001, €12.50?")
    await till.press("enter")
    await till.says("Type why this sale is undone.")
    await till.press(*"wrong evening", "enter", *"9999", "enter")
    await till.until(lambda: "void" in till.headline)
    assert till.headline == "✔ #3 void HB1-1-000002 recorded offline"
    await till.says("Give back €12.50")
    await till.says("voided · waiting to be")
    assert "1111" not in till.text


async def test_a_manager_approves_their_own_void(till: Till, agent: UiAgent) -> None:
    await sold_offline(till, agent, "Max Manager")
    await till.press("f8")
    await till.says("Reason")
    assert "Manager's PIN" not in till.text
    await till.press(*"wrong evening", "enter")
    await till.until(lambda: till.headline == "✔ #3 void HB1-1-000002 recorded offline")


async def test_a_void_whose_answer_is_lost_is_done_once(till: Till, agent: UiAgent) -> None:
    await sold_offline(till, agent, "Max Manager")
    agent.faults.lose_answer["POST /v1/voids"] = 1
    await till.press("f8")
    await till.says("Reason")
    await till.press(*"wrong evening", "enter")
    await till.until(lambda: "void" in till.headline and till.tone is Tone.RECORDED)
    assert agent.faults.fired["lose_answer"] == 1
    assert len(list(of_kind(agent, "void"))) == 1


@pytest.mark.parametrize(
    ("state", "pin", "words"),
    [
        ("queued", "1111", "✖ No manager here has this PIN"),
        ("settled", "9999", "✖ The sale is settled"),
    ],
)
async def test_a_refused_void_changes_nothing(
    till: Till, agent: UiAgent, state: str, pin: str, words: str
) -> None:
    await sold_offline(till, agent)
    agent.books.rows[1]["state"] = state
    await till.press("f8")
    await till.says("Reason")
    await till.press(*"wrong evening", "enter", *pin, "enter")
    await till.until(lambda: till.headline == words)
    assert not list(of_kind(agent, "void"))


async def test_a_wrong_pin_is_typed_again_beside_the_reason_given_before(
    till: Till, agent: UiAgent
) -> None:
    await sold_offline(till, agent)
    await till.press("f8")
    await till.says("Reason")
    await till.press(*"wrong evening", "enter", *"1111", "enter")
    await till.until(lambda: isinstance(till.app.screen, VoidScreen) and till.settled)
    shown = till.text.split("Void HB1-1-000001, €12.50?")[1]
    assert "wrong evening" in shown.split("Manager's PIN")[0]
    assert "No manager here has this PIN" in shown.split("leave it")[0]
    await till.press(*"9999", "enter")
    await till.until(lambda: till.headline == "✔ #3 void HB1-1-000002 recorded offline")
    [void] = of_kind(agent, "void")
    assert agent.books.answers[void][0]["reason"] == "wrong evening"


async def test_leaving_the_void_leaves_the_sale(till: Till, agent: UiAgent) -> None:
    await sold_offline(till, agent)
    await till.press("f8")
    await till.says("Reason")
    await till.press("escape")
    await till.until(lambda: "Reason" not in till.text)
    assert not list(of_kind(agent, "void"))
    assert till.app.kiosk.place is Place.TRANSACTIONS


async def test_only_sales_are_voided(till: Till, agent: UiAgent) -> None:
    await sold_offline(till, agent)
    await till.press("end", "f8")
    await till.until(lambda: till.tone is Tone.REFUSED)
    assert till.headline == "✖ Cannot be voided: shift opened"


async def test_an_answer_to_an_older_question_is_not_shown(till: Till, agent: UiAgent) -> None:
    await sold_offline(till, agent)
    agent.books.rows[0]["state"] = "settled"
    held = agent.faults.hold_back["GET /v1/transactions"] = asyncio.Event()
    await agent.say()
    await till.until(lambda: agent.faults.fired["hold_back"])
    del agent.faults.hold_back["GET /v1/transactions"]
    await till.press("f9")
    await till.until(lambda: "shift opened" not in till.text, "only what waits")
    held.set()
    await till.until(lambda: not any(w.group == REFRESH for w in till.app.workers))
    assert "shift opened" not in till.text


async def test_the_tickets_of_a_sale_can_be_shown_again(till: Till, agent: UiAgent) -> None:
    await sold_offline(till, agent)
    await till.press("enter")
    await till.at(Place.TICKET)
    await till.says("Ticket 1 of 1")
    await till.says("HB1-1-000001")
    assert till.text.count("█") > 60


async def test_older_transactions_are_read_when_the_end_is_reached(
    till: Till, agent: UiAgent
) -> None:
    await sold_offline(till, agent)
    first = agent.books.rows[0]
    agent.books.rows[:0] = [{**first, "sequence": -n, "txn_id": _id(n)} for n in range(259, -1, -1)]
    await agent.say()
    await till.until(lambda: _seen(till) == 50)
    for seen in (50, 100, 150, 200, 250):
        await till.press("end")
        await till.until(lambda: _seen(till) > seen)  # noqa: B023  awaited here
    assert _seen(till) == 262


def _seen(till: Till) -> int:
    return int(till.app.screen.query_one("Rows").option_count)  # type: ignore[attr-defined]


def _id(number: int) -> str:
    return f"01939f00-0000-7000-8000-{number:012d}"
