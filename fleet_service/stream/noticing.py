"""What changed by time alone, which nobody wrote: found by whoever judges all kiosks."""

from collections.abc import Iterable

from fleet_service.instances.snapshot import JudgedKiosk, Snapshot
from fleet_service.stream.marks import EVERYTHING, Kind, Mark


class Noticing:
    """Compares each round with the one before. Of one task, and pure besides what it remembers."""

    def __init__(self) -> None:
        self._term: int | None = None
        self._known: dict[str, tuple[object, ...]] = {}

    def marks(self, term: int, snapshot: Snapshot) -> Iterable[Mark]:
        """Return what looks otherwise than in the last round.

        In the first round of a term that is everything: nobody knows what it was compared with.
        """
        now = {one.kiosk.kiosk_id: _looks(one) for one in snapshot.kiosks}
        before, self._known = self._known, now
        if term != self._term:
            self._term = term
            return [EVERYTHING]
        changed = [one for one in {**before, **now} if before.get(one) != now.get(one)]
        return [Mark(Kind.INSTANCE, one) for one in changed]


def _looks(one: JudgedKiosk) -> tuple[object, ...]:
    """Return what may change by time; what is written is marked with the writing."""
    kiosk = one.kiosk
    return one.assessment, kiosk.kiosk_code, kiosk.standing, kiosk.instance_id, one.venue.venue_id
