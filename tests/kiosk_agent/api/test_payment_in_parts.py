"""A payment in parts: what was taken is on disk before the rest is asked for."""

from pathlib import Path
from typing import Any

import pytest
from uuid6 import uuid7

from kiosk_agent.domain.paper import Pair
from kiosk_agent.domain.sheets import Heading, receipt_sheet
from kiosk_contracts.selling import SaleRecorded
from tests.support.journal import journal_in
from tests.support.ui_socket import PINS, Till, cash, line, sale_of, till_at, till_in


def _eur(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "EUR"}


async def _in_payment(till: Till) -> str:
    """Return a cart of 25.00 EUR whose payment has started."""
    await till.opened.stock(5)
    await till.open_shift()
    txn_id = str(uuid7())
    cart = await till.put_cart(txn_id, adult=2)
    assert cart.body["total"] == _eur("25.00")
    assert (await till.ask("POST", f"/v1/carts/{txn_id}/payment")).status == 200
    return txn_id


async def _take(till: Till, txn_id: str, *parts: dict[str, Any]) -> Any:
    return await till.ask("PUT", f"/v1/carts/{txn_id}/payment", {"taken": list(parts)})


async def test_a_sale_has_the_parts_that_were_taken_and_the_rest(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        txn_id = await _in_payment(till)
        paid = await _take(till, txn_id, cash(_eur("10.00")))
        again = await _take(till, txn_id, cash(_eur("10.00")))
        assert paid.status == again.status == 200
        assert paid.body["taken"] == again.body["taken"] == [cash(_eur("10.00"))]
        card = {"method": "card", "amount": _eur("15.00"), "reference": "4021"}
        without = sale_of(txn_id, _eur("25.00"))
        refused = await till.ask("POST", "/v1/sales", without)
        assert (refused.status, refused.code) == (409, "tender_differs")
        assert refused.body["detail"] == "€10.00 was taken already and is missing."
        sale = sale_of(txn_id, _eur("25.00"), tender=[cash(_eur("10.00")), card])
        sold = await till.ask("POST", "/v1/sales", sale)
        assert sold.status == 201, sold.body
        assert sold.body["tender"] == [cash(_eur("10.00")), card]


async def test_a_part_counts_once_though_two_are_alike(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        txn_id = await _in_payment(till)
        five = cash(_eur("5.00"))
        assert (await _take(till, txn_id, five, five)).status == 200
        rest = {"method": "card", "amount": _eur("20.00"), "reference": "4021"}
        one = await till.ask(
            "POST", "/v1/sales", sale_of(txn_id, _eur("25.00"), tender=[five, rest])
        )
        assert one.code == "tender_differs"


async def test_it_outlives_the_agent(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        txn_id = await _in_payment(till)
        await _take(till, txn_id, cash(_eur("10.00")))
    async with journal_in(tmp_path) as opened, till_at(opened, tmp_path) as till:
        await till.sign_in("ana")
        [cart] = (await till.ask("GET", "/v1/carts")).body["carts"]
    assert (cart["state"], cart["taken"]) == ("payment_started", [cash(_eur("10.00"))])


@pytest.mark.parametrize(
    ("part", "code", "detail"),
    [
        (cash(_eur("25.00")), "tender_differs", "€25.00 is no part of €25.00"),
        (cash(_eur("30.00")), "tender_differs", "€30.00 is no part of €25.00"),
        (cash(_eur("0.00")), "tender_differs", "A part of nothing"),
        (cash(_eur("-1.00")), "tender_differs", "less than nothing"),
        (cash({"amount": "1.00", "currency": "USD"}), "tender_differs", "is not in EUR"),
        ({"method": "shells", "amount": _eur("1.00")}, "tender_differs", "'shells'"),
    ],
)
async def test_what_is_no_part_is_refused_and_changes_nothing(
    tmp_path: Path, part: dict[str, Any], code: str, detail: str
) -> None:
    async with till_in(tmp_path) as till:
        txn_id = await _in_payment(till)
        await _take(till, txn_id, cash(_eur("10.00")))
        refused = await _take(till, txn_id, part)
        assert (refused.status, refused.code) == (409, code)
        assert detail in refused.body["detail"]
        cart = (await till.ask("GET", f"/v1/carts/{txn_id}")).body
    assert cart["taken"] == [cash(_eur("10.00"))]


async def test_only_a_payment_that_has_started_takes_a_part(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        txn_id = await _in_payment(till)
        await _take(till, txn_id, cash(_eur("10.00")))
        opened = (await till.ask("DELETE", f"/v1/carts/{txn_id}/payment")).body
        assert (opened["state"], opened["taken"]) == ("open", [])
        refused = await _take(till, txn_id, cash(_eur("10.00")))
        assert (refused.status, refused.code) == (409, "payment_not_started")
        unknown = await _take(till, str(uuid7()), cash(_eur("10.00")))
        assert (unknown.status, unknown.code) == (404, "cart_unknown")
        again = await till.ask("POST", f"/v1/carts/{txn_id}/payment")
        assert again.body["taken"] == [], "what was given back is not counted again"


async def test_a_new_content_of_the_cart_has_nothing_taken(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        txn_id = await _in_payment(till)
        await _take(till, txn_id, cash(_eur("10.00")))
        lines = {"lines": [line("tide", "adult", 1)]}
        refused = await till.ask("PUT", f"/v1/carts/{txn_id}", lines)
        assert (refused.status, refused.code) == (409, "payment_started")


async def test_two_cards_then_cash_are_one_sale_in_reports_paper_and_void(tmp_path: Path) -> None:
    first = {"method": "card", "amount": _eur("8.00"), "reference": "4021"}
    second = {"method": "card", "amount": _eur("7.00"), "reference": "4022"}
    given = {
        "method": "cash",
        "amount": _eur("10.00"),
        "given": _eur("20.00"),
        "change": _eur("10.00"),
    }
    async with till_in(tmp_path) as till:
        txn_id = await _in_payment(till)
        assert (await _take(till, txn_id, first)).status == 200
        assert (await _take(till, txn_id, first, second)).body["taken"] == [first, second]
        sale = sale_of(txn_id, _eur("25.00"), tender=[first, second, given])
        sold = await till.ask("POST", "/v1/sales", sale)
        assert sold.status == 201, sold.body
        report = (await till.ask("GET", "/v1/shifts/current")).body
        taken = {one["method"]: one["taken"]["amount"] for one in report["by_method"]}
        assert taken == {"card": "15.00", "cash": "10.00"}
        assert report["expected_cash"] == _eur("110.00")
        heading = Heading("Harbour Hall", lambda moment: moment)
        receipt = receipt_sheet(SaleRecorded.model_validate(sold.body), heading, 0)
        said = [(one.left, one.right) for one in receipt if isinstance(one, Pair)]
        assert {("Card 4021", "€8.00"), ("Card 4022", "€7.00")} <= set(said)
        assert {("Cash", "€20.00"), ("Change", "€10.00")} <= set(said)
        undo = {"txn_id": str(uuid7()), "sale_txn_id": txn_id, "reason": "x"}
        void = await till.ask("POST", "/v1/voids", {**undo, "approval_pin": PINS["mia"]})
        assert void.status == 201, void.body
        assert void.body["tender"] == [first, second, cash(_eur("10.00"))]
        report = (await till.ask("GET", "/v1/shifts/current")).body
        assert report["expected_cash"] == _eur("100.00"), "the X report, with what was given back"
        counted = {"txn_id": str(uuid7()), "counted": _eur("100.00")}
        closed = await till.ask("POST", f"/v1/shifts/{report['shift_id']}/close", counted)
        back = {one["method"]: one["given_back"] for one in closed.body["report"]["by_method"]}
        assert back == {"card": _eur("15.00"), "cash": _eur("10.00")}
