"""Which kiosk UI had the screen last, kept while the host is on."""

from typing import Protocol


class LastScreen(Protocol):
    """Keeps one name, over the agent's restarts and not over the host's."""

    def load(self) -> str:
        """Return the name that is kept; empty if none is, or it can't be read."""
        ...

    def keep(self, screen_id: str) -> None:
        """Keep a name in place of the one before; empty: nobody has the screen.

        What can't be written is told in the log: the agent then knows as much as without it.
        """
        ...
