"""What operators have this kiosk do: each command begun at most once, its outcome told until heard.

The agent has no rights. What it does not do itself it lays down, and the supervisor fetches it.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog
from pydantic import JsonValue, ValidationError

from kiosk_agent.domain.commands import OWN, KeptCommand, is_over, may_run, unfinished
from kiosk_agent.ports.fleet import Fleet, FleetError
from kiosk_agent.ports.kept_commands import KeptCommands
from kiosk_agent.services.draining import Draining
from kiosk_agent.services.restarting import Restarting
from kiosk_agent.services.sides import Here
from kiosk_contracts.commands import (
    CommandEnd,
    CommandKind,
    CommandOutcome,
    CommandToRun,
    outcome,
)
from kiosk_contracts.problem import ProblemCode, ProblemError

log = structlog.get_logger(__name__)

_UNKNOWN_KIND: Final = "this version of the agent knows no such command; nothing was done"


@dataclass(frozen=True, slots=True)
class _Laid:
    command: CommandToRun
    until_ms: int
    """On CLOCK_BOOTTIME: its end by the fleet service's clock, as that was when it was told."""


class CommandDesk:
    """Heeds what heartbeats bring, hands on to the supervisor, tells outcomes."""

    def __init__(
        self,
        here: Here,
        fleet: Fleet,
        book: KeptCommands,
        draining: Draining,
        restarting: Restarting,
    ) -> None:
        self._here = here
        self._fleet = fleet
        self._book = book
        self._draining = draining
        self._restarting = restarting
        self._kept = {one.command_id: one for one in book.load()}
        for one in self._kept.values():
            if self._may_restart(one):
                # The supervisor may be at it still.
                restarting.goes_on(one.command_id, one.begun_ms)
        self._beginning: set[UUID] = set()
        """What is on its way to the disk: not kept yet, and not to be begun by anybody else."""
        self._giving = asyncio.Lock()
        """Held by one of those who ask, from its look at what is laid down until that is begun."""
        self._writing = asyncio.Lock()
        self._laid: dict[UUID, _Laid] = {}
        self._laid_down = asyncio.Event()
        self._news = asyncio.Event()
        self._asked = 0

    # What heartbeats bring

    async def heed(self, offered: Sequence[JsonValue], server_time: datetime) -> None:
        """Begin what is new; what is offered no more is not wanted any more.

        Raises nothing: a command that can't be kept now is offered again.
        """
        commands = [one for value in offered if (one := await self._read(value, server_time))]
        seen = self._kept.keys() | self._beginning
        new = [one for one in commands if may_run(one, seen, server_time)]
        now_ms, before = self._here.clock.boottime_ms(), self._laid
        self._laid = {
            one.command_id: _Laid(one, now_ms + _left_ms(one, server_time))
            for one in new
            if one.kind not in OWN
        }
        if self._laid:
            self._laid_down.set()
        for command_id in self._laid.keys() - before.keys():
            log.info("command_laid_down", command_id=str(command_id))
        for one in new:
            if one.kind in OWN:
                await self._do(one)
        await self._forget(server_time)
        if any(not one.reported for one in self._kept.values()):
            self._news.set()

    async def _read(self, value: JsonValue, server_time: datetime) -> CommandToRun | None:
        """Return a command; one that is not known here is refused, once."""
        try:
            return CommandToRun.model_validate(value)
        except ValidationError:
            pass
        told = value if isinstance(value, dict) else {}
        try:
            command_id = UUID(str(told.get("command_id")))
        except ValueError:
            log.warning("command_unreadable", command=str(value)[:200])
            return None
        refused = outcome(CommandEnd.REFUSED, _UNKNOWN_KIND)
        new = self._new(command_id, str(told.get("kind"))[:64], server_time)
        await self._keep_new(replace(new, outcome=refused))
        return None

    async def _do(self, command: CommandToRun) -> None:
        """Do what is the agent's own."""
        if not await self._begin(command):
            return
        try:
            said = await self._drain(on=command.kind is CommandKind.DRAIN)
        except (ProblemError, OSError) as error:
            said = outcome(CommandEnd.FAILED, str(error))
        await self._end(command.command_id, said)

    async def _drain(self, *, on: bool) -> CommandOutcome:
        if not on and self._here.state.has_left():
            why = "operators take this kiosk out of service: restore it first"
            return outcome(CommandEnd.REFUSED, why)
        returned = await self._draining.set(on=on)
        words = f"it drains; tickets that went back: {returned}" if on else "it sells again"
        return outcome(CommandEnd.DONE, words)

    # What the supervisor fetches

    async def wanted(self, wait_s: float) -> CommandToRun | None:
        """Return what is to be done, as soon as something is; None after `wait_s`.

        It was begun from then on. Who asks does nothing at the moment: what it was given before
        and has not told of was broken off. Of those who ask, the last one gets it: others may be
        gone.
        """
        self._asked = turn = self._asked + 1
        async with self._giving:
            await self._settle(own=False)
        with suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await self._laid_down.wait()
        async with self._giving:
            while self._laid and turn == self._asked:
                laid = self._laid.pop(next(iter(self._laid)))
                if await self._is_given(laid):
                    return laid.command
            if not self._laid:
                self._laid_down.clear()
        return None

    async def _is_given(self, laid: _Laid) -> bool:
        command = laid.command
        if self._here.clock.boottime_ms() >= laid.until_ms or not await self._begin(command):
            return False
        if command.kind is CommandKind.REBOOT:
            why = await self._restarting.begin(command.command_id, forced=command.forced)
            if why:
                await self._end(command.command_id, outcome(CommandEnd.REFUSED, why))
                return False
        return True

    async def end(self, command_id: UUID, said: CommandOutcome) -> None:
        """Take what came of a command; the first that is said counts.

        Raises ProblemError 404 `command_unknown` for one that was not begun here.
        """
        kept = self._kept.get(command_id)
        if kept is None:
            raise ProblemError(
                404,
                ProblemCode.COMMAND_UNKNOWN,
                "No such command was begun here",
                detail=f"The agent has no command {command_id}.",
                hint="Ask what is wanted now: GET /v1/commands/wanted.",
            )
        await self._end(command_id, said)

    # What was begun, and what came of it

    async def run(self) -> None:
        """Tell outcomes, for ever; those that nobody heard are told again with each heartbeat."""
        await self._settle(own=True)
        while True:
            self._news.clear()
            await self.tell_all()
            await self._news.wait()

    async def tell_all(self) -> None:
        """Tell every outcome that nobody has heard, as far as somebody hears."""
        with suppress(FleetError):
            for kept in [one for one in self._kept.values() if _is_to_tell(one)]:
                await self._tell(kept)

    async def _settle(self, *, own: bool) -> None:
        """Say of what was broken off what is known of it."""
        boot_id = self._here.clock.boot_id()
        for kept in list(self._kept.values()):
            if kept.outcome is None and kept.is_own is own:
                await self._end(kept.command_id, unfinished(kept, boot_id))

    async def _begin(self, command: CommandToRun) -> bool:
        """Keep on disk that it is begun, before it is.

        False where that can't be kept, or somebody else has begun it, or is about to.
        """
        new = self._new(command.command_id, command.kind, command.expires_at)
        is_kept = await self._keep_new(new)
        if is_kept:
            log.warning("command_begun", command_id=str(command.command_id), kind=command.kind)
        return is_kept

    def _new(self, command_id: UUID, kind: str, expires_at: datetime) -> KeptCommand:
        clock = self._here.clock
        return KeptCommand(command_id, kind, clock.boot_id(), expires_at, clock.boottime_ms())

    async def _keep_new(self, kept: KeptCommand) -> bool:
        """Keep what is not kept yet, for one of all who want to at once."""
        command_id = kept.command_id
        if command_id in self._kept or command_id in self._beginning:
            return False
        self._beginning.add(command_id)
        try:
            is_kept = await self._keep(kept)
            if is_kept:
                self._kept[command_id] = kept
            return is_kept
        finally:
            self._beginning.remove(command_id)

    async def _end(self, command_id: UUID, said: CommandOutcome) -> None:
        """Keep what came of it; of two who say it at once the first counts."""
        kept = self._kept[command_id]
        if kept.outcome is not None:
            return
        if self._may_restart(kept) and said.end is not CommandEnd.DONE:
            self._restarting.end(command_id)
        await self._become(replace(kept, outcome=said))
        log.warning("command_ended", command_id=str(command_id), end=said.end, why=said.why)
        self._news.set()

    async def _tell(self, kept: KeptCommand) -> None:
        """Tell an outcome; raises FleetError where it may be heard another time."""
        said = kept.outcome
        if said is None:
            return
        try:
            await self._fleet.tell_outcome(kept.command_id, said)
        except FleetError as error:
            if error.retryable or error.line_down:
                raise
            log.warning("outcome_refused", command_id=str(kept.command_id), detail=error.detail)
            if said.content:
                words = outcome(said.end, f"{said.why} (what it brought back was refused)".strip())
                await self._become(replace(kept, outcome=words))
                self._news.set()
                return
        # What it brought back is the fleet service's now.
        bare = said.model_copy(update={"content": "", "content_type": ""})
        await self._become(replace(kept, outcome=bare, reported=True))

    async def _become(self, kept: KeptCommand) -> None:
        """Have it so from now on, and on the disk if it can be: no reason to tell less."""
        self._kept[kept.command_id] = kept
        await self._keep(kept)

    async def _keep(self, kept: KeptCommand) -> bool:
        """Put it on the disk, in the order in which it is called."""
        async with self._writing:
            try:
                await asyncio.to_thread(self._book.keep, kept)
            except OSError as error:
                log.warning("command_not_kept", command_id=str(kept.command_id), detail=str(error))
                return False
        return True

    async def _forget(self, server_time: datetime) -> None:
        for kept in [one for one in self._kept.values() if is_over(one, server_time)]:
            with suppress(OSError):
                await asyncio.to_thread(self._book.forget, kept.command_id)
                self._kept.pop(kept.command_id, None)

    def _may_restart(self, kept: KeptCommand) -> bool:
        """Say whether the host may go down by it yet."""
        is_now = kept.boot_id == self._here.clock.boot_id()
        return kept.kind == CommandKind.REBOOT and kept.outcome is None and is_now


def _left_ms(command: CommandToRun, server_time: datetime) -> int:
    return int((command.expires_at - server_time).total_seconds() * 1000)


def _is_to_tell(kept: KeptCommand) -> bool:
    return kept.outcome is not None and not kept.reported
