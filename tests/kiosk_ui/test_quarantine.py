"""What staff do about a quarantined transaction, at the real agent: see it, and put it right."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from kiosk_contracts.kiosk_status import TransactionRow
from kiosk_contracts.uploads import ItemOutcome
from kiosk_ui.notices import Tone
from kiosk_ui.places import Place
from kiosk_ui.qr import ROWS
from kiosk_ui.screens.hand_over import HandOverScreen
from kiosk_ui.screens.quarantine import QuarantineScreen
from kiosk_ui.screens.void import VoidScreen
from kiosk_ui.widgets.lists.row_list import Rows
from kiosk_ui.widgets.tickets.qr_code import QrCode
from tests.support.ui_agent import UiAgent
from tests.support.ui_socket import Till as Agent
from tests.support.ui_socket import till_in
from tests.support.ui_till import AgentClock, Till, asked, open_at

SALE = 2
"""The sequence of the sale that is quarantined; the shift is 1, a settled sale 3."""
ELSEWHERE = "serial_leased_elsewhere"


@asynccontextmanager
async def _kiosk(
    folder: Path, *, code: str = ELSEWHERE, **told: Any
) -> AsyncIterator[tuple[Agent, Till]]:
    """Run the app at an agent with a quarantined sale and two that settled."""
    outcome = ItemOutcome(txn_id=None, status="quarantined", code=code, **told)
    async with till_in(folder) as agent:
        await agent.opened.stock(5)
        await agent.open_shift()
        for _ in range(2):
            assert (await agent.sell(adult=1)).status == 201
        await _settle(agent, 1)
        await _settle(agent, 3)
        await _quarantine(agent, outcome)
        async with open_at(folder, AgentClock(agent.clock)) as till:
            yield agent, till


async def _quarantine(agent: Agent, outcome: ItemOutcome) -> None:
    now = agent.clock.now()
    await agent.opened.journal.write(lambda writer: writer.quarantine(SALE, outcome, now))


async def _settle(agent: Agent, sequence: int) -> None:
    outcome, now = ItemOutcome(txn_id=None, status="settled"), agent.clock.now()
    await agent.opened.journal.write(lambda writer: writer.settle(sequence, outcome, now))


async def _news(agent: Agent) -> None:
    """Let the agent's stream tell what is new: it sleeps by the agent's clock."""
    await agent.clock.wait_for_sleepers()
    agent.desk.kiosk.changes.notify()
    agent.clock.advance(1)


async def _row(agent: Agent, sequence: int = SALE) -> TransactionRow:
    page = await agent.desk.reports.transactions(before=sequence + 1, limit=1)
    return page.transactions[0]


async def _at_the_stuck(till: Till, *pin: str) -> None:
    """Sign in and see what is stuck."""
    await till.press(*(pin or "2222"), "enter")
    if pin:
        await till.press(*"50", "enter")
    await till.at(Place.EVENTS)
    await till.press("f7")
    await till.at(Place.TRANSACTIONS)
    await till.says("▲ for a manager")


async def _open(till: Till) -> None:
    """Open the quarantined sale."""
    await till.press("enter")
    await till.until(lambda: _shows(till, QuarantineScreen))


def _shows(till: Till, screen: type[object]) -> bool:
    return isinstance(till.app.screen, screen) and till.settled


def _flat(till: Till) -> str:
    """Return what the screen shows with lines that wrapped joined again."""
    return " ".join(till.text.replace("│", " ").split())


async def _flatly_says(till: Till, words: str) -> None:
    await till.until(lambda: words in _flat(till), repr(words))


def _files(folder: Path) -> list[Path]:
    return sorted((folder / "handed-over").glob("*"))


async def test_the_count_on_events_leads_to_what_is_stuck_with_why_and_what_to_do(
    tmp_path: Path,
) -> None:
    async with _kiosk(tmp_path) as (_, till):
        await till.press(*"2222", "enter")
        await till.at(Place.EVENTS)
        await till.says("1 transaction could not be settled.")
        await till.says("· 1 for a manager")
        await till.click("F7 what is stuck")
        await till.at(Place.TRANSACTIONS)
        await till.says("transactions · what is stuck")
        await till.says("▲ for a manager: A ticket")
        await till.says("Give the money back and void it, or hand it over. · Enter opens it")
        assert "#1 " not in till.text
        assert "#3 " not in till.text
        await till.press("f7")
        await till.says("#3 sale")
        await till.says("#1 shift opened")
        assert "what is stuck ·" not in till.text


async def test_it_says_why_and_what_to_do_in_whole_beside_the_acts_with_their_keys(
    tmp_path: Path,
) -> None:
    why, hint = "It is of harbour-till-2. " * 12, "Compare both receipts. " * 12
    async with _kiosk(tmp_path, detail=why.strip(), hint=hint.strip()) as (_, till):
        await _at_the_stuck(till)
        await _open(till)
        await till.says("#2 sale HB1-1-000001 · €12.50 · Mon 23 Nov 19:00 · Ana")
        for key in ("F5 try again:", "F8 void:", "F6 hand over", "Enter its tickets", "Esc back"):
            await till.says(key)
        words = " ".join(till.text.replace("│", " ").split())
        assert f"For a manager: {why.strip()}" in words
        await till.press("end")
        await till.until(
            lambda: hint.split(" ", maxsplit=1)[0] in till.text and till.text.count("Compare") >= 6
        )


async def test_keys_that_are_no_act_do_nothing(tmp_path: Path) -> None:
    async with _kiosk(tmp_path, code="payload_unreadable") as (agent, till):
        await _at_the_stuck(till)
        await _open(till)
        assert "F8 void:" not in till.text
        await till.press("f8", *"12", "space", "f9", "f7", "f2", "f4")
        assert _shows(till, QuarantineScreen)
        till.scan(agent.signer.code("0000000000"))
        await till.until(lambda: "Leave this transaction first" in till.headline)
        assert _shows(till, QuarantineScreen)
        await till.press("escape", "f8")
        await till.until(lambda: till.headline == "✖ A void does not settle this sale")
        await till.says("Hand it over with a note")
        assert (await _row(agent)).state == "quarantined"


async def test_it_is_tried_again_and_the_list_shows_what_became_of_it(tmp_path: Path) -> None:
    async with _kiosk(tmp_path) as (agent, till):
        await _at_the_stuck(till)
        await _open(till)
        await till.press("f5")
        await till.until(lambda: till.tone is Tone.RECORDED)
        assert till.headline == "✔ Tried again: sale HB1-1-000001"
        await till.says("waiting to be sent")
        assert (await _row(agent)).state == "queued"
        again = ItemOutcome(txn_id=None, status="quarantined", code=ELSEWHERE, detail="Still.")
        await _quarantine(agent, again)
        await _news(agent)
        await till.says("▲ for a manager: Still.")
        await _open(till)
        await till.press("f5")
        await till.says("waiting to be sent")
        await _settle(agent, SALE)
        await _news(agent)
        await till.until(lambda: "· 1 for a manager" not in till.text)
        await till.until(lambda: "settled" in till.text.split("#2")[-1], "settled in the list")
        await till.press("f7", "f7")
        await till.says("Nothing is stuck")


async def test_a_manager_voids_it_and_gives_the_money_back(tmp_path: Path) -> None:
    async with _kiosk(tmp_path) as (agent, till):
        await _at_the_stuck(till)
        await _open(till)
        await till.press("f8", *"foreign ticket", "enter", *"9999", "enter")
        await till.until(lambda: till.tone is Tone.RECORDED)
        assert till.headline == "✔ #4 void HB1-1-000003 recorded online"
        await till.says("Give back €12.50 in cash; 1 ticket admits no more.")
        await till.says("▲ voided · for a manager")
        row = await _row(agent)
        assert (row.voided, row.acts) == (True, ("retry", "hand_over"))
        await till.press("f8")
        assert till.headline == "✖ Already voided"
        await _open(till)
        await till.says("Voided: the money went back")
        assert "F8 void:" not in till.text
        assert "its tickets" not in till.text.split("no more.")[-1]


async def test_it_is_handed_over_with_a_note_and_stays_in_the_list(tmp_path: Path) -> None:
    async with _kiosk(tmp_path) as (agent, till):
        await _at_the_stuck(till)
        await _open(till)
        await till.click("F6 hand over")
        await till.says("Hand over sale HB1-1-000001?")
        await till.press("enter")
        await till.says("Type what those who settle it should know.")
        await till.press(*"customer left a number", "enter", *"9999", "enter")
        await till.until(lambda: till.tone is Tone.RECORDED)
        assert till.headline == "✔ Handed over by Mia: sale HB1-1-000001"
        await till.says("▲ handed over by Mia:")
        [file] = _files(tmp_path)
        assert json.loads(file.read_text())["handed_over"]["note"] == "customer left a number"
        await _news(agent)
        await _flatly_says(till, "· 1 for a manager (1 handed over)")
        await _open(till)
        await till.says("Handed over by Mia, Mon 23 Nov 19:00: customer left a number")


async def test_a_refused_pin_is_typed_again_beside_the_note(tmp_path: Path) -> None:
    async with _kiosk(tmp_path) as (_, till):
        await _at_the_stuck(till)
        await _open(till)
        await till.press("f6", *"call back", "enter", *"1111", "enter")
        await till.says("No manager here has this PIN. This needs a manager")
        await till.until(lambda: _shows(till, HandOverScreen))
        assert "call back" in till.text
        assert _files(tmp_path) == []
        await till.press(*"9999", "enter")
        await till.says("▲ handed over by Mia: call")


async def test_a_lockout_keeps_the_note_too(tmp_path: Path) -> None:
    async with _kiosk(tmp_path) as (agent, till):
        await _at_the_stuck(till)
        await _open(till)
        await till.press("f6", *"call back", "enter")
        for _ in range(6):
            await till.press(*"0000", "enter")
            await till.until(lambda: _shows(till, HandOverScreen))
        await till.says("takes no PIN for 60 seconds")
        agent.clock.advance(61)
        await till.press(*"9999", "enter")
        await till.says("▲ handed over by Mia: call")


async def test_a_manager_types_no_pin(tmp_path: Path) -> None:
    async with _kiosk(tmp_path) as (_, till):
        await _at_the_stuck(till, *"9999")
        await _open(till)
        await till.press("f6")
        await till.says("Note")
        assert "Manager's PIN" not in till.text
        await till.press(*"mine", "enter")
        await till.says("▲ handed over by Mia: mine")


async def test_someone_who_is_no_manager_any_more_is_asked_for_a_pin(tmp_path: Path) -> None:
    async with _kiosk(tmp_path) as (_, till):
        await _at_the_stuck(till)
        staff = till.app.kiosk.desk.session.staff
        assert staff is not None
        till.app.kiosk.desk.session.staff = staff.model_copy(update={"role": "manager"})
        await _open(till)
        await till.press("f6", *"mine", "enter")
        await till.says("A manager must approve this.")
        await till.press(*"9999", "enter")
        await till.says("▲ handed over by Mia: mine")


@pytest.mark.parametrize(("key", "asks"), [("f8", VoidScreen), ("f6", HandOverScreen)])
async def test_escape_leads_back_one_step_each_and_nothing_is_done(
    tmp_path: Path, key: str, asks: type[object]
) -> None:
    async with _kiosk(tmp_path) as (agent, till):
        await _at_the_stuck(till)
        before, recorded = await _row(agent), await agent.recorded()
        await _open(till)
        await till.press(key)
        await till.until(lambda: _shows(till, asks))
        await till.press(*"so", "escape")
        await till.until(lambda: _shows(till, QuarantineScreen))
        await till.press("escape")
        await till.until(lambda: not _shows(till, QuarantineScreen))
        assert till.app.kiosk.place is Place.TRANSACTIONS
        assert till.app.screen.query_one(Rows).highlighted == 0
        assert await _row(agent) == before
        assert await agent.recorded() == recorded
        await till.press("escape")
        await till.at(Place.EVENTS)


async def test_its_tickets_can_still_be_shown(tmp_path: Path) -> None:
    async with _kiosk(tmp_path) as (_, till):
        await _at_the_stuck(till)
        await till.press("enter", "enter")
        await till.at(Place.TICKET)
        await till.says("Receipt HB1-1-000001")


async def test_what_went_on_meanwhile_is_said_by_the_agent(tmp_path: Path) -> None:
    async with _kiosk(tmp_path) as (agent, till):
        await _at_the_stuck(till)
        await _open(till)
        await _settle(agent, SALE)
        await till.press("f5")
        await till.until(lambda: till.tone is Tone.REFUSED)
        assert till.headline == "✖ Nothing to do about it"
        await till.says("The transaction is settled, not quarantined.")


async def test_a_gate_keeper_is_told_that_it_is_not_theirs(tmp_path: Path) -> None:
    async with _kiosk(tmp_path) as (agent, till):
        await till.press(*"1111", "enter")
        await till.at(Place.EVENTS)
        await till.press("f7")
        await till.says("▲ for a manager")
        await _open(till)
        await till.press("f5")
        await till.until(lambda: till.headline == "✖ You may not do this")
        assert (await _row(agent)).state == "quarantined"


async def test_keys_typed_ahead_go_where_they_are_meant(tmp_path: Path) -> None:
    async with _kiosk(tmp_path) as (_, till):
        await till.press(*"2222", "enter")
        await till.at(Place.EVENTS)
        till.burst("f7", "enter", "f6", *"call", "enter", *"9999", "enter")
        await till.says("▲ handed over by Mia: call")


async def test_what_stands_aside_is_counted_and_listed_with_it(tmp_path: Path) -> None:
    async with _kiosk(tmp_path) as (agent, till):
        assert (await agent.sell(adult=1)).status == 201
        busy = ItemOutcome(txn_id=None, status="retry", code="upstream_busy", detail="Busy.")
        now = agent.clock.now()
        await agent.opened.journal.write(lambda writer: writer.park(4, busy, now))
        await _news(agent)
        await till.press(*"2222", "enter")
        await till.at(Place.EVENTS)
        await _flatly_says(till, "refused and stands aside.")
        assert "queue retry" not in till.text, "the key stands in its place"
        await _flatly_says(till, "· 1 for a manager · 1 set aside")
        await till.press("f7")
        await till.says("#4 sale")
        await till.says("set aside, tried")
        assert "▲ set aside" not in till.text
        await till.press("home", "enter")
        await till.at(Place.TICKET)


async def test_a_retry_whose_answer_is_lost_is_done_once_and_said_so(
    till: Till, agent: UiAgent
) -> None:
    await till.sign_in()
    await till.sell()
    agent.books.rows[1].update(state="quarantined", reason="leased elsewhere", acts=["retry"])
    await agent.say()
    await till.press("escape", "f4")
    await till.says("▲ for a manager")
    await till.press("enter")
    await till.until(lambda: _shows(till, QuarantineScreen))
    agent.faults.lose_answer["POST /v1/quarantine/{txn_id}/retry"] = 1
    await till.press("f5")
    await till.until(lambda: till.tone is Tone.RECORDED)
    assert till.headline == "✔ Tried again: sale HB1-1-000001"
    assert agent.faults.fired["lose_answer"] == 1
    assert asked(agent, "POST /v1/quarantine/{txn_id}/retry") == 2
    await till.says("waiting to be sent")


async def test_the_qr_code_stays_whole_whatever_the_line_status_has_to_say(
    till: Till, agent: UiAgent
) -> None:
    await till.sign_in()
    first = agent.books.rows[0]
    for state in ("quarantined", "parked"):
        agent.books.rows.append({**first, "state": state})
    await till.sell()
    await till.says("· 1 for a manager")
    placed = till.app.screen.find_widget(till.app.screen.query_one(QrCode))
    assert placed.visible_region == placed.region
    assert placed.region.height == ROWS
