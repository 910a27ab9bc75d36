"""Voids over the real socket: once, before settling, with a manager's PIN."""

from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from uuid6 import uuid7

from kiosk_contracts.problem import ProblemError
from kiosk_contracts.selling import MakeVoid
from kiosk_contracts.uploads import ItemOutcome
from tests.support.journal import damage
from tests.support.ui_socket import Answer, Till, sale_of, till_in


def _void(sale: Answer, **changes: Any) -> dict[str, Any]:
    body = {"txn_id": str(uuid7()), "sale_txn_id": sale.body["txn_id"], "reason": "wrong day"}
    return {**body, "approval_pin": "9999", **changes}


async def _sold(till: Till) -> Answer:
    await till.opened.stock(3)
    await till.open_shift()
    return await till.sell(adult=2)


async def test_a_void_gives_back_revokes_and_is_answered_again(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        sale = await _sold(till)
        request = _void(sale)
        done = await till.ask("POST", "/v1/voids", request)
        assert done.status == 201
        assert done.body["receipt_number"] == "HB1-1-000002"
        assert done.body["sale_receipt_number"] == sale.body["receipt_number"]
        assert done.body["total"] == sale.body["total"]
        [tender] = done.body["tender"]
        assert (tender["amount"], tender["given"]) == (sale.body["total"], sale.body["total"])
        again = await till.ask("POST", "/v1/voids", {**request, "approval_pin": "0000"})
        assert again.body == {**done.body, "replayed": True}, "no PIN is asked for a repeat"
        row = await till.opened.journal.read(lambda reader: reader.row(UUID(request["txn_id"])))
        assert row is not None
        assert str(row.depends_on) == sale.body["txn_id"]
        assert row.transaction.payload["approved_by"] == "mia"
        assert row.transaction.payload["cashier_id"] == "ana"
        refused = await till.admit(sale.body["tickets"][0]["code"])
        assert refused.code == "ticket_revoked"
        stock = await till.stock()
        assert stock["tide", "adult"] == (1, 0), "a voided serial is never sold again"
        serial = sale.body["tickets"][0]["serial"]
        item = await till.opened.journal.read(lambda reader: reader.stock_item(serial))
        assert item is not None
        assert item.state == "revoked"
        listed = (await till.ask("GET", "/v1/transactions")).body["transactions"]
        assert [(one["kind"], one["voided"]) for one in listed] == [
            ("void", False),
            ("sale", True),
            ("shift_opened", False),
        ]


async def test_a_manager_needs_no_second_pin(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        sale = await _sold(till)
        await till.open_shift("mia")
        done = await till.ask("POST", "/v1/voids", _void(sale, approval_pin=None))
        assert done.status == 201


async def test_a_cashier_needs_a_managers_pin(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        sale = await _sold(till)
        for pin, status, code, title in [
            (None, 403, "approval_needed", "A manager must approve this"),
            ("0000", 401, "pin_wrong", "No manager here has this PIN"),
            ("2222", 401, "pin_wrong", "No manager here has this PIN"),
        ]:
            refused = await till.ask("POST", "/v1/voids", _void(sale, approval_pin=pin))
            assert (refused.status, refused.code) == (status, code)
            assert refused.body["title"] == title
        assert (await till.admit(sale.body["tickets"][0]["code"])).status == 201


async def test_what_cannot_be_voided(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        sale = await _sold(till)
        unknown = await till.ask("POST", "/v1/voids", _void(sale, sale_txn_id=str(uuid7())))
        assert (unknown.status, unknown.code) == (404, "txn_unknown")
        [shift] = [
            row["txn_id"]
            for row in (await till.ask("GET", "/v1/transactions")).body["transactions"]
            if row["kind"] == "shift_opened"
        ]
        not_sale = await till.ask("POST", "/v1/voids", _void(sale, sale_txn_id=shift))
        assert (not_sale.code, not_sale.body["title"]) == ("txn_unknown", "Not a sale")
        assert (await till.ask("POST", "/v1/voids", _void(sale, reason=""))).status == 422
        itself = await till.ask("POST", "/v1/voids", _void(sale, txn_id=sale.body["txn_id"]))
        assert itself.code == "txn_payload_differs"
        assert (await till.ask("POST", "/v1/voids", _void(sale))).status == 201
        twice = await till.ask("POST", "/v1/voids", _void(sale))
        assert (twice.status, twice.code) == (409, "sale_already_voided")


async def test_a_sale_whose_void_was_lost_is_not_voided_again(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        sale = await _sold(till)
        void = await till.ask("POST", "/v1/voids", _void(sale))
        till.opened.journal._writing.execute(
            "DELETE FROM transactions WHERE sequence = ?", (void.body["sequence"],)
        )
        twice = await till.ask("POST", "/v1/voids", _void(sale))
    assert (twice.status, twice.code) == (409, "sale_already_voided")


async def test_a_settled_sale_is_refunded_instead(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        sale = await _sold(till)
        outcome = ItemOutcome(txn_id=UUID(sale.body["txn_id"]), status="settled")
        await till.opened.journal.write(
            lambda writer: writer.settle(sale.body["sequence"], outcome, till.clock.now())
        )
        refused = await till.ask("POST", "/v1/voids", _void(sale))
        assert (refused.status, refused.code) == (409, "sale_settled")
        assert "refund" in refused.body["hint"]


async def test_a_sale_with_a_used_ticket_is_not_voided(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        sale = await _sold(till)
        code = sale.body["tickets"][1]["code"]
        await till.admit(code)
        refused = await till.ask("POST", "/v1/voids", _void(sale))
        assert (refused.status, refused.code) == (409, "ticket_already_used")
        assert "North" in refused.body["detail"]
        await till.admit(code, path="exits")
        again = await till.ask("POST", "/v1/voids", _void(sale))
        assert again.code == "ticket_already_used", "also after they left"


async def test_a_void_needs_an_open_shift(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        sale = await _sold(till)
        await till.sign_in("mia")
        refused = await till.ask("POST", "/v1/voids", _void(sale))
        assert (refused.status, refused.code) == (409, "shift_not_open")


@pytest.mark.parametrize("text", [b"{", b"{}"])
async def test_a_damaged_sale_is_not_voided(tmp_path: Path, text: bytes) -> None:
    async with till_in(tmp_path) as till:
        sale = await _sold(till)
        damage(till.opened.path, "payload", text)
        refused = await till.ask("POST", "/v1/voids", _void(sale))
        assert (refused.status, refused.code) == (500, "journal_damaged")
        assert "receipt" in refused.body["hint"]


async def _drawer_left(till: Till, left: str) -> None:
    """Take out all but `left` of the drawer."""
    there = (await till.ask("GET", "/v1/shifts/current")).body["expected_cash"]["amount"]
    amount = {"amount": str(Decimal(there) - Decimal(left)), "currency": "EUR"}
    out = {"txn_id": str(uuid7()), "amount": amount, "reason": "bank", "approval_pin": "9999"}
    assert (await till.ask("POST", "/v1/cash-out", out)).status == 201


async def test_no_more_cash_goes_back_than_the_drawer_holds(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        sale = await _sold(till)
        await _drawer_left(till, "24.99")
        before = await till.recorded()
        request = _void(sale)
        short = await till.ask("POST", "/v1/voids", {**request, "approval_pin": None})
        assert (short.status, short.code) == (409, "drawer_short"), "before any PIN is typed"
        assert short.body["left"] == {"amount": "24.99", "currency": "EUR"}
        said = "€25.00 goes back in cash; by the transactions there are €24.99 in the drawer."
        assert said in short.body["detail"]
        assert "Pay in first" in short.body["hint"]
        assert await till.recorded() == before, "nothing is recorded, no ticket revoked"
        more = {"amount": "0.01", "currency": "EUR"}
        paid_in = {"txn_id": str(uuid7()), "amount": more, "reason": "change"}
        assert (await till.ask("POST", "/v1/cash-in", paid_in)).status == 201
        assert (await till.ask("POST", "/v1/voids", request)).status == 201
        assert (await till.ask("GET", "/v1/shifts/current")).body["expected_cash"]["amount"] == (
            "0.00"
        )


async def test_whoever_took_the_cash_out_in_between_comes_first(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        sale = await _sold(till)
        selling, body = till.desk.selling, MakeVoid.model_validate(_void(sale))
        ana, mia = (till.desk.staff._roster.find(one) for one in ("ana", "mia"))
        assert ana is not None
        assert mia is not None
        await selling.check_voidable(ana, body.sale_txn_id)
        await _drawer_left(till, "0.00")
        with pytest.raises(ProblemError) as refused:
            await selling.void(ana, mia, body)
        assert refused.value.code == "drawer_short"


async def test_a_sale_by_card_is_voided_from_an_empty_drawer(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(3)
        await till.open_shift()
        txn_id = str(uuid7())
        total = (await till.put_cart(txn_id, adult=2)).body["total"]
        await till.ask("POST", f"/v1/carts/{txn_id}/payment")
        by_card = [{"method": "card", "amount": total, "reference": "4021"}]
        sale = await till.ask("POST", "/v1/sales", sale_of(txn_id, total, tender=by_card))
        await _drawer_left(till, "0.00")
        assert (await till.ask("POST", "/v1/voids", _void(sale))).status == 201
