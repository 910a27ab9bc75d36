"""What the fleet service keeps of commands."""

from datetime import datetime, timedelta
from typing import ClassVar, Final

from pydantic import AwareDatetime

from cloud_store.records import Record
from fleet_service.audit.order import new_id, sort_key
from fleet_service.kiosks.records import OpenCommand
from kiosk_contracts.commands import CommandEnd, CommandId, CommandWay, NewCommand

PART_CHARS: Final = 300_000
"""Of what a command brought back, in one item of the store: it keeps 400,000 bytes."""


class CommandRecord(Record):
    """A command, by its kiosk's id and its own."""

    store_kind: ClassVar[str] = "command"
    ordered: NewCommand
    """What was asked for, so that the same asked again is no other command."""
    by: str
    made_at: AwareDatetime
    expires_at: AwareDatetime
    fetched_at: AwareDatetime | None = None
    """When its kiosk was told first, or Systems Manager took it."""
    ended_at: AwareDatetime | None = None
    end: CommandEnd | None = None
    why: str = ""
    withdrawn_at: AwareDatetime | None = None
    withdrawn_by: str = ""
    withdrawn_why: str = ""
    held: str = ""
    """Why it was not told yet, though it could have been; empty: nothing kept it."""
    unsent: bool = False
    """It goes by Systems Manager, which was never asked to take it; False: it may have it."""
    host: str = ""
    """The managed instance that was the kiosk when it was asked for: no other is told. Empty: the
    kiosk has a secret in place of one."""
    ssm_command_id: str = ""
    """Systems Manager's own id of it, of a command that went that way."""
    ssm_instance_id: str = ""
    ssm_region: str = ""
    content_type: str = ""
    content_bytes: int = 0
    content_parts: int = 0


class CommandOrderRecord(Record):
    """That a kiosk has a command, by the kiosk's id; the newest first."""

    store_kind: ClassVar[str] = "command_order"
    command_id: CommandId


class CommandContentRecord(Record):
    """A part of what a command brought back, by `content_pk` and the part's number."""

    store_kind: ClassVar[str] = "command_content"
    text: str
    """Base64."""


def new_command(
    wanted: NewCommand, by: str, host: str, now: datetime
) -> tuple[CommandRecord, OpenCommand]:
    """Return a new command, and that it is open."""
    expires_at, unsent = now + timedelta(seconds=wanted.expires_in_s), wanted.way is CommandWay.SSM
    made = CommandRecord(
        ordered=wanted, by=by, made_at=now, expires_at=expires_at, unsent=unsent, host=host
    )
    one = OpenCommand(
        command_id=wanted.command_id, expires_at=expires_at, kind=wanted.kind, unsent=unsent
    )
    return made, one


def order_key(made_at: AwareDatetime) -> str:
    """Return a new sort key that sorts behind every later one."""
    return sort_key(new_id(made_at).int)


def content_pk(kiosk_id: str, command_id: str) -> str:
    """Return the partition of what a command brought back."""
    return f"{kiosk_id} {command_id}"
