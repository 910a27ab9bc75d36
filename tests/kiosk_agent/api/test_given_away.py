"""Tickets that are given away: a manager agrees, and the sale says who."""

from pathlib import Path
from typing import Any

import pytest
from uuid6 import uuid7

from kiosk_contracts.problem import ProblemError
from kiosk_contracts.selling import MakeSale
from tests.support.tickets import euros
from tests.support.ui_socket import PINS, Till, cash, roster, sale_of, till_in


async def _sale(till: Till, **changes: Any) -> dict[str, Any]:
    """Return the sale of a cart of 12.50 EUR in payment, given away."""
    txn_id = str(uuid7())
    total = (await till.put_cart(txn_id, adult=1)).body["total"]
    assert (await till.ask("POST", f"/v1/carts/{txn_id}/payment")).status == 200
    free = {"method": "complimentary", "amount": total, "reason": "press"}
    return sale_of(txn_id, total, tender=[free], **changes)


async def _payload(till: Till, sale: dict[str, Any]) -> dict[str, Any]:
    rows = await till.opened.journal.read(lambda reader: reader.rows_after(0, 100))
    [payload] = [row.readable().payload for row in rows if str(row.txn_id) == sale["txn_id"]]
    return dict(payload)


async def test_a_cashier_alone_gives_nothing_away(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(2)
        await till.open_shift()
        sale = await _sale(till)
        before = await till.recorded()
        refused = await till.ask("POST", "/v1/sales", sale)
        assert (refused.status, refused.code) == (403, "approval_needed")
        wrong = await till.ask("POST", "/v1/sales", {**sale, "approval_pin": PINS["ana"]})
        assert (wrong.status, wrong.code) == (401, "pin_wrong")
        assert await till.recorded() == before


async def test_a_part_of_it_needs_a_manager_too(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(2)
        await till.open_shift()
        sale = await _sale(till)
        five = cash(euros("5.00").to_json())
        free = {"method": "complimentary", "amount": euros("7.50").to_json(), "reason": "press"}
        refused = await till.ask("POST", "/v1/sales", {**sale, "tender": [five, free]})
        assert refused.code == "approval_needed"


@pytest.mark.parametrize("waived", ["12.50", "7.50"])
async def test_where_nobody_agreed_the_commit_itself_sells_nothing(
    tmp_path: Path, waived: str
) -> None:
    """Whatever asked before it, or forgot to."""
    async with till_in(tmp_path) as till:
        await till.opened.stock(2)
        await till.open_shift()
        sale = await _sale(till)
        amount = euros(waived)
        free = {"method": "complimentary", "amount": amount.to_json(), "reason": "press"}
        rest = euros("12.50") - amount
        paid = [cash(rest.to_json())] if rest.amount else []
        request = MakeSale.model_validate({**sale, "tender": [*paid, free]})
        before, ana = await till.recorded(), roster().find("ana")
        assert ana is not None
        with pytest.raises(ProblemError) as refused:
            await till.desk.selling.sell(ana, request)
        assert refused.value.code == "approval_needed"
        assert await till.recorded() == before
        await till.desk.selling.sell(ana, request, roster().find("mia"))
        assert (await _payload(till, sale))["approved_by"] == "mia"


async def test_a_managers_pin_stands_in_the_sale_as_who_agreed(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(2)
        await till.open_shift()
        sale = await _sale(till, approval_pin=PINS["mia"])
        sold = await till.ask("POST", "/v1/sales", sale)
        assert sold.status == 201, sold.body
        payload = await _payload(till, sale)
        assert (payload["cashier_id"], payload["approved_by"]) == ("ana", "mia")
        assert PINS["mia"] not in str(payload)


async def test_a_repeat_gets_the_first_answer_whatever_pin_comes_along(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(2)
        await till.open_shift()
        sale = await _sale(till)
        sold = await till.ask("POST", "/v1/sales", {**sale, "approval_pin": PINS["mia"]})
        again = await till.ask("POST", "/v1/sales", {**sale, "approval_pin": "0000"})
        assert (again.status, again.body["replayed"]) == (201, True)
        assert again.body["receipt_number"] == sold.body["receipt_number"]


async def test_a_manager_agrees_by_being_signed_in(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(2)
        await till.open_shift("mia")
        sale = await _sale(till)
        assert (await till.ask("POST", "/v1/sales", sale)).status == 201
        assert (await _payload(till, sale))["approved_by"] == "mia"


async def test_a_sale_for_money_names_nobody_and_takes_no_pin(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(2)
        await till.open_shift()
        sale = await _sale(till, approval_pin="0000")
        paid = {**sale, "tender": [cash(sale["total"])]}
        assert (await till.ask("POST", "/v1/sales", paid)).status == 201
        assert "approved_by" not in await _payload(till, sale)


@pytest.mark.parametrize("pin", ["0000", "9999"])
async def test_what_cannot_be_sold_takes_no_pin(tmp_path: Path, pin: str) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(2)
        await till.open_shift()
        sale = await _sale(till, approval_pin=pin)
        other = {**sale, "total": euros("1.00").to_json()}
        refused = await till.ask("POST", "/v1/sales", other)
        assert refused.code == "price_differs"
        for _ in range(6):
            assert (await till.ask("POST", "/v1/sales", other)).code == "price_differs"
