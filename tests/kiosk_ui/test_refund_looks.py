"""Refunds in every look: large enough, in words, at 40x10; and F1 over each of their panels."""

from pathlib import Path

import pytest

from kiosk_contracts.look_up import TicketStanding
from kiosk_texts.block_letters import small_rows
from kiosk_ui.clock import SystemClock
from kiosk_ui.looks import Look
from kiosk_ui.places import Place
from kiosk_ui.screens.refund import RefundTicketsScreen
from tests.support.refund_counter import PIN, Counter, counter_in
from tests.support.refund_models import found_ticket
from tests.support.ui_judges import is_plain
from tests.support.ui_shrink import shrunk
from tests.support.ui_till import Till


async def explained(till: Till, title: str, *keys: str) -> None:
    """Open the help over what is shown: it says what that is, and these of its keys; close it."""
    before = till.text
    await till.press("f1")
    await till.says(f"Help: {title}")
    shown = " ".join(till.text.split())
    for key in keys:
        assert f"{key} " in shown or f"{key}: " in shown, till.text
    await till.press("f1")
    await till.until(lambda: till.text == before, "what it was before")


async def reads(till: Till, words: str) -> None:
    """Wait until these words stand there, whatever lines they are broken into."""
    await till.until(lambda: words in " ".join(till.text.split()), repr(words))


async def find(counter: Counter) -> None:
    """Look for the one sale, which has settled."""
    await counter.till.press("f4", "f6", "1", "enter")
    await counter.till.at(Place.FIND)
    await counter.till.says("F8 refunds it")


@pytest.mark.parametrize("look", list(Look))
async def test_each_step_of_a_refund_keeps_what_matters_and_has_its_help(
    tmp_path: Path, look: Look
) -> None:
    async with counter_in(tmp_path, PIN, look=look) as counter:
        till = counter.till
        await find(counter)
        await shrunk(till, "HB1-1-000001", "ONLINE since")
        await explained(till, "find a sale", "F6", "F8")
        await till.press("f8")
        await till.says("2 tickets, €25.00")
        await shrunk(till, "Refund which tickets", "0000000012")
        await explained(till, "which tickets come back", "Space", "Enter")
        await till.press("enter", *"ill")
        await till.says("Give no money before")
        await shrunk(till, "Refund 2 tickets", "Reason")
        await explained(till, "refund", "Enter", "Esc")
        await till.press("enter")
        await till.says("asking the ticket API")
        await counter.hear()
        await shrunk(till, "asking the ticket API: give no money yet", "Esc")
        await explained(till, "how a refund stands", "Esc")
        await counter.settle_all()
        await till.says("give back €25.00 in cash")
        await shrunk(till, "give back €25.00 in cash")
        await explained(till, "how a refund stands", "Enter", "Esc")


async def test_the_plain_look_says_of_each_ticket_whether_it_comes_back(tmp_path: Path) -> None:
    async with counter_in(tmp_path, PIN, look=Look.PLAIN) as counter:
        till = counter.till
        await find(counter)
        await reads(till, "settled. Adult €12.50 0000000012: not used. Adult €12.50 0000000024")
        await till.press("f8")
        await till.says(">comes back, 0000000012, Adult, Price €12.50")
        await till.press("space")
        await till.says(">stays, 0000000012, Adult, Price €12.50")
        await till.says("comes back, 0000000024")
        await till.says("1 ticket, €12.50")
        is_plain(till.app)


async def test_the_plain_look_never_says_done_of_money_that_is_still_to_be_given(
    tmp_path: Path,
) -> None:
    async with counter_in(tmp_path, PIN, look=Look.PLAIN) as counter:
        till = counter.till
        await find(counter)
        await till.press("f8", "enter", *"ill", "enter")
        await till.says("asking the ticket API: give no money yet")
        await counter.settle_all()
        await till.says("give back €25.00 in cash")
        assert "Done" not in till.text
        is_plain(till.app)
        await till.press("escape", "escape")
        await till.at(Place.TRANSACTIONS)
        await reads(till, "Attention: settled: give the money back")
        assert "Done" not in till.text


async def test_the_large_look_shows_the_cash_to_give_in_block_letters_once_it_may_be_given(
    tmp_path: Path,
) -> None:
    async with counter_in(tmp_path, PIN, look=Look.LARGE) as counter:
        till = counter.till
        await find(counter)
        await till.press("f8", "enter", *"ill", "enter")
        await till.says("asking the ticket API")
        first = small_rows("€25.00")[0].rstrip()
        assert first not in till.text
        await counter.settle_all()
        await till.says(first)


async def test_what_is_missing_is_said_below_the_sum_and_not_in_its_place(till: Till) -> None:
    used = found_ticket(serial="0000000024", standing=TicketStanding.USED, gate="North")
    panel = RefundTicketsScreen("HB1-1-000001", [found_ticket(), used], SystemClock())
    await till.says("PIN")
    till.app.push_screen(panel)
    await till.says("1 ticket, €12.50")
    await till.press("down", "space")
    await till.says("0000000024 stays out: used at North.")
    assert "1 ticket, €12.50" in till.text
    await till.press("up", "space")
    await till.says("No ticket is chosen.")
    assert "stays out" not in till.text


async def test_who_leaves_before_it_is_decided_is_told_the_key_that_leads_back(
    tmp_path: Path,
) -> None:
    async with counter_in(tmp_path, PIN) as counter:
        till = counter.till
        await find(counter)
        await till.press("f8", "enter", *"ill", "enter")
        await till.says("asking the ticket API")
        await till.press("escape")
        await till.says("It is in Transactions, and on Events (F11).")
        await till.press("escape", "escape", "f11")
        await till.at(Place.TRANSACTIONS)
        await till.says("transactions · refunds")
