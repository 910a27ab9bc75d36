"""Commands that go by Systems Manager and take a kiosk's screen, beside moves of its neighbours."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import pytest

from cloud_store.workspace import Workspace
from fleet_service.commands.by_ssm import CommandsBySsm
from fleet_service.commands.ports import SentCommand
from fleet_service.commands.records import CommandRecord
from fleet_service.commands.service import Commands
from fleet_service.kiosks.ports import AnswerLostError, AwsAwayError
from fleet_service.kiosks.records import OpenCommandsRecord
from fleet_service.releases.beside import MovesBeside
from fleet_service.releases.records import MoveRecord
from fleet_service.sessions.ports import RegisteredKiosk
from kiosk_contracts.commands import (
    CommandKind,
    CommandStanding,
    CommandState,
    CommandToRun,
    CommandWay,
    NewCommand,
)
from kiosk_contracts.problem import ProblemError
from kiosk_contracts.releases import KioskMoveState, MoveState
from tests.support.moving_fleet import NEW
from tests.support.moving_store import MOVE_ID, Hall, host_of, selling

ID = str(MOVE_ID)
MOVED, OTHER = "till-hb1", "till-hb2"


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    async with selling(tmp_path, "HB1", "HB2") as found:
        yield found


class Runner:
    """Adapter of HostRunner: it takes everything, unless it is away."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.knows_nobody = False
        self.loses_answers = False

    async def find(self, instance_id: str) -> str:
        if self.knows_nobody:
            raise AwsAwayError(f"Systems Manager knows no {instance_id}")
        return "eu-central-1"

    async def send(
        self, region: str, instance_id: str, command: CommandToRun, _within_s: int
    ) -> SentCommand:
        if self.loses_answers:
            raise AnswerLostError("Systems Manager can't be asked: ReadTimeoutError")
        self.sent.append(str(command.command_id))
        return SentCommand("ssm-1", instance_id, region)

    async def cancel(self, sent: SentCommand) -> None:
        raise AssertionError(sent)

    async def outcome(self, _sent: SentCommand) -> None:
        return None


@dataclass
class Office:
    """Where an operator has a neighbour's host reboot by Systems Manager."""

    hall: Hall
    commands: Commands
    runner: Runner = field(default_factory=Runner)

    async def sends(self, command_id: str) -> CommandStanding:
        kiosk = RegisteredKiosk(
            kiosk_id=OTHER,
            kiosk_code="HB2",
            venue_id="harbour-hall",
            venue_name="Harbour Hall",
            instance_id=host_of(OTHER),
        )
        by_ssm = CommandsBySsm(self.commands, self.hall.clock, self.runner)
        return await by_ssm.send(kiosk, command_id)

    async def asks(self, kind: CommandKind, way: CommandWay, **terms: object) -> str:
        body = {"command_id": uuid4(), "kind": kind, "way": way, **terms}
        wanted = NewCommand.model_validate(body)
        await self.commands.order(OTHER, wanted, "Olga", host_of(OTHER))
        return str(wanted.command_id)

    async def orders(self, **terms: object) -> str:
        """Have a reboot kept and sent, as the route does."""
        command_id = await self.asks(CommandKind.REBOOT, CommandWay.SSM, **terms)
        await self.sends(command_id)
        return command_id

    async def disturbs(self) -> bool:
        orders = await Workspace(self.hall.store).fetch(OpenCommandsRecord, OTHER)
        return orders is not None and orders.last_disturbed is not None


@pytest.fixture
def office(hall: Hall) -> Office:
    return Office(hall, Commands(hall.store, hall.clock, MovesBeside(hall.clock)))


async def begun(hall: Hall) -> None:
    """Have one kiosk of the two moved, until ECS has been told."""
    await hall.begin(venue_id=None, kiosk_id=MOVED)
    await hall.kiosks_report()
    await hall.tending().look(ID)
    assert hall.ecs.calls()


async def test_by_systems_manager_it_is_sent_when_it_is_asked_for_again_after_the_move(
    hall: Hall, office: Office
) -> None:
    await begun(hall)
    command_id = await office.orders()
    assert office.runner.sent == []
    standing = await office.commands.get(OTHER, command_id)
    assert standing.state is CommandState.WAITING
    assert standing.why.endswith("is being moved; ask for the same again then, and it is sent")
    assert not await office.disturbs()
    assert (await hall.go_on()).state is MoveState.DONE
    assert (await office.sends(command_id)).state is CommandState.FETCHED
    assert office.runner.sent == [command_id]
    assert await office.disturbs()


async def test_one_that_waits_to_be_asked_for_again_keeps_no_move_from_going_on(
    hall: Hall, office: Office
) -> None:
    await hall.begin()
    await hall.kiosks_report()
    await hall.tending().look(ID)
    assert hall.ecs.told() == {host_of(MOVED): NEW}
    command_id = await office.orders(expires_in_s=86_400)
    assert (await hall.go_on()).state is MoveState.DONE
    assert hall.ecs.told() == {host_of(MOVED): NEW, host_of(OTHER): NEW}
    assert (await office.commands.get(OTHER, command_id)).state is CommandState.WAITING
    assert office.runner.sent == []


@pytest.mark.parametrize("end", ["withdrawn", "ran out"])
async def test_one_that_systems_manager_was_never_asked_to_take_was_not_done(
    hall: Hall, office: Office, end: str
) -> None:
    await begun(hall)
    command_id = await office.orders(expires_in_s=60)
    waited = f"{MOVED} of its venue is being moved"
    if end == "withdrawn":
        standing = await office.commands.withdraw(OTHER, command_id, "Olga")
        assert standing.why == "Olga withdrew it"
    else:
        hall.clock.advance(60)
        # What ran out is dropped with the next that is asked.
        await office.asks(CommandKind.DRAIN, CommandWay.AGENT)
        standing = await office.commands.get(OTHER, command_id)
        assert standing.why == f"it was not told in time: {waited}"
    assert not await office.disturbs()


async def test_one_that_systems_manager_may_have_taken_keeps_moves_waiting(
    hall: Hall, office: Office
) -> None:
    office.runner.loses_answers = True
    with pytest.raises(ProblemError, match="Systems Manager"):
        await office.orders()
    await hall.begin(venue_id=None, kiosk_id=MOVED)
    why = (await hall.go_on(rounds=3)).of(MOVED).why
    assert why.startswith(f"{OTHER} of its venue come first; of {OTHER}: it is to reboot")
    assert hall.ecs.calls() == []


async def test_one_whose_host_systems_manager_does_not_find_keeps_no_move_waiting(
    hall: Hall, office: Office
) -> None:
    office.runner.knows_nobody = True
    command_id = await office.asks(CommandKind.REBOOT, CommandWay.SSM)
    with pytest.raises(ProblemError) as refused:
        await office.sends(command_id)
    assert "Nothing was sent this time" in (refused.value.problem.detail or "")
    standing = await office.commands.get(OTHER, command_id)
    assert standing.why == "it was not sent yet: ask for the same again, and it is sent"
    assert not await office.disturbs()
    await begun(hall)
    assert (await hall.go_on()).state is MoveState.DONE
    standing = await office.commands.withdraw(OTHER, command_id, "Olga")
    assert standing.why == "Olga withdrew it"


async def test_one_that_an_older_version_held_waits_for_nobody_once_it_may_be_sent(
    hall: Hall, office: Office
) -> None:
    command_id = await office.asks(CommandKind.REBOOT, CommandWay.SSM)
    workspace = Workspace(hall.store)
    command = await workspace.fetch(CommandRecord, OTHER, command_id)
    assert command is not None
    # It kept why a command waited, and not whether it was sent.
    held = {"held": f"{MOVED} of its venue is being moved", "unsent": False}
    workspace.put(command.model_copy(update=held), OTHER, command_id)
    await workspace.commit()
    office.runner.loses_answers = True
    with pytest.raises(ProblemError, match="Systems Manager"):
        await office.sends(command_id)
    standing = await office.commands.get(OTHER, command_id)
    assert standing.why.startswith("Systems Manager is not known to have taken it")


async def test_one_that_waited_and_may_have_been_taken_then_says_no_more_that_it_waits(
    hall: Hall, office: Office
) -> None:
    await begun(hall)
    command_id = await office.orders()
    assert (await hall.go_on()).state is MoveState.DONE
    office.runner.loses_answers = True
    with pytest.raises(ProblemError, match="Systems Manager"):
        await office.sends(command_id)
    standing = await office.commands.get(OTHER, command_id)
    assert standing.why.startswith("Systems Manager is not known to have taken it")
    standing = await office.commands.withdraw(OTHER, command_id, "Olga")
    assert "it may have been done" in standing.why
    assert await office.disturbs()


async def test_a_move_that_begins_while_a_command_is_sent_is_seen_before_it_is(hall: Hall) -> None:
    class Slow(MovesBeside):
        looked = False

        async def why_not(self, workspace: Workspace, kiosk_id: str, /) -> str:
            why = await super().why_not(workspace, kiosk_id)
            if not self.looked:
                self.looked = True
                await hall.tending().look(ID)
            return why

    office = Office(hall, Commands(hall.store, hall.clock, Slow(hall.clock)))
    await hall.begin(venue_id=None, kiosk_id=MOVED)
    await hall.kiosks_report()
    command_id = await office.orders()
    assert hall.ecs.calls()
    assert office.runner.sent == []
    assert (await office.commands.get(OTHER, command_id)).state is CommandState.WAITING
    assert not await office.disturbs()


async def test_one_that_is_sent_while_a_move_begins_is_seen_before_ecs_is_told(
    hall: Hall, office: Office
) -> None:
    await hall.begin(venue_id=None, kiosk_id=MOVED)
    await hall.kiosks_report()
    tending = hall.tending()
    keep = tending._keep

    async def late(*given: object) -> MoveRecord:
        """Keep what was planned before somebody had it rebooted."""
        if not office.runner.sent:
            await office.orders()
        return await keep(*given)  # type: ignore[arg-type]

    tending._keep = late  # type: ignore[method-assign,assignment]  a leader that was slow
    await tending.look(ID)
    assert len(office.runner.sent) == 1
    assert hall.ecs.calls() == []
    assert (await hall.record()).of(MOVED).state is KioskMoveState.WAITING


async def test_one_that_is_withdrawn_as_it_is_about_to_be_sent_is_not(hall: Hall) -> None:
    class Slow(MovesBeside):
        looked = False

        async def why_not(self, workspace: Workspace, kiosk_id: str, /) -> str:
            if not self.looked:
                self.looked = True
                [one] = (await office.commands.page(OTHER, "", 9)).commands
                await office.commands.withdraw(OTHER, str(one.command_id), "Ana")
            return await super().why_not(workspace, kiosk_id)

    office = Office(hall, Commands(hall.store, hall.clock, Slow(hall.clock)))
    command_id = await office.orders()
    assert office.runner.sent == []
    assert (await office.commands.get(OTHER, command_id)).why == "Ana withdrew it"
    assert not await office.disturbs()
