"""Which host this is, so that a journal that was copied to another knows it."""

from typing import Protocol


class HostIdentity(Protocol):
    """This host. It says the same as long as the machine is the same."""

    def host_id(self) -> str:
        """Return a text that no other host has; empty if nothing tells. See `domain.hosts`."""
        ...
