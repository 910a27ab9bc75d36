"""Commands to hosts whose agent does not answer, by way of Systems Manager.

Nobody polls: what came of one is asked whenever an operator looks at it.
"""

from contextlib import suppress
from math import floor
from typing import Final

import structlog

from fleet_service.clock import Clock
from fleet_service.commands import refusing
from fleet_service.commands.ports import HostRunner, SentCommand
from fleet_service.commands.records import CommandRecord
from fleet_service.commands.service import Commands
from fleet_service.commands.standings import to_run
from fleet_service.kiosks.ports import AwsAwayError
from fleet_service.kiosks.records import TAKES_THE_SCREEN
from fleet_service.sessions.ports import RegisteredKiosk
from kiosk_contracts.commands import CommandOutcome, CommandStanding, NewCommand
from kiosk_contracts.host_document import BY_SSM
from kiosk_contracts.problem import ProblemError

log = structlog.get_logger()

SHORTEST_S: Final = 30
"""Systems Manager takes no shorter time to deliver."""
LONGEST_S: Final = 3600
"""Of what takes the screen. Done, it keeps moves of its kiosk's neighbours waiting until somebody
looks at what came of it, or its time is over."""


class CommandsBySsm:
    """Sends them, and looks what came of them. Idempotent: the host does each once, by its id."""

    def __init__(self, commands: Commands, clock: Clock, runner: HostRunner | None) -> None:
        """`runner` None: nobody may have Systems Manager run anything."""
        self._commands = commands
        self._clock = clock
        self._runner = runner

    def check(self, wanted: NewCommand, kiosk: RegisteredKiosk) -> None:
        """Raise ProblemError 422 where a command can't go this way."""
        if self._runner is None:
            raise refusing.way_closed("this service has Systems Manager run nothing")
        if wanted.kind not in BY_SSM:
            kinds = ", ".join(BY_SSM)
            raise refusing.way_closed(f"a host does {kinds} without its agent, and nothing else")
        if kiosk.instance_id is None:
            raise refusing.way_closed(f"{kiosk.kiosk_id} is no managed instance")
        if wanted.kind in TAKES_THE_SCREEN and wanted.expires_in_s > LONGEST_S:
            raise refusing.too_long_by_ssm(wanted.kind, LONGEST_S)

    async def send(self, kiosk: RegisteredKiosk, command_id: str) -> CommandStanding:
        """Have Systems Manager take a command that it has not yet; return how it stands.

        Raises ProblemError 503 `ssm_away`: then it may have taken it all the same, but where it
        did not find the host. How the command stands says which.
        """
        command = await self._commands.record(kiosk.kiosk_id, command_id)
        is_its_host = kiosk.instance_id is not None and kiosk.instance_id == command.host
        if self._runner is not None and is_its_host and self._left_s(command):
            await self._send(self._runner, kiosk.kiosk_id, command)
        return await self._commands.get(kiosk.kiosk_id, command_id)

    async def _send(self, runner: HostRunner, kiosk_id: str, command: CommandRecord) -> None:
        command_id = str(command.ordered.command_id)
        try:
            # Before it is kept that it may be done: what is not found surely is not.
            region = await runner.find(command.host)
        except AwsAwayError as error:
            raise refusing.not_sent(str(error)) from error
        left_s = self._left_s(command)
        if not left_s or not await self._commands.may_send(kiosk_id, command_id):
            return
        try:
            sent = await runner.send(region, command.host, to_run(command), left_s)
        except AwsAwayError as error:
            raise refusing.ssm_away(str(error)) from error
        await self._commands.sent(kiosk_id, command_id, sent)
        # One that was withdrawn meanwhile had nothing to be taken back.
        await self.take_back(kiosk_id, command_id)

    def _left_s(self, command: CommandRecord) -> int:
        """Return how long Systems Manager has to deliver a command; 0: it is not to be sent."""
        if command.fetched_at is not None or command.withdrawn_at is not None:
            return 0
        left_s = floor((command.expires_at - self._clock.now()).total_seconds())
        # Delivered by then or never: what has less time left would be done after its end.
        return left_s if left_s >= SHORTEST_S else 0

    async def take_back(self, kiosk_id: str, command_id: str) -> None:
        """Have Systems Manager tell nobody of a command that was withdrawn. Idempotent.

        Raises ProblemError 503 `ssm_away`: then its host may be told of it all the same.
        """
        command = await self._commands.record(kiosk_id, command_id)
        sent = _sent(command)
        if self._runner is None or sent is None or command.withdrawn_at is None:
            return
        try:
            await self._runner.cancel(sent)
        except AwsAwayError as error:
            raise refusing.not_taken_back(str(error)) from error

    async def look(self, kiosk_id: str, command_id: str) -> None:
        """Keep what came of a command that went this way, if it is known by now."""
        command = await self._commands.record(kiosk_id, command_id)
        sent = _sent(command)
        if self._runner is None or sent is None or command.end is not None:
            return
        with suppress(AwsAwayError):
            outcome = await self._runner.outcome(sent)
            if outcome is not None:
                await self._take(kiosk_id, command_id, outcome)

    async def _take(self, kiosk_id: str, command_id: str, outcome: CommandOutcome) -> None:
        """Keep an outcome; of one that brings back what is in no form of ours, the words."""
        try:
            await self._commands.take(kiosk_id, command_id, outcome)
        except ProblemError as error:
            log.warning("outcome_refused", command_id=command_id, why=error.problem.detail)
            bare = outcome.model_copy(update={"content": "", "content_type": ""})
            await self._commands.take(kiosk_id, command_id, bare)


def _sent(command: CommandRecord) -> SentCommand | None:
    """Return what Systems Manager has of a command; None: nothing, as far as is known."""
    if not command.ssm_command_id:
        return None
    return SentCommand(command.ssm_command_id, command.ssm_instance_id, command.ssm_region)
