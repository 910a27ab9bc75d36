"""A disk that fills up: new sales stop in plain words, what is begun goes on, and back again."""

from pathlib import Path
from typing import Any

import pytest
from uuid6 import uuid7

from kiosk_agent.services.room import Room, RoomKeeper
from tests.support.disk import FakeDisk
from tests.support.far_kit import at_work
from tests.support.ui_socket import Till, sale_of, till_in

NEARLY_FULL = 63_999_999


def _disk_of(till: Till) -> FakeDisk:
    disk = FakeDisk()
    till.desk.kiosk.room.disk = disk
    return disk


async def _cart_in_payment(till: Till) -> tuple[str, dict[str, Any]]:
    txn_id = str(uuid7())
    cart = await till.put_cart(txn_id, adult=1)
    assert (await till.ask("POST", f"/v1/carts/{txn_id}/payment")).status == 200
    return txn_id, cart.body["total"]


async def test_no_new_cart_is_opened_and_the_words_say_what_to_do(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        disk = _disk_of(till)
        await till.opened.stock(9)
        await till.open_shift()
        disk.free = NEARLY_FULL
        refused = await till.put_cart(uuid7(), adult=1)
        assert (refused.status, refused.code) == (507, "storage_full")
        assert "63 MB are free" in refused.body["detail"]
        assert "64 MB are kept" in refused.body["detail"]
        assert "another till" in refused.body["hint"]
        assert refused.body["retryable"] is True
        assert refused.headers["Retry-After"] == "30"
        disk.free = 64_000_000
        assert (await till.sell(adult=1)).status == 201, "selling starts again by itself"


async def test_a_cart_that_is_not_in_payment_cannot_begin_it_and_can_be_released(
    tmp_path: Path,
) -> None:
    async with till_in(tmp_path) as till:
        disk = _disk_of(till)
        await till.opened.stock(9)
        await till.open_shift()
        txn_id = str(uuid7())
        cart = await till.put_cart(txn_id, adult=2)
        disk.free = NEARLY_FULL
        assert (await till.put_cart(txn_id, adult=3)).code == "storage_full"
        assert (await till.ask("POST", f"/v1/carts/{txn_id}/payment")).code == "storage_full"
        free_of_charge = {"method": "complimentary", "amount": cart.body["total"], "reason": "VIP"}
        sale = sale_of(txn_id, cart.body["total"], tender=[free_of_charge])
        assert (await till.ask("POST", "/v1/sales", sale)).code == "storage_full"
        emptied = await till.put_cart(txn_id)
        assert (emptied.status, emptied.body["lines"]) == (200, [])
        assert (await till.ask("DELETE", f"/v1/carts/{txn_id}")).status == 204


async def test_what_is_begun_is_finished_and_voids_and_gates_go_on(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        disk = _disk_of(till)
        await till.opened.stock(9)
        await till.open_shift()
        sold, voided = await till.sell(adult=1), await till.sell(adult=1)
        paying, total = await _cart_in_payment(till)
        declined, _ = await _cart_in_payment(till)
        disk.free = 0
        again = await till.ask("POST", f"/v1/carts/{paying}/payment")
        assert again.status == 200, "a repeat of the payment's start is no new payment"
        completed = await till.ask("POST", "/v1/sales", sale_of(paying, total))
        assert completed.status == 201
        assert (await till.ask("POST", "/v1/sales", sale_of(paying, total))).body["replayed"]
        assert (await till.ask("DELETE", f"/v1/carts/{declined}/payment")).status == 200
        assert (await till.admit(sold.body["tickets"][0]["code"])).status == 201
        void = {
            "txn_id": str(uuid7()),
            "sale_txn_id": voided.body["txn_id"],
            "reason": "rain",
            "approval_pin": "9999",
        }
        assert (await till.ask("POST", "/v1/voids", void)).status == 201


@pytest.mark.parametrize(
    ("free", "room", "code"),
    [(10**9, "plenty", None), (90_000_000, "low", "storage_low"), (0, "stop", "storage_full")],
)
async def test_the_status_says_how_much_room_there_is(
    tmp_path: Path, free: int, room: str, code: str | None
) -> None:
    async with till_in(tmp_path) as till:
        _disk_of(till).free = free
        status = (await till.ask("GET", "/v1/status")).body
    assert (status["free_bytes"], status["room"]) == (free, room)
    storage = [one["code"] for one in status["warnings"] if one["code"].startswith("storage")]
    assert storage == ([code] if code else [])


async def test_the_keeper_tells_of_changes_and_holds_the_reserve_again(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        disk, kiosk = _disk_of(till), till.desk.kiosk
        keeper = RoomKeeper(Room(disk), till.clock, kiosk.changes)
        async with at_work(keeper.run):
            await till.clock.wait_for_sleepers()
            seen = kiosk.changes.version
            await _look(till)
            assert kiosk.changes.version == seen, "nothing changed, nothing is told"
            disk.give_up_reserve()
            disk.free = NEARLY_FULL + 16_000_000
            await _look(till)
            assert kiosk.changes.version > seen
            assert not disk.held, "holding it would stop sales"
            disk.free += 1
            await _look(till)
            assert disk.held
    assert disk.free == 64_000_000


async def _look(till: Till) -> None:
    await till.clock.advance_when_asleep(5)
    await till.clock.wait_for_sleepers()
