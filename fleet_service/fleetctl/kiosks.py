"""`fleetctl status` and `fleetctl kiosk list | show`."""

import argparse
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from rich.console import Group
from rich.text import Text

from fleet_service.fleetctl import alarms
from fleet_service.fleetctl.fleet import Fleet, named
from fleet_service.fleetctl.shown import Found, show
from fleet_service.fleetctl.words import age, facts, gravity, plain, state, table, when
from kiosk_contracts.alarms import Alarm
from kiosk_contracts.instances import (
    Instance,
    InstanceDetail,
    InstancePage,
    ReportSeen,
    SourceSeen,
)

INSTANCES = "/v1/instances"
_ROUTINE = frozenset({"well", "closed", "expected", "retired", "revoked"})
"""States in which nobody has to do anything."""
_MOST_HISTORY = 20


def status(options: argparse.Namespace) -> None:
    """Say in one picture whether somebody has to do something."""

    async def look(service: Fleet) -> Found:
        kiosks, sources = await _all(service, {})
        open_alarms = await alarms.every_open(service, {})
        value = {
            "states": _counts(kiosks),
            "alarms": [one.to_json() for one in open_alarms],
            "sources": [one.to_json() for one in sources],
        }
        return Found(value, _picture(kiosks, open_alarms, sources))

    show(options, look)


def _counts(kiosks: Iterable[Instance]) -> dict[str, int]:
    counted = Counter(one.state for one in kiosks)
    return {word: counted[word] for word in sorted(counted, key=gravity)}


def _picture(
    kiosks: list[Instance], open_alarms: list[Alarm], sources: Iterable[SourceSeen]
) -> Group:
    counted = Text(", ").join(
        Text.assemble(f"{count} ", state(word)) for word, count in _counts(kiosks).items()
    )
    parts: list[Any] = [counted if kiosks else Text("no kiosks yet")]
    for one in sources:
        if not one.fresh:
            why = f": {one.failure}" if one.failure else ""
            seen = f"last asked {age(one.looked_at)} ago" if one.looked_at else "never asked"
            parts.append(Text(f"not known now: {plain(one.words)}, {seen}{why}", "yellow"))
    if open_alarms:
        parts += [Text(), alarms.alarm_table(open_alarms)]
    else:
        parts.append(Text("no alarms"))
    troubled = [one for one in kiosks if one.state not in _ROUTINE]
    if troubled:
        parts += [Text(), _table(troubled)]
    return Group(*parts)


def show_list(options: argparse.Namespace) -> None:
    """List kiosks, problems first."""
    asked = {
        "state": options.state,
        "cause": options.cause,
        "venue": options.venue,
        "text": options.text,
        "release": options.release,
    }

    async def look(service: Fleet) -> Found:
        kiosks, _ = await _all(service, asked)
        return Found([one.to_json() for one in kiosks], _table(kiosks))

    show(options, look)


async def _all(
    service: Fleet, asked: dict[str, Any]
) -> tuple[list[Instance], tuple[SourceSeen, ...]]:
    kiosks: list[Instance] = []
    sources: tuple[SourceSeen, ...] = ()
    async for page in service.pages(InstancePage, INSTANCES, asked):
        kiosks += page.instances
        sources = page.sources
    return sorted(kiosks, key=lambda one: gravity(one.state)), sources


def _table(kiosks: Iterable[Instance]) -> Any:
    return table(
        ("KIOSK", "VENUE", "STATE", "WHY", "UNSETTLED", "RELEASE", "REPORT"),
        [
            (
                one.kiosk_id,
                one.venue_id,
                state(one.state),
                one.why or "-",
                _unsettled(one.report),
                (one.ecs.release if one.ecs else "") or "-",
                age(one.report.seen_at) if one.report else "-",
            )
            for one in kiosks
        ],
    )


def _unsettled(report: ReportSeen | None) -> str:
    """Return how much is not settled; what is parked or in quarantine stands apart."""
    if report is None:
        return "-"
    stuck = report.parked + report.quarantined
    return f"{report.queued}+{stuck} stuck" if stuck else str(report.queued)


def show_one(options: argparse.Namespace) -> None:
    """Show a kiosk: its sides with their ages, what is wrong, and how it came there."""

    async def look(service: Fleet) -> Found:
        path = named(f"{INSTANCES}/{{kiosk}}", kiosk=options.kiosk_id)
        detail = await service.get(InstanceDetail, path)
        return Found(detail.to_json(), _detail(detail))

    show(options, look)


def _detail(detail: InstanceDetail) -> Group:
    one, now = detail.instance, datetime.now(UTC)
    parts: list[Any] = [facts(_facts(detail, now))]
    if one.findings:
        found = [
            (finding.cause, finding.words, _runbook(finding.cause)) for finding in one.findings
        ]
        parts += [Text(), table(("WHAT IS WRONG", "", "WHAT TO DO"), found)]
    if detail.history:
        changes = [
            (when(change.at), state(change.state), change.why)
            for change in detail.history[:_MOST_HISTORY]
        ]
        parts += [Text(), table(("SINCE", "STATE", "WHY"), changes)]
    return Group(*parts)


def _facts(detail: InstanceDetail, now: datetime) -> Iterator[tuple[str, Text | str]]:
    one = detail.instance
    yield "kiosk", f"{one.kiosk_id}  {one.kiosk_code}"
    opened = "open now" if detail.venue_open else "closed now"
    yield "venue", f"{one.venue_id}  {one.venue_name}, {opened}"
    yield "state", Text.assemble(state(one.state), f"  {plain(one.why)}" if one.why else "")
    for unknown in one.unknown:
        yield "not known", unknown
    yield "host", one.instance_id or "-"
    yield from _report(one.report, now)
    if one.ecs is not None:
        connected = "connected" if one.ecs.connected else "not connected"
        said = f"{one.ecs.status or 'has none'}, {connected}, told release {one.ecs.release or '-'}"
        yield "ECS", f"{said}  ({age(one.ecs.looked_at, now)} ago)"
    if one.ssm is not None:
        ping = one.ssm.ping or "not known there"
        pinged = f", last ping {age(one.ssm.pinged_at, now)} ago" if one.ssm.pinged_at else ""
        yield "SSM", f"{ping}{pinged}  ({age(one.ssm.looked_at, now)} ago)"
    for span in detail.sold_offline[:1]:
        yield "last offline", f"{when(span.since)} to {when(span.until)}"


def _report(report: ReportSeen | None, now: datetime) -> Iterator[tuple[str, Text | str]]:
    if report is None:
        yield "report", "never"
        return
    yield "report", f"agent {report.agent_version}  ({age(report.seen_at, now)} ago)"
    counts = f"{report.queued} queued, {report.parked} parked, {report.quarantined} in quarantine"
    if report.oldest_queued_at is not None:
        counts += f"; the oldest waits since {when(report.oldest_queued_at)}"
    yield "not settled", counts
    if report.ui is not None:
        yield "screen", f"{report.ui.source}, {report.ui.image or 'no image'}"
    elif report.supervisor:
        yield "screen", f"not known: the supervisor is {report.supervisor}"
    if report.draining:
        yield "draining", "it opens no new carts"
    if report.update_lock is not None:
        yield "update lock", f"until {when(report.update_lock.until)}: {report.update_lock.why}"
    for left in report.stock:
        yield "stock", f"{left.ticket_type_id} {left.left}"
    for image in report.images:
        yield "image", f"{image.state}: {image.image} {image.why}".rstrip()
    yield "clock", f"{report.clock_offset_s:+d} s"
    if report.free_bytes is not None:
        yield "disk", f"{report.free_bytes // 1_000_000} MB free"


def _runbook(cause: str) -> str:
    return f"docs/runbooks/{cause}.md"
