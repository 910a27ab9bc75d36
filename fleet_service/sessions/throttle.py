"""A pause for a kiosk id after too many wrong proofs in a row."""

from dataclasses import dataclass

from fleet_service.clock import Clock


@dataclass(slots=True)
class _Failures:
    count: int = 0
    paused_until: float = 0.0


class FailureThrottle:
    """Counts failures per kiosk id, in memory: each task of the service counts its own.

    The pause also holds the right kiosk back, so it is short: a kiosk sells on without a session,
    and secrets are long enough that the pause is a matter of load, not of guessing.
    """

    def __init__(self, clock: Clock, *, allowed: int, pause_s: float) -> None:
        self._clock = clock
        self._allowed = allowed
        self._pause_s = pause_s
        self._failures: dict[str, _Failures] = {}

    def pause_left_s(self, kiosk_id: str) -> float:
        """Return how long this kiosk id still has to wait; 0 if it need not."""
        found = self._failures.get(kiosk_id)
        return max(0.0, found.paused_until - self._clock.monotonic()) if found else 0.0

    def failed(self, kiosk_id: str) -> None:
        """Count a wrong proof. Call it for registered kiosks only, which bounds the memory."""
        found = self._failures.setdefault(kiosk_id, _Failures())
        found.count += 1
        if found.count >= self._allowed:
            found.count = 0
            found.paused_until = self._clock.monotonic() + self._pause_s

    def succeeded(self, kiosk_id: str) -> None:
        """Forget the failures before."""
        self._failures.pop(kiosk_id, None)
