"""Those who watch a run from beside it: what ECS has, what screens show, what was decided."""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from demo.releases.desk import Desk, release_of
from demo.releases.images import MARKS
from demo.releases.records import Decision, Move, Shown, Stood, Task, Told
from demo.terminal import Terminal

_EVERY_S: Final = 0.4
ENDED: Final = frozenset({"stopped", "aborted", "done"})


class EcsWatch:
    """Reads what ECS has told each host, over and over; `changes` are in order."""

    def __init__(self, desk: Desk, names: Mapping[str, str]) -> None:
        """`names`: kiosks by container instance."""
        self._desk = desk
        self.names = names
        self.changes: list[Told] = []
        self._last: dict[str, str] = {}

    async def run(self) -> None:
        """Read until cancelled."""
        while True:
            # The next reading has what this one lacks: nothing that ECS has is gone so soon.
            with suppress(BotoCoreError, ClientError):
                self._note(await self._desk.told())
            await asyncio.sleep(_EVERY_S)

    def _note(self, told: Mapping[str, str]) -> None:
        for arn, release in told.items():
            if release and self._last.get(arn) != release:
                self._last[arn] = release
                self.changes.append(Told(time.time(), self.names[arn], release))

    async def tasks(self) -> list[Task]:
        """Return ECS's tasks, by kiosk and release."""
        return [
            Task(self.names[one["containerInstanceArn"]], release_of(one), one["lastStatus"])
            for one in await self._desk.tasks()
        ]


class Glances:
    """Looks at a kiosk's screen whenever it changes; `seen` says which release it showed."""

    def __init__(self, kiosk_id: str, terminal: Terminal) -> None:
        self._kiosk_id = kiosk_id
        self._terminal = terminal
        self.seen: list[Shown] = []

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            text = self._terminal.text
            for release, mark in MARKS.items():
                if mark in text and not (self.seen and self.seen[-1].release == release):
                    self.seen.append(Shown(time.time(), self._kiosk_id, release))
            await self._terminal.next_output()


class MoveWatch:
    """Follows one move, and says aloud what becomes of it."""

    def __init__(self, desk: Desk, move_id: str, say: Callable[[str], None]) -> None:
        self._desk = desk
        self._move_id = move_id
        self._say = say
        self._changed = asyncio.Condition()
        self._stood: dict[str, Stood] = {}
        self._said = ""
        self.move = Move("running", ())

    async def run(self) -> None:
        """Follow it until it has ended."""
        while self.move.state not in ENDED:
            # The state first: of a move that has ended no decision is missed then.
            told = await self._desk.move(self._move_id)
            decisions = [_decision(one) for one in await self._desk.decisions(self._move_id)]
            stood = [*self.move.stood, *self._news(told)]
            async with self._changed:
                self.move = Move(told["state"], decisions, stood)
                self._changed.notify_all()
            await asyncio.sleep(_EVERY_S)

    def _news(self, told: Mapping[str, Any]) -> Iterator[Stood]:
        """Return what is new of a move's kiosks; say it, and what is new of the move."""
        for one in told["kiosks"]:
            known = self._stood.get(one["kiosk_id"])
            now = Stood(time.time(), one["kiosk_id"], one["state"], one["why"])
            if one["why"] and (known is None or (known.state, known.why) != (now.state, now.why)):
                self._stood[now.kiosk_id] = now
                self._say(f"fleet service: {now.kiosk_id} is {now.state}: {now.why}")
                yield now
        line = f"the move is {told['state']}: {told['why']}"
        if told["why"] and line != self._said:
            self._said = line
            self._say(f"fleet service: {line}")

    async def until_waiting(self, kiosk_id: str, why: str, *, within_s: float) -> None:
        """Wait until a kiosk waits for this. Raises TimeoutError."""
        async with asyncio.timeout(within_s), self._changed:
            await self._changed.wait_for(lambda: self.move.waited(kiosk_id, why))

    async def until(self, what: str, kiosk_id: str, why: str = "", *, within_s: float) -> Decision:
        """Wait for a decision about a kiosk. Raises TimeoutError."""
        async with asyncio.timeout(within_s), self._changed:
            await self._changed.wait_for(lambda: self.move.first(what, kiosk_id, why))
        found = self.move.first(what, kiosk_id, why)
        if found is None:
            raise TimeoutError
        return found

    async def over(self, within_s: float) -> None:
        """Wait until it has ended. Raises TimeoutError."""
        async with asyncio.timeout(within_s), self._changed:
            await self._changed.wait_for(lambda: self.move.state in ENDED)


def _decision(told: Mapping[str, Any]) -> Decision:
    at = datetime.fromisoformat(told["at"]).timestamp()
    return Decision(at, told["what"], told.get("kiosk_id") or "", told["why"])


def in_order(changes: Sequence[Sequence[Shown]]) -> list[Shown]:
    """Return what several screens showed, by time."""
    return sorted((one for each in changes for one in each), key=lambda one: one.at)
