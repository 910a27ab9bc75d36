"""Which images of the kiosk UI stay on the disk. No I/O."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
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
    unused_ms: int = 0
    """For how long it was seen that nothing needs it, while the supervisor ran."""
    made_s: int = 0
    """When it was built; seconds since 1970."""


@dataclass(frozen=True, slots=True)
class ImagesKnown:
    """What outlives the supervisor."""

    desired: tuple[str, ...] = ()
    """The ids of the images that were to come."""
    unused_ms: Mapping[str, int] = field(default_factory=dict)
    """For how long nothing has needed each, counted while the supervisor ran: a kiosk that is off
    at night, or whose clock is turned, removes none too early, and in the end each."""


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


def younger(images: Sequence[ImageSeen], before: str) -> frozenset[str]:
    """Return the images that may be to come, while nobody has said which are.

    What was built after the one before the last may be; all, where that is not known.
    """
    made_s = next((one.made_s for one in images if one.image_id == before), None)
    return frozenset(one.image_id for one in images if made_s is None or one.made_s > made_s)


def to_remove(
    images: Sequence[ImageSeen],
    keep: Collection[str],
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
        key=lambda one: (-one.unused_ms, one.image_id),
    )
    removals = []
    for one in unused:
        days = one.unused_ms // (24 * 3_600_000)
        if one.unused_ms >= UNUSED_MS:
            removals.append(Removal(one.image_id, f"nothing has needed it for {days} days"))
        elif disk_is_short:
            removals.append(Removal(one.image_id, "the disk is short, and nothing needs it"))
    return removals
