"""The run's folder is only emptied when it is a run's; the timeline keeps what changed."""

from pathlib import Path

import pytest

from demo.layout import FolderTakenError, Layout
from demo.timeline import Timeline, read_timeline


def test_a_folder_that_is_not_a_runs_is_left_alone(tmp_path: Path) -> None:
    precious = tmp_path / "thesis.txt"
    precious.write_text("years of work")
    with pytest.raises(FolderTakenError, match="--dir"), Layout(tmp_path).fresh():
        pass
    assert precious.read_text() == "years of work"


def test_a_runs_folder_is_emptied_for_the_next_run(tmp_path: Path) -> None:
    layout = Layout(tmp_path / ".demo")
    with layout.fresh():
        (layout.logs / "old.log").write_text("old")
        (layout.root / "report.json").write_text("{}")
    with layout.fresh():
        assert layout.logs.is_dir()
        assert not any(layout.logs.iterdir())
        assert not (layout.root / "report.json").exists()


def test_a_folder_in_which_a_run_still_is_keeps_its_journals(tmp_path: Path) -> None:
    layout = Layout(tmp_path / ".kiosk")
    with layout.fresh():
        journal = layout.run / "journal.db"
        journal.write_text("sales")
        with pytest.raises(FolderTakenError, match="still runs"), Layout(layout.root).fresh():
            pass
        assert journal.read_text() == "sales"


def test_a_figure_that_did_not_change_is_not_written_again(tmp_path: Path) -> None:
    path = tmp_path / "timeline.jsonl"
    timeline = Timeline(path)
    timeline.note("ledger", settled=1)
    timeline.note("ledger", settled=1)
    timeline.note("kiosk", kiosk="a", recorded=1)
    timeline.note("kiosk", kiosk="b", recorded=1)
    timeline.note("kiosk", kiosk="a", recorded=1)
    timeline.note("ledger", settled=2)
    timeline.note("ledger", settled=1)
    timeline.close()
    moments = list(read_timeline(path))
    assert [(moment.what, dict(moment.facts)) for moment in moments] == [
        ("ledger", {"settled": 1}),
        ("kiosk", {"kiosk": "a", "recorded": 1}),
        ("kiosk", {"kiosk": "b", "recorded": 1}),
        ("ledger", {"settled": 2}),
        ("ledger", {"settled": 1}),
    ]
    assert [moment.at for moment in moments] == sorted(moment.at for moment in moments)
