"""Where an update lock is kept over restarts and power cuts."""

from typing import Protocol

from kiosk_agent.domain.update_lock import KeptLock


class UpdateLockStore(Protocol):
    """Keeps one lock, beside the journal."""

    def load(self) -> KeptLock | None:
        """Return what is kept; None if nothing is, or if it can't be read: that is no lock."""
        ...

    def save(self, kept: KeptLock | None) -> None:
        """Keep it, or nothing any more; it is on disk then. ProblemError `storage_full`."""
        ...
