"""Commands of operators, each begun at most once. Pure."""

from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from kiosk_contracts.commands import (
    CommandEnd,
    CommandKind,
    CommandOutcome,
    CommandToRun,
    outcome,
)

OWN: Final = frozenset({CommandKind.DRAIN, CommandKind.END_DRAIN})
"""What the agent does itself; for the rest the supervisor has the rights."""
REMEMBERED: Final = timedelta(days=1)
"""How long a command is remembered after its end: nobody tells it any more by then."""


@dataclass(frozen=True, slots=True)
class KeptCommand:
    """A command that was begun, or was refused."""

    command_id: UUID
    kind: str
    """A CommandKind, or what a newer fleet service calls it."""
    boot_id: str
    """Of the boot in which it was begun."""
    expires_at: datetime
    begun_ms: int | None = None
    """When, on the CLOCK_BOOTTIME of that boot; None: an older agent began it."""
    outcome: CommandOutcome | None = None
    """None: it was begun, and nobody has said what came of it."""
    reported: bool = False
    """Whether the fleet service has the outcome, or will never take it."""

    @property
    def is_own(self) -> bool:
        """Whether the agent does it itself."""
        return self.kind in OWN


def may_run(command: CommandToRun, seen: Container[UUID], server_now: datetime) -> bool:
    """Say whether a command is to be begun: never begun before, and its time not over.

    `server_now` is of the answer that carried it: its end is by the same clock.
    """
    return command.command_id not in seen and server_now < command.expires_at


def unfinished(kept: KeptCommand, boot_id: str) -> CommandOutcome:
    """Return what is known of a command whose doer has ended in the middle of it."""
    if kept.kind == CommandKind.REBOOT and kept.boot_id != boot_id:
        return outcome(CommandEnd.DONE, "the host has restarted")
    return outcome(
        CommandEnd.FAILED,
        "the kiosk's own service ended in the middle of it: it may have been done, and is not done "
        "again",
    )


def is_over(kept: KeptCommand, server_now: datetime) -> bool:
    """Say whether a command need not be remembered any more."""
    return kept.reported and server_now > kept.expires_at + REMEMBERED
