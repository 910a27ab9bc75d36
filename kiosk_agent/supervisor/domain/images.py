"""Which images of the kiosk UI stay on the disk. No I/O."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

UNUSED_MS: Final = 7 * 24 * 3_600_000
"""An image that nothing needs goes after a week, or sooner where the disk is short."""


@dataclass(frozen=True, slots=True)
class ImageSeen:
    """An image of the kiosk UI on this host."""

    image_id: str
    names: tuple[str, ...]
    """What names it, tags and digests; empty: nothing does any more."""
    size_bytes: int
    unused_since_ms: int
    """When it was first seen that nothing needs it; CLOCK_BOOTTIME."""


@dataclass(frozen=True, slots=True)
class Removal:
    """An image to remove, and why."""

    image_id: str
    why: str


def needed(
    running: Collection[str], last_good: str, before: str, desired: Collection[str]
) -> frozenset[str]:
    """Return the images that stay, whatever the disk says.

    What runs; what ran well last, by which the standby is started; the one before that, to go back
    to; and those that are to come.
    """
    return frozenset({*running, last_good, before, *desired} - {""})


def to_remove(
    images: Sequence[ImageSeen],
    keep: Collection[str],
    now_ms: int,
    *,
    disk_is_short: bool,
    pulling: bool,
) -> Sequence[Removal]:
    """Return the images to remove, the longest unused first; none while one is being pulled.

    A pull takes layers from images that are there: removing one would have it fetched again.
    """
    if pulling:
        return []
    unused = sorted(
        (one for one in images if one.image_id not in keep),
        key=lambda one: (one.unused_since_ms, one.image_id),
    )
    removals = []
    for one in unused:
        days = (now_ms - one.unused_since_ms) // (24 * 3_600_000)
        if now_ms - one.unused_since_ms >= UNUSED_MS:
            removals.append(Removal(one.image_id, f"nothing has needed it for {days} days"))
        elif disk_is_short:
            removals.append(Removal(one.image_id, "the disk is short, and nothing needs it"))
    return removals
