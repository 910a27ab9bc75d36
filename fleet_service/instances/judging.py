"""From what each side says to what may be said of a kiosk. Pure; times are the service's own."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from fleet_service.heartbeats.last_seen import LastSeen
from fleet_service.instances.findings import findings
from fleet_service.instances.states import Assessment, KioskState
from fleet_service.instances.views import KioskViews
from kiosk_contracts.ui_report import SupervisorHeard, UiSource
from kiosk_contracts.venues import Standing

_OUT_OF_SERVICE = {
    Standing.EXPECTED: (KioskState.EXPECTED, "no host has registered for it"),
    Standing.PENDING: (KioskState.PENDING, "its host is not known yet to be who it says"),
    Standing.REVOKED: (KioskState.REVOKED, "operators let it in nowhere"),
    Standing.RETIRED: (KioskState.RETIRED, "it is out of service for good"),
}


def judge(
    kiosk: KioskViews, neighbours: Iterable[KioskViews], *, is_open: bool, now: datetime
) -> Assessment:
    """Return what may be said of a kiosk.

    `neighbours`: the other kiosks of its venue; `is_open`: whether people are expected there.
    """
    wrong = tuple(findings(kiosk, now))
    if kiosk.standing is not Standing.ACTIVE:
        state, why = _OUT_OF_SERVICE[kiosk.standing]
        return Assessment(state, f"{why}; {kiosk.refused}" if kiosk.refused else why)
    if kiosk.report is not None and kiosk.is_heard(now):
        state, why = _heard(kiosk, kiosk.report, is_ill=bool(wrong))
    else:
        state, why = _silent(kiosk, list(neighbours), is_open=is_open, now=now)
    said = why or "; ".join(one.words for one in wrong)
    return Assessment(state, said, wrong, tuple(_unasked(kiosk, now)))


def _heard(kiosk: KioskViews, report: LastSeen, *, is_ill: bool) -> tuple[KioskState, str]:
    if kiosk.leaving or report.left:
        return KioskState.DRAINING, _how_it_drains(report)
    if _is_down(report):
        return KioskState.UI_DOWN, "no kiosk UI answers keys there"
    if report.room == "stop":
        return KioskState.SALES_STOPPED, ""
    if report.draining:
        return KioskState.DRAINING, "it opens no new carts: it was asked to drain"
    if is_ill:
        return KioskState.DEGRADED, ""
    return KioskState.WELL, "it reports, and nothing is wrong"


def _is_down(report: LastSeen) -> bool:
    """Say whether a report carries that no kiosk UI answers keys.

    Where screens take turns the agent says who has it, whoever else is silent. Of a kiosk whose UI
    is run by hand, beside no supervisor and without a name, it knows of none.
    """
    if report.ui is not None and report.ui.source == UiSource.NONE:
        return True
    if report.screen is None or report.screen.holder:
        return False
    if report.supervisor == SupervisorHeard.AWAITED:
        # The agent has just started, and waits for whoever had the screen before.
        return False
    return report.ui is not None or bool(report.supervisor) or report.screen.screens > 0


def _silent(
    kiosk: KioskViews, neighbours: list[KioskViews], *, is_open: bool, now: datetime
) -> tuple[KioskState, str]:
    if kiosk.report is not None and kiosk.report.left:
        return KioskState.DRAINING, _how_it_drains(kiosk.report)
    if not is_open:
        return KioskState.CLOSED, "its venue is closed"
    since = "it has never reported" if kiosk.report is None else "it does not report"
    if kiosk.answers_ssm(now):
        return KioskState.AGENT_SILENT, f"{since}, and its host answers Systems Manager"
    seen_at = None if kiosk.report is None else kiosk.report.seen_at
    if any(one.shows_a_line(now, seen_at) for one in neighbours):
        return KioskState.KIOSK_UNREACHABLE, f"{since}, and its neighbours answer"
    if not any(one.standing is Standing.ACTIVE and not one.has_left() for one in neighbours):
        return KioskState.VENUE_UNREACHABLE, f"{since}, and it is its venue's only kiosk"
    return KioskState.VENUE_UNREACHABLE, "no kiosk of its venue answers"


def _how_it_drains(report: LastSeen) -> str:
    if report.left:
        return "it has left: it may be retired"
    return "; ".join(report.why_not_left) or "it was asked to leave"


def _unasked(kiosk: KioskViews, now: datetime) -> Iterator[str]:
    if kiosk.may_answer_yet(now):
        yield "whether its host answers Systems Manager: its next ping is not due yet"
    elif kiosk.answers_ssm(now) is None:
        yield "whether its host answers Systems Manager"
    if kiosk.is_connected(now) is None:
        yield "whether its ECS agent is connected"
