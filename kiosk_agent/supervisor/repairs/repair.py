"""What every repair is. No I/O."""

from collections.abc import Sequence
from typing import ClassVar, Protocol

from kiosk_agent.supervisor.repairs.acts import Act
from kiosk_agent.supervisor.repairs.seen import Seen


class Repair(Protocol):
    """One thing that goes wrong on a host, and what mends it. Decided from what is seen alone."""

    name: ClassVar[str]
    """What it is called on the wire and in the list of decisions."""
    lasts_ms: ClassVar[int]
    """For how long it has to be needed before it is made: most things pass."""
    limit: ClassVar[str]
    """Whose pause it shares: repairs that restart one unit have one pause."""

    def look(self, seen: Seen) -> str:
        """Return why it is needed; empty if it is not.

        Without figures that move: the same trouble is told in the same words.
        """
        ...

    def holds_back(self, seen: Seen, lasted_ms: int) -> str:
        """Return why it may not be made now although it is needed; empty if it may."""
        # Most have nothing to do with whoever is being served.
        del seen, lasted_ms
        return ""

    def acts(self, seen: Seen) -> Sequence[Act]:
        """Return what is done, in order; the first that fails is the last."""
        ...
