"""How well a task reads the queues of ECS's events: its own figures for Prometheus."""

from collections.abc import Iterator
from typing import Final

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from fleet_service.clock import Clock

_PREFIX: Final = "eventpro_fleet"


class QueueFigures(Collector):
    """One for all queues of a task. Those that it is to read count from when that begins."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._answered: dict[str, float] = {}
        self._waited: dict[str, float] = {}

    def reads(self, queue: str) -> None:
        """Have a queue's age count from now: it is to be read."""
        self._answered[queue] = self._clock.monotonic()
        self._waited[queue] = 0.0

    def answered(self, queue: str, sent_at: list[float]) -> None:
        """Note an answer whose messages were sent then (Unix time); none: the queue is empty."""
        self._answered[queue] = self._clock.monotonic()
        now = self._clock.now().timestamp()
        self._waited[queue] = max(0.0, now - min(sent_at)) if sent_at else 0.0

    def collect(self) -> Iterator[Metric]:
        """Return all figures."""
        ages = _gauge("task_events_age_seconds", "Since a queue last answered this task.")
        waits = _gauge(
            "task_events_wait_seconds",
            "How long the oldest event had waited that this task took last; 0: there was none.",
        )
        for queue, answered in self._answered.items():
            ages.add_metric([queue], self._clock.monotonic() - answered)
            waits.add_metric([queue], self._waited[queue])
        yield from (ages, waits)


def _gauge(name: str, words: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"{_PREFIX}_{name}", words, labels=["queue"])
