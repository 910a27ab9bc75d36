"""The host's clock is set back and ahead within a shift: sums and order stay what they are."""

from datetime import timedelta
from pathlib import Path

import pytest
from uuid6 import uuid7

from tests.support.ui_socket import Till, till_in

HOURS = [-26, -1, 1, 26]


@pytest.mark.parametrize("hours", HOURS)
async def test_a_clock_change_within_a_shift_changes_no_sum_and_no_order(
    tmp_path: Path, hours: int
) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(6)
        await till.open_shift()
        before = await till.sell(adult=1)
        assert before.status == 201, before.body
        began = till.clock.now()
        till.clock.set_wall(began + timedelta(hours=hours))
        assert till.clock.now() != began
        after = await till.sell(adult=2)
        assert after.status == 201, "within a boot a lease counts by the boot's own clock"
        void = {"txn_id": str(uuid7()), "sale_txn_id": before.body["txn_id"], "reason": "ill"}
        gone = await till.ask("POST", "/v1/voids", {**void, "approval_pin": "9999"})
        assert gone.status == 201, gone.body
        report = (await till.ask("GET", "/v1/shifts/current")).body
        assert (report["sales"], report["voids"]) == (2, 1)
        assert report["expected_cash"]["amount"] == "125.00"
        assert (report["first_receipt"], report["last_receipt"]) == (
            "HB1-1-000001",
            "HB1-1-000003",
        )
        assert await _kinds(till) == ["void", "sale", "sale", "shift_opened"]
        await till.close_shift()
        [closed, *_] = (await till.ask("GET", "/v1/shifts")).body["shifts"]
        assert closed["shift_id"] == report["shift_id"]
        z = (await till.ask("GET", f"/v1/shifts/{report['shift_id']}")).body
        assert (z["is_closed"], z["over_short"]["amount"], z["sales"]) == (True, "0.00", 2)


async def _kinds(till: Till) -> list[str]:
    """Return the kinds of what was done, the newest first."""
    listed = (await till.ask("GET", "/v1/transactions")).body["transactions"]
    return [row["kind"] for row in listed]
