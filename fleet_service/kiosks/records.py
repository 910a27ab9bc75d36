"""What the fleet service keeps of kiosks' hosts."""

from datetime import datetime
from typing import ClassVar, Final

from pydantic import AwareDatetime

from cloud_store.records import Record
from kiosk_contracts.commands import CommandId
from kiosk_contracts.wire import WireModel

DUE: Final = "due"
"""The partition that lists all releases that are due."""


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


class OpenCommandsRecord(Record):
    """Which commands a kiosk's agent is told with each heartbeat, by the kiosk's id.

    It is read with the kiosk, so that a heartbeat of one that has none costs nothing more.
    """

    store_kind: ClassVar[str] = "open_commands"
    commands: tuple[OpenCommand, ...] = ()

    def at(self, now: datetime) -> tuple[OpenCommand, ...]:
        """Return those whose time has not run out."""
        return tuple(one for one in self.commands if now < one.expires_at)
