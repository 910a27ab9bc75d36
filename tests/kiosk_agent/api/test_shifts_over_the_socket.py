"""Shifts over the real socket: float, cash in and out, X report, the count, Z report, hand-over."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from uuid6 import uuid7

from tests.support.archiving import AFTER_S, DAY_S, names, settle, tidy
from tests.support.journal import damage
from tests.support.tickets import euros
from tests.support.ui_socket import Answer, Till, cash, sale_of, till_in

FLOAT = "100.00"


def _money(amount: str) -> dict[str, Any]:
    return euros(amount).to_json()


def _moved(amount: str, reason: str = "change from the bank", **changes: Any) -> dict[str, Any]:
    return {"txn_id": str(uuid7()), "amount": _money(amount), "reason": reason, **changes}


def _counted(amount: str, **changes: Any) -> dict[str, Any]:
    return {"txn_id": str(uuid7()), "counted": _money(amount), **changes}


async def _open(till: Till) -> str:
    await till.opened.stock(10)
    await till.open_shift()
    return str((await till.ask("GET", "/v1/session")).body["shift_id"])


async def _close(till: Till, shift_id: str, body: dict[str, Any]) -> Answer:
    return await till.ask("POST", f"/v1/shifts/{shift_id}/close", body)


async def _x_report(till: Till) -> dict[str, Any]:
    answer = await till.ask("GET", "/v1/shifts/current")
    assert answer.status == 200, answer.body
    return dict(answer.body)


async def _sequence(till: Till) -> int:
    return (await till.opened.journal.read(lambda reader: reader.counts())).last_sequence


async def test_an_x_report_says_what_should_be_in_the_drawer(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        shift_id = await _open(till)
        await till.sell(adult=2)
        split = str(uuid7())
        total = (await till.put_cart(split, adult=2)).body["total"]
        await till.ask("POST", f"/v1/carts/{split}/payment")
        card = {"method": "card", "amount": _money("5.00"), "reference": "4021"}
        tender = [cash(_money("20.00")), card]
        sold = await till.ask("POST", "/v1/sales", sale_of(split, total, tender=tender))
        assert sold.status == 201, sold.body
        third = await till.sell(adult=1)
        void = {
            "txn_id": str(uuid7()),
            "sale_txn_id": third.body["txn_id"],
            "reason": "wrong day",
            "approval_pin": "9999",
        }
        assert (await till.ask("POST", "/v1/voids", void)).status == 201
        assert (await till.ask("POST", "/v1/cash-in", _moved("50.00"))).status == 201
        out = _moved("30.00", "to the safe", approval_pin="9999")
        assert (await till.ask("POST", "/v1/cash-out", out)).status == 201
        report = await _x_report(till)
    assert (report["shift_id"], report["staff_name"], report["is_closed"]) == (
        shift_id,
        "Ana",
        False,
    )
    assert (report["sales"], report["voids"]) == (3, 1)
    assert (report["first_receipt"], report["last_receipt"]) == ("HB1-1-000001", "HB1-1-000004")
    assert report["by_method"] == [
        {"method": "card", "taken": _money("5.00"), "given_back": _money("0.00")},
        {"method": "cash", "taken": _money("57.50"), "given_back": _money("12.50")},
    ]
    [adults] = report["by_type"]
    assert (adults["ticket_type_name"], adults["unit_price"]) == ("Adult", _money("12.50"))
    assert (adults["sold"], adults["undone"]) == (5, 1)
    assert (report["paid_in"], report["paid_out"]) == (_money("50.00"), _money("30.00"))
    assert report["expected_cash"] == _money("165.00")
    assert report["counted"] is report["over_short"] is None


async def test_a_shift_is_counted_closed_and_sells_no_more(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        shift_id = await _open(till)
        await till.sell(adult=2)
        pieces = [
            {"value": _money("50.00"), "pieces": 2},
            {"value": _money("20.00"), "pieces": 1},
            {"value": _money("0.50"), "pieces": 8},
        ]
        body = _counted("124.00", pieces=pieces, reason="one coin rolled away")
        done = await _close(till, shift_id, body)
        assert done.status == 201, done.body
        report = done.body["report"]
        assert report["is_closed"] is True
        assert report["expected_cash"] == _money("125.00")
        assert (report["counted"], report["over_short"]) == (_money("124.00"), _money("-1.00"))
        assert report["pieces"] == pieces
        assert report["at"] == done.body["recorded_at"].replace("+00:00", "Z")
        row = await till.opened.journal.read(lambda reader: reader.row(UUID(body["txn_id"])))
        assert row is not None
        said = row.readable().payload
        assert (said["expected"], said["over_short"]) == (_money("125.00"), _money("-1.00"))
        assert (said["pieces"], said["reason"]) == (pieces, "one coin rolled away")
        assert row.receipt_number is None
        again = await _close(till, shift_id, body)
        assert again.body == {**done.body, "replayed": True}
        assert (await till.put_cart(uuid7(), adult=1)).code == "shift_not_open"
        assert (await till.ask("GET", "/v1/shifts/current")).code == "shift_not_open"
        z_report = await till.ask("GET", f"/v1/shifts/{shift_id}")
        assert z_report.body == report
        second = await _close(till, shift_id, _counted("124.00"))
        assert (second.status, second.code) == (404, "shift_unknown")


async def test_sales_after_a_closed_shift_count_in_the_next_alone(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        shift_id = await _open(till)
        await till.sell(adult=2)
        await _close(till, shift_id, _counted("125.00"))
        await till.open_shift()
        await till.sell(adult=1)
        report = await _x_report(till)
        first = (await till.ask("GET", f"/v1/shifts/{shift_id}")).body
    assert (report["sales"], report["expected_cash"]) == (1, _money("112.50"))
    assert (first["sales"], first["expected_cash"]) == (1, _money("125.00"))


@pytest.mark.parametrize(("counted", "over_short"), [("130.01", "5.01"), ("119.99", "-5.01")])
async def test_a_drawer_that_is_far_off_needs_a_manager(
    tmp_path: Path, counted: str, over_short: str
) -> None:
    async with till_in(tmp_path) as till:
        shift_id = await _open(till)
        await till.sell(adult=2)
        before = await _sequence(till)
        body = _counted(counted)
        refused = await _close(till, shift_id, body)
        assert (refused.status, refused.code) == (403, "approval_needed")
        wrong = await _close(till, shift_id, {**body, "approval_pin": "2222"})
        assert wrong.code == "pin_wrong", "a cashier approves nothing"
        assert await _sequence(till) == before
        done = await _close(till, shift_id, {**body, "approval_pin": "9999"})
        assert done.status == 201
        kept = (await till.ask("GET", f"/v1/shifts/{shift_id}")).body
    report = done.body["report"]
    assert (report["over_short"], report["approved_by"]) == (_money(over_short), "mia")
    assert report["approved_by_name"] == kept["approved_by_name"] == "Mia"


@pytest.mark.parametrize("counted", ["130.00", "120.00"])
async def test_a_drawer_that_is_a_little_off_needs_nobody(tmp_path: Path, counted: str) -> None:
    async with till_in(tmp_path) as till:
        shift_id = await _open(till)
        await till.sell(adult=2)
        done = await _close(till, shift_id, _counted(counted))
    assert done.status == 201
    assert done.body["report"]["approved_by"] is None


async def test_a_customer_who_pays_is_served_first(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        shift_id = await _open(till)
        txn_id = str(uuid7())
        total = (await till.put_cart(txn_id, adult=1)).body["total"]
        await till.ask("POST", f"/v1/carts/{txn_id}/payment")
        refused = await _close(till, shift_id, _counted("100.00"))
        assert (refused.status, refused.code) == (409, "payment_started")
        assert (await till.ask("POST", "/v1/sales", sale_of(txn_id, total))).status == 201
        assert (await _close(till, shift_id, _counted("112.50"))).status == 201


async def test_only_ones_own_shift_is_closed_but_a_manager_closes_any(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        shift_id = await _open(till)
        await till.sign_in("mia")
        managers = str(uuid7())
        opened = {"txn_id": managers, "opening_float": _money("10.00")}
        assert (await till.ask("POST", "/v1/shifts", opened)).status == 201
        hers = (await till.ask("GET", "/v1/session")).body["shift_id"]
        await till.sign_in("ana")
        refused = await _close(till, hers, _counted("10.00"))
        assert (refused.status, refused.code) == (403, "role_too_low")
        assert (await till.ask("GET", f"/v1/shifts/{hers}")).code == "role_too_low"
        await till.sign_in("mia")
        done = await _close(till, shift_id, _counted("100.00"))
        assert done.status == 201
        report = done.body["report"]
        assert (report["staff_id"], report["counted"]) == ("ana", _money("100.00"))
        await till.sign_in("ana")
        assert (await till.ask("GET", "/v1/session")).body["shift_id"] is None


async def test_the_next_cashier_takes_the_drawer_over(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        assert (await _drawer_after_sign_in(till))["last_closed"] is None
        shift_id = await _open(till)
        await till.sell(adult=2)
        await _close(till, shift_id, _counted("125.00"))
        left = (await _drawer_after_sign_in(till))["last_closed"]
        assert left is not None
        assert (left["shift_id"], left["staff_name"]) == (shift_id, "Ana")
        assert left["counted"] == _money("125.00")
        body = {
            "txn_id": str(uuid7()),
            "opening_float": left["counted"],
            "taken_over_from": shift_id,
        }
        await till.sign_in("mia")
        assert (await till.ask("POST", "/v1/shifts", body)).status == 201
        row = await till.opened.journal.read(lambda reader: reader.row(UUID(body["txn_id"])))
        assert row is not None
        assert row.readable().payload["taken_over_from"] == shift_id
        assert (await _x_report(till))["expected_cash"] == _money("125.00")


async def _drawer_after_sign_in(till: Till) -> dict[str, Any]:
    await till.sign_in("ana")
    return dict((await till.ask("GET", "/v1/drawer")).body)


async def test_cash_is_taken_out_with_a_manager_and_only_what_is_there(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await _open(till)
        before = await _sequence(till)
        body = _moved("100.00", "to the safe")
        assert (await till.ask("POST", "/v1/cash-out", body)).code == "approval_needed"
        more = _moved("100.01", "to the safe", approval_pin="0000")
        short = await till.ask("POST", "/v1/cash-out", more)
        assert (short.status, short.code) == (409, "drawer_short"), "before any PIN is looked at"
        assert short.body["left"] == _money("100.00")
        assert await _sequence(till) == before
        done = await till.ask("POST", "/v1/cash-out", {**body, "approval_pin": "9999"})
        assert done.status == 201
        again = await till.ask("POST", "/v1/cash-out", {**body, "approval_pin": "0000"})
        assert again.body == {**done.body, "replayed": True}
        row = await till.opened.journal.read(lambda reader: reader.row(UUID(body["txn_id"])))
        assert row is not None
        assert row.readable().payload["approved_by"] == "mia"
        assert (await _x_report(till))["expected_cash"] == _money("0.00")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/cash-in", _moved("0.00")),
        ("/v1/cash-in", _moved("-1.00")),
        ("/v1/cash-in", _moved("1.00", "")),
        ("/v1/cash-in", {**_moved("1.00"), "amount": {"amount": "1.00", "currency": "USD"}}),
        ("/v1/cash-out", _moved("0.00", approval_pin="9999")),
        ("/v1/shifts/{}/close", _counted("-1.00")),
        ("/v1/shifts/{}/close", _counted("1.00", pieces=[{"value": _money("1.00"), "pieces": 2}])),
        (
            "/v1/shifts/{}/close",
            _counted("2.00", pieces=[{"value": _money("1.00"), "pieces": 1}] * 2),
        ),
        ("/v1/shifts/{}/close", _counted("0.00", pieces=[{"value": _money("0.00"), "pieces": 1}])),
        (
            "/v1/shifts/{}/close",
            _counted("1.00", pieces=[{"value": _money("1.00"), "pieces": True}]),
        ),
        ("/v1/shifts/not-an-id/close", _counted("1.00")),
    ],
)
async def test_what_is_no_cash_changes_nothing(
    tmp_path: Path, path: str, body: dict[str, Any]
) -> None:
    async with till_in(tmp_path) as till:
        shift_id = await _open(till)
        before = await _sequence(till)
        refused = await till.ask("POST", path.format(shift_id), body)
        assert (refused.status, refused.code) == (422, "body_invalid"), refused.body
        assert await _sequence(till) == before


async def test_a_gate_has_no_drawer(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        shift_id = await _open(till)
        await till.sign_in("gus")
        for method, path, body in (
            ("GET", "/v1/drawer", None),
            ("GET", "/v1/shifts/current", None),
            ("POST", "/v1/cash-in", _moved("1.00")),
            ("POST", "/v1/cash-out", _moved("1.00", approval_pin="9999")),
            ("POST", f"/v1/shifts/{shift_id}/close", _counted("100.00")),
        ):
            assert (await till.ask(method, path, body)).code == "role_too_low", path


async def test_archived_transactions_are_in_the_reports(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(10, lease_s=10**8)
        await till.open_shift()
        first = await till.sell(adult=2)
        await settle(till, 1, first.body["sequence"])
        till.clock.advance(AFTER_S + DAY_S)
        last = await till.sell(adult=1)
        await settle(till, last.body["sequence"])
        await tidy(till, tmp_path)
        assert names(tmp_path), "the first sale is in an archive"
        report = await _x_report(till)
        assert (report["sales"], report["expected_cash"]) == (2, _money("137.50"))
        done = await _close(till, report["shift_id"], _counted("137.50"))
        await till.open_shift()
        await settle(till, done.body["sequence"], done.body["sequence"] + 1)
        till.clock.advance(AFTER_S + DAY_S)
        await tidy(till, tmp_path)
        assert len(names(tmp_path)) > 1, "so is what closed the shift"
        z_report = await till.ask("GET", f"/v1/shifts/{report['shift_id']}")
        assert z_report.body == done.body["report"]


async def test_a_damaged_transaction_is_named(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await _open(till)
        await till.sell(adult=2)
        sale = await till.sell(adult=1)
        damage(till.opened.path, "payload", b"{", sale.body["sequence"])
        report = await _x_report(till)
    assert report["unreadable"] == [sale.body["sequence"]]
    assert report["expected_cash"] == _money("125.00")


async def test_a_shift_closes_where_an_archive_of_it_is_gone(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(10, lease_s=10**8)
        await till.open_shift()
        first = await till.sell(adult=2)
        await settle(till, 1, first.body["sequence"])
        till.clock.advance(AFTER_S + DAY_S)
        last = await till.sell(adult=1)
        await settle(till, last.body["sequence"])
        await tidy(till, tmp_path)
        _lose_archives(tmp_path)
        report = await _x_report(till)
        assert report["unreadable"] == [1, first.body["sequence"]]
        assert (report["sales"], report["expected_cash"]) == (1, _money("12.50"))
        done = await _close(till, report["shift_id"], _counted("12.50"))
        assert done.status == 201, done.body
        assert done.body["report"]["unreadable"] == [1, first.body["sequence"]]


def _lose_archives(folder: Path) -> None:
    paths = list(folder.glob("archive/*.gz"))
    assert paths
    for path in paths:
        path.unlink()
