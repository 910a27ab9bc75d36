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
    is_sure: bool = True
    """Whether it is known to be this cause: what is soon to be known may be another one, and nobody
    is called for it until then."""

    @property
    def alarm_id(self) -> str:
        """Return `VENUE.KIOSK.CAUSE`; ids have no dot in them."""
        return f"{self.venue_id or NOBODY}.{self.kiosk_id or NOBODY}.{self.cause}"

    def holds(self, venue_id: str, kiosk_id: str) -> bool:
        """Say whether what is a kiosk's, or a venue's, is within what this is of."""
        return self.venue_id in {"", venue_id} and self.kiosk_id in {"", kiosk_id}
