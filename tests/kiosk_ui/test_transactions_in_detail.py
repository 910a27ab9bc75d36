"""Transactions at the real agent: when each was, its serials, and F8 on what is no sale."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from uuid6 import uuid7

from kiosk_agent.ports.journal import JournalWriter
from kiosk_contracts.uploads import ItemOutcome
from kiosk_texts import read_language, speaking
from kiosk_ui.listed_times import listed_time, listed_time_width
from kiosk_ui.notices import Tone
from kiosk_ui.places import Place
from kiosk_ui.screens.transaction import TransactionScreen
from kiosk_ui.screens.void import VoidScreen
from tests.support.tickets import Signer, euros
from tests.support.ui_socket import Till as Agent
from tests.support.ui_socket import till_in
from tests.support.ui_till import AgentClock, StandingClock, Till, open_at

TODAY = datetime(2026, 11, 21, 20, 14, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("locale", "today", "before"),
    [("en_GB", "20:14", "05/09"), ("de_DE", "20:14", "5.9."), ("en_US", "8:14\xa0PM", "9/5")],
)
def test_of_today_the_time_is_listed_and_of_another_day_the_day(
    locale: str, today: str, before: str
) -> None:
    with speaking(read_language(locale)):
        clock = StandingClock()
        assert listed_time(TODAY, clock) == today
        assert listed_time(TODAY.replace(month=9, day=5), clock) == before
        assert listed_time_width() >= len(today)


@asynccontextmanager
async def _admitted(folder: Path) -> AsyncIterator[tuple[Agent, Till, str]]:
    """Sell one, then another, and let its ticket in; the list of transactions is open."""
    async with till_in(folder, signer=Signer()) as agent:
        await agent.opened.stock(5)
        await agent.open_shift()
        await agent.sell(adult=2)
        agent.clock.advance(60)
        [ticket] = (await agent.sell(adult=1)).body["tickets"]
        assert (await agent.admit(ticket["code"])).status == 201
        async with open_at(folder, AgentClock(agent.clock)) as till:
            await till.press(*"2222", "enter")
            await till.at(Place.EVENTS)
            await till.press("f4")
            await till.at(Place.TRANSACTIONS)
            await till.says("admission")
            yield agent, till, ticket["serial"]


async def test_each_row_says_when_it_was(tmp_path: Path) -> None:
    async with _admitted(tmp_path) as (_, till, _):
        rows = [line for line in till.text.split("\n") if "#" in line]
        assert [("19:01" in row, "19:00" in row) for row in rows] == [
            (True, False),
            (True, False),
            (False, True),
            (False, True),
        ]


async def test_enter_shows_an_admissions_serial_and_esc_leads_back(tmp_path: Path) -> None:
    async with _admitted(tmp_path) as (_, till, serial):
        assert serial not in till.text
        await till.press("enter")
        await till.until(lambda: isinstance(till.app.screen, TransactionScreen))
        await till.says(f"Serials: {serial}")
        await till.says("#4 admission")
        await till.says("By: Ana")
        await till.press("escape")
        await till.until(lambda: not isinstance(till.app.screen, TransactionScreen))
        await till.press("end", "enter")
        await till.until(lambda: isinstance(till.app.screen, TransactionScreen))
        await till.says("#1 shift opened")
        assert "Serials" not in till.text


async def test_cash_that_moved_is_named_once_with_its_amount_in_list_and_panel(
    tmp_path: Path,
) -> None:
    async with till_in(tmp_path) as agent:
        await agent.open_shift("mia")
        moved = {"txn_id": str(uuid7()), "amount": euros("12.50").to_json(), "reason": "safe"}
        assert (await agent.ask("POST", "/v1/cash-out", moved)).status == 201
        async with open_at(tmp_path, AgentClock(agent.clock)) as till:
            await till.press(*"9999", "enter")
            await till.at(Place.EVENTS)
            await till.press("f4")
            await till.at(Place.TRANSACTIONS)
            await till.says("€12.50")
            await till.press("enter")
            await till.until(lambda: isinstance(till.app.screen, TransactionScreen))
            await till.says("#2 shift paid out €12.50")
            [title] = [line for line in till.text.splitlines() if "paid out €12.50" in line]
            assert title.count("#2") == 1
            await till.says("By: Mia")


async def test_f8_on_an_admission_chooses_the_last_sale_and_a_second_one_gives_it_back(
    tmp_path: Path,
) -> None:
    async with _admitted(tmp_path) as (_, till, _):
        await till.press("f8")
        await till.until(lambda: till.tone is Tone.REFUSED)
        assert till.headline == "✖ Cannot be voided: admission"
        await till.says("The last sale before it is chosen now, HB1-1-000002")
        assert not isinstance(till.app.screen, VoidScreen), "nothing is asked about another sale"
        await till.press("f8")
        await till.until(lambda: isinstance(till.app.screen, VoidScreen))
        await till.says("Void HB1-1-000002, €12.50?")


async def test_one_in_detail_says_at_once_that_it_was_settled_also_where_its_list_leaves_it_out(
    tmp_path: Path,
) -> None:
    async with _admitted(tmp_path) as (agent, till, serial):
        await till.press("f9")
        await till.says("waiting to be sent")
        await till.press("enter")
        await till.until(lambda: isinstance(till.app.screen, TransactionScreen))
        await till.says("State: waiting to be sent")
        await agent.opened.journal.write(lambda writer: _settle(writer, agent))
        # The stream of statuses sleeps by the agent's clock.
        await agent.clock.wait_for_sleepers()
        agent.clock.advance(7)
        agent.desk.kiosk.changes.notify()
        await till.says("State: settled")
        await till.says(f"Serials: {serial}")
        await till.press("escape")
        await till.says("Nothing waits: all is settled.")


def _settle(writer: JournalWriter, agent: Agent) -> None:
    for row in writer.begin_upload(100, 1 << 20):
        outcome = ItemOutcome(txn_id=None, status="settled")
        writer.settle(row.sequence, outcome, agent.clock.now())
