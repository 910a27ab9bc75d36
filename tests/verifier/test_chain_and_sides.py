"""Journals are whole, and both sides tell the same of every transaction."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.verifier_judging import entry_of, errors, notices, one_kiosk, verdict_of
from tests.support.verifier_run import Kiosk, Run, money

Change = Callable[[Run, Kiosk], Any]


def change_row(**columns: Any) -> Change:
    """Change columns of the second row."""
    return lambda _, kiosk: kiosk.rows[1].update(columns)


def change_entry(**members: Any) -> Change:
    """Change the second row's transaction in the ledger."""
    return lambda run, kiosk: entry_of(run, kiosk.rows[1]).update(members)


def change_envelope(**members: str) -> Change:
    """Change the second row's envelope on both sides alike."""
    return lambda run, kiosk: [
        kiosk.rows[1].update(envelope=kiosk.rows[1]["envelope"] | members),
        entry_of(run, kiosk.rows[1]).update(envelope=kiosk.rows[1]["envelope"]),
    ]


def change_head(**members: Any) -> Change:
    """Change what the ticket API knows of the journal."""
    return lambda run, kiosk: run.items["journal", kiosk.journal_id, "-"].update(members)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (change_envelope(hash="1" * 64), "chain_broken"),
        (change_envelope(prev_hash="1" * 64), "chain_broken"),
        (change_envelope(kind="void"), "envelope_differs"),
        (lambda _, kiosk: setattr(kiosk, "head_hash", "1" * 64), "chain_broken"),
        (lambda _, kiosk: kiosk.rows.pop(), "sequence_gap"),
        (lambda _, kiosk: kiosk.rows.pop(1), "sequence_gap"),
        (lambda _, kiosk: kiosk.rows.pop(1), "chain_broken"),
        (change_row(receipt_number="HA1-1-000007"), "receipt_gap"),
        (change_row(receipt_number="HA1-2-000001"), "receipt_gap"),
        (change_row(receipt_number="nonsense"), "receipt_gap"),
        (lambda _, kiosk: setattr(kiosk, "receipts", 9), "receipt_gap"),
        (change_head(sequence=2), "head_differs"),
        (change_head(hash="1" * 64), "head_differs"),
        (lambda run, kiosk: run.items.pop(("journal", kiosk.journal_id, "-")), "head_missing"),
        (change_row(state="queued"), "states_differ"),
        (change_entry(status="quarantined", code="x", detail="x"), "states_differ"),
        (change_entry(status="pondering"), "status_unknown"),
        (change_entry(sequence=7), "places_differ"),
        (change_entry(kind="void"), "places_differ"),
        (change_entry(journal_id="another"), "places_differ"),
        (change_entry(envelope={}), "envelopes_differ"),
        (change_entry(payload={"lines": []}), "payloads_differ"),
        (change_entry(kind="void"), "payload_unreadable"),
        (change_entry(payload={"lines": [{"serials": ["X"]}]}), "payload_unreadable"),
        (change_row(payload={"lines": []}), "tampered"),
        (change_row(payload={"price": 1.5}), "tampered"),
    ],
)
def test_each_break_is_found(tmp_path: Path, change: Change, code: str) -> None:
    run, kiosk = one_kiosk(tmp_path)
    run.end()
    change(run, kiosk)
    verdict = verdict_of(run)
    assert code in errors(verdict)
    assert not verdict.ok


def test_an_epoch_starts_its_receipts_anew_or_goes_on(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    kiosk.epoch, kiosk.receipts = 2, 0
    run.sell(kiosk)
    run.sell(kiosk)
    kiosk.epoch = 3
    run.sell(kiosk)
    run.end()
    assert verdict_of(run).ok


def test_an_epoch_that_goes_back_is_an_error(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    kiosk.epoch = 2
    run.sell(kiosk)
    kiosk.epoch = 1
    run.sell(kiosk)
    run.end()
    assert "epoch_back" in errors(verdict_of(run))


def test_receipts_that_start_anew_within_an_epoch_are_an_error(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    kiosk.receipts = 0
    run.sell(kiosk)
    run.end()
    assert "receipt_gap" in errors(verdict_of(run))


@pytest.mark.parametrize("missing", ["code", "detail"])
def test_a_quarantine_without_a_reason_is_an_error(tmp_path: Path, missing: str) -> None:
    run, kiosk = one_kiosk(tmp_path)
    run.quarantine(kiosk, run.sell(kiosk), "payload_unreadable")[missing] = ""
    run.end()
    assert errors(verdict_of(run)) == {"no_reason"}


def test_a_quarantine_that_the_kiosk_was_not_told_is_an_error(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    sale = run.sell(kiosk)
    run.quarantine(kiosk, sale, "payload_unreadable")
    sale["outcome"] = None
    run.end()
    assert errors(verdict_of(run)) == {"no_reason_shown"}


def test_flags_are_told(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    entry_of(run, kiosk.rows[1])["flags"] = ["price_differs"]
    run.end()
    verdict = verdict_of(run)
    assert (verdict.ok, notices(verdict)) == (True, {"flagged"})


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"total": money("61.00")}, "total_differs"),
        ({"tender": [{"method": "card", "amount": money("59.00")}]}, "tender_differs"),
        (
            {"tender": [{"method": "card", "amount": {"amount": "60.00", "currency": "USD"}}]},
            "tender_differs",
        ),
        (
            {
                "tender": [
                    {
                        "method": "cash",
                        "amount": money("60.00"),
                        "given": money("100.00"),
                        "change": money("30.00"),
                    }
                ]
            },
            "change_differs",
        ),
        ({"total": "sixty"}, "money_unreadable"),
    ],
)
def test_money_that_does_not_add_up_is_found(
    tmp_path: Path, change: dict[str, Any], code: str
) -> None:
    run, kiosk = one_kiosk(tmp_path)
    sale = kiosk.rows[1]["payload"]
    serials = run.lease(kiosk, 2)
    payload = {**sale, "lines": [{**sale["lines"][0], "serials": serials}], **change}
    row = run.record(kiosk, "sale", payload, numbered=True)
    for serial in serials:
        kiosk.stock[serial] |= {"state": "sold", "cart_txn_id": row["txn_id"]}
    run.end()
    assert code in errors(verdict_of(run))


def test_a_split_payment_that_adds_up_is_fine(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    sale = kiosk.rows[1]["payload"]
    serials = run.lease(kiosk, 2)
    tender = [
        {"method": "card", "amount": money("35.00"), "reference": "A1"},
        {
            "method": "cash",
            "amount": money("25.00"),
            "given": money("30.00"),
            "change": money("5.00"),
        },
    ]
    payload = {**sale, "lines": [{**sale["lines"][0], "serials": serials}], "tender": tender}
    row = run.record(kiosk, "sale", payload, numbered=True)
    for serial in serials:
        kiosk.stock[serial] |= {"state": "sold", "cart_txn_id": row["txn_id"]}
    run.end()
    verdict = verdict_of(run)
    assert verdict.ok
    assert verdict.kiosks[0].cash_in_drawer == "215.00 EUR"


def test_a_void_that_gave_back_other_money_is_an_error(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    sale = kiosk.rows[1]
    cheaper = {
        **sale,
        "payload": {
            **sale["payload"],
            "total": money("50.00"),
            "tender": [{"method": "card", "amount": money("50.00")}],
        },
    }
    run.void(kiosk, cheaper)
    run.end()
    assert errors(verdict_of(run)) == {"given_back_differs"}


@pytest.mark.parametrize(("expected", "codes"), [("163.00", set()), ("190.00", {"drawer_differs"})])
def test_a_closed_drawer_expects_what_its_transactions_come_to(
    tmp_path: Path, expected: str, codes: set[str]
) -> None:
    run, kiosk = one_kiosk(tmp_path)
    run.record(kiosk, "shift_paid_in", {"shift_id": "s", "amount": money("5.00")})
    run.record(kiosk, "shift_paid_out", {"shift_id": "s", "amount": money("2.00")})
    run.void(kiosk, kiosk.rows[2])
    run.record(kiosk, "shift_closed", {"shift_id": "s", "expected": money(expected)})
    run.end()
    verdict = verdict_of(run)
    assert errors(verdict) == codes
    assert verdict.kiosks[0].cash_in_drawer == "163.00 EUR"
