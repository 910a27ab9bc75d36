"""A key that bounced: pressed once by a finger or a scanner, and seen twice."""

from dataclasses import dataclass
from typing import Final

BOUNCE_S: Final = 0.5
"""Two presses of the same key, with none between, within this are taken for one."""


@dataclass(slots=True)
class KeyTimes:
    """When keys are pressed, as they are delivered one after the other."""

    _key: str = ""
    _at: float = 0.0
    bounced: bool = False
    """Whether the key delivered last came so soon after itself."""

    def delivered(self, key: str, at: float) -> None:
        """Note a key, and when it was pressed, in seconds by the clock of events."""
        self.bounced = key == self._key and 0 <= at - self._at < BOUNCE_S
        self._key, self._at = key, at

    def touched(self) -> None:
        """Note that the screen was touched: what is chosen so is no key that bounced."""
        self._key, self.bounced = "", False
