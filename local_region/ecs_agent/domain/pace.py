"""How long the agent waits for what. Pure.

The defaults are the real agent's, from its source or measured on v1.105.1; a test scales them all
by one factor, so that their order stays as it is.
"""

import random
from dataclasses import dataclass, fields
from typing import Any, Final

_SUBMIT_DOUBLINGS: Final = 13


@dataclass(frozen=True, slots=True)
class Backoff:
    """Pauses that grow: seconds, with a share of `jitter` added at random."""

    least_s: float
    most_s: float
    factor: float
    jitter: float

    def pause(self, attempt: int) -> float:
        """Return how long to wait after the attempt of that number, from 0."""
        # A float holds no more than 2^1023, and nobody counts so far.
        grown = self.least_s * self.factor ** min(attempt, 64)
        return min(self.most_s, grown) * (1 + random.random() * self.jitter)  # noqa: S311  jitter

    def scaled(self, by: float) -> "Backoff":
        """Return the same for a world that runs `by` times as long."""
        return Backoff(self.least_s * by, self.most_s * by, self.factor, self.jitter)


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds, all of them.

    Registration: three attempts in about two seconds, then the agent ends; `throttled` is between
    attempts that ECS throttled (measured: 5 to 232 s). ACS (`ecs-agent/acs/session/session.go`):
    `silence` is how long a line may be silent, up to twice that; `vanished` is when a line into
    nothing is noticed. Reports that find no ECS (`ecs-agent/api/ecs/client/retry_handler.go`): 2^n
    times 30 to 60 ms, then `report_longest`; that are refused (`agent/eventhandler`):
    `report_refused`.
    """

    attempt: float = 30.0
    submit_attempt: float = 42.0
    register_again: float = 0.7
    throttled: Backoff = Backoff(5.0, 193.0, 2.0, 0.2)
    reconnect: Backoff = Backoff(0.25, 120.0, 1.5, 0.2)
    inactive: float = 3600.0
    silence: float = 60.0
    vanished: float = 56.0
    endpoint_kept: float = 12 * 3600.0
    metrics_every: float = 20.0
    before_stop: float = 0.2
    before_stopped: float = 0.2
    report_unit: float = 0.03
    report_longest: float = 300.0
    report_refused: Backoff = Backoff(1.0, 30.0, 1.3, 0.2)
    restart_period: float = 1.0
    """What one second of a restartPolicy's restartAttemptPeriod lasts."""
    engine_again: Backoff = Backoff(0.5, 15.0, 2.0, 0.1)
    kept_stopped: float = 3 * 3600.0
    init: Backoff = Backoff(0.5, 15.0, 2.0, 0.1)

    def scaled(self, by: float) -> "Pace":
        """Return the same order of things in a world that runs `by` times as long."""
        values: dict[str, Any] = {}
        for one in fields(self):
            value = getattr(self, one.name)
            values[one.name] = value.scaled(by) if isinstance(value, Backoff) else value * by
        return Pace(**values)

    def report_pause(self, attempt: int) -> float:
        """Return how long a report waits after its attempt of that number, from 1."""
        if attempt > _SUBMIT_DOUBLINGS:
            return self.report_longest
        return 2.0**attempt * self.report_unit * random.uniform(1, 2)  # noqa: S311  jitter

    def longest_silence(self) -> float:
        """Draw how long this line may be silent."""
        return self.silence * random.uniform(1, 2)  # noqa: S311  jitter
