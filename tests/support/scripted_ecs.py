"""ECS as a script: what it answers in turn, and what it was asked."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

from local_region.ecs_agent.domain.tasks import Saved
from local_region.ecs_agent.ports import UnreachableError

Answer = dict[str, Any] | Exception


class ScriptedEcs:
    """Gives `answers` in turn, the last one again and again; `lines` likewise."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.calls: list[tuple[str, dict[str, Any], float]] = []
        self.lines: list[ScriptedLine] = []
        self.opened: list[str] = []

    async def call(
        self, operation: str, params: dict[str, Any], *, timeout_s: float
    ) -> dict[str, Any]:
        self.calls.append((operation, params, timeout_s))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    @contextlib.asynccontextmanager
    async def line(self, url: str, *, timeout_s: float) -> AsyncIterator["ScriptedLine"]:
        assert timeout_s > 0
        self.opened.append(url)
        if not self.lines:
            raise UnreachableError("no more lines")
        yield self.lines.pop(0)

    def signed_frame(self, url: str, body: str) -> str:
        return f"X-Url: {url}\r\n\r\n{body}"


class ScriptedLine:
    """A line that says its frames, then closes; or stays silent, with `then_silent`."""

    def __init__(self, *frames: tuple[str, dict[str, Any]], then_silent: bool = False) -> None:
        self.frames = [json.dumps({"type": kind, "message": body}) for kind, body in frames]
        self.then_silent = then_silent
        self.sent: list[tuple[str, dict[str, Any]]] = []

    async def send(self, text: str) -> None:
        frame = json.loads(text.rpartition("\r\n\r\n")[2])
        self.sent.append((frame["type"], frame["message"]))

    async def receive(self) -> str | None:
        if self.frames:
            return self.frames.pop(0)
        if self.then_silent:
            await asyncio.Event().wait()
        return None


class MemoryCheckpoint:
    """A checkpoint that counts how often it was saved."""

    def __init__(self, **saved: Any) -> None:
        self.saved = Saved(**saved)
        self.saves: list[Saved] = []

    def save(self) -> None:
        self.saves.append(self.saved.model_copy(deep=True))
