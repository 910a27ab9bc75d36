"""Each benchmark runs, tiny, with its real processes, and writes well-formed rows."""

import json
from pathlib import Path

import pytest

from benchmarks.__main__ import BENCHES, main

ROWS = {
    "sale_latency": ["sale_latency", "sale_latency.p99"],
    "sale_latency_slow_disk": ["sale_latency_slow_disk", "sale_latency_slow_disk.p99"],
    "journal_burst": [
        "journal_burst",
        "journal_burst.persist_queue",
        "journal_burst.litequeue",
        "journal_burst.huey",
    ],
    "journal_burst_slow_disk": ["journal_burst_slow_disk"],
    "drain": ["drain", "drain.sale_p99"],
    "relay": ["relay"],
    "journal_size": ["journal_size"],
    "agent_footprint": ["agent_footprint", "agent_footprint.cpu"],
    "key_to_paint": ["key_to_paint", "key_to_paint.ms"],
    "scan_to_verdict": ["scan_to_verdict", "scan_to_verdict.agent"],
    "ui_start": ["ui_start"],
    "six_keys": ["six_keys"],
    "heartbeats": ["heartbeats", "heartbeats.p99"],
    "fleet_10k": ["fleet_10k.cpu", "fleet_10k.memory", "fleet_10k.writes"],
    "reconnect_storm": ["reconnect_storm", "reconnect_storm.wait"],
}
TARGETS = {
    "sale_latency": 1.5,
    "sale_latency.p99": 2,
    "sale_latency_slow_disk": 1.5,
    "sale_latency_slow_disk.p99": 2,
    "journal_burst": 2,
    "journal_burst.persist_queue": 2,
    "journal_burst.litequeue": 2,
    "journal_burst.huey": 2,
    "journal_burst_slow_disk": 20,
    "drain": 8,
    "drain.sale_p99": 2,
    "relay": 0.7,
    "journal_size": 1.2,
    "agent_footprint": 1.25,
    "agent_footprint.cpu": 0.005,
    "key_to_paint": 2,
    "key_to_paint.ms": 30,
    "scan_to_verdict": 50,
    "scan_to_verdict.agent": 50,
    "ui_start": 1.5,
    "six_keys": 1,
    "heartbeats": 0.5,
    "heartbeats.p99": 100,
    "fleet_10k.cpu": 1,
    "fleet_10k.memory": 350,
    "fleet_10k.writes": 0.3,
    "reconnect_storm": 1.5,
    "reconnect_storm.wait": 3,
}

OF_OURS = {
    "key_to_paint.ms",
    "scan_to_verdict",
    "scan_to_verdict.agent",
    "heartbeats.p99",
    "fleet_10k.cpu",
    "fleet_10k.memory",
}
"""Bounded whatever their baselines need."""
ONCE = {"fleet_10k", "reconnect_storm"}
"""Run once, for minutes."""


def test_every_bench_has_its_rows_stated_here() -> None:
    assert list(BENCHES) == list(ROWS)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", ROWS)
def test_a_bench_measures_both_sides_and_writes_its_rows(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    status = main(["--only", name, "--smoke", "--dir", str(tmp_path)])
    rows = json.loads((tmp_path / "results.json").read_text())
    assert [row["name"] for row in rows] == ROWS[name]
    for row in rows:
        assert row["target"] == TARGETS[row["name"]]
        assert row["target_of"] == ("ours" if row["name"] in OF_OURS else "ratio")
        assert row["runs"] == (1 if name in ONCE else 2)
        assert row["ours"] > 0 or row["unit"] == "% core"
        assert row["baseline"] > 0
        assert row["baseline_name"]
    assert status == (0 if all(row["ok"] for row in rows) else 1)
    out, err = capfd.readouterr()
    assert f"{name}: done" in err
    assert ROWS[name][0] in out
    assert not list((tmp_path / "run").iterdir()), "a run leaves nothing behind but its cache"
