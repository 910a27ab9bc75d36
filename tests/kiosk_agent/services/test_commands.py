"""Commands at the agent: begun at most once, never too late, told until somebody has heard."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid4

import pytest

from kiosk_agent.adapters.command_folder import FOLDER, CommandFolder
from kiosk_agent.domain.commands import REMEMBERED, KeptCommand
from kiosk_agent.ports.fleet import Fleet, FleetError
from kiosk_agent.services.commands import CommandDesk
from kiosk_agent.services.draining import Draining
from kiosk_agent.services.restarting import Restarting
from kiosk_agent.services.screens import ScreenDesk
from kiosk_contracts.commands import CommandEnd, CommandOutcome, outcome
from kiosk_contracts.problem import ProblemError
from tests.support.far_kit import HeldMark, Kit, kit_in

LIFE = timedelta(seconds=900)


@dataclass
class Hearer:
    """The fleet service, as it hears outcomes; it fails as a test says."""

    heard: list[tuple[UUID, CommandOutcome]] = field(default_factory=list)
    errors: list[FleetError] = field(default_factory=list)
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    async def tell_outcome(self, command_id: UUID, said: CommandOutcome) -> None:
        """Hear it, or fail."""
        self.asked.set()
        if self.errors:
            raise self.errors.pop(0)
        self.heard.append((command_id, said))


class FullFolder(CommandFolder):
    """A disk on which nothing can be kept."""

    def keep(self, kept: KeptCommand) -> None:
        raise OSError(28, f"no room for {kept.command_id}")


@dataclass
class Desk:
    """A kiosk's desk, and the folder that outlives it."""

    kit: Kit
    folder: Path
    hearer: Hearer = field(default_factory=Hearer)
    made: dict[UUID, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.screens = ScreenDesk(self.kit.clock, self.kit.here.changes)
        self.begins()

    def begins(self, book: type[CommandFolder] = CommandFolder) -> None:
        """Begin, as after a start of the agent."""
        draining = Draining(self.kit.here, self.kit.line, HeldMark())
        fleet = cast("Fleet", self.hearer)
        self.restarting = Restarting(self.kit.here, self.screens)
        self.commands = CommandDesk(
            self.kit.here, fleet, book(self.folder), draining, self.restarting
        )

    def order(self, kind: str, **more: Any) -> UUID:
        """Have it offered with each heartbeat from now on."""
        command_id = uuid4()
        ends = self.kit.clock.now() + LIFE
        told = {"command_id": str(command_id), "kind": kind, "expires_at": ends.isoformat()}
        self.made[command_id] = told | more
        return command_id

    async def hears(self, ahead: timedelta = timedelta()) -> None:
        """Let a heartbeat be answered by a server whose clock is `ahead` of the kiosk's."""
        await self.commands.heed([*self.made.values()], self.kit.clock.now() + ahead)

    async def takes(self) -> UUID | None:
        """Let the supervisor ask what is wanted."""
        command = await self.commands.wanted(0)
        return None if command is None else command.command_id

    async def outcomes(self) -> list[tuple[UUID, str, str]]:
        """Let it tell what there is to tell; return all that was heard."""
        await self.commands._settle(own=True)
        for _ in range(2):
            await self.commands.tell_all()
        return [(command_id, said.end, said.why) for command_id, said in self.hearer.heard]


@asynccontextmanager
async def desk_in(folder: Path) -> AsyncIterator[Desk]:
    async with kit_in(folder) as kit:
        yield Desk(kit, folder)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk_in(tmp_path) as built:
        yield built


def kept_in(desk: Desk) -> dict[UUID, KeptCommand]:
    return {one.command_id: one for one in CommandFolder(desk.folder).load()}


async def test_a_command_is_given_to_the_supervisor_once_however_often_it_is_offered(
    desk: Desk,
) -> None:
    command_id = desk.order("logs")
    await desk.hears()
    await desk.hears()
    assert await desk.takes() == command_id
    await desk.hears()
    await desk.commands.end(command_id, outcome(CommandEnd.DONE, "7 lines"))
    await desk.hears()
    assert await desk.takes() is None
    desk.begins()
    await desk.hears()
    assert await desk.takes() is None
    assert await desk.outcomes() == [(command_id, "done", "7 lines")]


async def test_it_is_on_the_disk_before_it_is_given_away(desk: Desk) -> None:
    command_id = desk.order("reboot")
    await desk.hears()
    assert kept_in(desk) == {}
    assert await desk.takes() == command_id
    assert kept_in(desk)[command_id].outcome is None


async def test_what_can_not_be_kept_is_not_given_and_is_offered_again(desk: Desk) -> None:
    command_id = desk.order("reboot")
    desk.begins(FullFolder)
    await desk.hears()
    assert await desk.takes() is None
    desk.begins()
    await desk.hears()
    assert await desk.takes() == command_id


async def test_draining_that_can_not_be_kept_is_not_begun(desk: Desk) -> None:
    desk.order("drain")
    desk.begins(FullFolder)
    await desk.hears()
    assert not desk.kit.here.state.is_draining()


async def test_the_end_is_by_the_servers_clock_whatever_the_kiosks_shows(desk: Desk) -> None:
    desk.order("reboot")
    await desk.hears(ahead=LIFE)
    assert await desk.takes() is None
    await desk.hears(ahead=LIFE - timedelta(seconds=1))
    assert await desk.takes() is not None


async def test_what_nobody_took_in_time_is_not_done_later(desk: Desk) -> None:
    early = desk.order("reboot")
    await desk.hears()
    desk.kit.clock.advance(LIFE.total_seconds() - 1)
    desk.kit.clock.wall -= timedelta(days=1)
    late = desk.order("logs")
    desk.kit.clock.advance(1)
    assert await desk.takes() is None
    del desk.made[early]
    await desk.hears()
    assert await desk.takes() == late
    assert set(kept_in(desk)) == {late}


async def test_what_was_withdrawn_before_the_supervisor_took_it_is_not_done(desk: Desk) -> None:
    command_id = desk.order("reboot")
    await desk.hears()
    del desk.made[command_id]
    await desk.hears()
    assert await desk.takes() is None
    assert kept_in(desk) == {}


async def test_who_asks_anew_has_broken_off_what_it_was_given(desk: Desk) -> None:
    command_id = desk.order("logs")
    await desk.hears()
    await desk.takes()
    await desk.hears()
    assert await desk.takes() is None
    [(told, end, why)] = await desk.outcomes()
    assert (told, end) == (command_id, "failed")
    assert "may have been done, and is not done again" in why
    await desk.commands.end(command_id, outcome(CommandEnd.DONE, "after all"))
    assert len(await desk.outcomes()) == 1, "the first word counts"


@pytest.mark.parametrize(
    ("kind", "boot", "end"),
    [
        ("reboot", "boot-2", "done"),
        ("reboot", "boot-1", "failed"),
        ("logs", "boot-2", "failed"),
    ],
)
async def test_a_restart_alone_proves_itself_by_the_next_boot(
    desk: Desk, kind: str, boot: str, end: str
) -> None:
    command_id = desk.order(kind)
    await desk.hears()
    assert await desk.takes() == command_id
    desk.kit.clock.boot = boot
    desk.begins()
    assert await desk.outcomes() == [], "the supervisor may be at it still"
    await desk.hears()
    assert await desk.takes() is None
    [(_, told, why)] = await desk.outcomes()
    assert (told, why == "the host has restarted") == (end, end == "done")


async def test_draining_that_was_broken_off_is_told_and_not_done_again(desk: Desk) -> None:
    command_id = desk.order("drain")
    ends = desk.kit.clock.now() + LIFE
    CommandFolder(desk.folder).keep(KeptCommand(command_id, "drain", "boot-1", ends))
    desk.begins()
    await desk.hears()
    assert [(one, end) for one, end, _ in await desk.outcomes()] == [(command_id, "failed")]
    assert not desk.kit.here.state.is_draining()


async def test_of_those_who_ask_the_last_one_gets_it(desk: Desk) -> None:
    """One that asked before may be gone, and nobody would do what it was given."""
    before = asyncio.create_task(desk.commands.wanted(60))
    await asyncio.sleep(0)
    now = asyncio.create_task(desk.commands.wanted(60))
    await asyncio.sleep(0)
    command_id = desk.order("logs")
    await desk.hears()
    found = await now
    assert found is not None
    assert found.command_id == command_id
    assert await before is None


async def test_a_command_of_a_newer_service_is_refused_once_and_spoils_no_other(
    desk: Desk,
) -> None:
    newer, known = desk.order("repaint"), desk.order("logs")
    desk.made[uuid4()] = {"no": "command"}
    await desk.hears()
    await desk.hears()
    assert await desk.takes() == known
    [(told, end, why)] = await desk.outcomes()
    assert (told, end) == (newer, "refused")
    assert why == "this version of the agent knows no such command; nothing was done"


async def test_an_outcome_that_nobody_heard_is_told_again_with_the_next_heartbeat(
    desk: Desk,
) -> None:
    command_id = desk.order("drain")
    away = FleetError("line_down", "no line", retryable=True, line_down=True)
    desk.hearer.errors = [away, away]
    await desk.hears()
    assert await desk.outcomes() == []
    desk.begins()
    await desk.hears()
    assert await desk.outcomes() == [(command_id, "done", "it drains; tickets that went back: 0")]
    await desk.hears()
    assert len(await desk.outcomes()) == 1


async def test_what_the_service_will_never_take_is_told_without_what_it_brought(
    desk: Desk,
) -> None:
    command_id = desk.order("logs")
    await desk.hears()
    await desk.takes()
    said = outcome(CommandEnd.DONE, "2 lines", content=b"x\n", content_type="text/plain")
    await desk.commands.end(command_id, said)
    assert kept_in(desk)[command_id].outcome == said
    desk.hearer.errors = [FleetError("body_invalid", "no", retryable=False)]
    words = "2 lines (what it brought back was refused)"
    assert await desk.outcomes() == [(command_id, "done", words)]
    kept = kept_in(desk)[command_id]
    assert kept.reported
    assert kept.outcome is not None
    assert kept.outcome.content == ""


async def test_a_command_is_remembered_as_long_as_anybody_could_tell_it(desk: Desk) -> None:
    command_id = desk.order("drain")
    await desk.hears()
    await desk.outcomes()
    desk.made.clear()
    await desk.hears(ahead=LIFE + REMEMBERED)
    assert set(kept_in(desk)) == {command_id}
    await desk.hears(ahead=LIFE + REMEMBERED + timedelta(seconds=1))
    assert kept_in(desk) == {}


async def test_a_record_that_can_not_be_read_keeps_its_command_from_being_begun(
    desk: Desk,
) -> None:
    command_id = desk.order("reboot")
    await desk.hears()
    await desk.takes()
    (desk.folder / FOLDER / f"{command_id}.json").write_bytes(b"\0" * 40)
    (desk.folder / FOLDER / "else.json").write_text("{}")
    desk.begins()
    await desk.hears()
    assert await desk.takes() is None
    [(told, end, why)] = await desk.outcomes()
    assert (told, end) == (command_id, "failed")
    assert "can't read what it kept" in why


async def test_of_two_outcomes_the_first_is_told(desk: Desk) -> None:
    command_id = desk.order("logs")
    await desk.hears()
    await desk.takes()
    for why in ("7 lines", "8 lines"):
        await desk.commands.end(command_id, outcome(CommandEnd.DONE, why))
    assert await desk.outcomes() == [(command_id, "done", "7 lines")]


async def test_what_was_never_begun_here_has_no_outcome(desk: Desk) -> None:
    with pytest.raises(ProblemError) as refused:
        await desk.commands.end(uuid4(), outcome(CommandEnd.DONE))
    assert refused.value.code == "command_unknown"


async def test_a_kiosk_that_has_left_does_not_sell_again_by_a_command(desk: Desk) -> None:
    desk.kit.here.state.set_left(on=True)
    command_id = desk.order("end_drain")
    await desk.hears()
    [(told, end, why)] = await desk.outcomes()
    assert (told, end) == (command_id, "refused")
    assert "restore it first" in why
