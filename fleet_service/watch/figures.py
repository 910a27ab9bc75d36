"""The fleet's figures for Prometheus, from the store: the same from any task. Pure."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from fleet_service.heartbeats.last_seen import LastSeen
from fleet_service.instances.records import WatchRecord
from fleet_service.instances.snapshot import JudgedKiosk, Snapshot
from fleet_service.instances.states import KioskState
from kiosk_contracts.alarms import Alarm

_PREFIX: Final = "eventpro_fleet"
_NEVER: Final = float("inf")
_OF_REPORTS: Final[tuple[tuple[str, str, Callable[[LastSeen], float | None]], ...]] = (
    ("queued", "Transactions that wait at a kiosk.", lambda one: one.queued),
    ("parked", "Transactions that a kiosk has set aside for later.", lambda one: one.parked),
    (
        "quarantined",
        "Transactions that a person must look at.",
        lambda one: one.quarantined,
    ),
    (
        "refunds_to_give",
        "Refunds whose money nobody has given back.",
        lambda one: len(one.refunds_to_give),
    ),
    ("free_bytes", "Free room on a kiosk's disk.", lambda one: one.free_bytes),
    (
        "clock_offset_seconds",
        "How far a kiosk's clock is ahead of ours.",
        lambda one: one.clock_offset_s,
    ),
    (
        "report_timestamp_seconds",
        "When a kiosk's last report came that was kept, Unix time.",
        lambda one: one.seen_at.timestamp(),
    ),
)


@dataclass(frozen=True, eq=False)
class FleetFigures(Collector):
    """Everything at one moment."""

    snapshot: Snapshot
    alarms: Sequence[Alarm]
    watch: WatchRecord | None
    now: datetime

    def text(self) -> bytes:
        """Return Prometheus' text form."""
        registry = CollectorRegistry(auto_describe=False)
        registry.register(self)
        return generate_latest(registry)

    def collect(self) -> Iterator[Metric]:
        """Return all figures."""
        kiosks = list(self.snapshot.kiosks)
        yield from self._of_states(kiosks)
        yield from self._of_sources()
        yield from self._of_alarms()
        for name, words, figure in _OF_REPORTS:
            family = _gauge(f"kiosk_{name}", words, "venue", "kiosk")
            for one in kiosks:
                report = one.kiosk.views.report
                told = None if report is None else figure(report)
                if told is not None:
                    family.add_metric(_place(one), told)
            yield family

    def _of_states(self, kiosks: Sequence[JudgedKiosk]) -> Iterator[Metric]:
        counted = Counter(one.assessment.state for one in kiosks)
        family = _gauge("kiosks", "Kiosks by what may be said of them.", "state")
        for state in KioskState:
            family.add_metric([state.value], counted[state])
        yield family
        family = _gauge("kiosk_state", "1 for the state that a kiosk is in.", *_STATE_LABELS)
        for one in kiosks:
            family.add_metric([*_place(one), one.assessment.state.value], 1)
        yield family
        family = _gauge("venue_open", "1 where people are expected now.", "venue")
        for venue in self.snapshot.venues:
            family.add_metric([venue.venue.venue_id], venue.is_open)
        yield family

    def _of_sources(self) -> Iterator[Metric]:
        ages = _gauge("source_age_seconds", "Since a source last told of all hosts.", "source")
        hosts = _gauge("source_hosts", "Hosts that a source has.", "source")
        failing = _gauge("source_failures", "Sweeps of a source that failed in a row.", "source")
        for source, sweep in self.snapshot.sweeps.items():
            looked_at = None if sweep is None else sweep.looked_at
            ages.add_metric([source.name], self._age(looked_at))
            hosts.add_metric([source.name], 0 if sweep is None else sweep.hosts)
            failing.add_metric([source.name], 0 if sweep is None else sweep.failed_in_a_row)
        yield from (ages, hosts, failing)
        watch = _gauge("watch_age_seconds", "Since all kiosks were last judged.")
        watch.add_metric([], self._age(self._judged_at()))
        yield watch
        path = _gauge("path_age_seconds", "Since any task last got through to the ticket API.")
        tried = self.snapshot.path
        path.add_metric([], self._age(None if tried is None else tried.looked_at))
        yield path

    def _of_alarms(self) -> Iterator[Metric]:
        family = _gauge(
            "alarm",
            "1 for each alarm that is open; `silenced` where nobody is to be called.",
            *("alarm", "venue", "kiosk", "cause", "silenced", "acknowledged"),
        )
        for one in self.alarms:
            silenced = "yes" if one.silence is not None else "no"
            acknowledged = "yes" if one.acknowledged_at is not None else "no"
            labels = [one.alarm_id, one.venue_id, one.kiosk_id, one.cause, silenced, acknowledged]
            family.add_metric(labels, 1)
        yield family

    def _judged_at(self) -> datetime | None:
        watch = self.watch
        if watch is None:
            return None
        # A task of an older version, which may lead during an upgrade, says only when it began.
        return watch.judged_at if "judged_at" in watch.model_fields_set else watch.looked_at

    def _age(self, looked_at: datetime | None) -> float:
        return _NEVER if looked_at is None else max(0.0, (self.now - looked_at).total_seconds())


_STATE_LABELS: Final = ("venue", "kiosk", "state")


def _gauge(name: str, words: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"{_PREFIX}_{name}", words, labels=list(labels))


def _place(one: JudgedKiosk) -> list[str]:
    return [one.venue.venue_id, one.kiosk.kiosk_id]
