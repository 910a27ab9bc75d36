"""Where the sealed reserve is kept, apart from the journal."""

from typing import Protocol
from uuid import UUID

from kiosk_agent.domain.reserve import Reserve


class ReserveStore(Protocol):
    """One sealed reserve at most. Methods block on the disk; each is durable when it returns."""

    def load(self) -> Reserve | None:
        """Return the sealed reserve; None if there is none, or none that can be trusted."""
        ...

    def save(self, reserve: Reserve) -> None:
        """Seal it in place of the one before. Raises OSError."""
        ...

    def mark_used(self, journal_id: UUID) -> None:
        """Put the reserve of that journal out of reach; idempotent. Raises OSError.

        It comes before the commit that takes the reserve: whatever is lost then, nobody can take it
        once more.
        """
        ...

    def seal_again(self, journal_id: UUID) -> None:
        """Undo `mark_used` by the one who did it, and did not take it after all. Raises OSError."""
        ...
