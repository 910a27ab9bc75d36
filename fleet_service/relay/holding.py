"""What is held of relayed requests in memory: bounded for all kiosks, and for each."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from kiosk_contracts.problem import ProblemCode, ProblemError

MOST_OF_ONE: Final = 16
"""Requests of one kiosk at once; an agent has half as many who ask."""
MOST_BYTES_OF_ONE: Final = 32 * 1024 * 1024
"""Of one kiosk: three of the largest that pass. An agent sends one batch at a time."""
_AGAIN_S: Final = 5


class Grip:
    """What is held of one request."""

    def __init__(self, whole: "Holding", kiosk_id: str) -> None:
        self._whole = whole
        self._kiosk_id = kiosk_id
        self.bytes = 0

    def more(self, size: int) -> None:
        """Hold `size` bytes more; raises ProblemError 503 where there is no room for them.

        And 429 where this kiosk has too much of it already.
        """
        if self._whole.bytes_of[self._kiosk_id] + size > MOST_BYTES_OF_ONE:
            raise _too_much(f"Of its requests {MOST_BYTES_OF_ONE} bytes at most are held at once")
        if self._whole.bytes + size > self._whole.most_bytes:
            raise ProblemError(
                503,
                ProblemCode.UPSTREAM_BUSY,
                "The fleet service is busy",
                detail="It holds as much of other requests as it can; nothing was done.",
                hint="Nothing to do: the kiosk tries again by itself.",
                retryable=True,
                retry_after_s=_AGAIN_S,
            )
        self._hold(size)

    def instead(self, size: int) -> None:
        """Hold so many bytes of the answer until it is taken, and none of the request.

        There is room: it is here, and must not be lost for the others that come.
        """
        self._hold(size - self.bytes)

    def _hold(self, size: int) -> None:
        self.bytes += size
        self._whole.bytes += size
        self._whole.bytes_of[self._kiosk_id] += size


class Holding:
    """Bodies count as they come: one who says much and sends little takes no room from others."""

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self.bytes = 0
        self.bytes_of: Counter[str] = Counter()
        """By kiosk, of those that have requests at hand."""
        self._of: Counter[str] = Counter()

    @property
    def requests(self) -> int:
        """Return how many are at hand."""
        return self._of.total()

    @contextmanager
    def of(self, kiosk_id: str) -> Iterator[Grip]:
        """Hold a request of a kiosk; raises ProblemError 429 where it has too many already."""
        if self._of[kiosk_id] >= MOST_OF_ONE:
            raise _too_much(f"{MOST_OF_ONE} of its requests are at hand already")
        self._of[kiosk_id] += 1
        grip = Grip(self, kiosk_id)
        try:
            yield grip
        finally:
            grip.instead(0)
            self._of[kiosk_id] -= 1
            if not self._of[kiosk_id]:
                del self._of[kiosk_id]
                del self.bytes_of[kiosk_id]


def _too_much(why: str) -> ProblemError:
    return ProblemError(
        429,
        ProblemCode.TOO_MANY_REQUESTS,
        "This kiosk asks too much at once",
        detail=f"{why}; nothing was done.",
        hint="Nothing to do: the kiosk tries again by itself.",
        retryable=True,
        retry_after_s=_AGAIN_S,
    )
