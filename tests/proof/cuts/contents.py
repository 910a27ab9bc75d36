"""What a file of the model disk holds, durable or pending, sector by sector."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Weather:
    """How a power cut treats what was not synced."""

    survival: float
    """The chance of each un-synced sector, change of size and change of a name."""
    sector: int = 512
    """Bytes that a disk writes at once."""
    torn: bool = False
    """Whether a sector may also keep a first part of what was written to it, in one time of four
    of those that are lost."""


@dataclass(frozen=True, slots=True)
class Write:
    """Bytes that were written, and where."""

    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Resize:
    """A change of size."""

    size: int
    only_grows: bool


@dataclass(slots=True, eq=False)
class Contents:
    """A file without its names."""

    durable: bytearray = field(default_factory=bytearray)
    pending: list[Write | Resize] = field(default_factory=list)

    def sync(self) -> None:
        """Make everything durable."""
        for change in self.pending:
            _apply(self.durable, change)
        self.pending.clear()

    def after_cut(self, weather: Weather, chance: random.Random) -> bytearray:
        """Return what a power cut now leaves."""
        content = bytearray(self.durable)
        for change in self.pending:
            match change:
                case Write():
                    for part in _surviving(change, weather, chance):
                        _apply(content, part)
                case Resize():
                    if chance.random() < weather.survival:
                        _apply(content, change)
        return content


def _surviving(write: Write, weather: Weather, chance: random.Random) -> Iterator[Write]:
    """Return the parts of a write that reached the disk, cut at the disk's sectors."""
    end = write.offset + len(write.data)
    start = write.offset
    while start < end:
        stop = min(end, (start // weather.sector + 1) * weather.sector)
        part = write.data[start - write.offset : stop - write.offset]
        if chance.random() < weather.survival:
            yield Write(start, part)
        elif weather.torn and weather.survival and chance.random() < _TORN:
            yield Write(start, part[: chance.randrange(1, len(part) + 1)])
        start = stop


_TORN = 0.25


def _apply(content: bytearray, change: Write | Resize) -> None:
    match change:
        case Write():
            _grow(content, change.offset)
            content[change.offset : change.offset + len(change.data)] = change.data
        case Resize():
            _grow(content, change.size)
            if not change.only_grows:
                del content[change.size :]


def _grow(content: bytearray, size: int) -> None:
    if len(content) < size:
        content.extend(bytes(size - len(content)))
