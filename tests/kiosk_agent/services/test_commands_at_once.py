"""Commands at the agent that several ask for at once, or in the middle of which it is killed."""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar
from uuid import UUID

import pytest

from kiosk_agent.adapters.command_folder import CommandFolder
from kiosk_agent.domain.commands import KeptCommand
from kiosk_contracts.commands import CommandEnd, CommandOutcome, outcome
from tests.kiosk_agent.services.test_commands import Desk, Hearer, desk_in, kept_in


class SlowFolder(CommandFolder):
    """A disk that takes as long as a test says."""

    writes: ClassVar[asyncio.Event]
    may_write: ClassVar[threading.Event]
    loop: ClassVar[asyncio.AbstractEventLoop]

    def keep(self, kept: KeptCommand) -> None:
        self.loop.call_soon_threadsafe(self.writes.set)
        assert self.may_write.wait(10)
        super().keep(kept)

    @classmethod
    def is_slow(cls) -> None:
        """Be slow from now on."""
        cls.writes, cls.may_write = asyncio.Event(), threading.Event()
        cls.loop = asyncio.get_running_loop()


async def test_a_heartbeat_that_is_answered_while_a_command_goes_to_the_disk_is_no_second_one(
    tmp_path: Path,
) -> None:
    async with desk_in(tmp_path) as desk:
        SlowFolder.is_slow()
        desk.begins(SlowFolder)
        command_id = desk.order("reboot")
        await desk.hears()
        first = asyncio.create_task(desk.takes())
        await SlowFolder.writes.wait()
        await desk.hears()
        assert not desk.commands._laid
        second = asyncio.create_task(desk.takes())
        SlowFolder.may_write.set()
        given = [one for one in await asyncio.gather(first, second) if one is not None]
        await desk.hears()
        given += [one for one in [await desk.takes()] if one is not None]
        assert given == [command_id]


async def test_two_heartbeats_that_are_answered_at_once_begin_what_is_the_agents_own_once(
    tmp_path: Path,
) -> None:
    async with desk_in(tmp_path) as desk:
        SlowFolder.is_slow()
        desk.begins(SlowFolder)
        done: list[bool] = []

        async def drained(*, on: bool) -> CommandOutcome:
            done.append(on)
            return outcome(CommandEnd.DONE)

        desk.commands._drain = drained  # type: ignore[method-assign]
        for kind in ("drain", "end_drain"):
            desk.order(kind)
        first = asyncio.create_task(desk.hears())
        await SlowFolder.writes.wait()
        second = asyncio.create_task(desk.hears())
        SlowFolder.may_write.set()
        await asyncio.gather(first, second)
        assert done == [True, False]


async def test_of_two_outcomes_that_are_told_at_once_the_first_counts(tmp_path: Path) -> None:
    async with desk_in(tmp_path) as desk:
        command_id = desk.order("logs")
        await desk.hears()
        await desk.takes()
        said = [outcome(CommandEnd.DONE, "7 lines"), outcome(CommandEnd.FAILED, "no lines")]
        await asyncio.gather(*(desk.commands.end(command_id, one) for one in said))
        assert kept_in(desk)[command_id].outcome == said[0]
        assert await desk.outcomes() == [(command_id, "done", "7 lines")]


class KilledError(BaseException):
    """The agent has gone."""


STEPS = {
    "before it is kept as begun": ("keep", 1, False),
    "after it is kept as begun": ("keep", 1, True),
    "before its outcome is kept": ("keep", 2, False),
    "after its outcome is kept": ("keep", 2, True),
    "before its outcome is heard": ("tell", 1, False),
    "after its outcome is heard": ("tell", 1, True),
    "before it is kept that it was heard": ("keep", 3, False),
    "after it is kept that it was heard": ("keep", 3, True),
}


class Killing:
    """Kills at one step."""

    def __init__(self, step: str) -> None:
        self._what, self._left, self._after = STEPS[step]
        self.fired = False

    def __call__(self, what: str, act: Callable[[], None]) -> None:
        """Do a step, or be killed before or after it."""
        self._left -= what == self._what
        here = what == self._what and self._left == 0
        if not here or self._after:
            act()
        if here:
            self.fired = True
            raise KilledError


class DeadlyFolder(CommandFolder):
    """A disk whose agent is killed."""

    killing: ClassVar[Killing]

    def keep(self, kept: KeptCommand) -> None:
        self.killing("keep", lambda: super(DeadlyFolder, self).keep(kept))


class DeadlyHearer(Hearer):
    """A fleet service whose kiosk is killed."""

    async def tell_outcome(self, command_id: UUID, said: CommandOutcome) -> None:
        DeadlyFolder.killing("tell", lambda: self.heard.append((command_id, said)))


async def _does_all(desk: Desk, done: list[UUID]) -> None:
    """Hear of it, give it to the supervisor, which does it; tell what came of it."""
    await desk.hears()
    command_id = await desk.takes()
    if command_id is not None:
        done.append(command_id)
        await desk.commands.end(command_id, outcome(CommandEnd.DONE, "7 lines"))
    await desk.commands.tell_all()


@pytest.mark.parametrize("step", STEPS)
async def test_killed_at_any_step_it_is_done_once_at_most_and_what_is_told_is_true(
    tmp_path: Path, step: str
) -> None:
    done: list[UUID] = []
    async with desk_in(tmp_path) as desk:
        desk.hearer = DeadlyHearer()
        DeadlyFolder.killing = killing = Killing(step)
        desk.begins(DeadlyFolder)
        command_id = desk.order("logs")
        with pytest.raises(KilledError):
            await _does_all(desk, done)
        for _ in range(3):
            desk.begins(DeadlyFolder)
            await _does_all(desk, done)
        assert killing.fired
        assert len(done) <= 1
        # The fleet service keeps the first that it hears.
        heard = desk.hearer.heard[0]
        assert heard[0] == command_id
        assert heard[1].end is CommandEnd.FAILED or done
        assert kept_in(desk)[command_id].reported
