"""One thing that somebody is called for."""

from dataclasses import dataclass
from typing import Final

NOBODY: Final = "-"
"""In an alarm's id: of no kiosk alone, or of no venue alone."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One cause, wherever it shows."""

    cause: str
    words: str
    venue_id: str = ""
    """Empty: not one venue's."""
    kiosk_id: str = ""
    """Empty: not one kiosk's."""
    move_id: str = ""
    """Of which move; empty: of none."""
    release: str = ""
    """To which release that is; empty: of none."""

    @property
    def alarm_id(self) -> str:
        """Return `VENUE.KIOSK.CAUSE`; ids have no dot in them."""
        return f"{self.venue_id or NOBODY}.{self.kiosk_id or NOBODY}.{self.cause}"
