"""Figures for Prometheus, with a registry per app."""

import time

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from core_services.ticket_api.api.problems import Handler
from kiosk_contracts.uploads import ItemOutcome


class Metrics:
    """What the ticket API counts of itself."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "ticket_api_requests_total",
            "Requests answered, by route and status.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "ticket_api_request_seconds",
            "Time to answer, by route.",
            ["route"],
            registry=self.registry,
        )
        self._outcomes = Counter(
            "ticket_api_transactions_total",
            "Transactions judged, by status and code.",
            ["status", "code"],
            registry=self.registry,
        )
        self._replays = Counter(
            "ticket_api_replays_total",
            "Settled transactions that were answered again.",
            registry=self.registry,
        )
        self._flags = Counter(
            "ticket_api_flags_total",
            "Flags on newly settled transactions.",
            ["flag"],
            registry=self.registry,
        )

    def observe_outcome(self, outcome: ItemOutcome) -> None:
        """Count what became of an item."""
        if outcome.replayed:
            self._replays.inc()
            return
        self._outcomes.labels(outcome.status, outcome.code).inc()
        for flag in outcome.flags:
            self._flags.labels(flag).inc()

    def observe_request(self, request: web.Request, status: int, seconds: float) -> None:
        """Count an answer."""
        resource = request.match_info.route.resource
        route = resource.canonical if resource is not None else "none"
        self._requests.labels(request.method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)


METRICS = web.AppKey("metrics", Metrics)


@web.middleware
async def measure(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Count every answer and its time."""
    started = time.perf_counter()
    response = await handler(request)
    seconds = time.perf_counter() - started
    request.app[METRICS].observe_request(request, response.status, seconds)
    return response


async def get_metrics(request: web.Request) -> web.Response:
    """Answer `GET /metrics`."""
    body = generate_latest(request.app[METRICS].registry)
    return web.Response(body=body, headers={"Content-Type": "text/plain; version=0.0.4"})
