"""One sale with cash removed: the verifier names its shift and the sum, and the check sees that."""

import json
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from demo.evening.run import spoil_copy
from demo.evening.spoil import SPOILED, Removal, spoil
from demo.evidence import NothingToSpoilError
from demo.layout import Layout
from tests.support.verifier_judging import one_kiosk
from tests.support.verifier_shifts import close_shift
from verifier.__main__ import main

TOOL = Path(__file__).parents[2] / "tools" / "expect_sabotage.py"


def finished(folder: Path) -> Path:
    """Return a finished run with a closed shift: sales of 60.00 and 30.00 in cash, one undone."""
    run, kiosk = one_kiosk(folder)
    undone = run.sell(kiosk, 3)
    void = run.void(kiosk, undone)
    void["depends_on"] = undone["txn_id"]
    close_shift(run, kiosk, "190.00", "190.00")
    run.end()
    return run.write()


def expect(folder: Path, removal: Removal) -> subprocess.CompletedProcess[str]:
    """Run the check that the sabotage was found."""
    report = folder / "report.json"
    return subprocess.run(
        [sys.executable, str(TOOL), str(report), removal],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("removal", list(Removal))
@pytest.mark.parametrize("seed", range(4))
def test_the_verifier_names_the_shift_and_the_sum(
    tmp_path: Path, removal: Removal, seed: int
) -> None:
    whole = finished(tmp_path / "whole")
    spoiled = tmp_path / "spoiled"
    assert main([str(whole)]) == 0
    assert spoil_copy(whole, Layout(spoiled), seed, removal) == 0
    assert main([str(spoiled)]) == 1
    told = expect(spoiled, removal)
    assert told.returncode == 0
    removed = json.loads((spoiled / SPOILED).read_text())
    assert removed["cash"] in {"60.00", "30.00"}
    assert f"{removed['cash']} EUR missing" in told.stdout
    assert main([str(whole)]) == 0


@pytest.mark.parametrize("removal", list(Removal))
def test_the_check_is_not_content_with_another_sum_or_a_run_that_is_well(
    tmp_path: Path, removal: Removal
) -> None:
    folder = finished(tmp_path)
    spoil(Layout(folder), removal, Random(1))  # noqa: S311  seeded on purpose
    note = folder / SPOILED
    right = note.read_text()
    main([str(folder)])
    assert expect(folder, removal).returncode == 0
    note.write_text(right.replace("0.00", "0.01"))
    assert expect(folder, removal).returncode == 1
    note.write_text(right)
    report = folder / "report.json"
    report.write_text(report.read_text().replace('"ok": false', '"ok": true'))
    assert expect(folder, removal).returncode == 1


def test_a_run_without_a_sale_in_cash_cannot_be_spoiled(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "empty")
    layout.run.mkdir(parents=True)
    with pytest.raises(NothingToSpoilError, match="no settled sale with cash"):
        spoil(layout, Removal.IN_JOURNAL, Random(1))  # noqa: S311  seeded on purpose


def test_a_copy_is_not_made_over_what_is_not_the_demos(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "letter").write_text("dear")
    assert spoil_copy(tmp_path, Layout(mine), 1, Removal.AT_TICKET_API) == 2
    assert "was not made by the demo" in capsys.readouterr().out
    assert (mine / "letter").read_text() == "dear"
