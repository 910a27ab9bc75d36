"""What counts twice is found, and counts once for each one too many."""

from pathlib import Path

from tests.support.verifier_judging import (
    entry_of,
    errors,
    notices,
    one_kiosk,
    spotless,
    verdict_of,
)
from tests.support.verifier_run import EVENT


def test_takings_above_the_transactions_are_counted_in_tickets(tmp_path: Path) -> None:
    """A replay of a sale of two that was counted again: the sabotage `duplicate`."""
    run, kiosk = one_kiosk(tmp_path)
    takings = run.takings(kiosk, "stalls")
    takings |= {"sold": takings["sold"] + 2, "gross": "150.00 EUR"}
    run.end()
    verdict = verdict_of(run)
    assert spotless(verdict) == (0, 2, 0)
    assert errors(verdict) == {"counted_twice", "gross_differs"}


def test_a_void_that_counted_twice_is_found(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    run.void(kiosk, kiosk.rows[2])
    run.settle_all(kiosk)
    run.takings(kiosk, "stalls")["voided"] += 1
    run.end()
    assert spotless(verdict_of(run)) == (0, 1, 0)


def test_takings_below_the_transactions_are_an_error(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    takings = run.takings(kiosk, "stalls")
    takings |= {"sold": 2, "gross": "60.00 EUR"}
    run.end()
    verdict = verdict_of(run)
    assert (spotless(verdict), errors(verdict)) == ((0, 0, 0), {"counted_short", "gross_differs"})


def test_gross_that_differs_alone_is_an_error(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    run.takings(kiosk, "stalls")["gross"] = "90.01 EUR"
    run.end()
    assert errors(verdict_of(run)) == {"gross_differs"}


def test_missing_takings_are_an_error(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    del run.items["takings", EVENT, f"stalls/{kiosk.journal_id}"]
    run.end()
    assert errors(verdict_of(run)) == {"takings_missing"}


def test_takings_of_a_type_that_nobody_sold_count_as_twice(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    one = {"sold": 1, "voided": 0, "refunded": 0, "gross": "80.00 EUR"}
    run.takings(kiosk, "box").update(one)
    run.end()
    assert spotless(verdict_of(run)) == (0, 1, 0)


def test_takings_of_a_type_are_those_of_all_its_journals(tmp_path: Path) -> None:
    run, _ = one_kiosk(tmp_path)
    other = run.kiosk("hall-2", "HA2")
    run.sell(other)
    run.settle_all(other)
    assert run.takings(other, "stalls")["sold"] == 1
    run.end()
    assert errors(verdict_of(run)) == set()


def test_a_serial_in_two_sales_is_one_too_many(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    serials = kiosk.rows[1]["payload"]["lines"][0]["serials"]
    run.sell(kiosk, serials=serials)
    run.end()
    verdict = verdict_of(run)
    assert spotless(verdict) == (0, 1, 0)
    assert "serial_twice" in errors(verdict)


def test_a_serial_sold_again_after_its_void_is_one_too_many(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    sale = kiosk.rows[2]
    run.void(kiosk, sale)
    run.sell(kiosk, serials=sale["payload"]["lines"][0]["serials"])
    run.end()
    assert spotless(verdict_of(run)) == (0, 1, 0)


def test_a_serial_twice_in_one_sale_is_one_too_many(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    (serial,) = run.lease(kiosk, 1)
    run.sell(kiosk, serials=[serial, serial])
    run.end()
    assert spotless(verdict_of(run)) == (0, 1, 0)


def test_a_receipt_number_of_two_kiosks_is_one_too_many(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    other = run.kiosk("hall-2", kiosk.code)
    run.sell(other)
    run.end()
    verdict = verdict_of(run)
    assert (spotless(verdict), errors(verdict)) == ((0, 1, 0), {"receipt_twice"})


def test_one_id_in_two_journals_is_one_too_many(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    other = run.kiosk("hall-2", "HA2")
    sale = run.sell(other)
    sale |= {"txn_id": kiosk.rows[1]["txn_id"], "state": "parked"}
    run.end()
    verdict = verdict_of(run)
    assert verdict.figures.duplicated == 1
    assert "id_twice" in errors(verdict)


def test_one_sale_twice_in_the_ledger_counts_once_as_doubled(tmp_path: Path) -> None:
    """Acknowledged once on a terminal, settled under two ids: place, receipt and serials repeat."""
    run, kiosk = one_kiosk(tmp_path)
    run.items["transaction", "0192-again", "-"] = entry_of(run, kiosk.rows[1])
    takings = run.takings(kiosk, "stalls")
    takings |= {"sold": 5, "gross": "150.00 EUR"}
    run.end()
    verdict = verdict_of(run)
    assert spotless(verdict) == (0, 1, 0)
    assert {"place_twice", "receipt_twice", "serial_twice", "not_journaled"} <= errors(verdict)


def test_one_id_twice_in_the_ledger_is_one_too_many(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    sale = kiosk.rows[1]
    run.items["transaction", sale["txn_id"], "again"] = entry_of(run, sale)
    run.end()
    verdict = verdict_of(run)
    assert (spotless(verdict), errors(verdict)) == ((0, 1, 0), {"id_twice_in_ledger"})


def test_a_place_claimed_by_another_that_was_refused_is_told(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    claim = {**entry_of(run, kiosk.rows[1]), "status": "quarantined", "code": "sequence_taken"}
    run.items["transaction", "0192-claim", "-"] = claim
    run.end()
    verdict = verdict_of(run)
    assert notices(verdict) == {"place_claimed_twice"}
    assert verdict.figures.duplicated == 0


def test_money_given_back_twice_is_one_too_many(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    run.void(kiosk, kiosk.rows[2])
    run.settle_all(kiosk)
    second = run.void(kiosk, kiosk.rows[2])
    run.receive(kiosk, second, "settled")
    second |= {"state": "settled", "settled_at": run.now}
    run.end()
    verdict = verdict_of(run)
    assert "given_back_twice" in errors(verdict)
    assert verdict.figures.duplicated == 1


def test_a_void_of_what_no_settled_sale_sold_is_an_error(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    sale = run.sell(kiosk)
    run.quarantine(kiosk, sale, "payload_unreadable")
    void = run.void(kiosk, sale)
    run.receive(kiosk, void, "settled")
    void |= {"state": "settled", "settled_at": run.now}
    run.end()
    assert errors(verdict_of(run)) == {"undone_unsold"}
