"""Tickets given away without a manager's word are found."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.verifier_judging import errors, notices, one_kiosk, verdict_of
from tests.support.verifier_run import PRICES, VENUE, Kiosk, Run, cash, line_of, money
from verifier.verdict import Verdict

STAFF = {"mia": "manager", "ana": "cashier", "gus": "gate"}


def _waived(amount: str) -> dict[str, Any]:
    return {"method": "complimentary", "amount": money(amount), "reason": "press"}


def _sold(run: Run, kiosk: Kiosk, tender: list[dict[str, Any]], **said: Any) -> None:
    """Sell one ticket of 30.00, paid or waived as given."""
    [serial] = run.lease(kiosk, 1)
    payload = {
        "shift_id": "s",
        "cashier_id": "ana",
        "lines": [line_of("stalls", PRICES["stalls"], [serial])],
        "total": money("30.00"),
        "tender": tender,
        **said,
    }
    row = run.record(kiosk, "sale", payload, numbered=True)
    row["answer"]["tickets"] = [{"serial": serial}]
    kiosk.stock[serial] |= {"state": "sold", "cart_txn_id": row["txn_id"]}


def _judged(
    folder: Path, tender: list[dict[str, Any]], *, venue: str | None = VENUE, **said: Any
) -> Verdict:
    run, kiosk = one_kiosk(folder)
    if venue is not None:
        members = [{"staff_id": name, "name": name, "role": role} for name, role in STAFF.items()]
        run.items["roster", venue, "-"] = {"version": 1, "members": members}
    _sold(run, kiosk, tender, **said)
    run.end()
    return verdict_of(run)


PARTLY = [*cash("10.00"), _waived("20.00")]


@pytest.mark.parametrize("tender", [[_waived("30.00")], PARTLY])
@pytest.mark.parametrize("venue", [VENUE, "another", None])
def test_by_a_managers_word_it_is_well(
    tmp_path: Path, tender: list[dict[str, Any]], venue: str | None
) -> None:
    verdict = _judged(tmp_path, tender, venue=venue, approved_by="mia")
    assert (errors(verdict), notices(verdict)) == (set(), set())


@pytest.mark.parametrize("tender", [[_waived("30.00")], PARTLY])
@pytest.mark.parametrize("said", [{}, {"approved_by": None}, {"approved_by": ""}])
@pytest.mark.parametrize("venue", [VENUE, None])
def test_where_nobody_is_named_it_is_found(
    tmp_path: Path, tender: list[dict[str, Any]], said: dict[str, Any], venue: str | None
) -> None:
    verdict = _judged(tmp_path, tender, venue=venue, **said)
    assert errors(verdict) == {"given_away_unapproved"}


@pytest.mark.parametrize("approver", ["ana", "gus"])
def test_one_who_is_no_manager_by_now_may_have_been_one(tmp_path: Path, approver: str) -> None:
    verdict = _judged(tmp_path, PARTLY, approved_by=approver)
    assert (verdict.ok, errors(verdict)) == (True, set())
    [words] = [one.text for one in verdict.findings if one.code == "approver_no_manager_now"]
    assert f"by the word of {approver}, who is no manager but {STAFF[approver]}" in words


def test_one_whom_the_roster_does_not_have_is_for_a_person_to_look_at(tmp_path: Path) -> None:
    verdict = _judged(tmp_path, PARTLY, approved_by="max")
    assert (verdict.ok, errors(verdict), notices(verdict)) == (True, set(), {"approver_unknown"})


def test_a_sale_for_money_needs_nobody(tmp_path: Path) -> None:
    assert errors(_judged(tmp_path, cash("30.00"))) == set()
