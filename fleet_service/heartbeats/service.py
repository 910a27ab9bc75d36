"""Taking reports, and turning them into metrics."""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from fleet_service.clock import Clock
from fleet_service.heartbeats.ports import HeartbeatStore, LastSeen
from fleet_service.sessions.tokens import AskingKiosk
from kiosk_contracts.heartbeats import Heartbeat, HeartbeatAnswer
from kiosk_contracts.problem import ProblemCode, ProblemError


class Heartbeats(Collector):
    """A kiosk may report of itself only."""

    def __init__(self, store: HeartbeatStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def last(self, kiosk_id: str) -> LastSeen | None:
        """Return a kiosk's last report since this process started."""
        return self._store.last(kiosk_id)

    async def take(
        self, asking: AskingKiosk, heartbeat: Heartbeat, *, leave: bool = False
    ) -> HeartbeatAnswer:
        """Keep a report; tell the time, and whether the kiosk is to leave.

        Raises ProblemError 403 for another kiosk's report.
        """
        if heartbeat.kiosk_id != asking.kiosk_id:
            raise ProblemError(
                403,
                ProblemCode.NOT_ALLOWED,
                "A kiosk reports of itself only",
                detail=f"The token is of {asking.kiosk_id!r}, the report is not.",
            )
        now = self._clock.now()
        await self._store.put(LastSeen(heartbeat, now, leave))
        return HeartbeatAnswer(server_time=now, leave=leave)

    def collect(self) -> Iterator[Metric]:
        """Return the figures of every kiosk heard since this process started."""
        reports = self._store.all()
        seen = GaugeMetricFamily("eventpro_fleet_kiosks_seen", "Kiosks heard since the start.")
        seen.add_metric([], len(reports))
        yield seen
        for name, words in (
            ("queued", "Transactions that wait at a kiosk."),
            ("parked", "Transactions that a kiosk has set aside for later."),
            ("quarantined", "Transactions that a person must look at."),
            ("handed_over", "Quarantined transactions that were handed over."),
        ):
            family = GaugeMetricFamily(f"eventpro_fleet_kiosk_{name}", words, labels=["kiosk"])
            for each in reports:
                family.add_metric([each.heartbeat.kiosk_id], getattr(each.heartbeat, name))
            yield family
        last = GaugeMetricFamily(
            "eventpro_fleet_kiosk_last_seen_timestamp_seconds",
            "When a kiosk was last heard, Unix time.",
            labels=["kiosk"],
        )
        for each in reports:
            last.add_metric([each.heartbeat.kiosk_id], each.seen_at.timestamp())
        yield last
