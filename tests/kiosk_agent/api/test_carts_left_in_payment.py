"""Carts that somebody left in payment: who may free them, what is said of them, what is logged."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from structlog.testing import capture_logs
from uuid6 import uuid7

from kiosk_contracts.problem import ProblemError
from tests.support.tickets import euros
from tests.support.ui_socket import PINS, Answer, Till, cash, roster, sale_of, till_in

STOCK = ("tide", "adult")
CARD = {"method": "card", "amount": euros("5.00").to_json(), "reference": "4711"}


async def _left_by_ana(till: Till) -> str:
    """Return a cart of 25.00 EUR in payment, 15.00 of it taken; Ana is away, Mia signed in."""
    await till.opened.stock(5)
    await till.open_shift("ana")
    txn_id = str(uuid7())
    await till.put_cart(txn_id, adult=2)
    await till.ask("POST", f"/v1/carts/{txn_id}/payment")
    taken = {"taken": [cash(euros("10.00").to_json()), CARD]}
    assert (await till.ask("PUT", f"/v1/carts/{txn_id}/payment", taken)).status == 200
    await till.sign_in("mia")
    return txn_id


async def _free(till: Till, txn_id: str, **body: Any) -> Answer:
    return await till.ask("POST", f"/v1/carts/{txn_id}/free", body)


async def test_a_list_of_carts_says_whose_they_are_and_what_was_taken(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        txn_id = await _left_by_ana(till)
        [cart] = (await till.ask("GET", "/v1/carts")).body["carts"]
        assert (cart["txn_id"], cart["cashier_id"], cart["cashier_name"]) == (txn_id, "ana", "Ana")
        assert cart["taken"] == [cash(euros("10.00").to_json()), CARD]


async def test_a_manager_frees_it_the_tickets_sell_again_and_the_log_says_who(
    tmp_path: Path,
) -> None:
    async with till_in(tmp_path) as till:
        txn_id = await _left_by_ana(till)
        assert (await till.stock())[STOCK] == (3, 2)
        with capture_logs() as logs:
            freed = await _free(till, txn_id)
            again = await _free(till, txn_id)
        assert freed.status == again.status == 200
        assert (freed.body["state"], freed.body["lines"], freed.body["taken"]) == (
            "expired",
            [],
            [],
        )
        assert (await till.stock())[STOCK] == (5, 0)
        assert (await till.ask("GET", "/v1/carts")).body["carts"] == []
        [said] = [one for one in logs if one["event"] == "cart_freed"]
        assert (said["txn_id"], said["cashier_id"], said["freed_by"]) == (txn_id, "ana", "mia")
        assert said["to_give_back"] == ["cash 10.00 EUR", "card 5.00 EUR (4711)"]


async def test_a_cashier_frees_anothers_by_a_managers_pin_alone(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        txn_id = await _left_by_ana(till)
        await till.ask("POST", f"/v1/carts/{txn_id}/free", {})
        own = await _own_cart_of_mia(till)
        await till.sign_in("ana")
        assert (await _free(till, own)).code == "approval_needed"
        assert (await _free(till, own, approval_pin=PINS["ana"])).code == "pin_wrong"
        assert (await till.ask("GET", f"/v1/carts/{own}")).body["state"] == "payment_started"
        with capture_logs() as logs:
            assert (await _free(till, own, approval_pin=PINS["mia"])).status == 200
        [said] = [one for one in logs if one["event"] == "cart_freed"]
        assert (said["freed_by"], said["approved_by"]) == ("ana", "mia")


async def test_where_nobody_agreed_the_commit_itself_frees_nothing(tmp_path: Path) -> None:
    """Whatever asked before it: by then the cart may be another person's, or in payment again."""
    async with till_in(tmp_path) as till:
        own = await _left_by_ana(till)
        another = await _own_cart_of_mia(till)
        ana, mia = (roster().find(staff_id) for staff_id in ("ana", "mia"))
        assert ana is not None
        before = await till.recorded()
        with pytest.raises(ProblemError) as refused:
            await till.desk.freed_carts.free(ana, None, UUID(another))
        assert refused.value.code == "approval_needed"
        assert (await till.ask("GET", f"/v1/carts/{another}")).body["state"] == "payment_started"
        assert await till.recorded() == before
        await till.desk.freed_carts.free(ana, None, UUID(own))
        await till.desk.freed_carts.free(ana, mia, UUID(another))
        assert (await till.ask("GET", "/v1/carts")).body["carts"] == []


async def test_ones_own_cart_needs_nobody_else(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        txn_id = await _left_by_ana(till)
        await till.sign_in("ana")
        assert (await _free(till, txn_id)).status == 200


async def test_the_gate_frees_nothing_and_what_was_sold_stays_sold(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        txn_id = await _left_by_ana(till)
        await till.sign_in("gus")
        assert (await _free(till, txn_id, approval_pin=PINS["mia"])).code == "role_too_low"
        await till.sign_in("ana")
        tender = [cash(euros("10.00").to_json()), CARD, cash(euros("10.00").to_json())]
        sale = sale_of(txn_id, euros("25.00").to_json(), tender=tender)
        assert (await till.ask("POST", "/v1/sales", sale)).status == 201
        await till.sign_in("mia")
        assert (await _free(till, txn_id)).code == "cart_closed"
        assert (await _free(till, str(uuid7()))).code == "cart_unknown"


@pytest.mark.parametrize("state", ["open", "payment_started"])
async def test_only_a_manager_cancels_somebody_elses(tmp_path: Path, state: str) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(5)
        await till.open_shift("mia")
        txn_id = str(uuid7())
        await till.put_cart(txn_id, adult=2)
        if state == "payment_started":
            await till.ask("POST", f"/v1/carts/{txn_id}/payment")
        way = f"/v1/carts/{txn_id}/payment" if state == "payment_started" else f"/v1/carts/{txn_id}"
        await till.sign_in("ana")
        refused = await till.ask("DELETE", way)
        assert (refused.status, refused.code) == (403, "role_too_low")
        assert refused.body["title"] == "This is another person's cart"
        assert (await till.stock())[STOCK] == (3, 2)
        await till.sign_in("mia")
        assert (await till.ask("DELETE", way)).status in {200, 204}


async def test_parts_that_are_given_back_stand_in_the_log(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        txn_id = await _left_by_ana(till)
        with capture_logs() as logs:
            for _ in range(2):
                cancelled = await till.ask("DELETE", f"/v1/carts/{txn_id}/payment")
                assert (cancelled.body["state"], cancelled.body["taken"]) == ("open", [])
        [said] = [one for one in logs if one["event"] == "parts_given_back"]
        assert (said["txn_id"], said["cashier_id"], said["given_back_by"]) == (txn_id, "ana", "mia")
        assert said["parts"] == ["cash 10.00 EUR", "card 5.00 EUR (4711)"]


async def test_closing_a_shift_names_the_cart_that_is_in_payment(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        txn_id = await _left_by_ana(till)
        [shift] = (await till.desk.shift_history.shifts_for_root(1)).shifts
        body = {"txn_id": str(uuid7()), "counted": euros("100.00").to_json()}
        refused = await till.ask("POST", f"/v1/shifts/{shift.shift_id}/close", body)
        assert refused.code == "payment_started"
        assert "€25.00, of" in refused.body["detail"]
        assert "€15.00 taken so far" in refused.body["detail"]
        await _free(till, txn_id)
        closed = await till.ask("POST", f"/v1/shifts/{shift.shift_id}/close", body)
        assert closed.status == 201, closed.body


async def _own_cart_of_mia(till: Till) -> str:
    await till.open_shift("mia")
    txn_id = str(uuid7())
    await till.put_cart(txn_id, adult=1)
    assert (await till.ask("POST", f"/v1/carts/{txn_id}/payment")).status == 200
    return txn_id


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/v1/carts/{}", {"lines": []}),
        ("POST", "/v1/carts/{}/payment", None),
        ("PUT", "/v1/carts/{}/payment", {"taken": []}),
        ("POST", "/v1/sales", "sale"),
    ],
)
async def test_nobody_goes_on_with_anothers_cart(
    tmp_path: Path, method: str, path: str, body: Any
) -> None:
    async with till_in(tmp_path) as till:
        txn_id = await _left_by_ana(till)
        await till.open_shift("mia")
        before = await till.recorded()
        total = euros("25.00").to_json()
        said = sale_of(txn_id, total) if body == "sale" else body
        refused = await till.ask(method, path.format(txn_id), said)
        assert (refused.status, refused.code) == (403, "role_too_low")
        assert await till.recorded() == before
        [cart] = (await till.ask("GET", "/v1/carts")).body["carts"]
        assert cart["taken"] == [cash(euros("10.00").to_json()), CARD]


async def test_what_was_taken_is_dropped_by_cancelling_alone(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        txn_id = await _left_by_ana(till)
        await till.sign_in("ana")
        refused = await till.ask("PUT", f"/v1/carts/{txn_id}/payment", {"taken": [CARD]})
        assert (refused.status, refused.code) == (409, "tender_differs")
        [cart] = (await till.ask("GET", "/v1/carts")).body["carts"]
        assert cart["taken"] == [cash(euros("10.00").to_json()), CARD]
