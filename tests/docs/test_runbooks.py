"""Whoever is called finds what to do: a runbook for each cause, and none that nobody is sent to."""

import re
from pathlib import Path

import pytest

from fleet_service.alarms.causes import ALL_CAUSES, STATES
from fleet_service.instances.states import Cause, KioskState
from kiosk_contracts.instances import ReportSeen
from tests.support.documents import DOCS

RUNBOOKS = DOCS / "runbooks"
PARTS = ["What it means", "What to look at", "What to do"]
QUIET = {
    KioskState.EXPECTED,
    KioskState.PENDING,
    KioskState.WELL,
    KioskState.DRAINING,
    KioskState.CLOSED,
    KioskState.REVOKED,
    KioskState.RETIRED,
}
"""States for which nobody is called."""


def test_each_cause_has_a_runbook_and_there_is_no_other() -> None:
    rules = (DOCS / "monitoring/alerts.yml").read_text("utf-8")
    named = set(re.findall(r"runbook: docs/runbooks/(\w+)\.md", rules))
    assert {path.stem for path in RUNBOOKS.iterdir()} == {*ALL_CAUSES, *named}
    assert len(ALL_CAUSES) == len(set(ALL_CAUSES))


def test_each_state_calls_somebody_or_is_known_to_call_nobody() -> None:
    # What is degraded, or sells nothing, is called for by its causes.
    by_causes = {KioskState.DEGRADED, KioskState.SALES_STOPPED}
    assert {*STATES, *QUIET, *by_causes} == {*KioskState}
    assert set(Cause) < set(ALL_CAUSES)


@pytest.mark.parametrize("path", sorted(RUNBOOKS.iterdir()), ids=lambda path: path.stem)
def test_a_runbook_is_short_and_says_what_it_means_and_what_to_do(path: Path) -> None:
    text = path.read_text("utf-8")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == PARTS
    assert len(text.splitlines()) <= 45
    assert "1. " in text.split("## What to do")[1]


@pytest.mark.parametrize("path", sorted(RUNBOOKS.iterdir()), ids=lambda path: path.stem)
def test_what_a_runbook_names_exists(path: Path) -> None:
    text = path.read_text("utf-8")
    for target in re.findall(r"\]\(([a-z_]+\.md)\)", text):
        assert (RUNBOOKS / target).exists(), target
    commands = (DOCS / "cli.md").read_text("utf-8")
    for program, command in re.findall(r"`(kiosk-agent|kiosk-provision) ([a-z-]+)", text):
        assert re.search(rf"^    {command}\b", commands, re.MULTILINE), f"{program} {command}"
    for field in re.findall(r"`report\.([a-z_]+)`", text):
        assert field in ReportSeen.model_fields, field
