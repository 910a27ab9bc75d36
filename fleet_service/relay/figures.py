"""The relay's figures for Prometheus: of this process."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from fleet_service.relay.breaker import Circuit
from fleet_service.relay.path import Path
from fleet_service.relay.service import Relay

_PREFIX: Final = "eventpro_fleet"


@dataclass(frozen=True, eq=False)
class RelayFigures(Collector):
    """Collected when asked for."""

    relay: Relay
    path: Path

    def collect(self) -> Iterator[Metric]:
        """Return them all."""
        circuit = _gauge("relay_circuit", "1 for how the ticket API's circuit stands.", "state")
        for state in Circuit:
            circuit.add_metric([state.value], self.relay.breaker.circuit is state)
        yield circuit
        opened = CounterMetricFamily(
            f"{_PREFIX}_relay_circuit_opened", "How often it opened, each outage once."
        )
        opened.add_metric([], self.relay.breaker.opened)
        yield opened
        requests = _gauge("relay_requests", "Kiosks' requests at hand, by where they are.", "stage")
        asking, waiting = self.relay.places.taken, self.relay.places.waiting
        requests.add_metric(["asking"], asking)
        requests.add_metric(["waiting"], waiting)
        requests.add_metric(["coming"], max(0, self.relay.holding.requests - asking - waiting))
        yield requests
        held = _gauge("relay_held_bytes", "Bytes of their bodies.")
        held.add_metric([], self.relay.holding.bytes)
        yield held
        age = _gauge("task_path_age_seconds", "Since this task last got through to the ticket API.")
        age.add_metric([], self.path.age_s())
        yield age


def _gauge(name: str, words: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"{_PREFIX}_{name}", words, labels=list(labels))
