"""The alert rules in `docs/monitoring/` hold, name figures that exist, and send to runbooks."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from datetime import timedelta

import pytest

from fleet_service.clock import SystemClock
from fleet_service.instances.ports import Source
from fleet_service.instances.queue_figures import QueueFigures
from fleet_service.metrics import Metrics
from fleet_service.places import PlaceRules
from fleet_service.relay.figures import RelayFigures
from fleet_service.relay.path import Path
from fleet_service.relay.ports import UpstreamAnswer, UpstreamError
from fleet_service.relay.service import Relay, RelayRules
from fleet_service.watch.figures import FleetFigures
from tests.support.documents import DOCS
from tests.support.fleet_snapshots import hall, snapshot
from tests.support.fleet_views import NOW, report, views

FOLDER = DOCS / "monitoring"
RULES = FOLDER / "alerts.yml"


def promtool(*words: str) -> str:
    """Run promtool, or skip where there is none."""
    unpacked = DOCS.parent / "build/promtool/usr/bin/promtool"
    tool = os.environ.get("PROMTOOL") or shutil.which("promtool")
    tool = tool or (str(unpacked) if unpacked.exists() else None)
    if tool is None:
        if os.environ.get("PROMTOOL_REQUIRED"):
            pytest.fail("promtool is missing; PROMTOOL_REQUIRED forbids to skip", pytrace=False)
        pytest.skip("promtool is missing: `make check-alerts` brings it")
    done = subprocess.run(
        [tool, *words], cwd=FOLDER, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_promtool_finds_the_rules_well_formed() -> None:
    assert re.search(r"\d+ rules found", promtool("check", "rules", RULES.name))


def test_the_rules_call_when_they_should_and_only_then() -> None:
    assert "SUCCESS" in promtool("test", "rules", "alerts_test.yml")


def test_every_rule_is_tried() -> None:
    rules = re.findall(r"- alert: (\w+)", RULES.read_text("utf-8"))
    tried = re.findall(r"alertname: (\w+)\n +exp_alerts", (FOLDER / "alerts_test.yml").read_text())
    assert set(tried) == set(rules)
    assert len(rules) == len(set(rules))


def test_the_rules_name_figures_that_exist() -> None:
    named = set(re.findall(r"eventpro_\w+", RULES.read_text("utf-8")))
    assert named
    assert named <= set(_figures()), "and labels are those of the figures"


def test_the_rules_send_to_runbooks_that_exist() -> None:
    for target in re.findall(r"docs/runbooks/(\w+)\.md", RULES.read_text("utf-8")):
        assert (DOCS / "runbooks" / f"{target}.md").exists()


def _figures() -> Iterator[str]:
    of = snapshot(hall("mill", views("a", report=report(timedelta()))), sweeps={_SSM: None})
    text = FleetFigures(of, [], None, NOW).text() + _figures_of_a_task()
    yield from re.findall(r"^# TYPE (\w+)", text.decode(), re.MULTILINE)
    # A counter without labels' values has no sample yet.
    yield from (f"{name}_total" for name in re.findall(r"TYPE (\w+)_total counter", text.decode()))


_SSM = Source("ssm", "eu-central-1")


def _figures_of_a_task() -> bytes:
    metrics, clock, upstream = Metrics(), SystemClock(), NobodyThere()
    places = PlaceRules(whole=1, each=1, waiting=1, wait_s=1)
    rules = RelayRules(places=places, held_bytes=1, failures=1, open_s=1, slow_s=1)
    relay = Relay(upstream, metrics, clock, rules, lambda: 0.0)
    metrics.register(RelayFigures(relay, Path(upstream, clock, None)))
    metrics.register(QueueFigures(clock))
    return metrics.text()


class NobodyThere:
    """An Upstream that does not answer."""

    async def send(
        self, _method: str, _target: str, _headers: Mapping[str, str], _body: bytes
    ) -> UpstreamAnswer:
        raise UpstreamError("nobody", timed_out=False, may_have_happened=False)
