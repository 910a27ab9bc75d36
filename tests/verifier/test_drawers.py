"""Each shift's drawer: journal, closing, Z report on the screen and ticket API, to the cent.

The shift of these tests: a float of 100.00, sales of 60.00 and 30.00, 5.50 paid in and 2.00 paid
out, so 193.50 should be in the drawer; 192.50 are counted.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.verifier_judging import entry_of, errors, notices, one_kiosk, verdict_of
from tests.support.verifier_run import Kiosk, Run, money
from tests.support.verifier_shifts import (
    SHOULD,
    close_shift,
    pay,
    show_report,
    z_figures,
)
from verifier.__main__ import main
from verifier.verdict import Verdict

RIGHT = z_figures(
    "193.50",
    "192.50",
    "1.00 EUR short",
    Opening_float="100.00",
    Cash_taken="90.00",
    Paid_in="5.50",
    Paid_out="2.00",
)


def shift(folder: Path, **said: Any) -> tuple[Run, Kiosk]:
    """Return a run whose shift is closed, with nothing shown of its report; `said` as closed."""
    run, kiosk = one_kiosk(folder)
    pay(run, kiosk, "in", "5.50")
    pay(run, kiosk, "out", "2.00")
    show_report(run, kiosk, "X", {SHOULD: "193.50 EUR"})
    close_shift(run, kiosk, "193.50", "192.50", **said)
    run.settle_all(kiosk)
    return run, kiosk


def closed(folder: Path, **shown: str) -> tuple[Run, Kiosk]:
    """Return the same with its Z report on the screen; `shown` replaces figures of it."""
    run, kiosk = shift(folder)
    figures = RIGHT | {label.replace("_", " "): value for label, value in shown.items()}
    show_report(run, kiosk, "Z", {label: value for label, value in figures.items() if value})
    return run, kiosk


def texts(verdict: Verdict, code: str) -> list[str]:
    """Return what findings of a code say."""
    return [each.text for each in verdict.findings if each.code == code]


def test_a_drawer_that_all_tell_alike_is_well(tmp_path: Path) -> None:
    run, _ = closed(tmp_path)
    run.end()
    verdict = verdict_of(run)
    assert (verdict.ok, errors(verdict), notices(verdict)) == (True, set(), set())
    figures = verdict.figures
    assert (figures.shifts_closed, figures.drawers_agreed) == (1, 1)
    assert (figures.paid_in, figures.paid_out, figures.x_reports) == (1, 1, 1)
    (drawer,) = verdict.drawers
    told = {drawer.in_journal, drawer.at_closing, drawer.on_screen, drawer.at_ticket_api}
    assert told == {"193.50"}
    assert (drawer.counted, drawer.cash_taken, drawer.agrees) == ("192.50", "90.00", True)


def test_report_and_table_have_the_drawers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, _ = closed(tmp_path)
    run.end()
    folder = run.write()
    assert main([str(folder)]) == 0
    (drawer,) = json.loads((folder / "report.json").read_text())["drawers"]
    assert (drawer["kiosk_id"], drawer["at_ticket_api"]) == ("hall-1", "193.50")
    printed = capsys.readouterr().out
    assert "Cash, to the cent" in printed
    assert "193.50 EUR" in printed


def test_a_cash_sale_that_the_ticket_api_lacks_is_missing_in_its_shift(tmp_path: Path) -> None:
    run, kiosk = closed(tmp_path)
    run.end()
    run.items.pop(("transaction", kiosk.rows[2]["txn_id"], "-"))
    verdict = verdict_of(run)
    assert {"drawer_differs_at_ticket_api", "not_in_ledger"} <= errors(verdict)
    (told,) = texts(verdict, "drawer_differs_at_ticket_api")
    assert told.startswith("ana's shift at hall-1 (#1 to #6): 193.50 EUR")
    assert told.endswith("comes to 163.50 EUR: 30.00 EUR missing there.")
    assert verdict.figures.drawers_agreed == 0


@pytest.mark.parametrize(
    ("row", "off"), [(0, "100.00 EUR missing"), (3, "5.50 EUR missing"), (4, "2.00 EUR too much")]
)
def test_so_is_a_float_and_cash_paid_in_or_out(tmp_path: Path, row: int, off: str) -> None:
    run, kiosk = closed(tmp_path)
    run.end()
    run.items.pop(("transaction", kiosk.rows[row]["txn_id"], "-"))
    verdict = verdict_of(run)
    (told,) = texts(verdict, "drawer_differs_at_ticket_api")
    assert f"{off} there" in told


def test_another_amount_at_the_ticket_api_is_found(tmp_path: Path) -> None:
    run, kiosk = closed(tmp_path)
    run.end()
    entry = entry_of(run, kiosk.rows[3])
    entry["payload"] = {**entry["payload"], "amount": money("5.49")}
    verdict = verdict_of(run)
    (told,) = texts(verdict, "drawer_differs_at_ticket_api")
    assert "0.01 EUR missing there" in told


def test_an_open_shift_is_compared_with_the_ticket_api_too(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    run.end()
    run.items.pop(("transaction", kiosk.rows[2]["txn_id"], "-"))
    verdict = verdict_of(run)
    (told,) = texts(verdict, "drawer_differs_at_ticket_api")
    assert "(#1 on): 190.00 EUR" in told
    assert verdict.figures.shifts_closed == 0


def test_a_cash_sale_that_the_journal_lacks_is_missing_in_its_shift(tmp_path: Path) -> None:
    run, kiosk = closed(tmp_path)
    run.end()
    del kiosk.rows[2]
    verdict = verdict_of(run)
    found = errors(verdict)
    assert {"drawer_differs", "z_report_differs", "x_report_differs"} <= found
    assert "drawer_differs_at_ticket_api" not in found
    (told,) = texts(verdict, "drawer_differs")
    assert told.startswith("ana's shift at hall-1 (#1 to #6): hall-1 #6 (shift closed) expected")
    assert told.endswith("come to 163.50 EUR: 30.00 EUR missing there.")


def test_cash_given_back_by_a_void_leaves_the_drawer(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    run.void(kiosk, kiosk.rows[2])
    close_shift(run, kiosk, "160.00", "160.00")
    run.settle_all(kiosk)
    figures = z_figures("160.00", "160.00", "exact", Opening_float="100.00", Cash_taken="90.00")
    show_report(run, kiosk, "Z", {**figures, "Cash given back": "30.00 EUR"})
    run.end()
    verdict = verdict_of(run)
    assert (verdict.ok, verdict.figures.drawers_agreed) == (True, 1)


@pytest.mark.parametrize(
    ("counted", "words"), [("190.50", "0.50 EUR over"), ("189.99", "0.01 EUR short")]
)
def test_a_drawer_may_be_over_or_short_if_all_say_so(
    tmp_path: Path, counted: str, words: str
) -> None:
    run, kiosk = one_kiosk(tmp_path)
    close_shift(run, kiosk, "190.00", counted, pieces=[])
    figures = z_figures("190.00", counted, words, Opening_float="100.00", Cash_taken="90.00")
    show_report(run, kiosk, "Z", figures)
    run.end()
    verdict = verdict_of(run)
    assert (verdict.ok, verdict.figures.drawers_agreed) == (True, 1)


def test_a_sale_that_waits_for_a_person_is_not_missing_at_the_ticket_api(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    sale = run.sell(kiosk)
    run.quarantine(kiosk, sale, "payload_hash_differs")
    sale["payload"] = {**sale["payload"], "total": money("0.01")}
    run.end()
    verdict = verdict_of(run)
    assert (verdict.ok, notices(verdict)) == (True, {"tampered"})


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        ({SHOULD: "193.49 EUR"}, "says 193.49 EUR for “Should be in the drawer”"),
        ({"Opening float": "110.00 EUR"}, "says 110.00 EUR for “Opening float”"),
        ({"Cash taken": "60.00 EUR"}, "says 60.00 EUR for “Cash taken”"),
        ({"Cash given back": "30.00 EUR"}, "says 30.00 EUR for “Cash given back”"),
        ({"Paid in": ""}, "says nothing for “Paid in”"),
        ({"Paid out": "2.50 EUR"}, "0.50 EUR too much on the screen"),
        ({"Counted": "193.50 EUR"}, "says 193.50 EUR for “Counted”"),
        ({"Over or short": "exact"}, "says exact for “Over or short”"),
        ({"Over or short": "1.00 EUR over"}, "says 1.00 EUR over for “Over or short”"),
    ],
)
def test_each_figure_of_the_z_report_on_the_screen_is_compared(
    tmp_path: Path, shown: dict[str, str], words: str
) -> None:
    run, _ = closed(tmp_path, **shown)
    run.end()
    verdict = verdict_of(run)
    assert errors(verdict) == {"z_report_differs"}
    (told,) = texts(verdict, "z_report_differs")
    assert words in told


def test_a_z_report_that_changes_on_the_screen_is_an_error(tmp_path: Path) -> None:
    run, kiosk = closed(tmp_path)
    show_report(run, kiosk, "Z", RIGHT | {SHOULD: "190.00 EUR"})
    run.end()
    verdict = verdict_of(run)
    (told,) = texts(verdict, "z_report_differs")
    assert "says 190.00 EUR and 193.50 EUR" in told
    assert verdict.figures.drawers_agreed == 0


def test_a_z_report_that_no_terminal_showed_is_told_and_agrees_with_nothing(tmp_path: Path) -> None:
    run, _ = shift(tmp_path)
    run.end()
    verdict = verdict_of(run)
    assert (verdict.ok, notices(verdict)) == (True, {"z_report_unseen"})
    assert verdict.figures.drawers_agreed == 0


def test_each_of_two_shifts_at_a_drawer_has_its_own_report(tmp_path: Path) -> None:
    run, kiosk = closed(tmp_path)
    opened = {"shift_id": "t", "cashier_id": "ben", "opening_float": money("192.50")}
    run.record(kiosk, "shift_opened", opened)
    show_report(run, kiosk, "X", {SHOULD: "192.50 EUR"})
    close_shift(run, kiosk, "192.50", "192.50", shift_id="t", cashier_id="ben")
    figures = z_figures("192.50", "192.50", "exact", Opening_float="192.50", Cash_taken="0.00")
    show_report(run, kiosk, "Z", figures)
    run.end()
    verdict = verdict_of(run)
    assert (verdict.ok, verdict.figures.drawers_agreed) == (True, 2)
    assert [drawer.staff_id for drawer in verdict.drawers] == ["ana", "ben"]


Said = dict[str, Any]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"expected": money("190.00")}, "drawer_differs"),
        ({"over_short": money("0.00")}, "over_short_differs"),
        ({"pieces": [{"value": money("0.50"), "pieces": 384}]}, "count_differs"),
        ({"pieces": [{"value": "a note", "pieces": 1}]}, "count_differs"),
        ({"pieces": [{"pieces": 1}]}, "count_differs"),
    ],
)
def test_a_closing_that_contradicts_itself_or_its_shift_is_an_error(
    tmp_path: Path, said: Said, code: str
) -> None:
    run, _ = shift(tmp_path, **said)
    run.end()
    assert code in errors(verdict_of(run))


def test_a_closing_that_does_not_say_what_should_be_there_is_an_error(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    run.record(kiosk, "shift_closed", {"shift_id": "s", "counted": money("190.00")})
    run.end()
    assert errors(verdict_of(run)) == {"closing_unreadable"}


@pytest.mark.parametrize("shown", ["193.49 EUR", "163.51 EUR"])
def test_an_x_report_with_what_was_never_there_is_an_error(tmp_path: Path, shown: str) -> None:
    run, kiosk = one_kiosk(tmp_path)
    show_report(run, kiosk, "X", {SHOULD: "190.00 EUR"})
    show_report(run, kiosk, "X", {SHOULD: shown})
    run.end()
    assert errors(verdict_of(run)) == {"x_report_differs"}


def test_what_comes_after_a_closing_is_an_error(tmp_path: Path) -> None:
    run, kiosk = one_kiosk(tmp_path)
    close_shift(run, kiosk, "190.00", "190.00")
    run.sell(kiosk)
    run.end()
    assert "shift_was_closed" in errors(verdict_of(run))


@pytest.mark.parametrize("line", ["shift paid in 5.51 EUR", "shift paid out 5.50 EUR"])
def test_cash_that_was_acknowledged_otherwise_is_lost(tmp_path: Path, line: str) -> None:
    run, kiosk = one_kiosk(tmp_path)
    row = pay(run, kiosk, "in", "5.50")
    kiosk.show(run.tick(), f"✔ #{row['sequence']} {line} recorded online")
    run.end()
    assert "acknowledged_not_journaled" in errors(verdict_of(run))
