"""What the fleet service keeps of kiosks' hosts."""

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar, Final

from pydantic import AwareDatetime

from cloud_store.records import Record
from kiosk_contracts.commands import CommandId, CommandKind
from kiosk_contracts.wire import WireModel

DUE: Final = "due"
"""The partition that lists all releases that are due."""
TAKES_THE_SCREEN: Final = frozenset({CommandKind.RESTART_UI, CommandKind.REBOOT})
"""While a kiosk does one of these, nobody sells there but its standby, if that."""


class InstanceRecord(Record):
    """Which kiosk a managed instance is, by the instance's id: no two kiosks have one host."""

    store_kind: ClassVar[str] = "instance"
    kiosk_id: str


class FirstReleaseRecord(Record):
    """A kiosk's host is to be told its first release, by DUE and the kiosk's id.

    It is there from the commit that makes the host a kiosk until ECS has been told.
    """

    store_kind: ClassVar[str] = "first_release"
    instance_id: str
    region: str
    release: str


class ToldRelease(WireModel):
    """What a kiosk was told to run by moves."""

    told: str = ""
    """The release that it was told last; empty: no move told it one."""
    told_image: str = ""
    told_at: AwareDatetime | None = None
    before: str = ""
    """What it ran before that; empty where nobody knows."""
    before_image: str = ""


class KioskReleaseRecord(ToldRelease, Record):
    """What a kiosk was told to run by moves, and is to have ahead of that, by the kiosk's id."""

    store_kind: ClassVar[str] = "kiosk_release"
    former: ToldRelease | None = None
    """What stood here before the last: it stands again where ECS was never told that. None: nobody
    knows."""
    wanted: str = ""
    """The image of the release that it is being moved to; empty if it is not."""
    move_id: str = ""
    """The move that it is part of now; empty if it is part of none."""

    @property
    def images(self) -> tuple[str, ...]:
        """Return the images that it is to have, the most urgent first."""
        named = (self.wanted, self.told_image, self.before_image)
        return tuple(dict.fromkeys(one for one in named if one))


class OpenCommand(WireModel):
    """A command that a kiosk is to be told of."""

    command_id: CommandId
    expires_at: AwareDatetime
    kind: CommandKind | None = None
    """None: a version before this one kept it; it may be any, which is the careful side."""
    unsent: bool = False
    """Systems Manager was never asked to take it, so nobody does it yet. A commit that rests on the
    venue's moves ends that; an agent fetches by itself, and its commands are never so."""

    @property
    def takes_the_screen(self) -> bool:
        """Say whether nobody may sell at the kiosk while it is done, and it may be done."""
        return not self.unsent and (self.kind is None or self.kind in TAKES_THE_SCREEN)


class OpenCommandsRecord(Record):
    """Which commands a kiosk's agent is told with each heartbeat, by the kiosk's id.

    It is read with the kiosk, so that a heartbeat of one that has none costs nothing more.
    """

    store_kind: ClassVar[str] = "open_commands"
    commands: tuple[OpenCommand, ...] = ()
    disturbed_at: AwareDatetime | None = None
    """When the last of those that take the screen ended, of which it is not known that nothing was
    done; None: none did. It outlasts the commands, for moves go by it."""

    @property
    def last_disturbed(self) -> datetime | None:
        """When a command that takes the screen ends, or ended, at the latest; None: there is none.

        It is still to come while one is open.
        """
        ends = (one.expires_at for one in self.commands if one.takes_the_screen)
        return max((at for at in (self.disturbed_at, *ends) if at is not None), default=None)

    def keeping(
        self, rest: Iterable[OpenCommand], now: datetime, disturbed_at: datetime | None = None
    ) -> "OpenCommandsRecord":
        """Return it with these commands alone; one whose time ran out may have been done."""
        ran_out = (
            one.expires_at
            for one in self.commands
            if one.takes_the_screen and now >= one.expires_at
        )
        known = (at for at in (self.disturbed_at, disturbed_at, *ran_out) if at is not None)
        return OpenCommandsRecord(commands=tuple(rest), disturbed_at=max(known, default=None))

    def sending(self, command_id: CommandId) -> "OpenCommandsRecord":
        """Return it with a command that may be done from now on."""
        commands = tuple(
            one.model_copy(update={"unsent": False}) if one.command_id == command_id else one
            for one in self.commands
        )
        return self.model_copy(update={"commands": commands})

    def at(self, now: datetime) -> tuple[OpenCommand, ...]:
        """Return those whose time has not run out."""
        return tuple(one for one in self.commands if now < one.expires_at)
