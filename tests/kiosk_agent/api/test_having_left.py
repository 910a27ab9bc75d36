"""A kiosk that has left refuses whatever would be recorded, and says what to do."""

from pathlib import Path

from uuid6 import uuid7

from tests.support.tickets import euros
from tests.support.ui_socket import Answer, Till, till_in


def opening() -> dict[str, object]:
    return {"txn_id": str(uuid7()), "opening_float": euros("100.00").to_json()}


async def refused(till: Till, answer: Answer, before: object) -> None:
    assert (answer.status, answer.code) == (409, "kiosk_has_left"), answer.body
    assert "nothing more comes from it" in answer.body["detail"]
    assert "control room" in answer.body["hint"]
    assert await till.recorded() == before


async def test_no_shift_is_opened(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await till.sign_in("ana")
        till.agent.left = True
        before = await till.recorded()
        await refused(till, await till.ask("POST", "/v1/shifts", opening()), before)


async def test_no_cash_is_moved_and_no_shift_closed_and_what_was_answered_is_answered_again(
    tmp_path: Path,
) -> None:
    async with till_in(tmp_path) as till:
        await till.sign_in("ana")
        body = opening()
        first = await till.ask("POST", "/v1/shifts", body)
        report = (await till.ask("GET", "/v1/shifts/current")).body
        till.agent.left = True
        before = await till.recorded()
        moved = {"txn_id": str(uuid7()), "amount": euros("5.00").to_json(), "reason": "change"}
        await refused(till, await till.ask("POST", "/v1/cash-in", moved), before)
        counted = {"txn_id": str(uuid7()), "counted": report["expected_cash"]}
        closing = await till.ask("POST", f"/v1/shifts/{report['shift_id']}/close", counted)
        await refused(till, closing, before)
        again = await till.ask("POST", "/v1/shifts", body)
        assert again.body == {**first.body, "replayed": True}


async def test_nobody_is_admitted_and_no_sale_is_voided(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await till.open_shift()
        await till.opened.stock(2)
        sale = await till.sell(adult=1)
        assert sale.status == 201, sale.body
        till.agent.left = True
        before = await till.recorded()
        await refused(till, await till.admit(sale.body["tickets"][0]["code"]), before)
        void = {
            "txn_id": str(uuid7()),
            "sale_txn_id": sale.body["txn_id"],
            "reason": "wrong show",
            "approval_pin": "9999",
        }
        await refused(till, await till.ask("POST", "/v1/voids", void), before)
