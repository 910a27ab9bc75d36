"""Prometheus metrics, in a registry of one app's own."""

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.registry import Collector


class Metrics:
    """Counters of one app; other parts register collectors of their own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "eventpro_fleet_requests",
            "Requests answered.",
            ["method", "route", "status"],
            registry=self._registry,
        )
        self._seconds = Histogram(
            "eventpro_fleet_request_seconds",
            "Time from request to answer.",
            ["route"],
            registry=self._registry,
        )
        self._of_route: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self._sessions = Counter(
            "eventpro_fleet_sessions",
            "Session requests by result (opened, or the refusal's code).",
            ["result"],
            registry=self._registry,
        )
        self._relayed = Counter(
            "eventpro_fleet_relayed",
            "Relayed requests by result (answered, or why the ticket API did not answer).",
            ["result"],
            registry=self._registry,
        )

    def observe_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count an answer."""
        known = method if method in {"GET", "HEAD", "POST", "PUT", "DELETE"} else "other"
        told = known, route, status
        counters = self._of_route.get(told)
        if counters is None:
            # To find one by its labels takes longer than to count.
            counters = self._of_route[told] = (
                self._requests.labels(known, route, str(status)),
                self._seconds.labels(route),
            )
        counters[0].inc()
        counters[1].observe(seconds)

    def session(self, result: str) -> None:
        """Count a session request."""
        self._sessions.labels(result).inc()

    def relayed(self, result: str) -> None:
        """Count a relayed request."""
        self._relayed.labels(result).inc()

    def register(self, collector: Collector) -> None:
        """Add figures that are collected when asked for."""
        self._registry.register(collector)

    def text(self) -> bytes:
        """Return Prometheus' text form."""
        return generate_latest(self._registry)


METRICS: web.AppKey[Metrics] = web.AppKey("metrics", Metrics)
