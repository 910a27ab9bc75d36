"""A run that is well passes, with each figure as it happened."""

import json
from pathlib import Path

from tests.support.verifier_run import story
from verifier.__main__ import main


def test_a_run_that_lived_through_everything_is_well(tmp_path: Path) -> None:
    folder = story(tmp_path / ".demo").write()
    assert main([str(folder), "--require-story"]) == 0
    report = json.loads((folder / "report.json").read_text())
    expected = {
        "acknowledged": 34,
        "settled": 33,
        "quarantined": 1,
        "lost": 0,
        "duplicated": 0,
        "oversold": 0,
        "sold_online": 3,
        "sold_offline": 22,
        "admitted_offline": 6,
        "voided": 1,
        "refused_sold_out": 1,
        "agent_kills": 1,
        "answers_lost": 2,
        "replays_absorbed": 1,
        "ok": True,
    }
    assert {key: report[key] for key in expected} == expected
