"""`kiosk-agent shifts`: of a running agent and of one that is down, the same."""

import json
from pathlib import Path
from typing import Any

from uuid6 import uuid7

from kiosk_contracts.shifts import ShiftReport
from tests.support.agent_process import KioskFolder, command, kiosk_folder, running_agent
from tests.support.cashier import cashier
from tests.support.far_side import FarSide, event


async def _sold_and_closed(folder: KioskFolder) -> str:
    async with cashier(folder) as person:
        await person.sell(2)
        _, session = await person.ask("GET", "/v1/session")
        shift_id = str(session["shift_id"])
        body = {"txn_id": str(uuid7()), "counted": {"amount": "100.00", "currency": "EUR"}}
        status, closed = await person.ask("POST", f"/v1/shifts/{shift_id}/close", body)
        assert status == 201, closed
    return shift_id


async def _said(folder: KioskFolder, *words: str) -> tuple[int, Any]:
    done = await command(folder, "shifts", *words, "--json")
    return done.status, json.loads(done.out)


async def test_shifts_are_listed_shown_and_exported_running_or_not() -> None:
    async with FarSide() as far:
        far.catalogue["events"] = [event()]
        with kiosk_folder(far.url) as folder:
            usb = folder.path / "usb"
            async with running_agent(folder) as agent:
                await agent.until_logged(lambda line: line["event"] == "stock_granted")
                closed = await _sold_and_closed(folder)
                async with cashier(folder):
                    pass
                listed = await _said(folder, "list")
                report = await _said(folder, "report", closed)
                table = await command(folder, "shifts", "report", closed, "--csv")
                exported = await command(folder, "shifts", "export", "--output", str(usb))
                await agent.stop()
            listed_later = await _said(folder, "list")
            report_later = await _said(folder, "report", closed)
            text = await command(folder, "shifts", "report", closed)
            unknown = await command(folder, "shifts", "report", str(uuid7()))
            names = sorted(path.suffix for path in usb.iterdir())
    assert (listed[0], listed_later[0], report_later[0]) == (0, 3, 3)
    assert listed[1]["shifts"] == listed_later[1]["shifts"]
    assert [one["closed_at"] is None for one in listed[1]["shifts"]] == [True, False]
    off = [one["over_short"] and one["over_short"]["amount"] for one in listed[1]["shifts"]]
    assert off == [None, "0.00"]
    running, resting = report[1], report_later[1]
    assert (running.pop("agent_running"), resting.pop("agent_running")) == (True, False)
    assert running == resting
    assert ShiftReport.model_validate(running).sales == 1
    assert table.out.splitlines()[0] == "what,of,pieces,amount,currency"
    assert (exported.status, names) == (0, [".csv", ".json"])
    assert "Z reports written to" in exported.out
    assert text.out.splitlines()[0] == "The agent is not running; this was read from its journal."
    assert unknown.status == 1
    assert "shift" in unknown.err


async def test_a_kiosk_without_a_journal_has_no_shifts() -> None:
    with kiosk_folder("http://127.0.0.1:9") as folder:
        listed = await command(folder, "shifts", "list")
    assert (listed.status, listed.out.strip()) == (
        3,
        "The agent is not running, and it has no journal yet.",
    )


async def test_an_export_to_where_nothing_can_be_written_says_so(tmp_path: Path) -> None:
    with kiosk_folder("http://127.0.0.1:9") as folder:
        await folder.queue(1)
        output = tmp_path / "away" / "deeper"
        done = await command(folder, "shifts", "export", "--output", str(output))
    assert done.status != 0
    assert str(output) in done.err
