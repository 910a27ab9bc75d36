"""Prices are worked out anew from the price lists: to the cent, and for every ticket."""

from pathlib import Path

import pytest

from tests.support.verifier_judging import errors, one_kiosk, verdict_of
from tests.support.verifier_prices import STUDENT, Told, sell_told
from tests.support.verifier_run import EVENT, Run, line_of, money
from verifier.prices import costs_by_lists


def sold(folder: Path, *lines: Told, version: int | None = 2) -> Run:
    """Return a run in which these lines were sold by price list 2, and settled."""
    run, kiosk = one_kiosk(folder, box=5)
    sell_told(run, kiosk, *lines, version=version)
    run.settle_all(kiosk)
    run.end()
    return run


@pytest.mark.parametrize(
    "lines",
    [
        [("stalls", "30.00", 3, "")],
        [("stalls", "20.10", 2, "concession student"), ("stalls", "30.00", 1, "")],
        [
            ("stalls", "21.43", 1, "rule pair"),
            ("stalls", "21.42", 1, "rule pair"),
            ("box", "57.14", 1, "rule pair"),
        ],
        [("stalls", "28.50", 5, "rule group")],
        [("stalls", "28.50", 4, "rule group"), ("stalls", "20.10", 1, "concession student")],
    ],
)
def test_what_the_price_list_gives_is_well(tmp_path: Path, lines: list[Told]) -> None:
    assert errors(verdict_of(sold(tmp_path, *lines))) == set()


@pytest.mark.parametrize(
    "lines",
    [
        [("stalls", "29.99", 1, "")],
        [("stalls", "20.09", 1, "concession student")],
        [("stalls", "30.00", 4, "")],
        [("stalls", "30.00", 2, ""), ("box", "80.00", 1, "")],
        [("stalls", "21.42", 2, "rule pair"), ("box", "57.14", 1, "rule pair")],
        [("stalls", "28.50", 3, "rule group")],
        [("stalls", "21.43", 2, "rule pair")],
    ],
)
def test_a_cent_or_a_rule_that_is_missing_is_found(tmp_path: Path, lines: list[Told]) -> None:
    assert errors(verdict_of(sold(tmp_path, *lines))) == {"price_differs"}


@pytest.mark.parametrize(
    ("line", "version"),
    [
        (("box", "53.60", 1, "concession student"), 2),
        (("stalls", "20.10", 1, "concession senior"), 2),
        (("stalls", "20.10", 1, "concession student"), None),
        (("stalls", "30.00", 1, ""), 7),
    ],
)
def test_a_price_by_what_no_list_has_is_found(
    tmp_path: Path, line: Told, version: int | None
) -> None:
    assert errors(verdict_of(sold(tmp_path, line, version=version))) == {"price_unknown"}


@pytest.mark.parametrize(("listed", "paid"), [("20.35", 1018), ("20.34", 1017), ("0.01", 1)])
def test_half_a_cent_is_rounded_up(listed: str, paid: int) -> None:
    half = {**STUDENT, "reduction": {"kind": "percent_off", "percent": 50}}
    lists = {
        (EVENT, 1): {"version": 1, "prices": {"stalls": money(listed)}, "concessions": [half]},
    }
    line = line_of("stalls", "0.00", ["S"], concession_id="student", rules_version=1)
    assert costs_by_lists({"lines": [line]}, lists) == {("stalls", "student", "", paid): 1}


def test_a_sale_of_an_older_agent_went_by_list_prices_alone(tmp_path: Path) -> None:
    assert errors(verdict_of(sold(tmp_path, ("stalls", "30.00", 4, ""), version=None))) == set()


def test_the_figures_count_what_was_reduced(tmp_path: Path) -> None:
    lines: list[Told] = [
        ("stalls", "28.50", 4, "rule group"),
        ("stalls", "20.10", 2, "concession student"),
    ]
    figures = verdict_of(sold(tmp_path, *lines)).figures
    assert (figures.by_rule, figures.by_concession) == (4, 2)
