"""Commands that take a kiosk's screen, and moves of its neighbours: never both at one venue."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from cloud_store.workspace import Workspace
from fleet_service.commands.service import Commands
from fleet_service.kiosks.records import OpenCommand, OpenCommandsRecord
from fleet_service.releases.beside import MovesBeside
from fleet_service.releases.domain.seen import KioskNow
from fleet_service.releases.records import MoveRecord
from kiosk_contracts.commands import (
    CommandEnd,
    CommandKind,
    CommandState,
    NewCommand,
    outcome,
)
from kiosk_contracts.releases import KioskMoveState, MoveAct, MoveState
from kiosk_contracts.venues import Standing
from tests.support.moving_fleet import BEGAN, NEW, report_of
from tests.support.moving_store import MOVE_ID, Hall, host_of, selling

ID = str(MOVE_ID)
MOVED, OTHER = "till-hb1", "till-hb2"
TAKE_THE_SCREEN = [CommandKind.REBOOT, CommandKind.RESTART_UI]


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    async with selling(tmp_path, "HB1", "HB2") as found:
        yield found


@pytest.fixture
def commands(hall: Hall) -> Commands:
    return Commands(hall.store, hall.clock, MovesBeside(hall.clock))


def wanted(kind: CommandKind = CommandKind.REBOOT, **terms: object) -> NewCommand:
    return NewCommand.model_validate({"command_id": uuid4(), "kind": kind, **terms})


async def ordered(commands: Commands, one: NewCommand, kiosk_id: str = OTHER) -> str:
    await commands.order(kiosk_id, one, "Olga", host_of(kiosk_id))
    return str(one.command_id)


async def told(commands: Commands, kiosk_id: str = OTHER) -> list[str]:
    return [str(one.command_id) for one in await commands.tell(kiosk_id, host_of(kiosk_id))]


async def begun(hall: Hall) -> None:
    """Have one kiosk of the two moved, until ECS has been told."""
    await hall.begin(venue_id=None, kiosk_id=MOVED)
    await hall.kiosks_report()
    await hall.tending().look(ID)
    assert hall.ecs.calls()


@pytest.mark.parametrize("kind", TAKE_THE_SCREEN)
async def test_nobody_is_moved_while_a_neighbour_is_to_take_its_screen_away_or_just_did(
    hall: Hall, commands: Commands, kind: CommandKind
) -> None:
    command_id = await ordered(commands, wanted(kind))
    await hall.begin(venue_id=None, kiosk_id=MOVED)
    why = (await hall.go_on(rounds=3)).of(MOVED).why
    assert why.startswith(f"{OTHER} of its venue come first; of {OTHER}: it is to reboot")
    assert await told(commands) == [command_id]
    await commands.take(OTHER, command_id, outcome(CommandEnd.DONE))
    # What it reports in the next minute may be of before.
    assert (await hall.go_on(rounds=4)).of(MOVED).why == why
    assert hall.ecs.calls() == []
    assert (await hall.go_on()).state is MoveState.DONE


async def test_a_kiosk_ui_that_finishes_a_sale_after_it_was_told_to_end_keeps_its_neighbours(
    hall: Hall, commands: Commands
) -> None:
    """It was told as the restart was answered: it has two minutes, and then nobody answers keys."""
    command_id = await ordered(commands, wanted(CommandKind.RESTART_UI))
    await told(commands)
    hall.ends.add(OTHER)
    await commands.take(OTHER, command_id, outcome(CommandEnd.DONE))
    await hall.begin(venue_id=None, kiosk_id=MOVED)
    why = (await hall.go_on(rounds=8)).of(MOVED).why
    assert why.startswith(f"{OTHER} of its venue come first; of {OTHER}: it is to reboot")
    assert hall.ecs.calls() == []
    hall.ends.clear()
    await hall.go_on(rounds=1)
    assert hall.ecs.told() == {host_of(MOVED): NEW}


@pytest.mark.parametrize(
    ("screen", "is_over"),
    [
        ({"holder": "a"}, True),
        ({"holder": "a", "busy": True}, True),
        ({"holder": "a", "stopping": True}, False),
        # Not heard of for a minute: whoever hangs is killed two minutes after it was told to end.
        ({"holder": ""}, False),
        (None, False),
    ],
)
def test_a_restart_is_over_once_a_screen_answers_that_goes_on_to(
    screen: dict[str, object] | None, *, is_over: bool
) -> None:
    now = BEGAN + timedelta(seconds=61)
    report = report_of(OTHER, now, screen=screen)
    kiosk = KioskNow(OTHER, host_of(OTHER), Standing.ACTIVE, report=report, disturbed_at=BEGAN)
    assert kiosk.is_disturbed(now) is not is_over


async def test_one_that_does_not_come_back_from_a_reboot_keeps_its_neighbours_for_ten_minutes(
    hall: Hall, commands: Commands
) -> None:
    await hall.kiosks_report()
    done = await ordered(commands, wanted())
    await told(commands)
    await commands.take(OTHER, done, outcome(CommandEnd.DONE))
    hall.away.add(OTHER)
    await hall.begin(venue_id=None, kiosk_id=MOVED)
    why = (await hall.go_on(rounds=39)).of(MOVED).why
    assert why.startswith(f"{OTHER} of its venue come first; of {OTHER}: it is to reboot")
    why = (await hall.go_on(rounds=2)).of(MOVED).why
    assert why == "no other kiosk of its venue is well, and one has to sell meanwhile"
    assert hall.ecs.calls() == []


async def test_one_is_not_moved_itself_while_it_is_to_reboot(
    hall: Hall, commands: Commands
) -> None:
    await ordered(commands, wanted(), MOVED)
    await hall.begin(venue_id=None, kiosk_id=MOVED)
    assert (await hall.go_on(rounds=3)).of(MOVED).why.startswith("it is to reboot")


@pytest.mark.parametrize("end", ["refused", "withdrawn", "another kind"])
async def test_a_command_that_took_no_screen_keeps_nobody(
    hall: Hall, commands: Commands, end: str
) -> None:
    kind = CommandKind.DRAIN if end == "another kind" else CommandKind.REBOOT
    command_id = await ordered(commands, wanted(kind))
    if end == "withdrawn":
        await commands.withdraw(OTHER, command_id, "Olga")
    else:
        await told(commands)
        done = CommandEnd.REFUSED if end == "refused" else CommandEnd.DONE
        await commands.take(OTHER, command_id, outcome(done))
    await begun(hall)


@pytest.mark.parametrize("end", ["withdrawn", "ran out", "failed"])
async def test_one_that_may_have_been_done_all_the_same_counts_as_done(
    hall: Hall, commands: Commands, end: str
) -> None:
    command_id = await ordered(commands, wanted(expires_in_s=60))
    await told(commands)
    if end == "withdrawn":
        await commands.withdraw(OTHER, command_id, "Olga")
    elif end == "failed":
        await commands.take(OTHER, command_id, outcome(CommandEnd.FAILED))
    else:
        hall.clock.advance(60)
        # What ran out is dropped with the next that is asked.
        await ordered(commands, wanted(CommandKind.DRAIN))
    await hall.begin(venue_id=None, kiosk_id=MOVED)
    await hall.go_on(rounds=3)
    assert hall.ecs.calls() == []
    hall.clock.advance(600)
    assert (await hall.go_on()).state is MoveState.DONE


def test_of_a_command_that_an_earlier_version_kept_nobody_knows_the_kind() -> None:
    ends = BEGAN + timedelta(minutes=15)
    kept = OpenCommandsRecord(commands=(OpenCommand(command_id=uuid4(), expires_at=ends),))
    assert kept.last_disturbed == ends


@pytest.mark.parametrize("kind", TAKE_THE_SCREEN)
async def test_what_takes_the_screen_waits_until_its_neighbour_has_moved(
    hall: Hall, commands: Commands, kind: CommandKind
) -> None:
    await begun(hall)
    command_id = await ordered(commands, wanted(kind))
    drain = await ordered(commands, wanted(CommandKind.DRAIN))
    assert await told(commands) == [drain]
    standing = await commands.get(OTHER, command_id)
    assert standing.state is CommandState.WAITING
    assert standing.why == f"it is told once that is over: {MOVED} of its venue is being moved"
    forced = await ordered(commands, wanted(kind, forced=True))
    assert await told(commands) == [drain, forced]
    assert (await hall.go_on()).state is MoveState.DONE
    assert await told(commands) == [command_id, drain, forced]
    assert (await commands.get(OTHER, command_id)).state is CommandState.FETCHED


async def test_one_that_waited_until_its_end_says_for_what(hall: Hall, commands: Commands) -> None:
    await begun(hall)
    command_id = await ordered(commands, wanted(expires_in_s=60))
    assert await told(commands) == []
    hall.clock.advance(60)
    standing = await commands.get(OTHER, command_id)
    assert standing.state is CommandState.EXPIRED
    assert standing.why == f"it was not told in time: {MOVED} of its venue is being moved"


async def test_it_waits_also_for_what_a_move_told_that_was_aborted(
    hall: Hall, commands: Commands
) -> None:
    await begun(hall)
    await hall.moves.act(ID, "abort", MoveAct(), "Olga")
    command_id = await ordered(commands, wanted())
    assert await told(commands) == []
    await hall.kiosks_report()
    assert await told(commands) == [command_id]


async def test_a_command_that_is_told_while_a_move_begins_is_seen_before_ecs_is_told(
    hall: Hall, commands: Commands
) -> None:
    await hall.begin(venue_id=None, kiosk_id=MOVED)
    await hall.kiosks_report()
    tending = hall.tending()
    keep, reboots = tending._keep, []

    async def late(*given: object) -> MoveRecord:
        """Keep what was planned before somebody asked for a reboot, and the agent was told."""
        if not reboots:
            await ordered(commands, wanted())
            reboots.extend(await told(commands))
        return await keep(*given)  # type: ignore[arg-type]

    tending._keep = late  # type: ignore[method-assign,assignment]  a leader that was slow
    await tending.look(ID)
    assert len(reboots) == 1
    assert hall.ecs.calls() == []
    assert (await hall.record()).of(MOVED).state is KioskMoveState.WAITING


async def test_a_move_that_begins_while_a_command_is_told_is_seen_before_it_is(hall: Hall) -> None:
    class Slow(MovesBeside):
        looked = False

        async def why_not(self, workspace: Workspace, kiosk_id: str, /) -> str:
            why = await super().why_not(workspace, kiosk_id)
            if not self.looked:
                self.looked = True
                await hall.tending().look(ID)
            return why

    beside = Slow(hall.clock)
    commands = Commands(hall.store, hall.clock, beside)
    await hall.begin(venue_id=None, kiosk_id=MOVED)
    await hall.kiosks_report()
    # Asked for by a version that says no kind of it, and so does not keep the move from beginning.
    command_id = await ordered(commands, wanted())
    workspace = Workspace(hall.store)
    orders = await workspace.fetch(OpenCommandsRecord, OTHER)
    assert orders is not None
    drains = [one.model_copy(update={"kind": CommandKind.DRAIN}) for one in orders.commands]
    workspace.put(OpenCommandsRecord(commands=tuple(drains)), OTHER)
    await workspace.commit()
    assert await told(commands) == []
    assert beside.looked
    assert hall.ecs.calls()
    assert (await commands.get(OTHER, command_id)).state is CommandState.WAITING
