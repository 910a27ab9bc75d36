"""Which image is pulled next, and when; what is to be said of each. No I/O."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from kiosk_contracts.images import MOST_WHY, ImageState

LEAST_PAUSE_MS: Final = 10_000
MOST_PAUSE_MS: Final = 600_000
"""After a failure; by chance between the least and a bound that doubles. Never given up."""
WAITS_FOR_ROOM: Final = "the disk is short: it waits for room"
_NAME: Final = re.compile(
    r"(?P<registry>[A-Za-z0-9.-]+(?::[0-9]{1,5})?)/(?P<repository>[a-z0-9]+(?:[._/-]+[a-z0-9]+)*)"
    r"@(?P<digest>sha256:[0-9a-f]{64})"
)
_CHANGES_EACH_TIME: Final = re.compile(r"(?<=:)\d{4,5}(?=->)|request id: \S+|\d+ seconds?")


class ImageNameError(ValueError):
    """No image is pulled by such a name; the text says why."""


@dataclass(frozen=True, slots=True)
class Image:
    """An image by its digest."""

    registry: str
    """`HOST[:PORT]`."""
    repository: str
    digest: str

    @property
    def name(self) -> str:
        """`REGISTRY/REPOSITORY@sha256:…`."""
        return f"{self.registry}/{self.repository}@{self.digest}"


def read_image(name: str) -> Image:
    """Return what a name says; raises ImageNameError."""
    found = _NAME.fullmatch(name)
    if found is not None and _is_host(found["registry"]):
        return Image(found["registry"], found["repository"], found["digest"])
    if "@" not in name:
        raise ImageNameError("it is not named by a digest, and what a tag names changes")
    raise ImageNameError("it is not named as REGISTRY/REPOSITORY@sha256:…")


def _is_host(registry: str) -> bool:
    # Else Docker would take it for a folder of its own public registry.
    return "." in registry or ":" in registry or registry == "localhost"


@dataclass(frozen=True, slots=True)
class OnHost:
    """An image that Docker has."""

    image_id: str
    names: tuple[str, ...]
    """By digest."""
    platform: str
    """`linux/amd64`."""


def what_is_wrong(image: Image, found: OnHost, platform: str) -> str:
    """Return why an image that is there is not the one that was wanted; empty if it is."""
    if image.name not in found.names:
        return "what Docker has by that name has another digest"
    if found.platform != platform:
        return f"it is for {found.platform}, and this host is {platform}"
    return ""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far Docker is, by layer: what came and what there is to come."""

    layers: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def got(self) -> int:
        """Bytes that came."""
        return sum(got for got, _ in self.layers.values())

    @property
    def of(self) -> int:
        """Bytes of all layers that Docker has begun to fetch."""
        return sum(of for _, of in self.layers.values())

    def heard(self, line: Mapping[str, Any]) -> "Progress":
        """Return it after a line of Docker's (POST /images/create)."""
        layer, detail = line.get("id"), line.get("progressDetail") or {}
        status = line.get("status")
        if not isinstance(layer, str):
            return self
        if status == "Downloading" and isinstance(detail.get("total"), int):
            got, of = int(detail.get("current", 0)), max(int(detail["total"]), 0)
            return Progress({**self.layers, layer: (min(got, of), of)})
        if status in {"Download complete", "Pull complete"} and layer in self.layers:
            of = self.layers[layer][1]
            return Progress({**self.layers, layer: (of, of)})
        return self


@dataclass(frozen=True, slots=True)
class Pull:
    """How a wanted image stands."""

    state: ImageState = ImageState.WAITING
    why: str = ""
    failures: int = 0
    """In a row."""
    next_ms: int | None = 0
    """When it may be tried; CLOCK_BOOTTIME. None: no other try would change anything."""
    progress: Progress = field(default_factory=Progress)
    image_id: str = ""
    """Once it is ready."""

    def begun(self) -> "Pull":
        """Return it while it is pulled; why the last try failed is still said."""
        return replace(self, state=ImageState.PULLING, progress=Progress())

    def ready(self, image_id: str) -> "Pull":
        """Return it once it is there."""
        return Pull(ImageState.READY, image_id=image_id)

    def failed(self, why: str, now_ms: int, chance: float) -> "Pull":
        """Return it after a try that failed, to be tried again."""
        failures = self.failures + 1
        next_ms = now_ms + pause_ms(failures, chance)
        return Pull(ImageState.FAILED, why[:MOST_WHY], failures, next_ms)

    def refused(self, why: str) -> "Pull":
        """Return it where another try would end the same."""
        return Pull(ImageState.FAILED, why[:MOST_WHY], self.failures, None)


def pause_ms(failures: int, chance: float) -> int:
    """Return how long to wait after so many failures in a row; `chance` is from 0 to 1."""
    bound = min(LEAST_PAUSE_MS * 2 ** min(failures, 16), MOST_PAUSE_MS)
    return LEAST_PAUSE_MS + int((bound - LEAST_PAUSE_MS) * chance)


def still_wanted(pulls: Mapping[str, Pull], wanted: Sequence[str]) -> dict[str, Pull]:
    """Return how those that are wanted now stand, in their order; others are forgotten."""
    return {name: pulls.get(name) or _new(name) for name in wanted}


def _new(name: str) -> Pull:
    try:
        read_image(name)
    except ImageNameError as error:
        return Pull().refused(str(error))
    return Pull()


def next_to_pull(pulls: Mapping[str, Pull], now_ms: int, *, disk_is_short: bool) -> str | None:
    """Return which image to pull now; None for none. One at a time, the first that may be."""
    if disk_is_short or any(one.state is ImageState.PULLING for one in pulls.values()):
        return None
    for name, pull in pulls.items():
        due = pull.next_ms is not None and pull.next_ms <= now_ms
        if due and pull.state in {ImageState.WAITING, ImageState.FAILED}:
            return name
    return None


def waiting_why(pull: Pull, *, disk_is_short: bool) -> str:
    """Return what is to be said of an image; one that is due says that it waits for room."""
    short = disk_is_short and pull.state in {ImageState.WAITING, ImageState.FAILED}
    if not short or pull.next_ms is None:
        return pull.why
    return f"{pull.why}; {WAITS_FOR_ROOM}"[:MOST_WHY] if pull.why else WAITS_FOR_ROOM


def alike(why: str) -> str:
    """Return a failure's words without what differs each time, to tell the same one again."""
    return _CHANGES_EACH_TIME.sub("…", why)
