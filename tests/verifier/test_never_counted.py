"""A sale that was voided while it was quarantined counts nothing, and only such a one."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.verifier_judging import errors, one_kiosk, verdict_of
from tests.support.verifier_run import Kiosk, Run

FLAG = "sale_never_counted"


def _struck(run: Run, kiosk: Kiosk) -> tuple[dict[str, Any], dict[str, Any]]:
    """Record a sale and its void, settle both without counting; return their entries."""
    sale = run.sell(kiosk)
    void = run.void(kiosk, sale)
    entries = []
    for row in (void, sale):
        entry = run.receive(kiosk, row, "settled")
        entry["flags"] = [FLAG]
        row |= {"state": "settled", "settled_at": run.now, "outcome": {"status": "settled"}}
        entries.append(entry)
    [serial] = sale["payload"]["lines"][0]["serials"]
    issued = run.items["serial", serial, "-"]
    issued["state"] = "voided"
    run.items["inventory", issued["event_id"], issued["ticket_type_id"]]["taken"] -= 1
    head = {"sequence": void["sequence"], "hash": void["envelope"]["hash"]}
    run.items["journal", kiosk.journal_id, "-"] = head
    return entries[1], entries[0]


def test_it_counts_nothing_and_neither_does_its_void(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    run.settle_all(kiosk)
    _struck(run, kiosk)
    run.end()
    assert errors(verdict_of(run)) == set()


def test_a_void_that_settled_before_its_sale_comes_again_counts_nothing_either(
    tmp_path: Path,
) -> None:
    run, kiosk = one_kiosk(tmp_path)
    run.settle_all(kiosk)
    sale, _ = _struck(run, kiosk)
    sale |= {"status": "quarantined", "code": "serial_leased_elsewhere", "detail": "x", "flags": []}
    kiosk.rows[-2] |= {"state": "quarantined", "outcome": {"code": "serial_leased_elsewhere"}}
    run.end()
    assert errors(verdict_of(run)) == set()


@pytest.mark.parametrize("place", [0, 1])
def test_the_flag_alone_hides_no_sale_from_the_takings(tmp_path: Path, place: int) -> None:
    run, kiosk = one_kiosk(tmp_path)
    run.settle_all(kiosk)
    _struck(run, kiosk)[place]["flags"] = []
    run.end()
    assert "counted_short" in errors(verdict_of(run))


def test_a_void_of_another_journal_strikes_nothing(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    run.settle_all(kiosk)
    sale, _ = _struck(run, kiosk)
    sale["journal_id"] = "another"
    run.end()
    assert "counted_short" in errors(verdict_of(run))
