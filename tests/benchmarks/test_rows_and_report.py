"""Rows of results: medians, ratios, targets, the file and the table."""

import json
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks.report import print_table, write_results
from benchmarks.rows import Row, at_least, at_most, compare, no_more_than, percentile


def _row(ours: float, baseline: float, name: str = "sale_latency") -> Row:
    return compare(
        name, "ms", [ours], [baseline], baseline_name="bare handler", target=at_most(1.5)
    )


def test_a_row_has_the_medians_and_ours_over_the_baseline() -> None:
    row = compare(
        "x", "ms", [1.0, 9.0, 2.0], [4.0, 1.0, 8.0], baseline_name="b", target=at_most(1.5)
    )
    assert row.to_json() == {
        "name": "x",
        "unit": "ms",
        "ours": 2.0,
        "baseline": 4.0,
        "baseline_name": "b",
        "ratio": 0.5,
        "target": 1.5,
        "target_of": "ratio",
        "ok": True,
        "runs": 3,
    }


@pytest.mark.parametrize(("ours", "ok"), [(1.4, True), (1.5, True), (1.6, False)])
def test_a_time_may_be_at_most_so_many_times_the_baseline(ours: float, ok: bool) -> None:  # noqa: FBT001
    assert _row(ours, 1.0).ok is ok


@pytest.mark.parametrize(("ours", "ok"), [(1.9, False), (2.0, True), (2.1, True)])
def test_a_rate_must_be_at_least_so_many_times_the_baseline(ours: float, ok: bool) -> None:  # noqa: FBT001
    row = compare("x", "acks/s", [ours], [1.0], baseline_name="b", target=at_least(2))
    assert row.ok is ok


@pytest.mark.parametrize(("ours", "ok"), [(49.0, True), (50.0, True), (50.1, False)])
def test_a_figure_may_be_bounded_whatever_its_baseline_needs(ours: float, ok: bool) -> None:  # noqa: FBT001
    row = compare("x", "ms", [ours], [0.1], baseline_name="b", target=no_more_than(50, "ms"))
    assert row.ok is ok
    assert (row.to_json()["target"], row.to_json()["target_of"]) == (50, "ours")
    assert str(row.target) == "≤ 50 ms"


def test_what_was_not_measured_in_turn_is_no_row() -> None:
    with pytest.raises(ValueError, match="2 runs of ours, 1 of the baseline"):
        compare("x", "ms", [1.0, 2.0], [1.0], baseline_name="b", target=at_most(1))
    with pytest.raises(ValueError, match="0 runs"):
        compare("x", "ms", [], [], baseline_name="b", target=at_most(1))


def test_a_percentile_is_a_value_that_was_measured() -> None:
    values = [float(value) for value in range(200, 0, -1)]
    assert percentile(values, 50) == 100
    assert percentile(values, 99) == 198
    assert percentile([3.0], 99) == 3


def test_the_file_is_a_list_of_rows(tmp_path: Path) -> None:
    rows = [_row(1, 2), _row(3, 1, "sale_latency.p99")]
    write_results(tmp_path / "results.json", rows)
    read = json.loads((tmp_path / "results.json").read_text())
    assert read == [row.to_json() for row in rows]


def test_the_table_names_what_misses_its_target() -> None:
    out = StringIO()
    print_table([_row(1, 2), _row(3, 1, "sale_latency.p99")], Console(file=out, width=80))
    [kept, missed] = [line for line in out.getvalue().splitlines() if "sale_latency" in line]
    assert "✔" in kept
    assert "≤ 1.5" in kept
    assert "✖ ≤ 1.5" in missed
    assert "3.00" in missed


@pytest.mark.parametrize("name", ["journal_burst.persist_queue", "agent_footprint.cpu"])
def test_no_name_is_shortened_at_80_columns(name: str) -> None:
    out = StringIO()
    print_table([_row(10_154.1, 4_041.65, name)], Console(file=out, width=80))
    assert name in out.getvalue()
