"""What is held of relayed requests in memory: bounded for all kiosks, and for each."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from kiosk_contracts.problem import ProblemCode, ProblemError

MOST_OF_ONE: Final = 16
"""Requests of one kiosk at once; an agent has half as many who ask."""
_AGAIN_S: Final = 5


class Grip:
    """What is held of one request."""

    def __init__(self, whole: "Holding") -> None:
        self._whole = whole
        self.bytes = 0

    def more(self, size: int) -> None:
        """Hold `size` bytes more; raises ProblemError 503 where there is no room for them."""
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
        self._whole.bytes += size
        self.bytes += size


class Holding:
    """Bodies count as they come: one who says much and sends little takes no room from others."""

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self.bytes = 0
        self._of: Counter[str] = Counter()

    @property
    def requests(self) -> int:
        """Return how many are at hand."""
        return self._of.total()

    @contextmanager
    def of(self, kiosk_id: str) -> Iterator[Grip]:
        """Hold a request of a kiosk; raises ProblemError 429 where it has too many already."""
        if self._of[kiosk_id] >= MOST_OF_ONE:
            raise ProblemError(
                429,
                ProblemCode.TOO_MANY_REQUESTS,
                "This kiosk asks too much at once",
                detail=f"{MOST_OF_ONE} of its requests are at hand already; nothing was done.",
                hint="Nothing to do: the kiosk tries again by itself.",
                retryable=True,
                retry_after_s=_AGAIN_S,
            )
        self._of[kiosk_id] += 1
        grip = Grip(self)
        try:
            yield grip
        finally:
            self.bytes -= grip.bytes
            self._of[kiosk_id] -= 1
            if not self._of[kiosk_id]:
                del self._of[kiosk_id]
