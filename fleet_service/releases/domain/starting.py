"""Which kiosk may be moved next, and why another may not yet. Pure."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final

from fleet_service.heartbeats.last_seen import LastSeen
from fleet_service.releases.domain.moves import Move
from fleet_service.releases.domain.seen import (
    IDLE_SPEAKS,
    KioskNow,
    crash_of,
    has_the_screen,
    image_of,
    quoted,
)
from kiosk_contracts.images import ImageReport, ImageState
from kiosk_contracts.releases import KioskMoveState

DISTURBED: Final = "it is to reboot or to restart its screen, or did so just now"
MOST_AT_ONCE: Final = 5
"""Under way at one venue, however many kiosks it has."""


def gone(now_: KioskNow | None, instance_id: str) -> str:
    """Return why a kiosk is nobody's to move any more; empty if it is not so."""
    if now_ is None:
        return "its venue has it no more"
    if not now_.is_in_service():
        return f"it is {'leaving' if now_.leaving else now_.standing}, and sells nothing"
    if now_.instance_id != instance_id:
        return "another host has taken its place since"
    return ""


def lost(now_: KioskNow, image: str, now: datetime) -> str:
    """Return why the release can never come to a kiosk; empty if it may."""
    report = now_.heard(now)
    found = None if report is None else image_of(report, image)
    if found is not None and found.state == ImageState.FAILED and found.for_good:
        return f"it can't have the image: {quoted(found.why)}"
    return ""


def not_ready(move: Move, now_: KioskNow, now: datetime) -> str:
    """Return why a kiosk itself can't be moved now, so far as its report tells; empty if it can."""
    report = now_.heard(now)
    if report is None:
        return "it does not report: it joins when it does"
    if report.seen_at <= move.made_at:
        return "it has not reported since the move began"
    if crash_of(report, move.image) is not None:
        return "the release's image crashed there lately"
    found = image_of(report, move.image)
    if found is None or found.state != ImageState.READY:
        return _image_words(found)
    if report.update_lock is not None:
        return f"an update lock is in force there: {report.update_lock.why}"
    return DISTURBED if now_.is_disturbed(now) else _busy(report, now)


def not_now(move: Move, now_: KioskNow, venue: Mapping[str, KioskNow], now: datetime) -> str:
    """Return why a kiosk can't be moved beside the others of its venue; empty if it can.

    `venue`: all its kiosks by id, also those that are not part of the move.
    """
    selling = [one for one in venue.values() if one.is_in_service()]
    proven = {one.kiosk_id for one in move.kiosks if one.state is KioskMoveState.MOVED}
    changing = {one.kiosk_id for one in move.kiosks if one.is_under_way}
    # Also those of this move: an earlier one, which was aborted, may have told them just now.
    changing |= {one.kiosk_id for one in selling if one.is_changing(now)} - proven
    # Whatever it has been moved to, its screen goes once more.
    disturbed = {one.kiosk_id for one in selling if one.is_disturbed(now)}
    changing |= disturbed
    changing.discard(now_.kiosk_id)
    if len(selling) == 1:
        return ""
    lost = sorted(
        one.kiosk_id
        for one in selling
        if one.kiosk_id in proven and _has_lost(one, move.image, now)
    )
    if lost:
        return f"{', '.join(lost)} of its venue moved, and does not show the release now"
    if len(changing) + 1 > most_at_once(len(selling)):
        return f"{', '.join(sorted(changing))} of its venue come first{_of(changing & disturbed)}"
    stay = [one for one in selling if one.kiosk_id not in {*changing, now_.kiosk_id}]
    if not any(one.is_well(now) for one in stay):
        return "no other kiosk of its venue is well, and one has to sell meanwhile"
    return ""


def _of(disturbed: Collection[str]) -> str:
    return f"; of {', '.join(sorted(disturbed))}: {DISTURBED}" if disturbed else ""


def _has_lost(moved: KioskNow, image: str, now: datetime) -> bool:
    """Say whether a kiosk that has moved reports that something else has its screen, or nobody."""
    report = moved.heard(now)
    return report is not None and report.ui is not None and not has_the_screen(report, image)


def most_at_once(selling: int) -> int:
    """Return how many kiosks of a venue may be under way at once."""
    return max(1, min(MOST_AT_ONCE, selling // 2))


def not_by_ecs(now_: KioskNow) -> str:
    """Return why ECS could not move a kiosk now; empty if it could."""
    if now_.ecs is None:
        return f"ECS can't be asked: {now_.ecs_away}" if now_.ecs_away else "ECS is to be asked"
    if now_.ecs.lacks:
        return now_.ecs.lacks
    return "" if now_.ecs.connected else "its ECS agent is not connected"


def way_back(to: str, told: str, *before: str) -> str:
    """Return what a kiosk ran before a move; empty: nobody knows.

    `told`: what ECS says of it. Told the move's own release already, as in a move that was
    aborted, it ran what it was told before that: the first of `before` that is another.
    """
    if told != to:
        return told
    return next((one for one in before if one not in {"", to}), "")


def no_way_back(to: str, told: str, live: Collection[str]) -> str:
    """Return why a kiosk could not be brought back; empty: it could.

    One that was told the release already loses nothing by a move to it.
    """
    if told == to or told in live:
        return ""
    if not told:
        return "ECS has told it no release, so there is none to bring it back to"
    return f"ECS told it {told}, and that is no live release that it could be brought back to"


def _busy(report: LastSeen, now: datetime) -> str:
    screen = report.screen
    if screen is None:
        return "its agent does not say whether somebody is busy at its screen"
    if now - report.seen_at > IDLE_SPEAKS:
        return "it has not said just now whether somebody is busy at its screen"
    if screen.holder and screen.busy:
        return "somebody is busy at its screen"
    return ""


def _image_words(found: ImageReport | None) -> str:
    if found is None:
        return "it has not been heard of the release's image yet"
    return f"the release's image is {quoted(found.state)} there" + (
        f": {quoted(found.why)}" if found.why else ""
    )
