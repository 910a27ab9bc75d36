"""Whatever ends a person's terminal ends all that the demo has started."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest
from rich.console import Console

from demo import up
from demo.layout import Layout
from demo.live import Board
from demo.playing import _interruptible as play_interruptibly
from demo.timeline import Timeline

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


async def _is_ended_by(number: signal.Signals, run: Callable[[], Awaitable[object]]) -> None:
    running = asyncio.ensure_future(run())
    await asyncio.sleep(0.05)
    os.kill(os.getpid(), number)
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(running, 5)


async def _for_ever(ended: list[str]) -> int:
    try:
        await asyncio.Event().wait()
    finally:
        ended.append("in order")
    return 0


async def _played(ended: list[str]) -> None:
    await _for_ever(ended)


@pytest.mark.parametrize("number", SIGNALS)
async def test_the_kiosk_for_a_person_is_ended_in_order(
    number: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[str] = []
    monkeypatch.setattr(up, "_up", lambda *_: _for_ever(ended))
    await _is_ended_by(
        number, lambda: up._interruptible(Layout(tmp_path), 1, None, Console(quiet=True))
    )
    assert ended == ["in order"]


@pytest.mark.parametrize("number", SIGNALS)
async def test_a_story_is_ended_in_order(number: signal.Signals, tmp_path: Path) -> None:
    ended: list[str] = []
    with closing(Timeline(tmp_path / "timeline.jsonl")) as timeline:
        board = Board(Console(quiet=True), timeline, "a story")
        await _is_ended_by(number, lambda: play_interruptibly(lambda _: _played(ended), board))
    assert ended == ["in order"]
