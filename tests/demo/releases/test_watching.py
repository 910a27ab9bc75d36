"""Those who watch a run: what they note of ECS, of screens and of a move's decisions."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from demo.releases.images import BAD, FIRST, NEXT
from demo.releases.watching import EcsWatch, MoveWatch

DECIDED = {"at": "2026-11-27T12:00:00+00:00", "kiosk_id": "till-1", "why": "nobody is busy there"}


class Desk:
    """A fleet service and an ECS that say one thing after the other, the last for ever."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.said_all = asyncio.Event()

    def _next(self) -> Any:
        if len(self.answers) == 1:
            self.said_all.set()
            return self.answers[0]
        return self.answers.pop(0)

    async def told(self) -> dict[str, str]:
        found: dict[str, str] = self._next()
        return found

    async def move(self, _: str) -> dict[str, Any]:
        state, self.decided = self._next()
        stood = {"kiosk_id": "till-1", "state": "waiting", "why": f"for {len(self.decided)}"}
        return {"state": state, "why": "as it is", "kiosks": [stood]}

    async def decisions(self, _: str) -> list[dict[str, Any]]:
        return [{**DECIDED, "number": n, "what": what} for n, what in enumerate(self.decided, 1)]


async def test_each_change_of_what_ecs_has_of_a_host_is_noted_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("demo.releases.watching._EVERY_S", 0)
    names = {"arn-1": "till-1", "arn-2": "till-2"}
    desk = Desk(
        {"arn-1": "", "arn-2": FIRST},
        {"arn-1": FIRST, "arn-2": FIRST},
        {"arn-1": BAD, "arn-2": FIRST},
        {"arn-1": FIRST, "arn-2": NEXT},
        {"arn-1": FIRST, "arn-2": NEXT},
    )
    watch = EcsWatch(desk, names)  # type: ignore[arg-type]
    running = asyncio.create_task(watch.run())
    await desk.said_all.wait()
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    assert [(one.kiosk_id, one.release) for one in watch.changes] == [
        ("till-2", FIRST),
        ("till-1", FIRST),
        ("till-1", BAD),
        ("till-1", FIRST),
        ("till-2", NEXT),
    ]


async def test_a_move_is_followed_to_its_end_and_its_last_decision_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("demo.releases.watching._EVERY_S", 0)
    said: list[str] = []
    desk = Desk(("running", []), ("running", ["begin"]), ("done", ["begin", "finish"]))
    watch = MoveWatch(desk, "m", said.append)  # type: ignore[arg-type]
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        group.create_task(watch.run())
        begun = await watch.until("begin", "till-1", within_s=10)
        await watch.over(10)
    assert begun.why == "nobody is busy there"
    assert watch.move.state == "done"
    assert [one.what for one in watch.move.decisions] == ["begin", "finish"]
    assert said == [
        "fleet service: till-1 is waiting: for 0",
        "fleet service: the move is running: as it is",
        "fleet service: till-1 is waiting: for 1",
        "fleet service: till-1 is waiting: for 2",
        "fleet service: the move is done: as it is",
    ]
    assert [one.why for one in watch.move.stood] == ["for 0", "for 1", "for 2"]
    assert watch.move.waited("till-1", "1") is not None
    assert watch.move.waited("till-2", "1") is None


async def test_a_decision_that_does_not_come_is_not_waited_for_for_ever() -> None:
    watch = MoveWatch(Desk(("running", [])), "m", lambda _: None)  # type: ignore[arg-type]
    with pytest.raises(TimeoutError):
        await watch.until("fail", "till-1", within_s=0.01)
