"""`kiosk-agent shifts`: of a running agent and of one that is down, the same."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from uuid6 import uuid7

from kiosk_agent.adapters.journal.store import open_journal
from kiosk_agent.adapters.system_clock import SystemClock
from kiosk_agent.domain.records import CancelledPayment
from kiosk_contracts.shifts import ShiftReport
from kiosk_contracts.tender import CardTender
from tests.support.agent_process import KioskFolder, command, kiosk_folder, running_agent
from tests.support.cashier import cashier
from tests.support.far_side import FarSide, event
from tests.support.tickets import euros


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


async def test_cancelled_payments_are_told_with_who_gave_what_back_also_of_no_shift() -> None:
    no_shift = CancelledPayment(
        txn_id=uuid7(),
        shift_id=None,
        cashier_id="ana",
        given_back_by="mia",
        approved_by="mia",
        at=datetime(2026, 11, 20, 20, 0, tzinfo=UTC),
        taken=(CardTender(amount=euros("5.00"), reference="4711"),),
    )
    cash = {"amount": "10.00", "currency": "EUR"}
    nothing = {"amount": "0.00", "currency": "EUR"}
    ten = {"method": "cash", "amount": cash, "given": cash, "change": nothing}
    async with FarSide() as far:
        far.catalogue["events"] = [event()]
        with kiosk_folder(far.url) as folder:
            none = await command(folder, "shifts", "cancelled")
            async with running_agent(folder) as agent:
                await agent.until_logged(lambda line: line["event"] == "stock_granted")
                async with cashier(folder) as person:
                    shift_id = (await person.ask("GET", "/v1/session"))[1]["shift_id"]
                    txn_id = (await person.pay(2))["txn_id"]
                    payment = f"/v1/carts/{txn_id}/payment"
                    taken = await person.ask("PUT", payment, {"taken": [ten]})
                    assert taken[0] == 200, taken
                    assert (await person.ask("DELETE", payment))[0] == 200
                running = await _said(folder, "cancelled", shift_id)
                await agent.stop()
            async with open_journal(
                folder.journal_path, clock=SystemClock(), kiosk_id=folder.kiosk_id
            ) as journal:
                await journal.write(lambda writer: writer.note_cancelled_payment(no_shift))
            of_shift = await _said(folder, "cancelled", shift_id)
            every = await _said(folder, "cancelled")
            newest = await _said(folder, "cancelled", "--limit", "1")
            text = await command(folder, "shifts", "cancelled")
            unknown = await command(folder, "shifts", "cancelled", str(uuid7()))
    assert "it has no journal yet" in none.out
    assert (running[0], of_shift[0], every[0]) == (0, 3, 3)
    assert running[1]["payments"] == of_shift[1]["payments"]
    [one] = running[1]["payments"]
    assert (one["txn_id"], one["given_back_by"], one["approved_by"]) == (txn_id, "ada", None)
    assert [each["shift_id"] for each in every[1]["payments"]] == [None, shift_id]
    assert [each["shift_id"] for each in newest[1]["payments"]] == [None]
    _, first, second = text.out.splitlines()
    assert f"no shift  cart {no_shift.txn_id} of ana, given back by mia, approved by mia" in first
    assert first.endswith(": card 5.00 EUR (4711)")
    assert f"shift {shift_id}  cart {txn_id} of ada, given back by ada: cash 10.00 EUR" in second
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
