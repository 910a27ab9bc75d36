"""Items that the ticket API kept as they came: each stands for one row, or is a second copy."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.verifier_judging import (
    entry_of,
    errors,
    notices,
    one_kiosk,
    spotless,
    verdict_of,
)
from tests.support.verifier_run import Kiosk, Run, money
from verifier.verdict import Verdict


def tell(row: dict[str, Any], code: str) -> None:
    """Let the kiosk know that a row is quarantined, and why."""
    row |= {"state": "quarantined", "outcome": {"status": "quarantined", "code": code}}


def keep(run: Run, kiosk: Kiosk, item: str, name: str = "00") -> None:
    """Let the ticket API keep an item of a kiosk's journal as it came."""
    run.items["raw", kiosk.journal_id, name] = {"item": item, "txn_id": None}


def open_paid(run: Run, kiosk: Kiosk) -> dict[str, Any]:
    """Record something that moves neither tickets nor cash."""
    return run.record(kiosk, "shift_paid_in", {"shift_id": "s", "amount": money("0.00")})


def balance(verdict: Verdict) -> tuple[int, int, int]:
    """Return (acknowledged, settled, quarantined)."""
    figures = verdict.figures
    return figures.acknowledged, figures.settled, figures.quarantined


def test_an_item_that_names_no_id_stands_for_the_row_that_could_not_be_read(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    tell(open_paid(run, kiosk), "payload_unreadable")
    keep(run, kiosk, '"the page ends he"')
    run.settle(kiosk, open_paid(run, kiosk))
    run.end()
    verdict = verdict_of(run)
    assert (errors(verdict), notices(verdict)) == (set(), {"kept_unread"})
    assert balance(verdict) == (5, 4, 1)


def test_an_item_that_names_no_id_stands_for_one_row_only(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    for _ in range(2):
        tell(open_paid(run, kiosk), "payload_unreadable")
    keep(run, kiosk, "null")
    run.settle(kiosk, open_paid(run, kiosk))
    run.end()
    verdict = verdict_of(run)
    assert spotless(verdict) == (1, 0, 0)
    assert balance(verdict) == (6, 4, 1)


@pytest.mark.parametrize(
    ("state", "code"), [("quarantined", "serial_already_sold"), ("queued", "payload_unreadable")]
)
def test_an_item_that_names_no_id_stands_for_no_row_whose_kiosk_was_told_otherwise(
    tmp_path: Path, state: str, code: str
) -> None:
    run, kiosk = one_kiosk(tmp_path)
    row = open_paid(run, kiosk)
    keep(run, kiosk, "null")
    run.settle(kiosk, open_paid(run, kiosk))
    run.end()
    row |= {"state": state, "outcome": {"code": code}}
    del run.items["transaction", row["txn_id"], "-"]
    assert spotless(verdict_of(run)) == (1, 0, 0)


def test_an_item_of_another_journal_stands_for_nothing_here(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    other = run.kiosk("hall-2", "HA2")
    row = open_paid(run, kiosk)
    tell(row, "payload_unreadable")
    keep(run, other, f'{{"txn_id": "{row["txn_id"]}"}}')
    run.end()
    assert spotless(verdict_of(run)) == (1, 0, 0)


def test_the_end_of_a_journal_may_be_items_without_a_number(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    tell(open_paid(run, kiosk), "payload_unreadable")
    keep(run, kiosk, "null")
    run.end()
    assert verdict_of(run).ok


def test_a_settled_end_that_the_ticket_api_does_not_have_is_an_error(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    run.items["journal", kiosk.journal_id, "-"]["sequence"] = 2
    run.items["journal", kiosk.journal_id, "-"]["hash"] = kiosk.rows[1]["envelope"]["hash"]
    run.end()
    assert errors(verdict_of(run)) == {"head_differs"}


def changed_after_settling(tmp_path: Path) -> tuple[Run, Kiosk, dict[str, Any]]:
    """Return a run with a sale that settled, was changed in the journal, and was sent again."""
    run, kiosk = one_kiosk(tmp_path)
    sale = kiosk.rows[2]
    sale["payload"] = {**sale["payload"], "total": money("0.01")}
    tell(sale, "txn_payload_differs")
    keep(run, kiosk, f'{{"envelope": {{"txn_id": "{sale["txn_id"]}"}}}}')
    run.end()
    return run, kiosk, sale


def test_a_second_copy_of_what_settled_is_told_and_counts_as_nothing_more(tmp_path: Path) -> None:
    run, *_ = changed_after_settling(tmp_path)
    verdict = verdict_of(run)
    assert (errors(verdict), notices(verdict)) == (set(), {"second_copy"})
    assert balance(verdict) == (3, 3, 0)


@pytest.mark.parametrize("doubt", ["not kept", "other reason", "not settled", "other content"])
def test_a_changed_row_is_an_error_if_anything_about_it_is_in_doubt(
    tmp_path: Path, doubt: str
) -> None:
    run, kiosk, sale = changed_after_settling(tmp_path)
    match doubt:
        case "not kept":
            del run.items["raw", kiosk.journal_id, "00"]
        case "other reason":
            tell(sale, "serial_already_sold")
        case "not settled":
            entry_of(run, sale)["status"] = "parked"
        case _:
            entry_of(run, sale)["payload"] = sale["payload"]
    assert not verdict_of(run).ok


def test_an_envelope_that_was_changed_too_is_an_error(tmp_path: Path) -> None:
    run, _, sale = changed_after_settling(tmp_path)
    sale["envelope"] = {**sale["envelope"], "kind": "void"}
    assert {"chain_broken", "envelopes_differ"} <= errors(verdict_of(run))


def test_an_id_that_two_journals_use_is_one_too_many_and_both_are_counted(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    other = run.kiosk("hall-2", "HA2")
    row = open_paid(run, other)
    row["txn_id"] = kiosk.rows[1]["txn_id"]
    tell(row, "txn_payload_differs")
    keep(run, other, f'{{"txn_id": "{row["txn_id"]}"}}')
    run.end()
    verdict = verdict_of(run)
    assert spotless(verdict) == (0, 1, 0)
    assert "id_twice" in errors(verdict)
    assert "not_balanced" not in errors(verdict)
    assert balance(verdict) == (4, 3, 1)


def test_an_item_that_names_one_row_stands_for_no_other(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    for _ in range(2):
        row = open_paid(run, kiosk)
        tell(row, "payload_unreadable")
    keep(run, kiosk, f'{{"txn_id": "{row["txn_id"]}"}}')
    run.settle(kiosk, open_paid(run, kiosk))
    run.end()
    assert spotless(verdict_of(run)) == (1, 0, 0)


def test_a_second_copy_of_what_waits_is_told_as_waiting_not_as_settled(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    row = open_paid(run, kiosk)
    run.quarantine(kiosk, row, "serial_never_issued")
    tell(row, "txn_payload_differs")
    keep(run, kiosk, f'{{"txn_id": "{row["txn_id"]}"}}')
    run.end()
    verdict = verdict_of(run)
    assert (errors(verdict), notices(verdict)) == (set(), {"quarantined"})
    assert balance(verdict) == (4, 3, 1)
