"""What a run must have lived through to be an evening: each part is required."""

import json
from pathlib import Path

import pytest

from tests.support.verifier_judging import one_kiosk
from tests.support.verifier_prices import sell_told
from tests.support.verifier_run import Kiosk, Run, story
from tests.support.verifier_shifts import SHOULD, pay, show_report
from verifier.__main__ import main
from verifier.verdict import evening

SALES = 20


def evening_run(folder: Path) -> Run:
    """Return a run of 27 sales that lacks no part of an evening but a second closed drawer."""
    run = story(folder)
    till = run.kiosks["hall-1"]
    show_report(run, till, "X", {SHOULD: "100.00 EUR"})
    voided = run.sell(till)
    run.void(till, voided)
    by_rule, by_concession = ("stalls", "28.50", 4, "rule group"), "concession student"
    sale = sell_told(run, till, by_rule, ("stalls", "20.10", 1, by_concession))
    serial = sale["payload"]["lines"][0]["serials"][0]
    for number in range(SALES):
        gate(run, till, "GREEN · LET IN" if number else "RED · STOP", f"{number:010}")
        gate(run, till, "GREEN · LET OUT", f"{number:010}")
    run.admit(till, serial)
    run.admit(till, serial, "exit")
    pay(run, till, "in", "5.00")
    pay(run, till, "out", "5.00")
    return run


def gate(run: Run, kiosk: Kiosk, verdict: str, serial: str) -> None:
    """Show a verdict on the gate's panel."""
    for y, text in enumerate((verdict, serial, "Adult"), start=6):
        kiosk.show(run.tick(0.01), f"{text:^78}", y)
    kiosk.show(run.tick(0.01), "12:00:00", 1)


def missing(run: Run, sales: int = SALES) -> set[str]:
    """Return which parts of an evening the verifier misses in a run."""
    folder = run.write()
    main([str(folder), "--require-evening", str(sales)])
    report = json.loads((folder / "report.json").read_text())
    told = [each["text"] for each in report["findings"] if each["code"] == "story_incomplete"]
    return {text.split(" ")[0] for text in told}


def test_a_run_that_is_no_evening_lacks_most_of_it(tmp_path: Path) -> None:
    run, _ = one_kiosk(tmp_path)
    run.end()
    assert missing(run) == {
        "sold",
        "sold_offline",
        "scans",
        "voided",
        "agent_kills",
        "answers_lost",
        "replays_absorbed",
        "let_out",
        "stopped_at_gates",
        "paid_in",
        "paid_out",
        "x_reports",
        "by_concession",
        "by_rule",
        "shifts_closed",
        "drawers_agreed",
    }


def test_a_run_that_was_one_but_for_the_closing_lacks_that_alone(tmp_path: Path) -> None:
    run = evening_run(tmp_path)
    run.end()
    assert missing(run) == {"shifts_closed", "drawers_agreed"}


@pytest.mark.parametrize(("sales", "lacking"), [(27, set()), (28, {"sold"}), (20, set())])
def test_the_number_of_sales_is_the_one_that_was_asked_for(
    tmp_path: Path, sales: int, lacking: set[str]
) -> None:
    run = evening_run(tmp_path)
    run.end()
    told = missing(run, sales)
    assert told & {"sold"} == lacking
    assert ("scans" in told) == (sales > SALES)


def test_an_evening_is_asked_for_twice_as_many_scans_as_sales() -> None:
    assert (evening(300)["sold"], evening(300)["scans"]) == (300, 600)
    assert evening(300)["sold_offline"] == 60
