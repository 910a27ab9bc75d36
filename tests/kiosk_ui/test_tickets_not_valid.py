"""Tickets of an earlier sale on the screen: one that lets nobody in says so, and has no code."""

from pathlib import Path

import pytest

from kiosk_ui.looks import Look
from kiosk_ui.places import Place
from kiosk_ui.widgets.tickets.qr_code import QrCode
from tests.support.after_sale import ask_refund, decide, serials
from tests.support.refund_counter import Counter, counter_in
from tests.support.ui_socket import Answer
from tests.support.ui_till import Till


async def _sale(counter: Counter) -> Answer:
    """Return the one sale, as a cashier of the agent's reads it."""
    await counter.agent.sign_in("ana")
    page = await counter.agent.ask("GET", "/v1/transactions")
    txn_id = next(row["txn_id"] for row in page.body["transactions"] if row["kind"] == "sale")
    return await counter.agent.ask("GET", f"/v1/transactions/{txn_id}")


async def _open(till: Till, receipt: str) -> None:
    await till.press("escape", "f4")
    await till.at(Place.TRANSACTIONS)
    await till.says(receipt)
    while (row := _chosen(till)) != receipt:
        assert row, till.text
        await till.press("down")
    await till.press("enter")
    await till.at(Place.TICKET)


def _chosen(till: Till) -> str:
    listed = till.app.screen._listed  # type: ignore[attr-defined]
    chosen = till.app.screen._chosen()  # type: ignore[attr-defined]
    assert listed
    return chosen.receipt_number or f"#{chosen.sequence}"


def _code_is_shown(till: Till, code: str) -> bool:
    return till.app.screen.query_one(QrCode).display or code[:20] in till.text


@pytest.mark.parametrize("look", [Look.STANDARD, Look.PLAIN])
async def test_a_refunded_ticket_says_so_and_shows_no_code(tmp_path: Path, look: Look) -> None:
    async with counter_in(tmp_path, look=look) as counter:
        till, sale = counter.till, await _sale(counter)
        receipt = sale.body["receipt_number"]
        first, _ = serials(sale)
        refund = await ask_refund(counter.agent, sale, tickets=[first])
        await decide(counter.agent, refund, "settled")
        await counter.hear()
        await _open(till, receipt)
        await till.says("NOT VALID: refunded")
        assert not _code_is_shown(till, sale.body["tickets"][0]["code"])
        await till.press("right")
        await till.says("Ticket 2 of 2")
        assert "NOT VALID" not in till.text
        assert _code_is_shown(till, sale.body["tickets"][1]["code"])


async def test_a_voided_sale_can_be_looked_at_and_is_not_valid(tmp_path: Path) -> None:
    async with counter_in(tmp_path) as counter:
        till = counter.till
        await till.press("f2", "1", "enter", "enter")
        await till.at(Place.TICKET)
        sale = till.app.kiosk.desk.session.sale
        assert sale is not None
        assert till.app.screen.query_one(QrCode).display, "just sold: valid"
        await till.press("escape", "f4", "f8")
        await till.says("Reason")
        await till.press(*"wrong evening", "enter", *"9999", "enter")
        await till.until(lambda: "void" in till.headline)
        await _open(till, sale.receipt_number)
        await till.says("NOT VALID: voided")
        assert not till.app.screen.query_one(QrCode).display
