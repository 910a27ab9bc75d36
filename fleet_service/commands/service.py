"""Commands as operators give them, kiosks fetch them, and tell what came of them."""

import asyncio
import base64
from datetime import datetime
from typing import Final

import structlog

from cloud_store.port import Store
from cloud_store.retrying import with_fresh_reads
from cloud_store.workspace import Workspace, key_of
from fleet_service.clock import Clock
from fleet_service.commands import refusing
from fleet_service.commands.harmless import harmless
from fleet_service.commands.holding import Holding
from fleet_service.commands.ports import Beside, SentCommand
from fleet_service.commands.records import (
    PART_CHARS,
    CommandContentRecord,
    CommandOrderRecord,
    CommandRecord,
    content_pk,
    new_command,
    order_key,
)
from fleet_service.commands.standings import may_be_done, standing_of, state_of, to_run
from fleet_service.kiosks.records import TAKES_THE_SCREEN, OpenCommandsRecord
from kiosk_contracts.commands import (
    CommandEnd,
    CommandOutcome,
    CommandPage,
    CommandStanding,
    CommandState,
    CommandToRun,
    CommandWay,
    NewCommand,
)
from kiosk_contracts.shown_text import shown

log = structlog.get_logger()

MOST_OPEN: Final = 10
"""Of one kiosk."""
MOST_LISTED: Final = 50
CONTENTS_KEPT: Final = 20
"""Of a kiosk's newest commands what they brought back is kept; of older ones the words alone."""
_LOOKED_THROUGH: Final = 40
_ITSELF: Final = "the fleet service"
_MOVED: Final = "the kiosk has another host now"


class Commands:
    """Every change is one commit, or none, and idempotent by the command's id."""

    def __init__(self, store: Store, clock: Clock, beside: Beside | None = None) -> None:
        """`beside`: who knows of moves; None: nobody is moved."""
        self._store = store
        self._clock = clock
        self._holding = Holding(beside)

    async def order(
        self, kiosk_id: str, wanted: NewCommand, by: str, host: str = ""
    ) -> CommandStanding:
        """Have a kiosk told a command, as long as `host` is it; the same again is the same one.

        Raises ProblemError 409 `command_differs`, `too_many_commands`.
        """
        now, command_id = self._clock.now(), str(wanted.command_id)
        key = order_key(now)

        async def work(workspace: Workspace) -> CommandRecord:
            known, waiting = await self._known(workspace, kiosk_id, command_id)
            if known is not None:
                if known.ordered != wanted:
                    raise refusing.command_differs(command_id)
                return known
            still = waiting.at(now)
            if len(still) >= MOST_OPEN:
                raise refusing.too_many(kiosk_id, MOST_OPEN)
            made, one = new_command(wanted, by, host, now)
            workspace.put(made, kiosk_id, command_id)
            workspace.put(waiting.keeping((*still, one), now), kiosk_id)
            workspace.is_new(CommandOrderRecord, kiosk_id, key)
            workspace.put(CommandOrderRecord(command_id=wanted.command_id), kiosk_id, key)
            await workspace.commit()
            log.info("command_ordered", kiosk_id=kiosk_id, command_id=command_id, kind=wanted.kind)
            return made

        made = await with_fresh_reads(self._store, work)
        await self._drop_old_contents(kiosk_id)
        return standing_of(kiosk_id, made, now)

    async def tell(self, kiosk_id: str, host: str = "") -> tuple[CommandToRun, ...]:
        """Return what a kiosk is to do, the oldest first; from now on it may have been done.

        What was asked of another host, that was the kiosk before, is withdrawn. What takes the
        screen waits, unless it is forced, while another kiosk of the venue is being moved.
        """
        now = self._clock.now()

        async def work(workspace: Workspace) -> tuple[CommandToRun, ...]:
            orders = await workspace.fetch(OpenCommandsRecord, kiosk_id) or OpenCommandsRecord()
            still = orders.at(now)
            ids = [str(one.command_id) for one in still]
            await workspace.load(key_of(CommandRecord, kiosk_id, one) for one in ids)
            told = []
            for command_id in ids:
                command = workspace.get(CommandRecord, kiosk_id, command_id)
                if command is None:
                    continue
                if command.host != host:
                    gone = {"withdrawn_at": now, "withdrawn_by": _ITSELF, "withdrawn_why": _MOVED}
                    workspace.put(command.model_copy(update=gone), kiosk_id, command_id)
                    still = tuple(one for one in still if str(one.command_id) != command_id)
                    continue
                if command.ordered.way is not CommandWay.AGENT:
                    continue
                if command.fetched_at is None:
                    if await self._holding.holds(workspace, kiosk_id, command):
                        continue
                    fetched = command.model_copy(update={"fetched_at": now})
                    workspace.put(fetched, kiosk_id, command_id)
                    log.info("command_told", kiosk_id=kiosk_id, command_id=command_id)
                told.append(to_run(command))
            _keep_open(workspace, kiosk_id, orders.keeping(still, now))
            await workspace.commit()
            return tuple(told)

        return await with_fresh_reads(self._store, work)

    async def may_send(self, kiosk_id: str, command_id: str) -> bool:
        """Say whether Systems Manager is to be asked to take a command now; keep that, or why not.

        From then on it may have been done; before, it keeps no move waiting. ProblemError 404.
        """

        async def work(workspace: Workspace) -> bool:
            command, waiting = await self._known(workspace, kiosk_id, command_id)
            if command is None:
                raise refusing.command_unknown(kiosk_id, command_id)
            if command.withdrawn_at is not None:
                return False
            held = await self._holding.holds(workspace, kiosk_id, command)
            if not held and (command.unsent or command.held):
                sent = command.model_copy(update={"unsent": False, "held": ""})
                workspace.put(sent, kiosk_id, command_id)
                _keep_open(workspace, kiosk_id, waiting.sending(command.ordered.command_id))
            await workspace.commit()
            return not held

        return await with_fresh_reads(self._store, work)

    async def refuse_untold(self, kiosk_id: str, command_id: str) -> None:
        """Raise ProblemError 404 `command_unknown` where this kiosk was not told of a command."""
        command = await self._load(Workspace(self._store), kiosk_id, command_id)
        if command.fetched_at is None:
            raise refusing.command_unknown(kiosk_id, command_id)

    async def take(
        self, kiosk_id: str, command_id: str, outcome: CommandOutcome, host: str | None = None
    ) -> None:
        """Keep what came of a command; the first outcome counts. Idempotent.

        `host`: who says so, if not Systems Manager. Raises ProblemError 404 `command_unknown` where
        this kiosk, or this host of it, was not told of it, and 422.
        """
        now = self._clock.now()
        kept = await asyncio.to_thread(harmless, outcome)
        parts = _parts(kept)

        async def work(workspace: Workspace) -> bool:
            command, waiting = await self._known(workspace, kiosk_id, command_id)
            if command is None or command.fetched_at is None:
                raise refusing.command_unknown(kiosk_id, command_id)
            if host is not None and host != command.host:
                raise refusing.command_unknown(kiosk_id, command_id)
            if command.end is not None:
                return False
            news = {
                "end": outcome.end,
                "ended_at": now,
                "why": shown(outcome.why),
                "content_type": outcome.content_type if kept else "",
                "content_bytes": len(kept),
                "content_parts": len(parts),
            }
            workspace.put(command.model_copy(update=news), kiosk_id, command_id)
            done_at = None if outcome.end is CommandEnd.REFUSED else now
            _keep_open(workspace, kiosk_id, _without(waiting, command, now, done_at))
            pk = content_pk(kiosk_id, command_id)
            for number, text in enumerate(parts):
                workspace.is_new(CommandContentRecord, pk, number)
                workspace.put(CommandContentRecord(text=text), pk, number)
            await workspace.commit()
            return True

        if await with_fresh_reads(self._store, work):
            log.info("command_ended", kiosk_id=kiosk_id, command_id=command_id, end=outcome.end)

    async def sent(self, kiosk_id: str, command_id: str, by_ssm: SentCommand) -> None:
        """Keep that Systems Manager has a command. The first that is kept counts."""
        now = self._clock.now()

        async def work(workspace: Workspace) -> None:
            command = await self._load(workspace, kiosk_id, command_id)
            if command.fetched_at is None:
                news = {
                    "fetched_at": now,
                    "ssm_command_id": by_ssm.ssm_command_id,
                    "ssm_instance_id": by_ssm.instance_id,
                    "ssm_region": by_ssm.region,
                }
                workspace.put(command.model_copy(update=news), kiosk_id, command_id)
                await workspace.commit()

        await with_fresh_reads(self._store, work)

    async def record(self, kiosk_id: str, command_id: str) -> CommandRecord:
        """Return a command as it is kept; raises ProblemError 404 `command_unknown`."""
        return await self._load(Workspace(self._store), kiosk_id, command_id)

    async def withdraw(self, kiosk_id: str, command_id: str, by: str) -> CommandStanding:
        """Tell a command no more; raises ProblemError 404, and 409 `command_ended`."""
        now = self._clock.now()

        async def work(workspace: Workspace) -> CommandRecord:
            command, waiting = await self._known(workspace, kiosk_id, command_id)
            if command is None:
                raise refusing.command_unknown(kiosk_id, command_id)
            match state_of(command, now):
                case CommandState.WITHDRAWN:
                    return command
                case CommandState.WAITING | CommandState.FETCHED:
                    pass
                case state:
                    raise refusing.command_ended(command_id, state)
            gone = command.model_copy(update={"withdrawn_at": now, "withdrawn_by": by})
            workspace.put(gone, kiosk_id, command_id)
            done_at = now if may_be_done(command) else None
            _keep_open(workspace, kiosk_id, _without(waiting, command, now, done_at))
            await workspace.commit()
            return gone

        return standing_of(kiosk_id, await with_fresh_reads(self._store, work), now)

    async def get(self, kiosk_id: str, command_id: str) -> CommandStanding:
        """Return a command; raises ProblemError 404 `command_unknown`."""
        command = await self._load(Workspace(self._store), kiosk_id, command_id)
        return standing_of(kiosk_id, command, self._clock.now())

    async def page(self, kiosk_id: str, after: str, limit: int) -> CommandPage:
        """Return a kiosk's commands, the newest first."""
        items = await self._store.query(
            CommandOrderRecord.store_kind, kiosk_id, after=after, limit=limit + 1
        )
        ids = [str(CommandOrderRecord.model_validate(one.body).command_id) for one in items[:limit]]
        workspace, now = Workspace(self._store), self._clock.now()
        await workspace.load(key_of(CommandRecord, kiosk_id, one) for one in ids)
        found = (workspace.get(CommandRecord, kiosk_id, one) for one in ids)
        return CommandPage(
            commands=tuple(standing_of(kiosk_id, one, now) for one in found if one is not None),
            next_after=items[limit - 1].key.sk if len(items) > limit else None,
        )

    async def content(self, kiosk_id: str, command_id: str) -> tuple[str, bytes]:
        """Return what a command brought back, and its type; raises ProblemError 404."""
        workspace = Workspace(self._store)
        command = await self._load(workspace, kiosk_id, command_id)
        pk, numbers = content_pk(kiosk_id, command_id), range(command.content_parts)
        await workspace.load(key_of(CommandContentRecord, pk, number) for number in numbers)
        parts = [workspace.get(CommandContentRecord, pk, number) for number in numbers]
        text = "".join(one.text for one in parts if one is not None)
        if not parts or None in parts:
            raise refusing.no_content(kiosk_id, command_id)
        return command.content_type, base64.b64decode(text)

    async def _load(self, workspace: Workspace, kiosk_id: str, command_id: str) -> CommandRecord:
        command = await workspace.fetch(CommandRecord, kiosk_id, command_id)
        if command is None:
            raise refusing.command_unknown(kiosk_id, command_id)
        return command

    async def _known(
        self, workspace: Workspace, kiosk_id: str, command_id: str
    ) -> tuple[CommandRecord | None, OpenCommandsRecord]:
        keys = (
            key_of(CommandRecord, kiosk_id, command_id),
            key_of(OpenCommandsRecord, kiosk_id),
        )
        await workspace.load(keys)
        waiting = workspace.get(OpenCommandsRecord, kiosk_id) or OpenCommandsRecord()
        return workspace.get(CommandRecord, kiosk_id, command_id), waiting

    async def _drop_old_contents(self, kiosk_id: str) -> None:
        """Keep the words alone of an older command that has more; each new one drops one."""
        orders = await self._store.query(
            CommandOrderRecord.store_kind, kiosk_id, limit=_LOOKED_THROUGH
        )
        older = [CommandOrderRecord.model_validate(one.body) for one in orders[CONTENTS_KEPT:]]

        async def work(workspace: Workspace) -> None:
            ids = [str(one.command_id) for one in older]
            await workspace.load(key_of(CommandRecord, kiosk_id, one) for one in ids)
            for command_id in ids:
                command = workspace.get(CommandRecord, kiosk_id, command_id)
                if command is not None and command.content_parts:
                    await _drop_content(workspace, kiosk_id, command_id, command)
                    return

        if older:
            await with_fresh_reads(self._store, work)


def _parts(kept: bytes) -> list[str]:
    text = base64.b64encode(kept).decode()
    return [text[start : start + PART_CHARS] for start in range(0, len(text), PART_CHARS)]


def _without(
    waiting: OpenCommandsRecord, command: CommandRecord, now: datetime, done_at: datetime | None
) -> OpenCommandsRecord:
    """Return what is open without a command; `done_at`: when it may have been done last."""
    rest = [one for one in waiting.commands if one.command_id != command.ordered.command_id]
    takes = command.ordered.kind in TAKES_THE_SCREEN
    return waiting.keeping(rest, now, done_at if takes else None)


def _keep_open(workspace: Workspace, kiosk_id: str, after: OpenCommandsRecord) -> None:
    """Put what is open, or nothing, if that is news."""
    known = workspace.get(OpenCommandsRecord, kiosk_id) or OpenCommandsRecord()
    if after == OpenCommandsRecord():
        workspace.delete(OpenCommandsRecord, kiosk_id)
    elif after != known:
        workspace.put(after, kiosk_id)


async def _drop_content(
    workspace: Workspace, kiosk_id: str, command_id: str, command: CommandRecord
) -> None:
    pk, numbers = content_pk(kiosk_id, command_id), range(command.content_parts)
    await workspace.load(key_of(CommandContentRecord, pk, number) for number in numbers)
    for number in numbers:
        workspace.delete(CommandContentRecord, pk, number)
    workspace.put(command.model_copy(update={"content_parts": 0}), kiosk_id, command_id)
    await workspace.commit()
