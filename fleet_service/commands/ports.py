"""What commands need of Systems Manager, and of moves."""

from dataclasses import dataclass
from typing import Protocol

from cloud_store.workspace import Workspace
from kiosk_contracts.commands import CommandOutcome, CommandToRun


@dataclass(frozen=True, slots=True)
class SentCommand:
    """A command that Systems Manager has taken."""

    ssm_command_id: str
    instance_id: str
    region: str


class HostRunner(Protocol):
    """Has hosts run our own document, and no other. Raises AwsAwayError in bounded time."""

    async def find(self, instance_id: str) -> str:
        """Return the region that knows a host; whatever comes of that, nothing is sent."""
        ...

    async def send(
        self, region: str, instance_id: str, command: CommandToRun, within_s: int
    ) -> SentCommand:
        """Have a host of a region told within so many seconds.

        Where AwsAwayError is raised it may have been taken all the same: the host does it once.
        """
        ...

    async def cancel(self, sent: SentCommand) -> None:
        """Have a host that was not told of it yet not be told. Idempotent.

        Of one that has begun it nobody knows how far it comes.
        """
        ...

    async def outcome(self, sent: SentCommand) -> CommandOutcome | None:
        """Return what came of a command; None while nobody knows."""
        ...


class Beside(Protocol):
    """Knows which kiosks of a venue are changing screens."""

    async def why_not(self, workspace: Workspace, kiosk_id: str, /) -> str:
        """Return why nobody is to take a kiosk's screen now; empty: it may be taken.

        The workspace's next commit rests on what that was read of. Raises StoreError.
        """
        ...
