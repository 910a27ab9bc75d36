"""Taking reports, and turning them into metrics."""

from collections.abc import Iterator
from datetime import datetime

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from fleet_service.api.bodies import as_model, parse_json
from fleet_service.clock import Clock
from fleet_service.heartbeats.answers import Answers, answer_of
from fleet_service.heartbeats.ports import HeartbeatStore, Look
from fleet_service.heartbeats.reports import Figures, KnownReports, Report, report_of
from fleet_service.sessions.ports import RegisteredKiosk
from fleet_service.sessions.tokens import AskingKiosk
from kiosk_contracts.heartbeats import Heartbeat, HeartbeatAnswer
from kiosk_contracts.problem import ProblemCode, ProblemError


class Heartbeats(Collector):
    """A kiosk may report of itself only.

    What operators go by is in the store; the figures are of what this process heard.
    """

    def __init__(self, store: HeartbeatStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._heard: dict[str, tuple[Figures, datetime]] = {}
        self._known = KnownReports()
        self.answers = Answers()

    def read(self, asking: AskingKiosk, body: bytes) -> Report:
        """Return what a body says, of the kiosk that asks.

        Raises ProblemError 400 or 422 that names the field, and 403 for another kiosk's report.
        """

        def whole() -> Heartbeat:
            return as_model(parse_json(body), Heartbeat)

        known = self._known.recall(asking.kiosk_id, body, whole)
        if known is not None:
            return known
        heartbeat = whole()
        _refuse_another(asking, heartbeat)
        return self._known.remember(body, report_of(heartbeat))

    async def take(
        self, asking: AskingKiosk, heartbeat: Heartbeat, kiosk: RegisteredKiosk | None
    ) -> HeartbeatAnswer:
        """Keep a heartbeat as `keep` does; raises ProblemError 403 for another kiosk's.

        Return the time, and what operators want of the kiosk as registered.
        """
        _refuse_another(asking, heartbeat)
        return answer_of(await self.keep(report_of(heartbeat), kiosk), kiosk)

    def look(self, kiosk_id: str) -> Look | None:
        """Begin to read by what a report that came is judged; for `keep`."""
        return self._store.look(kiosk_id)

    async def keep(
        self, report: Report, kiosk: RegisteredKiosk | None, look: Look | None = None
    ) -> datetime:
        """Keep a report of a kiosk as registered; return when it came, by our clock.

        `look`: begun since the report came; None: it is looked now. Raises StoreError.
        """
        now = self._clock.now()
        self._heard[report.kiosk_id] = report.figures, now
        leaving_since = None if kiosk is None else kiosk.leaving_since
        watched = kiosk is not None and kiosk.watched
        gist = report.gist(now, leaving_since)
        if await self._store.is_news(
            report.kiosk_id, gist, look, watched=watched
        ) and not await self._store.put_again(report.kiosk_id, gist, report.mark, watched=watched):
            seen = report.seen(now, leaving_since)
            await self._store.put(seen, report.mark, watched=watched)
        return now

    def collect(self) -> Iterator[Metric]:
        """Return the figures of every kiosk heard since this process started."""
        reports = [(kiosk_id, *self._heard[kiosk_id]) for kiosk_id in sorted(self._heard)]
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
            for kiosk_id, figures, _ in reports:
                family.add_metric([kiosk_id], getattr(figures, name))
            yield family
        last = GaugeMetricFamily(
            "eventpro_fleet_kiosk_last_seen_timestamp_seconds",
            "When a kiosk was last heard, Unix time.",
            labels=["kiosk"],
        )
        for kiosk_id, _, at in reports:
            last.add_metric([kiosk_id], at.timestamp())
        yield last


def _refuse_another(asking: AskingKiosk, heartbeat: Heartbeat) -> None:
    if heartbeat.kiosk_id != asking.kiosk_id:
        raise ProblemError(
            403,
            ProblemCode.NOT_ALLOWED,
            "A kiosk reports of itself only",
            detail=f"The token is of {asking.kiosk_id!r}, the report is not.",
        )
