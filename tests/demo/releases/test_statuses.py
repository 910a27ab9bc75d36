"""What `python -m demo releases` and `… operators` end with."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from demo.layout import Layout
from demo.processes import ProcessError
from demo.releases import run, up
from demo.releases.images import ImageError
from demo.releases.judging import Claim
from demo.releases.missing import TOOLS, Machine

WHOLE = Machine(is_root=True, tools=frozenset(TOOLS), docker_says="")
SO = Claim("it is so", against="", evidence="seen")
NOT_SO = Claim("it is not so", against="something else was seen", evidence="")


@pytest.fixture(autouse=True)
def whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "this_machine", lambda: WHOLE)


def plays(monkeypatch: pytest.MonkeyPatch, play: Callable[[], Awaitable[int]]) -> None:
    async def shown(*_: object, **__: object) -> int:
        return await play()

    monkeypatch.setattr(run, "_shown", shown)


@pytest.mark.parametrize(("claims", "status"), [([SO], 0), ([SO, NOT_SO], 2), ([NOT_SO], 2)])
def test_one_claim_that_is_not_so_makes_it_not_well(
    claims: list[Claim], status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run.verdict(claims, Console()) == status
    said = capsys.readouterr().out
    for one in claims:
        assert f"{'✓' if one.is_so else '✗'} │ {one.words}" in said
        assert (one.against or one.evidence) in said


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ProcessError("supervisor was not ready"), "supervisor was not ready"),
        (ImageError("docker build failed"), "docker build failed"),
        (TimeoutError("not within 90 s: a task"), "not within 90 s: a task"),
        (ExceptionGroup("some", [OSError("no way")]), "no way"),
    ],
)
def test_what_keeps_it_from_its_end_is_said_and_is_status_1(
    error: Exception,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def play() -> int:
        raise error

    plays(monkeypatch, play)
    assert run.run_releases(Layout(tmp_path / "run"), 1, sabotaged=False) == 1
    assert said in capsys.readouterr().out


def test_a_folder_that_is_somebodys_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine").write_text("precious")
    assert run.run_releases(Layout(tmp_path), 1, sabotaged=False) == 1
    assert "was not made by the demo" in capsys.readouterr().out
    assert (tmp_path / "mine").read_text() == "precious"


def test_ctrl_c_ends_releases_in_order(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ended: list[str] = []
    plays(monkeypatch, lambda: _interrupted(ended))
    assert run.run_releases(Layout(tmp_path / "run"), 1, sabotaged=False) == 130
    assert ended == ["in order"]


def test_ctrl_c_is_how_the_stack_for_operators_ends(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ended: list[str] = []
    monkeypatch.setattr(up, "_up", lambda *_, **__: _interrupted(ended))
    assert up.operators_up(Layout(tmp_path / "run"), 1) == 0
    assert ended == ["in order"]


def test_the_screen_of_a_kiosk_that_is_not_up_is_not_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert up.show_screen(Layout(tmp_path), "hb-till-1") == 1
    assert "make up, first" in capsys.readouterr().err


def test_kiosks_are_contained_where_nothing_is_missing_and_else_it_is_said_why(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(up, "this_machine", lambda: WHOLE)
    assert up._can_be_contained(Console())
    assert capsys.readouterr().out == ""
    monkeypatch.setattr(up, "this_machine", lambda: replace(WHOLE, is_root=False))
    assert not up._can_be_contained(Console())
    assert "run it as root" in capsys.readouterr().out


async def _interrupted(ended: list[str]) -> int:
    """Be interrupted by a person, and say how it ended."""
    try:
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.Event().wait()
    finally:
        # Somebody who presses it again breaks nothing off.
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.sleep(0.05)
        ended.append("in order")
    return 0
