"""The supervisor does what operators want of the host, once, and says what came of it."""

import asyncio
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from kiosk_agent.supervisor.domain.host import Source, UiTask
from kiosk_agent.supervisor.ports import AgentAwayError, UnitFailedError
from kiosk_agent.supervisor.services.commanding import GOES_DOWN_S, Commanding
from kiosk_agent.supervisor.services.steering import Steering
from kiosk_contracts.commands import (
    CommandEnd,
    CommandKind,
    CommandOutcome,
    CommandToRun,
    outcome,
)
from tests.support.clock import FakeClock
from tests.support.simulated_host import SimulatedHost

GOOD = UiTask("sha256:good", "registry/kiosk@sha256:good")


def command(kind: str, **more: object) -> CommandToRun:
    body = {"command_id": uuid4(), "kind": kind, "expires_at": FakeClock().now()}
    return CommandToRun.model_validate(body | more)


@dataclass
class Door:
    """The agent's door: it has commands, and may be away for a while."""

    commands: list[CommandToRun] = field(default_factory=list)
    away: int = 0
    told: dict[UUID, CommandOutcome] = field(default_factory=dict)
    heard: asyncio.Event = field(default_factory=asyncio.Event)

    async def command(self) -> CommandToRun | None:
        if self.commands:
            return self.commands.pop(0)
        await asyncio.Event().wait()
        return None

    async def end_command(self, command_id: UUID, said: CommandOutcome) -> None:
        if self.away:
            self.away -= 1
            raise AgentAwayError("it restarts")
        assert command_id not in self.told
        self.told[command_id] = said
        self.heard.set()


@dataclass
class Errands:
    """Units that were started; they fail if a test says so."""

    ran: list[CommandKind] = field(default_factory=list)
    fails: str = ""

    async def run(self, command: CommandToRun) -> CommandOutcome:
        self.ran.append(command.kind)
        if self.fails:
            raise UnitFailedError(self.fails)
        return outcome(CommandEnd.DONE, "well")


@dataclass
class Venue:
    """A host with a supervisor."""

    host: SimulatedHost = field(default_factory=lambda: SimulatedHost(FakeClock(), GOOD))
    door: Door = field(default_factory=Door)
    errands: Errands = field(default_factory=Errands)

    def __post_init__(self) -> None:
        host = self.host
        self.steering = Steering(host, host, host, host, host.clock)
        self.commanding = Commanding(self.door, self.steering, self.errands, host.clock)

    async def passes(self, seconds: float) -> None:
        for _ in range(int(seconds * 4)):
            self.host.passes(250)
            await self.steering.steer()
            await asyncio.sleep(0)
            await asyncio.sleep(0)

    async def does(self, wanted: CommandToRun) -> CommandOutcome:
        """Let it do one command; return what it told."""
        self.door.commands.append(wanted)
        working = asyncio.create_task(self.commanding.run())
        try:
            for _ in range(self.door.away):
                await self.host.clock.advance_when_asleep(1)
            await self.door.heard.wait()
        finally:
            working.cancel()
        return self.door.told[wanted.command_id]


async def test_the_kiosk_ui_on_the_screen_is_ended_and_another_comes() -> None:
    venue = Venue()
    venue.host.run_ui(Source.ECS, GOOD)
    await venue.passes(6)
    before = venue.host.answering
    assert before is not None
    said = await venue.does(command("restart_ui"))
    shown = before.seen.container_id
    assert said.end is CommandEnd.DONE
    assert said.why == f"the kiosk UI {shown[:12]} was told to end (it may finish the sale at hand)"
    await venue.passes(20)
    after = venue.host.answering
    assert after is not None
    assert after.seen.container_id != shown
    assert not venue.steering.memory.is_crashing(GOOD.image_id, venue.host.clock.boottime_ms())


async def test_without_a_ui_on_the_screen_or_docker_nothing_is_ended() -> None:
    venue = Venue()
    assert "Docker does not answer" in (await venue.does(command("restart_ui"))).why
    venue = Venue(SimulatedHost(FakeClock(), None))
    await venue.passes(2)
    said = await venue.does(command("restart_ui"))
    assert (said.end, said.why) == (
        CommandEnd.REFUSED,
        "no kiosk UI in a container has the screen",
    )


async def test_what_a_unit_brings_is_told_as_often_as_it_takes() -> None:
    venue = Venue()
    venue.door.away = 3
    wanted = command("doctor")
    assert (await venue.does(wanted)).why == "well"
    assert venue.errands.ran == [CommandKind.DOCTOR]
    assert venue.door.away == 0


async def test_a_unit_that_fails_is_told_in_its_words() -> None:
    venue = Venue()
    venue.errands.fails = "Job for kiosk-errand@… failed"
    said = await venue.does(command("logs"))
    assert (said.end, said.why) == (CommandEnd.FAILED, "Job for kiosk-errand@… failed")


async def test_what_is_the_agents_own_is_not_done_here() -> None:
    venue = Venue()
    assert (await venue.does(command("drain"))).end is CommandEnd.REFUSED
    assert venue.errands.ran == []


async def test_a_host_that_goes_down_says_nothing_and_one_that_does_not_says_so() -> None:
    venue = Venue()
    wanted = command("reboot")
    venue.door.commands.append(wanted)
    working = asyncio.create_task(venue.commanding.run())
    await venue.host.clock.wait_for_sleepers()
    assert venue.errands.ran == [CommandKind.REBOOT]
    assert venue.door.told == {}, "what came of it the next boot shows"
    await venue.host.clock.advance_when_asleep(GOES_DOWN_S)
    await venue.door.heard.wait()
    working.cancel()
    said = venue.door.told[wanted.command_id]
    assert (said.end, said.why) == (
        CommandEnd.FAILED,
        "the host was told to restart, and did not go down",
    )
