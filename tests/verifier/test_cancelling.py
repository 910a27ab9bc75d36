"""Money given back without a sale: what journal, closing and Z report tell of it."""

import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tests.support.verifier_judging import errors, verdict_of
from tests.support.verifier_run import Kiosk, Run, cash, money
from tests.support.verifier_shifts import show_report
from tests.verifier.test_drawers import RIGHT, shift, texts
from verifier.evidence import EvidenceError
from verifier.verdict import gather

CARD = {"method": "card", "amount": money("5.00"), "reference": "4711"}
TOLD = {
    "payments": 2,
    "given_back": [
        {"method": "card", "amount": money("5.00")},
        {"method": "cash", "amount": money("30.00")},
    ],
}
SHOWN = {
    "Payments cancelled": "2",
    "given back by card": "5.00 EUR",
    "given back in cash": "30.00 EUR",
}


def told(folder: Path, *, shown: dict[str, str] | None = None, **said: Any) -> tuple[Run, Kiosk]:
    """Return a run with two cancelled payments, told at the closing and shown; or as given."""
    run, kiosk = shift(folder, **({"cancelled": TOLD} | said))
    kiosk.cancelled = [("s", [*cash("10.00"), CARD]), ("s", cash("20.00"))]
    figures = RIGHT | (SHOWN if shown is None else shown)
    show_report(run, kiosk, "Z", figures)
    return run, kiosk


def test_what_all_tell_alike_is_well(tmp_path: Path) -> None:
    run, kiosk = told(tmp_path)
    # Of another shift, and of none that anybody knows: no figure of this one.
    kiosk.cancelled += [("another", cash("7.00")), (None, cash("8.00"))]
    run.end()
    verdict = verdict_of(run)
    assert (verdict.ok, errors(verdict)) == (True, set())


@pytest.mark.parametrize(
    "said",
    [
        None,
        {**TOLD, "payments": 1},
        {**TOLD, "given_back": TOLD["given_back"][:1]},
        {**TOLD, "given_back": [{"method": "cash", "amount": money("35.00")}]},
    ],
)
def test_a_closing_that_tells_otherwise_is_found(tmp_path: Path, said: Any) -> None:
    run, _ = told(tmp_path, cancelled=said)
    run.end()
    verdict = verdict_of(run)
    assert errors(verdict) == {"cancelled_differs"}
    [words] = texts(verdict, "cancelled_differs")
    assert "noted 2 (5.00 EUR by card, 30.00 EUR by cash)" in words
    assert "ana's shift at hall-1" in words


@pytest.mark.parametrize("said", [7, {"payments": 1}, {**TOLD, "payments": "many"}])
def test_a_closing_that_cannot_be_read_is_found(tmp_path: Path, said: Any) -> None:
    run, _ = told(tmp_path, cancelled=said)
    run.end()
    assert errors(verdict_of(run)) == {"closing_unreadable"}


@pytest.mark.parametrize("label", list(SHOWN))
@pytest.mark.parametrize("value", ["", "1", "1.00 EUR"])
def test_a_z_report_that_says_otherwise_is_found(tmp_path: Path, label: str, value: str) -> None:
    shown = SHOWN | {label: value}
    run, _ = told(tmp_path, shown={name: text for name, text in shown.items() if text})
    run.end()
    verdict = verdict_of(run)
    assert errors(verdict) == {"z_report_differs"}
    [words] = texts(verdict, "z_report_differs")
    assert f"“{label}”" in words


def test_a_payment_that_nobody_told_is_found_and_so_is_one_that_never_was(tmp_path: Path) -> None:
    run, kiosk = told(tmp_path / "untold", shown={}, cancelled=None)
    run.end()
    assert errors(verdict_of(run)) == {"cancelled_differs", "z_report_differs"}
    run, kiosk = told(tmp_path / "made up")
    kiosk.cancelled = []
    run.end()
    assert errors(verdict_of(run)) == {"cancelled_differs", "z_report_differs"}


def test_an_open_shift_has_not_told_yet(tmp_path: Path) -> None:
    run = Run(tmp_path)
    kiosk = run.kiosk("hall-1", "HA1")
    run.open_shift(kiosk)
    run.sell(kiosk)
    kiosk.cancelled = [("s", cash("10.00"))]
    run.end()
    assert errors(verdict_of(run)) == set()


def test_a_note_that_cannot_be_read_is_no_zero(tmp_path: Path) -> None:
    run, kiosk = told(tmp_path)
    run.end()
    run.write()
    with closing(sqlite3.connect(run.journal_path(kiosk))) as connection, connection:
        connection.execute("UPDATE cancelled_payments SET taken = '{}' WHERE cancelled_id = 1")
    with TemporaryDirectory() as scratch, pytest.raises(EvidenceError, match="cancelled payment 1"):
        gather(run.folder, Path(scratch))
