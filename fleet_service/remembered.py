"""What was read of the store, by key, and whether it still counts."""

from collections import OrderedDict
from collections.abc import Callable, Collection
from typing import Final, Generic, NamedTuple, Protocol, TypeVar

from fleet_service.clock import Clock

_T = TypeVar("_T")
RECALLED_S: Final = 1.0
"""Who is revoked is out within it, in every task of the service."""
MOST_RECALLED: Final = 20_000
"""Keys; the one that was asked for longest ago is forgotten first."""


class Followed(Protocol):
    """Whoever hears of every change of kiosks, in whichever task."""

    def hear(self, changed: Callable[[Collection[str] | None], None], /) -> None:
        """Have `changed` told which kiosks changed, by id; None: any may have."""
        ...

    def covers(self, read_at: float, now: float, /) -> bool:
        """Say whether what was read at a moment still counts now if no change was told."""
        ...


class Begun(NamedTuple):
    """A read under way."""

    key: str
    at: float
    """The moment before it: what is written while it runs may not be in it."""
    mark: object


class Remembered(Generic[_T]):
    """What was read counts for a second.

    Where keys are kiosks whose changes are followed: until something of the kiosk changes.
    """

    def __init__(self, clock: Clock, followed: Followed | None = None) -> None:
        """`followed`: None: nobody hears of changes."""
        self._clock = clock
        self._followed = followed
        if followed is not None:
            followed.hear(self._changed)
        self._known: OrderedDict[str, tuple[float, _T]] = OrderedDict()
        self._reading: dict[str, object] = {}
        """The read of each key that began last, unless the key changed since."""
        self._doubted: set[str] = set()
        """Keys that changed since they were read. They are kept for when the store is away."""
        self._changes: dict[str, int] = {}
        self._changes_of_any = 0

    def begin(self, key: str) -> Begun:
        """Note that a key is about to be read; for `end`."""
        mark = self._reading[key] = object()
        return Begun(key, self._clock.monotonic(), mark)

    def end(self, begun: Begun, found: _T) -> None:
        """Remember what was read, unless another read began or something changed since."""
        key = begun.key
        if self._reading.get(key) is not begun.mark:
            return
        del self._reading[key]
        self._known[key] = begun.at, found
        self._known.move_to_end(key)
        self._doubted.discard(key)
        while len(self._known) > MOST_RECALLED:
            self.forget(next(iter(self._known)))

    def drop(self, begun: Begun) -> None:
        """Let a read be that ended otherwise than with `end`."""
        if self._reading.get(begun.key) is begun.mark:
            del self._reading[begun.key]

    def last(self, key: str) -> tuple[float, _T] | None:
        """Return when a key was read last and what was there, whether it counts or not."""
        return self._known.get(key)

    def counting(self, key: str) -> tuple[float, _T] | None:
        """Return the same if it counts now, without another look at the store."""
        known = self._known.get(key)
        return known if known is not None and self._counts(key, known[0]) else None

    def doubts(self, key: str) -> bool:
        """Say whether a key changed since it was read."""
        return key in self._doubted

    def changes(self, key: str) -> int:
        """Return a number that grows by one with each change that was heard of a key."""
        return self._changes.get(key, 0) + self._changes_of_any

    def _counts(self, key: str, read_at: float) -> bool:
        if key in self._doubted:
            return False
        now = self._clock.monotonic()
        if now - read_at < RECALLED_S:
            return True
        return self._followed is not None and self._followed.covers(read_at, now)

    def forget(self, key: str) -> None:
        """Have it read when it is asked for next."""
        self._known.pop(key, None)
        self._doubted.discard(key)
        self._reading.pop(key, None)
        self._changes.pop(key, None)

    def _changed(self, keys: Collection[str] | None) -> None:
        """Let these count no more, nor what is being read of them now."""
        if keys is None:
            self._changes_of_any += 1
            self._doubted.update(self._known)
            self._reading.clear()
            return
        for key in keys:
            self._reading.pop(key, None)
            if key in self._known:
                self._changes[key] = self._changes.get(key, 0) + 1
                self._doubted.add(key)
