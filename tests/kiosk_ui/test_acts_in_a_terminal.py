"""The acts of a manager, by keys in a real pseudo-terminal, at the process of the real agent."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.agent_process import MANAGER_PIN, KioskFolder, running_agent
from tests.support.far_side import settled
from tests.support.real_kiosk import real_kiosk, sell_one, sign_in

pytestmark = pytest.mark.timeout(300)


def _no_sale(item: dict[str, Any]) -> dict[str, Any]:
    """Judge as a ticket API that has another owner for the serials of every sale."""
    if item["envelope"]["kind"] != "sale":
        return settled(item)
    told = {"detail": "It is of harbour-till-2.", "hint": "Compare both receipts."}
    return {
        "txn_id": item["envelope"]["txn_id"],
        "status": "quarantined",
        "code": "serial_leased_elsewhere",
        **told,
    }


def _restarted_behind(folder: KioskFolder) -> None:
    """Make the journal one of another boot, whose clock was a day ahead of this one."""
    ahead = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    with closing(sqlite3.connect(folder.journal_path)) as db, db:
        changed = db.execute("UPDATE leases SET asked_boot_id = 'earlier', asked_at = ?", (ahead,))
        assert changed.rowcount


async def test_what_is_stuck_is_found_tried_again_and_seen_to_settle(tmp_path: Path) -> None:
    async with (
        real_kiosk(tmp_path) as kiosk,
        running_agent(kiosk.folder),
        kiosk.screen() as terminal,
    ):
        kiosk.far.judge = _no_sale
        await sign_in(terminal)
        await sell_one(terminal)
        await terminal.wait_for("· 1 for a manager", 60)
        terminal.press("escape")
        await terminal.wait_for("1 transaction could not be settled.", 60)
        terminal.press("f7")
        await terminal.wait_for("what is stuck", 60)
        await terminal.wait_for("▲ for a manager: It is of", 60)
        terminal.press("enter")
        await terminal.wait_for("What to do: Compare both receipts.", 60)
        kiosk.far.judge = settled
        terminal.press("f5")
        await terminal.wait_for("Tried again: sale HB1-1-000001", 60)
        await terminal.wait_for("€12.50 settled", 60)
        await terminal.wait_until(
            lambda: "for a manager" not in terminal.text or None, "nothing for a manager", 60
        )


async def test_a_time_confirmed_by_keys_sells_on(tmp_path: Path) -> None:
    async with real_kiosk(tmp_path) as kiosk, kiosk.screen() as terminal:
        async with running_agent(kiosk.folder) as agent:
            await sign_in(terminal)
            await agent.stop()
        kiosk.far.left["tide", "adult"] = 0
        _restarted_behind(kiosk.folder)
        async with running_agent(kiosk.folder):
            await terminal.wait_for("F12 Confirm the time…", 60)
            terminal.press("f2")
            terminal.type("1")
            await terminal.wait_for("✖ The kiosk's clock is wrong", 60)
            terminal.press("f12")
            await terminal.wait_for("Is this the right time?", 60)
            terminal.type(MANAGER_PIN)
            terminal.press("enter")
            await terminal.wait_for("✔ The time is confirmed: selling goes on", 60)
            terminal.type("+")
            await terminal.wait_for("Total €12.50", 60)
            terminal.press("enter", "enter")
            await terminal.wait_for("Ticket 1 of 1", 60)
