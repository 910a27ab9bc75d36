"""Which images the fleet service wants here, and what the supervisor says of them."""

from collections.abc import Sequence
from typing import Final

from kiosk_agent.ports.clock import Clock
from kiosk_agent.services.changes import Changes
from kiosk_contracts.images import (
    MOST_IMAGES,
    MOST_NAME,
    ImageReport,
    ImagesSeen,
    ImageStanding,
    ImageState,
    ImagesWanted,
)

KNOWN_MS: Final = 300_000
"""The supervisor tells every few seconds, or minutes with a slow Docker. What it said longer ago
may have passed since, and no kiosk is to be moved that has nobody to move its screen."""


class ImageDesk:
    """In memory: each heartbeat says again what is wanted, and the supervisor the rest."""

    def __init__(self, changes: Changes, clock: Clock) -> None:
        self._changes = changes
        self._clock = clock
        self._told_ms = 0
        self._wanted = ImagesWanted()
        self._seen = ImagesSeen()

    def want(self, images: Sequence[str]) -> None:
        """Take what the answer to a heartbeat says; a name that is too long is refused later on."""
        heeded = tuple(one[:MOST_NAME] for one in images[:MOST_IMAGES])
        self._wanted = ImagesWanted(known=True, images=heeded)

    def tell(self, seen: ImagesSeen) -> ImagesWanted:
        """Take what the supervisor says; return what is wanted. Idempotent."""
        before, self._seen = self.reports(), seen
        self._told_ms = self._clock.boottime_ms()
        # Who watches the status hears of another state, not of each percent of a pull.
        if self.reports() != before:
            self._changes.notify()
        return self._wanted

    def standings(self) -> tuple[ImageStanding, ...]:
        """Return how they stand; none where the supervisor is silent."""
        fresh = self._clock.boottime_ms() - self._told_ms < KNOWN_MS
        return self._seen.images if fresh else ()

    def reports(self) -> tuple[ImageReport, ...]:
        """Return the same for a heartbeat."""
        return tuple(
            ImageReport(
                image=one.image,
                state=one.state,
                why=one.why,
                for_good=one.state == ImageState.FAILED and one.next_try_at is None,
            )
            for one in self.standings()
        )
