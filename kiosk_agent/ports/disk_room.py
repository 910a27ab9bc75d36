"""Room on the disk that the journal is on, and a reserve of it for the worst hour."""

from typing import Protocol


class DiskRoom(Protocol):
    """The filesystem of the state directory. Nothing here raises; all is idempotent.

    It is asked from the event loop and from the journal's writing thread.
    """

    def free_bytes(self) -> int:
        """Return how much this process may still write there; the reserve does not count."""
        ...

    def holds_reserve(self) -> bool:
        """Say whether the reserve is held."""
        ...

    def hold_reserve(self) -> bool:
        """Set room aside, really allocated; say whether it is held now. It may block for a while.

        Where there is no room for it, nothing is taken.
        """
        ...

    def give_up_reserve(self) -> bool:
        """Free what was set aside, for what must be recorded; say whether there was any."""
        ...


class EndlessRoom:
    """A DiskRoom that never ends and holds no reserve: of tools that write nothing."""

    def free_bytes(self) -> int:
        """Return more than any bound."""
        return 1 << 52

    def holds_reserve(self) -> bool:
        """Say that there is nothing to hold."""
        return True

    def hold_reserve(self) -> bool:
        """Do nothing."""
        return True

    def give_up_reserve(self) -> bool:
        """Give nothing."""
        return False
