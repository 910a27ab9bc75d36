"""Releases are shown with real containers or not at all: what is missing is named."""

from dataclasses import replace
from pathlib import Path

import pytest

from demo.layout import Layout
from demo.releases import run
from demo.releases.missing import TOOLS, Machine, missing

WHOLE = Machine(is_root=True, tools=frozenset(TOOLS), docker_says="")


def test_nothing_is_missing_where_all_is_there() -> None:
    assert missing(WHOLE) == []


def test_missing_commands_are_named_with_their_packages() -> None:
    lacks = replace(WHOLE, tools=WHOLE.tools - {"docker-registry", "ip"})
    assert missing(lacks) == ["docker-registry, ip: apt-get install docker-registry iproute2"]


def test_a_docker_that_does_not_answer_is_quoted() -> None:
    [said] = missing(replace(WHOLE, docker_says="Cannot connect to the Docker daemon"))
    assert "Cannot connect to the Docker daemon" in said
    assert "systemctl start docker" in said


def test_no_docker_is_not_asked_why_it_says_nothing() -> None:
    lacks = Machine(is_root=True, tools=WHOLE.tools - {"docker"}, docker_says="no")
    assert missing(lacks) == ["docker: apt-get install docker.io"]


def test_root_is_asked_for() -> None:
    [said] = missing(replace(WHOLE, is_root=False))
    assert "run it as root" in said


def test_where_something_is_missing_nothing_is_played_and_the_status_is_the_verifiers(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run, "this_machine", lambda: replace(WHOLE, tools=frozenset()))
    folder = tmp_path / "run"

    assert run.run_releases(Layout(folder), 1, sabotaged=False) == 0

    said = capsys.readouterr().out
    assert "Releases are not shown here" in said
    assert "docker-registry" in said
    assert not folder.exists(), "nothing is made up of it"
