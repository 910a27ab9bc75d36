"""Does what operators want of the host, one command at a time, for ever."""

from typing import Final

import structlog

from kiosk_agent.ports.clock import Clock
from kiosk_agent.supervisor.ports import AgentAwayError, CommandsDoor, Errands, UnitFailedError
from kiosk_agent.supervisor.services.steering import Steering
from kiosk_contracts.commands import (
    CommandEnd,
    CommandKind,
    CommandOutcome,
    CommandToRun,
    outcome,
)

log = structlog.get_logger(__name__)

AGAIN_S: Final = 1.0
GOES_DOWN_S: Final = 300.0
"""A host that was told to restart and is up after that does not."""


class Commanding:
    """The agent has kept that a command is begun before it gives it away: it comes here once."""

    def __init__(
        self, door: CommandsDoor, steering: Steering, errands: Errands, clock: Clock
    ) -> None:
        self._door = door
        self._steering = steering
        self._errands = errands
        self._clock = clock

    async def run(self) -> None:
        """Do what is wanted, for ever; an agent that is away is asked again."""
        while True:
            began_ms = self._clock.boottime_ms()
            try:
                command = await self._door.command()
            except AgentAwayError:
                command = None
            if command is not None:
                await self._tell(command, await self._do(command))
            rest_s = AGAIN_S - (self._clock.boottime_ms() - began_ms) / 1000
            if rest_s > 0:
                await self._clock.sleep(rest_s)

    async def _do(self, command: CommandToRun) -> CommandOutcome:
        log.warning("command_begun", command_id=str(command.command_id), kind=command.kind)
        match command.kind:
            case CommandKind.RESTART_UI:
                said = self._restart_ui(command)
            case CommandKind.REBOOT:
                said = await self._reboot(command)
            case CommandKind.LOGS | CommandKind.SUPPORT_BUNDLE | CommandKind.DOCTOR:
                said = await self._run(command)
            case CommandKind.DRAIN | CommandKind.END_DRAIN:
                said = outcome(CommandEnd.REFUSED, "that is the agent's own; nothing was done")
        self._steering.decisions.note(
            f"command {command.kind}", "operators want it", said.why or said.end
        )
        return said

    async def _tell(self, command: CommandToRun, said: CommandOutcome) -> None:
        """Tell the agent, however long it is away: until then no other command is begun."""
        while True:
            try:
                await self._door.end_command(command.command_id, said)
            except AgentAwayError:
                await self._clock.sleep(AGAIN_S)
            else:
                return

    def _restart_ui(self, command: CommandToRun) -> CommandOutcome:
        host = self._steering.host
        if host.docker_away:
            return outcome(CommandEnd.FAILED, f"Docker does not answer: {host.docker_away}")
        shown = next((one for one in host.running if one.screen_id == host.holder), None)
        if shown is None:
            return outcome(CommandEnd.REFUSED, "no kiosk UI in a container has the screen")
        self._steering.end_ui(shown.container_id, hangs=command.forced)
        how = "at once" if command.forced else "it may finish the sale at hand"
        return outcome(
            CommandEnd.DONE, f"the kiosk UI {shown.container_id[:12]} was told to end ({how})"
        )

    async def _reboot(self, command: CommandToRun) -> CommandOutcome:
        """Have the host restart. The agent sees that it did by the next boot; nobody else does."""
        said = await self._run(command)
        if said.end is CommandEnd.DONE:
            log.warning("host_restarts", command_id=str(command.command_id))
            await self._clock.sleep(GOES_DOWN_S)
            return outcome(CommandEnd.FAILED, "the host was told to restart, and did not go down")
        return said

    async def _run(self, command: CommandToRun) -> CommandOutcome:
        try:
            return await self._errands.run(command)
        except UnitFailedError as error:
            return outcome(CommandEnd.FAILED, str(error))
