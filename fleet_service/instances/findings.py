"""What is wrong with a kiosk by its last report, and by what ECS and Systems Manager say. Pure."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from fleet_service.heartbeats.last_seen import LastSeen
from fleet_service.instances.states import Cause, Finding
from fleet_service.instances.views import ACTIVE, KioskViews
from kiosk_contracts.repairs import failing
from kiosk_contracts.ui_report import SupervisorHeard, UiSource

QUEUE_OLD: Final = timedelta(minutes=10)
"""With a line, transactions settle within seconds."""
CLOCK_OFF_S: Final = 30


def findings(kiosk: KioskViews, now: datetime) -> Iterator[Finding]:
    """Return all of it, the gravest first."""
    if kiosk.report is not None:
        yield from _of_the_journal(kiosk.report)
        yield from _of_the_host(kiosk.report)
    if kiosk.is_heard(now):
        # Of one that is silent these say nothing more than its state does.
        if kiosk.is_connected(now) is False:
            yield Finding(Cause.ECS_DISCONNECTED, _how_disconnected(kiosk))
        elif (status := kiosk.out_of_ecs(now)) is not None:
            yield Finding(
                Cause.ECS_INACTIVE, f"ECS has its host as {status}: it starts nothing there"
            )
        if kiosk.answers_ssm(now) is False:
            yield Finding(Cause.SSM_SILENT, "its host does not answer Systems Manager")


def _how_disconnected(kiosk: KioskViews) -> str:
    status = "" if kiosk.ecs is None else kiosk.ecs.status
    if not status:
        return "ECS does not know its host"
    also = "" if status == ACTIVE else f", and ECS has its host as {status}"
    return f"its ECS agent is not connected{also}"


def _of_the_journal(report: LastSeen) -> Iterator[Finding]:
    if report.room == "stop":
        yield Finding(Cause.SALES_STOPPED, "its disk is full: it sells nothing new")
    if report.quarantined:
        words = f"{report.quarantined} transactions could not be settled"
        yield Finding(Cause.QUARANTINED, words)
    if report.parked:
        yield Finding(Cause.PARKED, f"{report.parked} transactions are set aside for later")
    waited = _waited(report)
    if waited is not None and waited > QUEUE_OLD:
        since = f"{_before(report.seen_at, waited):%Y-%m-%d %H:%M} UTC"
        yield Finding(
            Cause.QUEUE_OLD, f"{report.queued} transactions wait, the oldest since {since}"
        )
    if report.epoch_reason and not report.epoch_acknowledged:
        yield Finding(Cause.NEW_JOURNAL, f"its journal began anew: {report.epoch_reason}")
    if report.refunds_to_give:
        count = len(report.refunds_to_give)
        yield Finding(Cause.REFUNDS_TO_GIVE, f"the money of {count} refunds is not given back")


def _waited(report: LastSeen) -> timedelta | None:
    """Return how long its oldest transaction waits in vain, by our clock; None: none does.

    What it recorded without a line has from the end of that outage: it is sent just now.
    """
    if report.oldest_queued_at is None:
        return None
    until = report.was_offline_until
    if until is not None and report.seen_at - until <= QUEUE_OLD:
        return None
    # Its clock may say anything: no moment is made of that.
    return report.seen_at - report.oldest_queued_at + timedelta(seconds=report.clock_offset_s)


def _before(moment: datetime, waited: timedelta) -> datetime:
    """Return the moment so long before, or the first there is."""
    first = datetime.min.replace(tzinfo=UTC)
    return first if waited > moment - first else moment - waited


def _of_the_host(report: LastSeen) -> Iterator[Finding]:
    if abs(report.clock_offset_s) > CLOCK_OFF_S:
        how = "ahead" if report.clock_offset_s > 0 else "behind"
        yield Finding(Cause.CLOCK_OFF, f"its clock is {abs(report.clock_offset_s)} s {how}")
    if report.room == "low":
        yield Finding(Cause.DISK_LOW, "its disk has little room")
    if report.supervisor == SupervisorHeard.SILENT:
        words = "its supervisor is silent: nothing tells of its screen and its host"
        yield Finding(Cause.SUPERVISOR_SILENT, words)
    ui = report.ui
    if ui is not None and ui.docker_away:
        yield Finding(Cause.DOCKER_AWAY, f"Docker does not answer: {ui.docker_away}")
    for one in ui.crashing if ui is not None else ():
        yield Finding(Cause.IMAGE_CRASHES, f"{one.image} ended {one.ends} times: {one.last_exit}")
    if ui is not None and ui.source == UiSource.STANDBY:
        yield Finding(Cause.STANDBY, "the standby is on its screen")
    for repair in failing(report.repairs):
        words = f"{repair.name}: {repair.why}, mended {repair.in_a_row} times in vain"
        yield Finding(Cause.REPAIR_FAILS, words)
