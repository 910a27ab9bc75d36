"""What was acknowledged and is gone is found, wherever it went missing."""

from pathlib import Path
from typing import Any

from tests.support.verifier_judging import (
    entry_of,
    errors,
    notices,
    one_kiosk,
    spotless,
    verdict_of,
)
from tests.support.verifier_run import Kiosk, Run, money


def undo(run: Run, kiosk: Kiosk, row: dict[str, Any], head_hash: str) -> None:
    """Take the last row out of the journal, as if its commit had been rolled back."""
    assert kiosk.rows.pop() is row
    kiosk.head_hash, kiosk.last_sequence = head_hash, len(kiosk.rows)
    kiosk.receipts -= 1
    for item in kiosk.stock.values():
        if item["cart_txn_id"] == row["txn_id"]:
            item["state"] = "held"
    assert ("transaction", row["txn_id"], "-") not in run.items


def test_the_small_run_itself_is_well(tmp_path: Path) -> None:
    run, _ = one_kiosk(tmp_path)
    run.end()
    verdict = verdict_of(run)
    assert (errors(verdict), notices(verdict)) == (set(), set())
    assert verdict.ok
    assert (verdict.figures.acknowledged, verdict.figures.settled) == (3, 3)


def test_a_sale_that_was_shown_and_is_not_in_the_journal_is_lost(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    head = kiosk.head_hash
    undo(run, kiosk, run.sell(kiosk), head)
    run.end()
    verdict = verdict_of(run)
    assert spotless(verdict) == (1, 0, 0)
    assert errors(verdict) == {"acknowledged_not_journaled", "not_balanced"}
    assert (verdict.figures.acknowledged, verdict.figures.settled) == (4, 3)


def test_a_sale_undone_before_the_next_took_its_numbers_is_lost(tmp_path: Path) -> None:
    """Both acknowledgements read the same; the first was shown before the second's recording."""
    run, kiosk = one_kiosk(tmp_path)
    head = kiosk.head_hash
    first = run.sell(kiosk)
    undo(run, kiosk, first, head)
    kiosk.show(run.tick(), "… asking")
    second = run.sell(kiosk)
    assert second["receipt_number"] == first["receipt_number"]
    run.end()
    verdict = verdict_of(run)
    assert spotless(verdict) == (1, 0, 0)
    assert errors(verdict) == {"acknowledged_not_journaled", "not_balanced"}


def test_a_ticket_shown_under_a_receipt_and_in_no_sale_is_lost(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    (serial,) = run.lease(kiosk, 1)
    kiosk.show(run.tick(), f"  {serial}   Stalls   30.00 EUR   HA1-1-000002", y=5)
    run.end()
    verdict = verdict_of(run)
    assert spotless(verdict) == (1, 0, 0)
    assert errors(verdict) == {"ticket_of_no_sale", "not_balanced"}


def test_a_lost_sale_with_its_tickets_on_the_screen_counts_once(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    head = kiosk.head_hash
    sale = run.sell(kiosk)
    (serial,) = sale["payload"]["lines"][0]["serials"]
    kiosk.show(run.tick(), f"  {serial}   Stalls   30.00 EUR   {sale['receipt_number']}", y=5)
    undo(run, kiosk, sale, head)
    run.end()
    verdict = verdict_of(run)
    assert spotless(verdict) == (1, 0, 0)
    assert verdict.figures.acknowledged == 4


def test_tickets_of_a_sale_on_the_screen_are_fine(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    sale = run.sell(kiosk)
    (serial,) = sale["payload"]["lines"][0]["serials"]
    kiosk.show(run.tick(), f"  {serial}   Stalls   30.00 EUR   {sale['receipt_number']}", y=5)
    run.end()
    assert verdict_of(run).ok


def test_an_acknowledgement_with_another_receipt_number_is_lost(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    kiosk.show(run.tick(), "✔ #3 sale HA1-1-000009 recorded online")
    run.end()
    assert spotless(verdict_of(run)) == (1, 0, 0)


def test_an_acknowledgement_of_another_kind_is_lost(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    kiosk.show(run.tick(), "✔ #3 void HA1-1-000002 recorded online")
    run.end()
    assert spotless(verdict_of(run)) == (1, 0, 0)


def test_an_admission_of_another_serial_is_lost(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    sold = kiosk.rows[1]["payload"]["lines"][0]["serials"]
    run.admit(kiosk, sold[0])
    kiosk.show(run.tick(), f"✔ #4 admission {sold[1]} recorded online")
    run.end()
    assert spotless(verdict_of(run)) == (1, 0, 0)


def test_what_is_settled_at_the_kiosk_and_not_in_the_ledger_is_lost(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    sale = run.sell(kiosk)
    sale |= {"state": "settled", "settled_at": run.tick()}
    run.end()
    verdict = verdict_of(run)
    assert spotless(verdict) == (1, 0, 0)
    assert {"not_in_ledger", "not_balanced", "head_differs"} <= errors(verdict)


def test_what_still_waits_at_the_kiosk_is_not_settled_and_counts_as_lost(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    sale = run.sell(kiosk)
    sale["state"] = "parked"
    run.end()
    verdict = verdict_of(run)
    assert spotless(verdict) == (1, 0, 0)
    assert any("parked at the kiosk" in finding.text for finding in verdict.findings)


def test_a_quarantined_sale_is_not_lost(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    run.quarantine(kiosk, run.sell(kiosk), "serial_leased_elsewhere")
    run.end()
    verdict = verdict_of(run)
    assert verdict.ok
    assert notices(verdict) == {"quarantined"}
    assert verdict.figures.quarantined == 1


def test_a_tampered_sale_is_told_as_such_and_not_as_lost(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    sale = run.sell(kiosk)
    sale["payload"] = {**sale["payload"], "total": money("0.01")}
    run.quarantine(kiosk, sale, "payload_hash_differs")
    run.end()
    verdict = verdict_of(run)
    assert verdict.ok
    assert notices(verdict) == {"tampered"}


def test_a_tampered_sale_that_settled_is_an_error(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    sale = kiosk.rows[2]
    sale["payload"] = {**sale["payload"], "total": money("0.01")}
    run.end()
    assert errors(verdict_of(run)) == {"tampered"}


def test_an_item_that_the_ticket_api_kept_as_it_came_is_quarantined(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    sale = run.sell(kiosk)
    sale |= {"state": "quarantined", "outcome": {"code": "payload_unreadable"}}
    run.items["raw", kiosk.journal_id, "00"] = {
        "item": f'{{"envelope": {{"txn_id": "{sale["txn_id"]}"}}, "payload": 7}}',
        "reason": "payload_unreadable",
        "txn_id": None,
    }
    head = {"sequence": sale["sequence"], "hash": sale["envelope"]["hash"]}
    run.items["journal", kiosk.journal_id, "-"] = head
    run.end()
    verdict = verdict_of(run)
    assert verdict.ok
    assert (verdict.figures.quarantined, notices(verdict)) == (1, {"kept_unread"})


def test_a_kept_item_that_the_kiosk_believes_settled_is_an_error(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    sale = kiosk.rows[2]
    del run.items["transaction", sale["txn_id"], "-"]
    run.items["raw", kiosk.journal_id, "00"] = {"item": "{", "txn_id": sale["txn_id"]}
    run.end()
    assert "states_differ" in errors(verdict_of(run))


def test_a_transaction_that_no_journal_knows_is_an_error(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    foreign = {**entry_of(run, kiosk.rows[0]), "sequence": 99}
    run.items["transaction", "0192-foreign", "-"] = foreign
    run.end()
    verdict = verdict_of(run)
    # It is of the opened shift, so that shift's float is twice at the ticket API.
    assert errors(verdict) == {"not_journaled", "not_balanced", "drawer_differs_at_ticket_api"}


def test_a_kiosk_whose_screens_show_no_acknowledgement_is_not_believed(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    kiosk.cast.clear()
    kiosk.show(run.tick(), "Recorded: sale 2 (online)")
    run.end()
    assert errors(verdict_of(run)) == {"nothing_shown"}


def test_one_acknowledgement_that_was_never_shown_is_told(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    run.sell(kiosk)
    kiosk.cast.pop()
    run.end()
    verdict = verdict_of(run)
    assert (verdict.ok, notices(verdict)) == (True, {"never_shown"})


def test_a_line_that_the_screen_told_wrongly_is_an_error(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    run.cut(kiosk)
    sale = run.sell(kiosk)
    kiosk.cast.pop()
    run.acknowledge(kiosk, sale, line="online")
    run.restore(kiosk)
    run.end()
    assert errors(verdict_of(run)) == {"line_differs"}
