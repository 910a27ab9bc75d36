"""Kiosks as the fleet service sees them, made by hand."""

from datetime import UTC, datetime, timedelta
from typing import Any

from fleet_service.heartbeats.last_seen import LastSeen
from fleet_service.instances.views import EcsView, KioskViews, SsmView
from kiosk_contracts.heartbeats import Heartbeat
from kiosk_contracts.venues import Standing
from tests.support.fleet import JOURNAL_ID

NOW = datetime(2026, 11, 26, 20, 0, tzinfo=UTC)


def report(ago: timedelta, **told: Any) -> LastSeen:
    """Return a kiosk's report of so long ago."""
    at = NOW - ago
    body = {
        "kiosk_id": "a",
        "journal_id": JOURNAL_ID,
        "epoch": 1,
        "agent_version": "0.1.0",
        "device_time": at,
        "last_sequence": 7,
        "queued": 0,
        "parked": 0,
        "quarantined": 0,
    }
    return LastSeen.of(Heartbeat.model_validate({**body, **told}), at)


def views(
    kiosk_id: str,
    standing: Standing = Standing.ACTIVE,
    *,
    leaving: bool = False,
    report: LastSeen | None = None,
    ecs: EcsView | None = None,
    ssm: SsmView | None = None,
) -> KioskViews:
    """Return a kiosk of which nothing is known but this."""
    return KioskViews(kiosk_id, standing, leaving, report, ecs, ssm)
