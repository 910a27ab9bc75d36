"""Whether the kiosk drains, or has left, remembered over restarts."""

from typing import Protocol


class DrainMark(Protocol):
    """A mark beside the journal."""

    def is_set(self) -> bool:
        """Say whether it was set and not removed since."""
        ...

    def put(self, *, on: bool) -> None:
        """Set or remove the mark, durably; doing it again changes nothing. Raises OSError."""
        ...
