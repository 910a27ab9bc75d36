"""Jumps, suspend and reboots: nothing is lost or doubled, and the kiosk sells or asks."""

from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from uuid6 import uuid7

from kiosk_agent.services.draining import Draining
from kiosk_agent.services.sides import Here
from kiosk_texts import exact_day_and_time
from tests.support.archiving import sell
from tests.support.clock import FakeClock
from tests.support.ui_socket import Till, sale_of, till_in

DAY_S = 24 * 3600.0


async def _rows(till: Till) -> list[Any]:
    rows = await till.opened.journal.read(lambda reader: reader.rows_page(before=None, limit=999))
    return list(reversed(rows))


def _confirm(till: Till, pin: str | None = "9999", *, shown: datetime | None = None) -> Any:
    body: dict[str, Any] = {"device_time": (shown or till.clock.now()).isoformat()}
    if pin:
        body["approval_pin"] = pin
    return till.ask("POST", "/v1/clock/confirm", body)


class _Mark:
    def is_set(self) -> bool:
        return False

    def put(self, *, on: bool) -> None:
        del on


async def test_every_kind_is_stamped_by_all_clocks(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(3)
        await till.open_shift()
        sold, voided = await sell(till), await sell(till)
        code = sold.body["tickets"][0]["code"]
        assert (await till.admit(code)).status == 201
        assert (await till.admit(code, path="exits")).status == 201
        void = {
            "txn_id": str(uuid7()),
            "sale_txn_id": str(voided.txn_id),
            "reason": "rain",
            "approval_pin": "9999",
        }
        assert (await till.ask("POST", "/v1/voids", void)).status == 201
        kiosk: Any = till.desk.kiosk
        here = Here(kiosk.journal, kiosk.clock, kiosk.changes, _State())  # type: ignore[arg-type]
        assert await Draining(here, till.line, _Mark()).set(on=True) == 1
        rows = await _rows(till)
    expected = {
        "device_time": "2026-11-23T19:00:00Z",
        "boot_id": "boot-1",
        "boottime_ms": 1_000_000,
        "server_offset_ms": 40,
        "clock_confirmed_by": None,
    }
    assert {row.kind: row.readable().payload["recorded"] for row in rows} == dict.fromkeys(
        ("shift_opened", "sale", "admission", "exit", "void", "return_of_stock"), expected
    )
    assert [row.sequence for row in rows] == list(range(1, 8))


class _State:
    def set_draining(self, *, on: bool) -> None:
        del on


@pytest.mark.parametrize("jump_s", [DAY_S, -DAY_S])
async def test_a_jump_of_a_day_loses_and_doubles_nothing_and_selling_goes_on(
    tmp_path: Path, jump_s: float
) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(5, lease_s=7200)
        await till.open_shift()
        held = str(uuid7())
        total = (await till.put_cart(held, adult=1)).body["total"]
        before = await sell(till)
        till.clock.set_wall(till.clock.now() + timedelta(seconds=jump_s))
        repeated = await till.ask("POST", "/v1/sales", before.request)
        assert repeated.body == {**before.body, "replayed": True}
        assert (await till.ask("POST", f"/v1/carts/{held}/payment")).status == 200
        assert (await till.ask("POST", "/v1/sales", sale_of(held, total))).status == 201
        again = await sell(till)
        till.clock.set_wall(till.clock.now() - timedelta(seconds=jump_s))
        last = await sell(till)
        till.clock.advance(7201)
        assert (await till.put_cart(uuid7(), adult=1)).code == "lease_ended"
        rows = await _rows(till)
    assert [row.sequence for row in rows] == [1, 2, 3, 4, 5]
    receipts = [row.receipt_number for row in rows[1:]]
    assert len(set(receipts)) == 4
    assert {one.body["receipt_number"] for one in (before, again, last)} <= set(receipts)
    serials = [one.body["tickets"][0]["serial"] for one in (before, again, last)]
    assert len(set(serials)) == 3
    for one, other in pairwise(row.readable().envelope for row in rows):
        assert other.prev_hash == one.hash


async def test_a_suspend_counts_against_holds_and_leases(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(2, lease_s=7200)
        await till.open_shift()
        txn_id, paid = str(uuid7()), str(uuid7())
        total = (await till.put_cart(paid, adult=1)).body["total"]
        assert (await till.ask("POST", f"/v1/carts/{paid}/payment")).status == 200
        assert (await till.put_cart(txn_id, adult=1)).status == 200
        till.clock.suspend(599)
        assert (await till.ask("GET", f"/v1/carts/{txn_id}")).body["state"] == "open"
        till.clock.suspend(2)
        assert (await till.ask("POST", f"/v1/carts/{txn_id}/payment")).code == "cart_expired"
        assert (await till.put_cart(uuid7(), adult=1)).status == 200, "it holds the same serial"
        till.clock.suspend(7200)
        assert (await till.put_cart(uuid7(), adult=1)).code == "lease_ended"
        sold = await till.ask("POST", "/v1/sales", sale_of(paid, total))
        assert sold.status == 201, "a payment that was started outlives any suspend"


async def test_a_reboot_without_a_line_sells_on_where_the_clock_is_not_behind(
    tmp_path: Path,
) -> None:
    clock = FakeClock()
    async with till_in(tmp_path, clock) as till:
        await till.opened.stock(3)
        await till.open_shift()
        first = await sell(till)
    clock.reboot(away_s=0)
    async with till_in(tmp_path, clock) as till:
        till.line.up = False
        await till.sign_in("ana")
        again = await sell(till)
        rows = await _rows(till)
    assert again.body["sequence"] == first.body["sequence"] + 1
    assert rows[-1].readable().payload["recorded"]["boot_id"] == "boot-2"  # type: ignore[index,call-overload]


async def test_a_clock_that_is_behind_is_confirmed_by_a_manager_and_that_is_recorded(
    tmp_path: Path,
) -> None:
    clock = FakeClock()
    async with till_in(tmp_path, clock) as till:
        await till.opened.stock(3)
        await till.open_shift()
        await sell(till)
    clock.reboot(away_s=-DAY_S)
    async with till_in(tmp_path, clock) as till:
        await till.sign_in("ana")
        refused = await till.put_cart(uuid7(), adult=1)
        assert refused.code == "clock_behind"
        assert "confirm it by PIN" in refused.body["hint"]
        assert (await _confirm(till, pin=None)).code == "approval_needed"
        assert (await _confirm(till, pin="2222")).code == "pin_wrong"
        assert (await till.put_cart(uuid7(), adult=1)).code == "clock_behind"
        confirmed = await _confirm(till)
        assert confirmed.status == 200
        assert confirmed.body["confirmed_by"] == "mia"
        assert confirmed.body["confirmed_by_name"] == "Mia"
        assert datetime.fromisoformat(confirmed.body["device_time"]) == clock.now()
        await sell(till)
        rows = await _rows(till)
    stamped = [row.readable().payload["recorded"]["clock_confirmed_by"] for row in rows]
    assert stamped == [None, None, "mia"]
    async with till_in(tmp_path, clock) as till:
        await till.sign_in("ana")
        assert (await till.put_cart(uuid7(), adult=1)).status == 200, "it outlives the agent"
    clock.reboot(away_s=0, boot_id="boot-3")
    async with till_in(tmp_path, clock) as till:
        await till.sign_in("ana")
        assert (await till.put_cart(uuid7(), adult=1)).code == "clock_behind", "not the boot"
        clock.set_wall(clock.now() + timedelta(days=1, minutes=1))
        await till.opened.stock(1)
        await sell(till)
        last = (await _rows(till))[-1]
    assert last.readable().payload["recorded"]["clock_confirmed_by"] is None


async def test_a_confirmed_clock_counts_by_boot_time_and_no_lease_lasts_longer_by_it(
    tmp_path: Path,
) -> None:
    clock = FakeClock()
    async with till_in(tmp_path, clock) as till:
        await till.opened.stock(3, lease_s=7200)
        await till.open_shift()
    clock.reboot(away_s=-DAY_S)
    async with till_in(tmp_path, clock) as till:
        await till.sign_in("mia")
        assert (await _confirm(till, pin=None)).status == 200, "a manager approves by signing in"
        await till.sign_in("ana")
        clock.set_wall(clock.now() - timedelta(days=9))
        clock.suspend(7199)
        assert (await till.put_cart(uuid7(), adult=1)).status == 200
        clock.suspend(1)
        assert (await till.put_cart(uuid7(), adult=1)).code == "lease_ended"


@pytest.mark.parametrize(("off_s", "status"), [(300, 200), (-300, 200), (301, 409), (-301, 409)])
async def test_only_the_time_that_the_kiosk_has_can_be_confirmed(
    tmp_path: Path, off_s: int, status: int
) -> None:
    async with till_in(tmp_path) as till:
        await till.open_shift()
        answer = await _confirm(till, shown=till.clock.now() + timedelta(seconds=off_s))
        confirmed = await till.opened.journal.read(lambda reader: reader.clock_confirmation())
    assert answer.status == status
    assert (confirmed is not None) is (status == 200)
    if status == 409:
        assert answer.code == "clock_differs"
        assert exact_day_and_time(till.clock.now().astimezone()) in answer.body["detail"]


async def test_nobody_confirms_a_clock_without_signing_in(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        assert (await _confirm(till)).code == "not_signed_in"
