"""Refunds that were given back twice, too early or in another sum are found."""

from pathlib import Path
from typing import Any

from tests.support.verifier_judging import errors, one_kiosk, verdict_of
from tests.support.verifier_run import Kiosk, Run, cash, money


def _refunded(run: Run, kiosk: Kiosk, *, settles: bool = True) -> dict[str, Any]:
    """Sell one more, let it settle, and refund it."""
    sale = run.sell(kiosk)
    run.settle_all(kiosk)
    paid = sale["payload"]
    asked = {
        "shift_id": "s",
        "sale_txn_id": sale["txn_id"],
        "serials": paid["lines"][0]["serials"],
        "total": paid["total"],
        "tender": paid["tender"],
    }
    refund = run.record(kiosk, "refund", asked, numbered=True)
    if settles:
        run.settle(kiosk, refund)
        run._count(kiosk, "stalls", asked["serials"][0], "refunded")
        run.items["inventory", "gala", "stalls"]["taken"] -= 1
    else:
        run.quarantine(kiosk, refund, "ticket_already_used")
    return refund


def _give(run: Run, kiosk: Kiosk, refund: dict[str, Any], amount: str = "30.00") -> None:
    paid = {
        "shift_id": "s",
        "amount": money(amount),
        "reason": "refund",
        "refund_txn_id": refund["txn_id"],
        "tender": cash(amount),
    }
    run.record(kiosk, "shift_paid_out", paid)


def _close(run: Run, kiosk: Kiosk, expected: str) -> None:
    run.record(kiosk, "shift_closed", {"shift_id": "s", "expected": money(expected)})


def _cash(kiosk: Kiosk) -> float:
    sales = [row["payload"]["total"]["amount"] for row in kiosk.rows if row["kind"] == "sale"]
    return 100 + sum(map(float, sales))


def test_a_refund_that_is_given_back_once_is_well_and_the_drawer_has_it_once(
    tmp_path: Path,
) -> None:
    run, kiosk = one_kiosk(tmp_path)
    _give(run, kiosk, _refunded(run, kiosk))
    _close(run, kiosk, f"{_cash(kiosk) - 30:.2f}")
    run.end()
    assert errors(verdict_of(run)) == set()


def test_a_refund_whose_money_nobody_has_given_changes_no_drawer(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    _refunded(run, kiosk)
    _refunded(run, kiosk, settles=False)
    _close(run, kiosk, f"{_cash(kiosk):.2f}")
    run.end()
    assert errors(verdict_of(run)) == set()


def test_a_drawer_that_counts_a_refund_before_it_is_given_is_found(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    _refunded(run, kiosk)
    _close(run, kiosk, f"{_cash(kiosk) - 30:.2f}")
    run.end()
    assert errors(verdict_of(run)) == {"drawer_differs"}


def test_money_that_is_given_twice_for_one_refund_is_found(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    refund = _refunded(run, kiosk)
    _give(run, kiosk, refund)
    _give(run, kiosk, refund)
    run.end()
    verdict = verdict_of(run)
    assert errors(verdict) == {"refund_given_twice"}
    assert verdict.figures.duplicated == 1


def test_money_that_is_given_for_a_refused_refund_is_found(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    _give(run, kiosk, _refunded(run, kiosk, settles=False))
    run.end()
    assert errors(verdict_of(run)) == {"refund_not_settled"}


def test_another_sum_than_the_refunds_is_found(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    _give(run, kiosk, _refunded(run, kiosk), "31.00")
    run.end()
    assert errors(verdict_of(run)) == {"refund_sum_differs"}
