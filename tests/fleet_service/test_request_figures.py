"""Figures of requests are what the library's own counters would tell."""

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from fleet_service.request_figures import RequestFigures

ANSWERS = [
    ("POST", "/v1/heartbeats", 200, 0.0),
    ("POST", "/v1/heartbeats", 200, 0.005),
    ("POST", "/v1/heartbeats", 200, 0.0051),
    ("POST", "/v1/heartbeats", 503, 10.0),
    ("POST", "/v1/heartbeats", 503, 10.5),
    ("GET", "/v1/instances/{kiosk_id}", 404, 0.7),
]


def told(registry: CollectorRegistry) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    families = text_string_to_metric_families(generate_latest(registry).decode())
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
        if not sample.name.endswith("_created")
    }


def test_they_are_those_of_the_library() -> None:
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    figures = RequestFigures()
    ours.register(figures)
    requests = Counter(
        "eventpro_fleet_requests",
        "Requests answered.",
        ["method", "route", "status"],
        registry=theirs,
    )
    seconds = Histogram(
        "eventpro_fleet_request_seconds",
        "Time from request to answer.",
        ["route"],
        registry=theirs,
    )
    for method, route, status, took in ANSWERS:
        figures.observe(method, route, status, took)
        requests.labels(method, route, str(status)).inc()
        seconds.labels(route).observe(took)
    assert told(ours) == told(theirs)
    assert len(told(ours)) > 30


def test_methods_that_nobody_has_are_one() -> None:
    registry, figures = CollectorRegistry(), RequestFigures()
    registry.register(figures)
    for method in ("BREW", "PROPFIND"):
        figures.observe(method, "unknown", 405, 0.1)
    labels = (("method", "other"), ("route", "unknown"), ("status", "405"))
    assert told(registry)["eventpro_fleet_requests_total", labels] == 2
