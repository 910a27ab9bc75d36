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

MOST_BUCKETS: Final = 10_000
"""The one that was asked longest ago goes first: it has filled most."""
_ADDRESS_SHARE: Final = 4
"""So many operators may be behind one address."""
_FAILURES_PER_S: Final = 0.1


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


class TokenBuckets:
    """A bucket for each key: `burst` at once, and `per_s` more each second."""

    def __init__(self, clock: Clock, *, per_s: float, burst: float) -> None:
        self._clock = clock
        self._per_s = per_s
        self._burst = burst
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, key: str) -> float:
        """Take one; return 0, or in how many seconds there will be one (nothing was taken)."""
        bucket = self._filled(key)
        if bucket.left < 1:
            return (1 - bucket.left) / self._per_s
        bucket.left -= 1
        return 0.0

    def wait_s(self, key: str) -> float:
        """Return 0 if there is one, or in how many seconds there will be; take nothing."""
        bucket = self._filled(key)
        return max(0.0, (1 - bucket.left) / self._per_s)

    def _filled(self, key: str) -> _Bucket:
        now = self._clock.monotonic()
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = _Bucket(self._burst, now)
        bucket.left = min(self._burst, bucket.left + (now - bucket.at) * self._per_s)
        bucket.at = now
        self._buckets.move_to_end(key)
        while len(self._buckets) > MOST_BUCKETS:
            self._buckets.popitem(last=False)
        return bucket


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
