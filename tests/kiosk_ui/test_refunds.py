"""Looking a sale up and refunding it, at the real agent's API; the test plays the far side."""

from pathlib import Path
from typing import Any

import pytest
from uuid6 import uuid7

from kiosk_ui.notices import Tone
from kiosk_ui.places import Place
from kiosk_ui.screens.refund import RefundScreen, RefundTicketsScreen
from kiosk_ui.screens.refund_standing import RefundStandingScreen
from tests.support.refund_counter import PIN, Counter, counter_in
from tests.support.tickets import euros
from tests.support.ui_socket import Till as Agent
from tests.support.ui_socket import sale_of
from tests.support.ui_till import AgentClock, Till, kiosk_app


async def _find(till: Till, text: str) -> None:
    await till.press("f4", "f6", *text, "enter")
    await till.at(Place.FIND)


@pytest.mark.parametrize("text", ["1", "HB1-1-000001"])
async def test_a_sale_is_found_by_its_receipt_and_refunded_in_cash(
    tmp_path: Path, text: str
) -> None:
    async with counter_in(tmp_path) as counter:
        till = counter.till
        await _find(till, text)
        await till.says("HB1-1-000001")
        await till.says("not used")
        await till.says("F8 refunds it")
        await till.press("f8")
        await till.says("Refund which tickets of HB1-1-000001?")
        await till.says("2 tickets, €25.00")
        await till.press("enter", *"they are ill", "enter")
        await till.says("alone a cashier may make no refund")
        await till.press(*PIN, "enter")
        await till.says("… asking the ticket API: give no money yet")
        assert isinstance(till.app.screen, RefundStandingScreen)
        await till.press("enter")
        assert await counter.refunds() == [("queued", "")], "Enter gives nothing before"
        await counter.settle_all()
        await till.says("✔ give back €25.00 in cash")
        await till.press("enter")
        await till.until(lambda: till.tone is Tone.RECORDED)
        assert till.headline == "✔ #4 shift paid out €25.00 recorded online"
        await till.says("€25.00 in cash given back")
        assert await counter.refunds() == [("settled", "given")]
        await till.press("escape", "escape", "f5")
        await till.says("refunds 1")
        await till.says("Cash given back")


async def test_a_refund_to_a_card_alone_moves_no_cash_and_says_so(tmp_path: Path) -> None:
    async with counter_in(tmp_path, PIN, "1") as counter:
        till, agent = counter.till, counter.agent
        await agent.sign_in("mia")
        txn_id = str(uuid7())
        total = (await agent.put_cart(txn_id, adult=1)).body["total"]
        await agent.ask("POST", f"/v1/carts/{txn_id}/payment")
        card = {"method": "card", "amount": total, "reference": "4021"}
        sold = await agent.ask("POST", "/v1/sales", sale_of(txn_id, total, tender=[card]))
        assert sold.status == 201, sold.body
        await counter.settle_all()
        await _find(till, "2")
        await till.press("f8", *"ill", "enter")
        await till.says("… asking the ticket API")
        await counter.settle_all()
        await till.says("✔ give back €12.50 to the card of 4021")
        await till.press("enter")
        await till.until(lambda: till.tone is Tone.RECORDED)
        assert till.headline == "✔ #5 shift paid out €0.00 recorded online"
        await till.says("€12.50 to the card of 4021 given back")
        [row] = await agent.opened.journal.read(lambda reader: reader.rows_after(4, 10))
        assert row.readable().payload["amount"] == euros("0.00").to_json()


async def test_a_manager_is_asked_for_no_pin(tmp_path: Path) -> None:
    async with counter_in(tmp_path, PIN, "1") as counter:
        till = counter.till
        await _find(till, "1")
        await till.press("f8")
        await till.says("Refund 1 ticket of HB1-1-000001, €12.50?")
        await till.press("enter")
        await till.says("Type why the tickets come back.")
        await till.press(*"ill", "enter")
        await till.says("… asking the ticket API")
        assert await counter.refunds() == [("queued", "")]


async def test_a_refused_refund_says_why_and_gives_nothing(tmp_path: Path) -> None:
    async with counter_in(tmp_path, PIN, "1") as counter:
        till = counter.till
        await _ask_for_refund(till)
        await counter.refuse_last("ticket_already_used", "0000000014 was used at gate South")
        await till.says("✖ refused: give no money")
        await till.says("used at gate South")
        await till.press("enter")
        assert await counter.refunds() == [("quarantined", "")]
        await till.press("escape", "escape")
        await till.says("refused: give no money")


async def test_where_the_line_drops_nobody_waits_and_it_is_found_again(tmp_path: Path) -> None:
    async with counter_in(tmp_path, PIN, "1") as counter:
        till = counter.till
        await _ask_for_refund(till)
        await counter.line(up=False)
        await till.says("Not decided: give no money.")
        await till.says("The line is down.")
        await till.press("escape")
        await till.says("… Refund HB1-1-000002 is not decided: give no money.")
        await till.press("escape", "escape")
        await till.at(Place.EVENTS)
        await till.says("A refund is not decided yet.")
        await till.press("f11")
        await till.at(Place.TRANSACTIONS)
        await till.says("transactions · refunds")
        await till.says("not decided: give no money")
        await counter.line(up=True)
        await counter.settle_all()
        await till.says("settled: give the money")
        await till.press("enter")
        await till.says("✔ give back €12.50 in cash")
        await till.press("enter")
        await till.until(lambda: till.tone is Tone.RECORDED)
        assert await counter.refunds() == [("settled", "given")]
        await till.press("escape")
        await till.at(Place.EVENTS)
        await counter.hear()
        await till.until(lambda: "A refund" not in till.text)


async def test_after_a_restart_of_the_ui_the_money_to_give_is_found(tmp_path: Path) -> None:
    async with counter_in(tmp_path, PIN, "1") as counter:
        await _ask_for_refund(counter.till)
        await counter.settle_all()
        app = kiosk_app(tmp_path / "ui.sock", AgentClock(counter.agent.clock))
        async with app.run_test(size=(80, 24)) as pilot:
            till = Till(app, pilot)
            await till.says("PIN")
            await till.press(*PIN, "enter")
            await till.at(Place.EVENTS)
            await till.says("A refund was decided: give the money back.")
            await till.click("F11 refunds")
            await till.says("settled: give the money")
            await till.press("enter")
            await till.says("✔ give back €12.50 in cash")
            await till.press("enter")
            await till.until(lambda: till.tone is Tone.RECORDED)
        assert await counter.refunds() == [("settled", "given")]


async def test_without_a_line_that_is_said_before_anything_is_typed(tmp_path: Path) -> None:
    async with counter_in(tmp_path) as counter:
        till = counter.till
        await counter.line(up=False)
        await _find(till, "1")
        await till.says("A refund needs the line")
        await till.press("f8")
        await till.until(lambda: till.tone is Tone.REFUSED)
        assert till.headline == "✖ Nothing to refund now"
        assert await counter.refunds() == []


async def test_what_is_not_settled_is_voided_by_the_same_key(tmp_path: Path) -> None:
    async with counter_in(tmp_path, PIN) as counter:
        till = counter.till
        await till.press("f2", "1", "enter", "enter")
        await till.at(Place.TICKET)
        await till.press("escape")
        await _find(till, "2")
        await till.says("F8 voids it")
        await till.press("f8")
        await till.says("Void HB1-1-000002, €12.50?")
        await till.press(*"wrong day", "enter")
        await till.until(lambda: till.tone is Tone.RECORDED)
        assert till.headline == "✔ #4 void HB1-1-000003 recorded online"
        await till.says("voided")


async def test_one_ticket_of_two_is_left_out_and_a_used_one_stays_out(tmp_path: Path) -> None:
    async with counter_in(tmp_path, PIN, "3") as counter:
        till = counter.till
        tickets = await _sold(counter)
        assert (await _admit(counter.agent, tickets[0]["code"])) == 201
        await till.press("f4")
        await till.says("#3 admission")
        await till.press("down", "f8")
        await till.says("Refund which tickets of HB1-1-000001?")
        await till.says("2 tickets, €25.00")
        await till.says("used at North")
        await till.press("home", "space")
        await till.says("stays out: used at North")
        await till.press("down", "space")
        await till.says("1 ticket, €12.50")
        await till.press("down", "space")
        await till.says("No ticket is chosen.")
        await till.press("enter")
        assert isinstance(till.app.screen, RefundTicketsScreen)
        await till.says("Choose a ticket with Space")
        await till.press("space", "enter", *"ill", "enter")
        await till.says("… asking the ticket API")
        rows = await counter.agent.opened.journal.read(
            lambda reader: reader.rows_page(before=None, limit=1)
        )
        assert rows[0].readable().payload["serials"] == [tickets[2]["serial"]]


async def test_leaving_at_any_step_records_nothing(tmp_path: Path) -> None:
    async with counter_in(tmp_path, PIN) as counter:
        till = counter.till
        await _find(till, "1")
        await till.press("f8")
        await till.says("Refund which tickets")
        await till.press("escape")
        await till.until(lambda: "Refund which tickets" not in till.text)
        await till.press("f8", "enter")
        await till.until(lambda: isinstance(till.app.screen, RefundScreen))
        await till.press("escape")
        await till.until(lambda: "Reason" not in till.text)
        assert await counter.refunds() == []


async def test_a_scan_on_transactions_or_find_finds_that_tickets_sale(tmp_path: Path) -> None:
    async with counter_in(tmp_path, quantity="1") as counter:
        till = counter.till
        [ticket] = await _sold(counter)
        await till.press("f4")
        await till.at(Place.TRANSACTIONS)
        till.scan(ticket["code"])
        await till.at(Place.FIND)
        await till.says(ticket["serial"])
        assert (await counter.agent.recorded())[0] == 2, "nobody was admitted"
        await till.press("f6", *"nobody", "enter")
        await till.until(lambda: till.tone is Tone.REFUSED)
        assert till.headline == "✖ Nothing found"
        assert "nobody" in till.text
        till.scan(ticket["code"])
        await till.says(ticket["serial"])
        till.scan("EP1" + "Q" * 118)
        await till.until(lambda: till.tone is Tone.REFUSED)


async def test_the_tickets_of_what_was_found_are_shown_again(tmp_path: Path) -> None:
    async with counter_in(tmp_path, quantity="1") as counter:
        till = counter.till
        await _find(till, "1")
        await till.says("F8 refunds it")
        await till.press("enter")
        await till.at(Place.TICKET)
        await till.says("Ticket 1 of 1")


async def _ask_for_refund(till: Till) -> None:
    await _find(till, "1")
    await till.press("f8", *"ill", "enter")
    await till.says("… asking the ticket API")


async def _admit(agent: Agent, code: str) -> int:
    await agent.sign_in("gus")
    return (await agent.admit(code)).status


async def _sold(counter: Counter) -> list[dict[str, Any]]:
    """Return the tickets of the one sale, as they were answered."""
    rows = await counter.agent.opened.journal.read(
        lambda reader: reader.rows_page(before=None, limit=100)
    )
    [answer] = [row.answer for row in rows if row.kind == "sale" and row.answer is not None]
    tickets: list[dict[str, Any]] = answer["tickets"]
    return tickets
