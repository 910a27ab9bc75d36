"""Kiosks and venues as they are told. Pure.

What kiosks said is made plain here, once: it ends on terminals and in pages.
"""

from collections import Counter
from datetime import datetime
from typing import Any

from fleet_service.heartbeats.last_seen import LastSeen
from fleet_service.instances.snapshot import JudgedKiosk, JudgedVenue, Snapshot
from fleet_service.instances.views import EcsView, SsmView
from kiosk_contracts.instances import (
    EcsSeen,
    FindingTold,
    Instance,
    ReportSeen,
    SourceSeen,
    SsmSeen,
    VenueSeen,
)
from kiosk_contracts.plain_text import made_plain


def told_kiosk(one: JudgedKiosk) -> Instance:
    """Return a kiosk."""
    kiosk, said = one.kiosk, one.assessment
    return Instance(
        kiosk_id=kiosk.kiosk_id,
        kiosk_code=kiosk.kiosk_code,
        venue_id=one.venue.venue_id,
        venue_name=one.venue.name,
        standing=kiosk.standing,
        instance_id=kiosk.instance_id,
        state=said.state,
        why=made_plain(said.why),
        findings=tuple(
            FindingTold(cause=each.cause, words=made_plain(each.words)) for each in said.findings
        ),
        unknown=said.unknown,
        report=None if kiosk.views.report is None else _report(kiosk.views.report),
        ecs=None if kiosk.views.ecs is None else _ecs(kiosk.views.ecs),
        ssm=None if kiosk.views.ssm is None else _ssm(kiosk.views.ssm, kiosk.views.pinged_at),
    )


def told_venue(one: JudgedVenue) -> VenueSeen:
    """Return a venue."""
    venue = one.venue
    states = Counter(kiosk.assessment.state.value for kiosk in one.kiosks)
    return VenueSeen(
        venue_id=venue.venue_id,
        name=venue.name,
        address=venue.address,
        contact=venue.contact,
        time_zone=venue.time_zone,
        opening_hours=venue.opening_hours,
        is_open=one.is_open,
        states=dict(sorted(states.items())),
    )


def told_sources(snapshot: Snapshot) -> tuple[SourceSeen, ...]:
    """Return who was asked about hosts, and when that went well."""
    told = []
    for source, sweep in snapshot.sweeps.items():
        known = (
            {}
            if sweep is None
            else {
                "looked_at": sweep.looked_at,
                "hosts": sweep.hosts,
                "failure": made_plain(sweep.failure),
            }
        )
        fresh = snapshot.is_fresh(source)
        told.append(SourceSeen(source=source.name, words=source.words, fresh=fresh, **known))
    return tuple(told)


def _report(report: LastSeen) -> ReportSeen:
    told = report.to_json()
    return ReportSeen.model_validate({name: _plain(told[name]) for name in _REPORTED})


_REPORTED = sorted(ReportSeen.model_fields)


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return made_plain(value)
    if isinstance(value, dict):
        return {made_plain(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value


def _ecs(view: EcsView) -> EcsSeen:
    return EcsSeen(
        looked_at=view.looked_at,
        status=view.status,
        connected=view.connected,
        changed_at=view.changed_at,
        release=made_plain(view.release),
    )


def _ssm(view: SsmView, pinged_at: datetime | None) -> SsmSeen:
    return SsmSeen(looked_at=view.looked_at, ping=view.ping, pinged_at=pinged_at)
