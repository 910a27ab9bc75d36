"""Container images that a kiosk is to have ahead of its next release, and how they stand there."""

from enum import StrEnum
from typing import Annotated, Final

from pydantic import AwareDatetime, Field, StringConstraints

from kiosk_contracts.wire import Count, WireModel

MOST_IMAGES: Final = 4
"""So many are wanted of a kiosk at once, at most."""
MOST_WHY: Final = 300

MOST_NAME: Final = 500

ImageName = Annotated[str, StringConstraints(max_length=MOST_NAME)]
"""`REGISTRY/REPOSITORY@sha256:…`. One of another form travels, and is refused in words."""


class ImageState(StrEnum):
    """How an image stands on a venue host."""

    WAITING = "waiting"
    PULLING = "pulling"
    READY = "ready"
    """`image_ready`: the image with exactly that digest is there, and is for this host's kind."""
    FAILED = "failed"


class ImageReport(WireModel):
    """How a wanted image stands, for operators."""

    image: ImageName
    state: str
    """An ImageState."""
    why: str = Field(default="", max_length=MOST_WHY)
    """What it waits for, or why it failed, in words; empty where there is nothing to say."""
    for_good: bool = False
    """Of a failed one: no other try would change it."""


class ImageStanding(ImageReport):
    """The same for people at the kiosk, with how far a pull is."""

    got_bytes: Count | None = None
    """So far; None unless it is being pulled."""
    of_bytes: Count | None = None
    """Of all layers that are known by now to be fetched."""
    next_try_at: AwareDatetime | None = None
    """When a failed one is tried again; None: no other try would change it."""

    @property
    def percent(self) -> int | None:
        """How much of it came, so far as that is known."""
        if self.got_bytes is None or not self.of_bytes:
            return None
        return min(100, 100 * self.got_bytes // self.of_bytes)


class ImagesSeen(WireModel):
    """What the supervisor tells the agent of them."""

    images: tuple[ImageStanding, ...] = Field(default=(), max_length=MOST_IMAGES)


class ImagesWanted(WireModel):
    """What the agent answers."""

    known: bool = False
    """Whether the fleet service has said it since the agent started; if not, whatever was wanted
    before still is."""
    images: tuple[ImageName, ...] = Field(default=(), max_length=MOST_IMAGES)
