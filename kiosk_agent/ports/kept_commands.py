"""Where it is kept which commands were begun."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from kiosk_agent.domain.commands import KeptCommand


class KeptCommands(Protocol):
    """Beside the journal: it survives kills and power cuts, and a salvage of the journal."""

    def load(self) -> Sequence[KeptCommand]:
        """Return all; one whose record can't be read has failed, and is not begun again."""
        ...

    def keep(self, kept: KeptCommand) -> None:
        """Put it in place of what was kept of it, on disk when this returns. Raises OSError."""
        ...

    def forget(self, command_id: UUID) -> None:
        """Keep nothing of it any more; idempotent. Raises OSError."""
        ...
