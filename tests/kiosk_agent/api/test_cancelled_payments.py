"""Money that was taken and given back without a sale stands in the reports of its shift."""

import asyncio
import csv
import io
import os
import signal
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

from uuid6 import uuid7

from kiosk_agent.domain.paper import Pair
from kiosk_agent.domain.sheets import Heading, report_sheet
from kiosk_contracts.shifts import ShiftReport
from kiosk_texts import read_language, speaking
from tests.kiosk_agent.api.test_frozen_carts import _new_epoch
from tests.support.agent_process import files_in
from tests.support.journal import journal_in
from tests.support.tickets import euros
from tests.support.ui_socket import Answer, Till, cash, till_at, till_in

ROOT = Path(__file__).resolve().parents[3]
CARD = {"method": "card", "amount": euros("5.00").to_json(), "reference": "4711"}
TEN = cash(euros("10.00").to_json())


def _told(payments: int, **given_back: str) -> dict[str, Any]:
    """Return what a report says."""
    back = [
        {"method": method, "amount": euros(amount).to_json()}
        for method, amount in sorted(given_back.items())
    ]
    return {"payments": payments, "given_back": back}


async def _taken(till: Till, *parts: dict[str, Any]) -> str:
    """Return a cart of 25.00 EUR in payment, of which these parts were taken."""
    txn_id = str(uuid7())
    assert (await till.put_cart(txn_id, adult=2)).status == 200
    await till.ask("POST", f"/v1/carts/{txn_id}/payment")
    taken = await till.ask("PUT", f"/v1/carts/{txn_id}/payment", {"taken": list(parts)})
    assert taken.status == 200, taken.body
    return txn_id


async def _cancel(till: Till, txn_id: str) -> Answer:
    return await till.ask("DELETE", f"/v1/carts/{txn_id}/payment")


async def _report(till: Till, shift_id: object = "current") -> dict[str, Any]:
    answer = await till.ask("GET", f"/v1/shifts/{shift_id}")
    assert answer.status == 200, answer.body
    return dict(answer.body)


async def _close(till: Till) -> dict[str, Any]:
    """Close the shift of whoever is signed in; return its Z report."""
    report = await _report(till)
    await till.close_shift()
    return await _report(till, report["shift_id"])


async def _closings(till: Till) -> list[dict[str, Any]]:
    rows = await till.opened.journal.read(lambda reader: reader.rows_after(0, 100))
    return [dict(row.readable().payload) for row in rows if row.kind == "shift_closed"]


async def test_an_x_report_counts_what_was_given_back_once_and_no_drawer_has_it(
    tmp_path: Path,
) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(5)
        await till.open_shift()
        assert (await _report(till))["cancelled"] is None
        txn_id = await _taken(till, TEN, CARD)
        assert (await _report(till))["cancelled"] is None, "a part is no cancelled payment yet"
        for _ in range(2):
            assert (await _cancel(till, txn_id)).status == 200
        assert (await _report(till))["cancelled"] == _told(1, cash="10.00", card="5.00")
        # The same cart again, and another one that is freed.
        await till.ask("POST", f"/v1/carts/{txn_id}/payment")
        await till.ask("PUT", f"/v1/carts/{txn_id}/payment", {"taken": [TEN]})
        await _cancel(till, txn_id)
        left = await _taken(till, CARD, TEN)
        for _ in range(2):
            assert (await till.ask("POST", f"/v1/carts/{left}/free", {})).status == 200
        report = await _report(till)
        assert report["cancelled"] == _told(3, cash="30.00", card="10.00")
        assert report["expected_cash"] == euros("100.00").to_json()
        assert report["by_method"] == [
            {"method": "cash", "taken": euros("0").to_json(), "given_back": euros("0").to_json()}
        ]


async def test_change_that_was_handed_out_at_once_was_never_kept(tmp_path: Path) -> None:
    given = {**TEN, "given": euros("50.00").to_json(), "change": euros("40.00").to_json()}
    async with till_in(tmp_path) as till:
        await till.opened.stock(5)
        await till.open_shift()
        await _cancel(till, await _taken(till, given))
        assert (await _report(till))["cancelled"] == _told(1, cash="10.00")


async def test_where_no_money_was_taken_there_is_nothing_to_tell(tmp_path: Path) -> None:
    free = {"method": "complimentary", "amount": euros("5.00").to_json(), "reason": "press"}
    async with till_in(tmp_path) as till:
        await till.opened.stock(10)
        await till.open_shift()
        await _cancel(till, await _taken(till))
        await _cancel(till, await _taken(till, free))
        assert (await _report(till))["cancelled"] is None
        await _cancel(till, await _taken(till, free, TEN))
        assert (await _report(till))["cancelled"] == _told(1, cash="10.00")
        await till.open_shift("mia")
        await till.close_shift()
        assert "cancelled" not in (await _closings(till))[0]


async def test_it_is_of_the_shift_whose_drawer_had_it_whoever_gives_it_back(
    tmp_path: Path,
) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(5)
        await till.open_shift("ana")
        first, second = await _taken(till, TEN), await _taken(till, CARD)
        shift_id = (await _report(till))["shift_id"]
        await till.open_shift("mia")
        await _cancel(till, first)
        assert (await till.ask("POST", f"/v1/carts/{second}/free", {})).status == 200
        assert (await _report(till))["cancelled"] is None
        assert (await _report(till, shift_id))["cancelled"] == _told(2, cash="10.00", card="5.00")
        kept = await till.opened.journal.read(
            lambda reader: reader.cancelled_payments(UUID(shift_id))
        )
    assert [(str(one.txn_id), one.cashier_id, one.given_back_by) for one in kept] == [
        (first, "ana", "mia"),
        (second, "ana", "mia"),
    ]
    assert [one.approved_by for one in kept] == [None, None]
    assert [one.at for one in kept] == [till.clock.now()] * 2
    assert [line.to_json() for one in kept for line in one.taken] == [TEN, CARD]


async def test_who_agreed_to_freeing_it_is_kept(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(5)
        await till.open_shift("mia")
        shift_id = (await _report(till))["shift_id"]
        txn_id = await _taken(till, TEN)
        await till.sign_in("ana")
        freed = await till.ask("POST", f"/v1/carts/{txn_id}/free", {"approval_pin": "9999"})
        assert freed.status == 200, freed.body
        [kept] = await till.opened.journal.read(
            lambda reader: reader.cancelled_payments(UUID(shift_id))
        )
    assert (kept.cashier_id, kept.given_back_by, kept.approved_by) == ("mia", "ana", "mia")


async def test_a_refused_cancelling_tells_nothing(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(5)
        await till.open_shift("mia")
        txn_id = await _taken(till, TEN)
        await till.sign_in("ana")
        assert (await _cancel(till, txn_id)).code == "role_too_low"
        assert (await till.ask("POST", f"/v1/carts/{txn_id}/free", {})).code == "approval_needed"
        await till.sign_in("mia")
        assert (await _report(till))["cancelled"] is None


async def test_frozen_tickets_leave_the_money_told_all_the_same(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(5)
        await till.open_shift()
        txn_id = await _taken(till, TEN)
        await _new_epoch(till)
        assert (await _cancel(till, txn_id)).body["state"] == "expired"
        assert (await _report(till))["cancelled"] == _told(1, cash="10.00")


async def test_a_z_report_and_its_transaction_have_it_and_the_next_shift_begins_anew(
    tmp_path: Path,
) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(5)
        await till.open_shift()
        await _cancel(till, await _taken(till, TEN, CARD))
        told = _told(1, cash="10.00", card="5.00")
        z_report = await _close(till)
        assert z_report["is_closed"]
        assert z_report["cancelled"] == told
        await till.open_shift()
        assert (await _report(till))["cancelled"] is None
        await _close(till)
        first, second = await _closings(till)
        assert first["cancelled"] == told
        assert "cancelled" not in second
        assert (await _report(till, z_report["shift_id"])) == z_report


async def test_it_outlives_the_agent(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(5)
        await till.open_shift()
        await _cancel(till, await _taken(till, TEN))
    async with journal_in(tmp_path) as opened, till_at(opened, tmp_path) as till:
        await till.sign_in("ana")
        assert (await _report(till))["cancelled"] == _told(1, cash="10.00")


CANCELLER = """
import asyncio, os, signal, sys
from pathlib import Path
from tests.kiosk_agent.api.test_cancelled_payments import TEN, _cancel, _taken
from tests.support.ui_socket import till_in

async def main():
    async with till_in(Path(sys.argv[1])) as till:
        await till.opened.stock(5)
        await till.open_shift()
        txn_id = await _taken(till, TEN)
        assert (await _cancel(till, txn_id)).status == 200
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


async def test_it_outlives_a_kill_right_after_the_answer(tmp_path: Path) -> None:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CANCELLER, str(tmp_path), cwd=ROOT, env=dict(os.environ)
    )
    assert await child.wait() == -signal.SIGKILL
    async with journal_in(tmp_path) as opened, till_at(opened, tmp_path) as till:
        await till.sign_in("ana")
        assert (await _report(till))["cancelled"] == _told(1, cash="10.00")


def _pairs(report: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what the report's paper says left and right."""
    heading = Heading("Harbour Hall", lambda moment: moment)
    sheet = report_sheet(ShiftReport.model_validate(report), heading, 0)
    return [(piece.left, piece.right) for piece in sheet if isinstance(piece, Pair)]


async def test_paper_and_export_have_it(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(5)
        await till.open_shift()
        await _cancel(till, await _taken(till, TEN, CARD))
        report = await _report(till)
        exported = await till.ask("POST", f"/v1/shifts/{report['shift_id']}/export")
    pairs = _pairs(report)
    at = pairs.index(("Payments cancelled", "1"))
    assert pairs[at + 1 : at + 4] == [
        ("  given back by card", "€5.00"),
        ("  given back in cash", "€10.00"),
        ("Opening float", "€100.00"),
    ]
    with speaking(read_language("de_DE")):
        assert {
            ("Abgebrochene Zahlungen", "1"),
            ("  auf die Karte zurückgegeben", "5,00\N{NO-BREAK SPACE}€"),
            ("  bar zurückgegeben", "10,00\N{NO-BREAK SPACE}€"),
        } <= set(_pairs(report))
    [name] = [one for one in exported.body["files"] if one.endswith(".csv")]
    text = (files_in(tmp_path / "reports")[name] or b"").decode()
    rows = [row for row in csv.reader(io.StringIO(text)) if row[0].startswith("payments_cancelled")]
    assert rows == [
        ["payments_cancelled", "", "1", "", ""],
        ["payments_cancelled_given_back", "card", "", "5.00", "EUR"],
        ["payments_cancelled_given_back", "cash", "", "10.00", "EUR"],
    ]
