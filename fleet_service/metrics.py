"""Prometheus metrics, in a registry of one app's own."""

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.registry import Collector

from fleet_service.request_figures import RequestFigures


class Metrics:
    """Counters of one app; other parts register collectors of their own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = RequestFigures()
        self._registry.register(self._requests)
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
        self._requests.observe(method, route, status, seconds)

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
