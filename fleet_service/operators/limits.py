"""How often operators may ask: token buckets in memory, each task of the service its own.

What they keep off is load. An operator's token is too long to be guessed, so who has a good one is
let in whatever others at their address do wrong; a word that somebody chose for the settings is
not, so wrong words make their address wait before another word is looked at.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from fleet_service.clock import Clock
from fleet_service.operators import refusing

MOST_BUCKETS: Final = 100_000
"""That are not full: some 30 MB. There are as many only where so many keys ask within the time in
which a bucket fills; then the one that was taken from longest ago goes first. Kiosks and tokens are
never so many; strangers' addresses may be, but whoever has so many has a fresh one each time."""
_ADDRESS_SHARE: Final = 4
"""So many operators may be behind one address."""
_FAILURES_PER_S: Final = 0.1


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


class TokenBuckets:
    """A bucket for each key: `burst` at once, and `per_s` more each second.

    One that is full again says nothing that a new one would not, and is forgotten; no other is.
    """

    def __init__(self, clock: Clock, *, per_s: float, burst: float) -> None:
        self._clock = clock
        self._per_s = per_s
        self._burst = burst
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        """In the order in which they were last taken from."""

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, key: str) -> float:
        """Take one; return 0, or in how many seconds there will be one (nothing was taken)."""
        now = self._clock.monotonic()
        bucket = self._bucket(key, now)
        left = self._left(bucket, now)
        if left < 1:
            return (1 - left) / self._per_s
        bucket.left, bucket.at = left - 1, now
        self._buckets.move_to_end(key)
        return 0.0

    def wait_s(self, key: str) -> float:
        """Return 0 if there is one, or in how many seconds there will be; take nothing."""
        bucket = self._buckets.get(key)
        if bucket is None:
            return 0.0
        return max(0.0, (1 - self._left(bucket, self._clock.monotonic())) / self._per_s)

    def _left(self, bucket: _Bucket, now: float) -> float:
        return min(self._burst, bucket.left + (now - bucket.at) * self._per_s)

    def _bucket(self, key: str, now: float) -> _Bucket:
        bucket = self._buckets.get(key)
        if bucket is None:
            self._forget_full(now)
            bucket = self._buckets[key] = _Bucket(self._burst, now)
        return bucket

    def _forget_full(self, now: float) -> None:
        """Forget those that were taken from longest ago, as far as they are full, and make room.

        Each is full `burst / per_s` seconds after that at most: so nobody waits behind one that is
        not for longer.
        """
        while self._buckets:
            bucket = next(iter(self._buckets.values()))
            if self._left(bucket, now) < self._burst and len(self._buckets) < MOST_BUCKETS:
                return
            self._buckets.popitem(last=False)


class OperatorLimits:
    """Raises ProblemError 429 `too_many_requests`, with Retry-After."""

    def __init__(self, clock: Clock, *, per_s: float, burst: int, failures: int) -> None:
        """`per_s` and `burst` are of one token; `failures` how many an address may have at once."""
        self._tokens = TokenBuckets(clock, per_s=per_s, burst=burst)
        self._addresses = TokenBuckets(
            clock, per_s=per_s * _ADDRESS_SHARE, burst=burst * _ADDRESS_SHARE
        )
        self._failures = TokenBuckets(clock, per_s=_FAILURES_PER_S, burst=failures)

    def asked_from(self, address: str) -> None:
        """Count a request of anybody."""
        if wait_s := self._addresses.take(address):
            raise refusing.too_many("So many requests come from your address.", wait_s)

    def asked_by(self, token_id: str) -> None:
        """Count a request of somebody who was let in."""
        if wait_s := self._tokens.take(token_id):
            raise refusing.too_many("So many requests come with your token.", wait_s)

    def may_guess_from(self, address: str) -> None:
        """Refuse to look at another word from where too many wrong ones came."""
        if wait_s := self._failures.wait_s(address):
            raise refusing.too_many("So many wrong tokens came from your address.", wait_s)

    def failed_from(self, address: str) -> None:
        """Count a wrong token."""
        if wait_s := self._failures.take(address):
            raise refusing.too_many("So many wrong tokens came from your address.", wait_s)
