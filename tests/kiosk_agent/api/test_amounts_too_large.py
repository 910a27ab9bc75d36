"""Amounts that nobody means, e.g. a barcode typed as cash: refused before anything is recorded."""

from pathlib import Path
from typing import Any

import pytest
from uuid6 import uuid7

from kiosk_agent.domain.drawer_limits import DrawerLimits
from kiosk_contracts.money import Money
from tests.support.tickets import euros
from tests.support.ui_socket import Answer, Till, sale_of, till_in


def _eur(amount: str) -> dict[str, Any]:
    return euros(amount).to_json()


def _given(amount: str, change: str) -> dict[str, Any]:
    kept = euros(amount) - euros(change)
    return {
        "method": "cash",
        "amount": kept.to_json(),
        "given": _eur(amount),
        "change": _eur(change),
    }


async def _in_payment(till: Till) -> tuple[str, dict[str, Any]]:
    await till.opened.stock(5)
    await till.open_shift()
    txn_id = str(uuid7())
    total = (await till.put_cart(txn_id, adult=2)).body["total"]
    assert (await till.ask("POST", f"/v1/carts/{txn_id}/payment")).status == 200
    return txn_id, total


def _is_a_slip(answer: Answer) -> None:
    assert (answer.status, answer.code) == (422, "amount_not_plausible")
    assert answer.body["title"] == "So large an amount is a slip"
    assert "Look at what was typed" in answer.body["hint"]


@pytest.mark.parametrize(
    ("given", "status"), [("1025.00", 201), ("1025.01", 422), ("50123456.00", 422)]
)
async def test_cash_far_above_what_is_due_is_a_slip(
    tmp_path: Path, given: str, status: int
) -> None:
    async with till_in(tmp_path) as till:
        txn_id, total = await _in_payment(till)
        change = str((euros(given) - euros("25.00")).amount)
        before = await till.recorded()
        sale = sale_of(txn_id, total, tender=[_given(given, change)])
        answer = await till.ask("POST", "/v1/sales", sale)
        assert answer.status == status
        if status == 201:
            return
        _is_a_slip(answer)
        assert "this kiosk gives back €1,000.00 at most" in answer.body["detail"]
        assert await till.recorded() == before
        sale = sale_of(txn_id, total)
        assert (await till.ask("POST", "/v1/sales", sale)).status == 201, "the cart is as it was"


async def test_a_part_with_so_much_change_is_a_slip_too(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        txn_id, _ = await _in_payment(till)
        part = {"taken": [_given("2010.00", "2000.00")]}
        _is_a_slip(await till.ask("PUT", f"/v1/carts/{txn_id}/payment", part))
        assert (await till.ask("GET", f"/v1/carts/{txn_id}")).body["taken"] == []


async def test_a_float_above_the_limit_is_a_slip_and_opens_nothing(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await till.sign_in("ana")
        body = {"txn_id": str(uuid7()), "opening_float": _eur("5000.01")}
        _is_a_slip(await till.ask("POST", "/v1/shifts", body))
        assert (await till.ask("GET", "/v1/session")).body["shift_id"] is None
        body = {"txn_id": str(uuid7()), "opening_float": _eur("5000.00")}
        assert (await till.ask("POST", "/v1/shifts", body)).status == 201


async def test_a_full_drawer_goes_on_with_what_was_counted_in_it(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await till.open_shift("mia")
        shift_id = (await till.ask("GET", "/v1/session")).body["shift_id"]
        for amount in ("4000.00", "4000.00"):
            body = {"txn_id": str(uuid7()), "amount": _eur(amount), "reason": "from the safe"}
            assert (await till.ask("POST", "/v1/cash-in", body)).status == 201
        counted = {"txn_id": str(uuid7()), "counted": _eur("8100.00")}
        closed = await till.ask("POST", f"/v1/shifts/{shift_id}/close", counted)
        assert closed.status == 201, closed.body
        await till.sign_in("ana")

        def taken_over(amount: str) -> dict[str, Any]:
            opening = {"txn_id": str(uuid7()), "opening_float": _eur(amount)}
            return {**opening, "taken_over_from": shift_id}

        _is_a_slip(await till.ask("POST", "/v1/shifts", taken_over("8100.01")))
        assert (await till.ask("POST", "/v1/shifts", taken_over("8100.00"))).status == 201


@pytest.mark.parametrize("way", ["cash-in", "cash-out"])
async def test_so_much_is_not_moved_at_once_but_in_parts(tmp_path: Path, way: str) -> None:
    async with till_in(tmp_path) as till:
        await till.open_shift("mia")
        for amount in ("10000.00", "10000.00"):
            body = {"txn_id": str(uuid7()), "amount": _eur(amount), "reason": "from the safe"}
            assert (await till.ask("POST", "/v1/cash-in", body)).status == 201
        before = await till.recorded()
        body = {"txn_id": str(uuid7()), "amount": _eur("10000.01"), "reason": "to the safe"}
        _is_a_slip(await till.ask("POST", f"/v1/{way}", body))
        assert await till.recorded() == before


async def test_a_kiosk_may_have_other_limits_and_says_them(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        limits = (await till.sign_in("ana")).body["limits"]
        assert limits == {
            "change": _eur("1000.00"),
            "opening_float": _eur("5000.00"),
            "moved": _eur("10000.00"),
        }
        object.__setattr__(till.desk.kiosk, "limits", DrawerLimits(change=500))
        txn_id, total = await _in_payment(till)
        sale = sale_of(txn_id, total, tender=[_given("30.01", "5.01")])
        _is_a_slip(await till.ask("POST", "/v1/sales", sale))


@pytest.mark.parametrize(
    ("currency", "most"), [("EUR", "1000.00"), ("JPY", "100000"), ("KWD", "100.000")]
)
def test_a_limit_that_is_set_is_in_the_currencys_smallest_unit(currency: str, most: str) -> None:
    change = DrawerLimits(change=100_000).told(currency).change
    assert change == Money.model_validate({"amount": most, "currency": currency})
    assert str(change.amount) == most


@pytest.mark.parametrize(
    ("currency", "usual"),
    [
        ("EUR", "1000.00"),
        ("GBP", "1000.00"),
        ("CZK", "25000.00"),
        ("HUF", "400000.00"),
        ("JPY", "200000"),
        ("INR", "100000.00"),
        ("KZT", "1000000.00"),
    ],
)
def test_what_is_usual_is_worth_about_as_much_in_any_currency(currency: str, usual: str) -> None:
    change = DrawerLimits().told(currency).change
    assert change == Money.model_validate({"amount": usual, "currency": currency})
