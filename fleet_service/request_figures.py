"""Figures of the requests that a process has answered."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from math import isinf
from typing import Final

from prometheus_client import Histogram
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

_BOUNDS: Final = tuple(Histogram.DEFAULT_BUCKETS)
"""Of how long an answer took, in seconds; the last has no end."""
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE"})


class RequestFigures(Collector):
    """Counted in plain numbers, which become metrics when somebody asks for them.

    The library's own counters take a lock for each number: of a report of ten thousand kiosks that
    is a part that shows.
    """

    def __init__(self) -> None:
        self._answered: Counter[tuple[str, str, int]] = Counter()
        """By method, route and status."""
        self._took: dict[str, list[int]] = {}
        """By route: how many answers are within each of the bounds, and no shorter one."""
        self._seconds: dict[str, float] = {}
        """By route: of all of them together."""

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count an answer."""
        self._answered[method if method in _METHODS else "other", route, status] += 1
        took = self._took.get(route)
        if took is None:
            took = self._took[route] = [0] * len(_BOUNDS)
            self._seconds[route] = 0.0
        took[bisect_left(_BOUNDS, seconds)] += 1
        self._seconds[route] += seconds

    def collect(self) -> Iterator[Metric]:
        """Return how many were answered, and how long that took."""
        answered = CounterMetricFamily(
            "eventpro_fleet_requests",
            "Requests answered.",
            labels=["method", "route", "status"],
        )
        for (method, route, status), count in sorted(self._answered.items()):
            answered.add_metric([method, route, str(status)], count)
        yield answered
        took = HistogramMetricFamily(
            "eventpro_fleet_request_seconds", "Time from request to answer.", labels=["route"]
        )
        for route, counts in sorted(self._took.items()):
            within, buckets = 0, []
            for bound, count in zip(_BOUNDS, counts, strict=True):
                within += count
                buckets.append(("+Inf" if isinf(bound) else str(bound), within))
            took.add_metric([route], buckets, self._seconds[route])
        yield took
