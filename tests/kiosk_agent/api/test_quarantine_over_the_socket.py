"""What staff do about a quarantined transaction: retry, void, hand over; and nothing by itself."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from uuid6 import uuid7

from kiosk_contracts.kiosk_status import JournalState, TransactionRow
from kiosk_contracts.uploads import ItemOutcome
from tests.support.ui_socket import Answer, Till, till_in

REFUSED = ItemOutcome(txn_id=None, status="quarantined", code="serial_leased_elsewhere")


@asynccontextmanager
async def _quarantined(folder: Path) -> AsyncIterator[tuple[Till, str]]:
    """Sell, and quarantine the sale."""
    async with till_in(folder) as till:
        await till.opened.stock(3)
        await till.open_shift()
        sale = await till.sell(adult=2)
        await _quarantine(till, sale.body["sequence"])
        yield till, sale.body["txn_id"]


async def _quarantine(till: Till, sequence: int, outcome: ItemOutcome = REFUSED) -> None:
    now = till.clock.now()
    await till.opened.journal.write(lambda writer: writer.quarantine(sequence, outcome, now))


async def _row(till: Till, txn_id: str) -> TransactionRow:
    rows = (await till.ask("GET", "/v1/transactions")).body["transactions"]
    return next(TransactionRow.model_validate(row) for row in rows if row["txn_id"] == txn_id)


def _files(folder: Path) -> list[Path]:
    return sorted((folder / "handed-over").glob("*"))


async def _hand_over(till: Till, txn_id: str, **changes: Any) -> Answer:
    body = {"note": "customer left a number", "approval_pin": "9999", **changes}
    return await till.ask("POST", f"/v1/quarantine/{txn_id}/hand-over", body)


async def test_the_list_says_why_in_words_what_to_do_and_which_acts_make_sense(
    tmp_path: Path,
) -> None:
    async with _quarantined(tmp_path) as (till, txn_id):
        row = await _row(till, txn_id)
        assert row.reason == "A ticket of it belongs to the stock of another kiosk."
        assert row.hint == "Give the money back and void it, or hand it over."
        assert row.acts == ("retry", "void", "hand_over")
        assert row.handed_over is None
        told = REFUSED.model_copy(update={"detail": "It is of harbour-till-2.", "hint": "Ask Ana."})
        await _quarantine(till, 2, told)
        row = await _row(till, txn_id)
        assert (row.reason, row.hint) == ("It is of harbour-till-2.", "Ask Ana.")
        others = (await till.ask("GET", "/v1/transactions?state=queued")).body["transactions"]
        assert [(one["acts"], one["reason"]) for one in others] == [([], "")]


async def test_a_cashier_lets_it_try_again_and_a_new_refusal_brings_the_newest_reason(
    tmp_path: Path,
) -> None:
    async with _quarantined(tmp_path) as (till, txn_id):
        again = await till.ask("POST", f"/v1/quarantine/{txn_id}/retry")
        assert (again.status, again.body["state"], again.body["acts"]) == (200, "queued", [])
        twice = await till.ask("POST", f"/v1/quarantine/{txn_id}/retry")
        assert (twice.status, twice.code) == (409, "not_quarantined")
        assert "queued" in twice.body["detail"]
        await _quarantine(till, 2, REFUSED.model_copy(update={"detail": "Still not."}))
        assert (await _row(till, txn_id)).reason == "Still not."


async def test_a_manager_voids_it_and_it_is_sent_with_its_sale_still_aside(tmp_path: Path) -> None:
    async with _quarantined(tmp_path) as (till, txn_id):
        body = {"txn_id": str(uuid7()), "sale_txn_id": txn_id, "reason": "foreign ticket"}
        refused = await till.ask("POST", "/v1/voids", body)
        assert (refused.status, refused.code) == (403, "approval_needed")
        void = await till.ask("POST", "/v1/voids", {**body, "approval_pin": "9999"})
        assert void.status == 201
        row = await _row(till, txn_id)
        assert (row.state, row.voided, row.acts) == ("quarantined", True, ("retry", "hand_over"))
        sent = await till.opened.journal.write(lambda writer: writer.begin_upload(9, 10**6))
        assert [one.sequence for one in sent] == [1, 3]


async def test_a_manager_hands_it_over_to_a_file_and_it_stays_and_says_so(tmp_path: Path) -> None:
    async with _quarantined(tmp_path) as (till, txn_id):
        done = await _hand_over(till, txn_id)
        assert done.status == 200
        row = await _row(till, txn_id)
        assert done.body == row.to_json()
        assert row.state == JournalState.QUARANTINED
        assert row.handed_over is not None
        assert (row.handed_over.by, row.handed_over.note) == ("mia", "customer left a number")
        assert (row.cashier_name, row.handed_over_name) == ("Ana", "Mia")
        assert row.handed_over.at == till.clock.now()
        [file] = _files(tmp_path)
        assert file.name == f"000002-{txn_id}.json"
        assert file.stat().st_mode & 0o777 == 0o600, "it holds buyers' names"
        assert file.parent.stat().st_mode & 0o777 == 0o700
        kept = json.loads(file.read_text())
        stored = await till.opened.journal.read(lambda reader: reader.row(UUID(txn_id)))
        assert stored is not None
        assert kept["transaction"] == stored.transaction.to_json()
        assert kept["handed_over"] == row.handed_over.to_json()
        assert kept["outcome"]["code"] == "serial_leased_elsewhere"
        assert (kept["kiosk_id"], kept["sequence"], kept["kind"]) == ("harbour-till-1", 2, "sale")
        assert (kept["receipt_number"], kept["txn_id"]) == ("HB1-1-000001", txn_id)
        status = (await till.ask("GET", "/v1/status")).body
        assert (status["counts"]["quarantined"], status["handed_over"]) == (1, 1)
        [told] = [one for one in status["warnings"] if one["code"] == "quarantined"]
        assert told["text"] == "1 transaction could not be settled, 1 handed over."


async def test_handing_over_again_keeps_the_newest_note_in_one_file(tmp_path: Path) -> None:
    async with _quarantined(tmp_path) as (till, txn_id):
        await _hand_over(till, txn_id)
        await till.sign_in("mia")
        again = await _hand_over(till, txn_id, note="called back", approval_pin=None)
        assert again.body["handed_over"]["note"] == "called back"
        [file] = _files(tmp_path)
        assert json.loads(file.read_text())["handed_over"]["note"] == "called back"


async def test_what_was_handed_over_may_still_be_retried_and_then_is_no_longer_counted(
    tmp_path: Path,
) -> None:
    async with _quarantined(tmp_path) as (till, txn_id):
        await _hand_over(till, txn_id)
        again = await till.ask("POST", f"/v1/quarantine/{txn_id}/retry")
        assert (again.body["state"], again.body["handed_over"]) == ("queued", None)
        assert (await till.ask("GET", "/v1/status")).body["handed_over"] == 0


@pytest.mark.parametrize(
    ("who", "changes", "status", "code"),
    [
        ("gus", {}, 403, "role_too_low"),
        ("ana", {"approval_pin": None}, 403, "approval_needed"),
        ("ana", {"approval_pin": "2222"}, 401, "pin_wrong"),
        ("mia", {"note": ""}, 422, "body_invalid"),
        ("mia", {"note": "x" * 501}, 422, "body_invalid"),
        (None, {}, 401, "not_signed_in"),
    ],
)
async def test_who_may_not_or_says_nothing_hands_nothing_over(
    tmp_path: Path, who: str | None, changes: dict[str, Any], status: int, code: str
) -> None:
    async with _quarantined(tmp_path) as (till, txn_id):
        if who is None:
            till.token = None
        else:
            await till.sign_in(who)
        refused = await _hand_over(till, txn_id, **changes)
        assert (refused.status, refused.code) == (status, code)
        assert "void" not in refused.body["detail"].lower(), "it speaks of what was asked for"
        assert _files(tmp_path) == []


async def test_a_gate_keeper_retries_nothing(tmp_path: Path) -> None:
    async with _quarantined(tmp_path) as (till, txn_id):
        await till.sign_in("gus")
        refused = await till.ask("POST", f"/v1/quarantine/{txn_id}/retry")
        assert (refused.status, refused.code) == (403, "role_too_low")


@pytest.mark.parametrize("act", ["retry", "hand-over"])
async def test_there_is_no_act_on_what_is_not_quarantined_or_not_there(
    tmp_path: Path, act: str
) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(1)
        await till.open_shift()
        sale = await till.sell(adult=1)
        body = {"note": "n", "approval_pin": "0000"}
        settled = await till.ask("POST", f"/v1/quarantine/{sale.body['txn_id']}/{act}", body)
        assert (settled.status, settled.code) == (409, "not_quarantined"), "before a PIN is asked"
        unknown = await till.ask("POST", f"/v1/quarantine/{uuid7()}/{act}", body)
        assert (unknown.status, unknown.code) == (404, "txn_unknown")
        assert _files(tmp_path) == []


async def test_a_folder_that_can_not_be_written_is_told_and_nothing_is_marked(
    tmp_path: Path,
) -> None:
    async with _quarantined(tmp_path) as (till, txn_id):
        (tmp_path / "handed-over").write_text("in the way")
        refused = await _hand_over(till, txn_id)
        assert (refused.status, refused.code) == (507, "storage_full")
        assert (await _row(till, txn_id)).handed_over is None
