"""What becomes of a kiosk that is under way: by its reports, and by what ECS says. Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from fleet_service.heartbeats.last_seen import LastSeen
from fleet_service.releases.domain import steps
from fleet_service.releases.domain.moves import CALL_ENDS, Baseline, KioskMove, Move
from fleet_service.releases.domain.seen import (
    EcsNow,
    KioskNow,
    crash_of,
    has_the_screen,
    image_of,
    is_down,
    quoted,
)
from fleet_service.releases.domain.steps import MoveStep
from kiosk_contracts.images import ImageState
from kiosk_contracts.releases import KioskMoveState

DOWN_FOR: Final = timedelta(minutes=2)
"""A kiosk whose screen answers nobody for longer is brought back."""
SHOWN_WITHIN: Final = timedelta(minutes=10)
"""So long a release may take to be on the screen: the UI before it finishes a sale in two."""
MOMENT: Final = timedelta(seconds=6)
"""A supervisor tells its agent every 5 seconds who has the screen: a report may be so late."""
MOST_LOSSES: Final = 3
"""A release that loses the screen so often is not well, however short each time was."""
STILL_HEARING: Final = "ECS may be hearing of it still"
_UNSAID: Final = "its supervisor does not say what has the screen"
_AWAY: Final = "it does not report: it is judged when it does again"


def judge(move: Move, one: KioskMove, now_: KioskNow, now: datetime) -> Iterator[MoveStep]:
    """Return what is to be done with a kiosk under way; always something, if only a Wait."""
    if one.told_at is None:
        yield _tell(move, one, "it is next", now)
        return
    report = now_.heard(now)
    if report is None:
        yield from _excused(one, _AWAY)
        return
    if report.seen_at <= one.told_at:
        yield _wait(one, "it has not reported since it was told")
        return
    if one.state is KioskMoveState.MOVING_BACK:
        yield _back(move, one, now_, report, now)
        return
    failed = _failure(move, one, report, now)
    if failed:
        yield steps.Fail(one.kiosk_id, failed)
    elif _tells_of_nobody(one, report) is not (one.down_since is not None):
        yield _up_or_down(one, report)
    else:
        yield from _of_the_screen(move, one, now_, report, now)


def failed_since(move: Move, one: KioskMove, now_: KioskNow, now: datetime) -> str:
    """Return why a kiosk that has moved has to go back after all; empty if it does not.

    A release may sell once and end after that, again and again: while others are still to be moved
    to it, that is a failure of this move.
    """
    report = now_.heard(now)
    if report is None or report.seen_at <= one.since or not now_.is_in_service():
        return ""
    crashed = crash_of(report, move.image)
    if crashed is None:
        return ""
    return f"it had moved, and the release ended {crashed.ends} times: {quoted(crashed.last_exit)}"


def _of_the_screen(
    move: Move, one: KioskMove, now_: KioskNow, report: LastSeen, now: datetime
) -> Iterator[MoveStep]:
    shows = has_the_screen(report, move.image)
    unproven = _unproven(one, report)
    if unproven:
        yield _wait(one, unproven)
    elif report.update_lock is not None and not shows:
        # It was set since, and the agent keeps its word.
        yield from _excused(one, f"an update lock is in force there: {report.update_lock.why}")
    elif one.excused:
        yield steps.Readmit(one.kiosk_id, "it is judged again")
    elif now_.ecs is None:
        yield _wait(one, _unasked(now_))
    elif now_.ecs.told != move.to or one.telling_at is not None:
        yield _tell(move, one, _as_ecs_says(one, now_.ecs), now)
    elif one.state is KioskMoveState.MOVING:
        yield _moving(move, one, now_.ecs, report, now)
    else:
        yield _settling(move, one, now_.ecs, report, now)


def _tells_of_nobody(one: KioskMove, report: LastSeen) -> bool:
    """Say whether a report names nobody who answers keys, where somebody was named before."""
    unsaid = report.ui is None and one.state is KioskMoveState.SETTLING
    return is_down(report) or unsaid


def _unproven(one: KioskMove, report: LastSeen) -> str:
    """Return why a report does not prove that the release lost the screen; empty: it may."""
    if one.state is not KioskMoveState.SETTLING or one.down_since is None:
        return ""
    if report.ui is None:
        return _UNSAID
    if is_down(report) and report.seen_at - one.down_since < MOMENT:
        return "nobody has the screen, maybe for a moment: the next report says"
    return ""


def _moving(move: Move, one: KioskMove, ecs: EcsNow, report: LastSeen, now: datetime) -> MoveStep:
    shows = has_the_screen(report, move.image)
    if shows and move.to in ecs.runs:
        baseline = Baseline(journal_id=report.journal_id, last_sequence=report.last_sequence)
        return steps.Settle(one.kiosk_id, "the release has the screen", baseline)
    if shows:
        said = "it says that the release has the screen, and ECS runs no task of it there"
    elif report.ui is None:
        said = _UNSAID
    else:
        said = f"the screen is {_whose(report)}"
    if now - one.since > SHOWN_WITHIN:
        minutes = SHOWN_WITHIN // timedelta(minutes=1)
        return steps.Fail(one.kiosk_id, f"{said}, {minutes} minutes after it was to show it")
    return _wait(one, said)


def _settling(move: Move, one: KioskMove, ecs: EcsNow, report: LastSeen, now: datetime) -> MoveStep:
    if not has_the_screen(report, move.image) or move.to not in ecs.runs:
        why = f"the screen is {_whose(report)}"
        if has_the_screen(report, move.image):
            why = "ECS runs no task of the release there any more"
        if one.losses + 1 >= MOST_LOSSES:
            return steps.Fail(one.kiosk_id, f"{why}: {MOST_LOSSES} times by now")
        return steps.LoseScreen(one.kiosk_id, why)
    sold = _sold(one, report)
    if sold is not None:
        return steps.Finish(one.kiosk_id, f"it sold with the release, and #{sold} settled")
    well_for = timedelta(seconds=move.settle_s)
    # By a report that came after that time, not by the time alone.
    if report.seen_at - one.since >= well_for and now - one.since >= well_for:
        return steps.Finish(one.kiosk_id, f"it stayed well for {move.settle_s} s")
    return _wait(one, f"it has to settle a sale, or to stay well for {move.settle_s} s")


def _sold(one: KioskMove, report: LastSeen) -> int | None:
    """Return the sequence of a sale that was made at the release's screen and settled."""
    if one.baseline is None or report.journal_id != one.baseline.journal_id:
        return None
    newest = report.last_settled_sale
    return newest if newest is not None and newest > one.baseline.last_sequence else None


def _failure(move: Move, one: KioskMove, report: LastSeen, now: datetime) -> str:
    """Return why a kiosk has to go back; empty if it does not."""
    crashed = crash_of(report, move.image)
    if crashed is not None:
        return f"the release ended {crashed.ends} times there: {quoted(crashed.last_exit)}"
    if is_down(report) and one.down_since is not None and now - one.down_since > DOWN_FOR:
        return f"no kiosk UI answered keys for {DOWN_FOR // timedelta(minutes=1)} minutes"
    if report.ui is None and one.down_since is not None and now - one.down_since > SHOWN_WITHIN:
        return f"{_UNSAID}, for {SHOWN_WITHIN // timedelta(minutes=1)} minutes"
    image = image_of(report, move.image)
    if image is not None and image.state == ImageState.FAILED and image.for_good:
        return f"it can't have the image: {quoted(image.why)}"
    return ""


def _back(move: Move, one: KioskMove, now_: KioskNow, report: LastSeen, now: datetime) -> MoveStep:
    """Return what is to be done with one that is told its old release."""
    if now_.ecs is None:
        return _wait(one, _unasked(now_))
    if now_.ecs.told != one.from_release or one.telling_at is not None:
        return _tell(move, one, _as_ecs_says(one, now_.ecs), now)
    why = _not_back(move, one, now_.ecs, report, now)
    if why:
        return _wait(one, why)
    return steps.Returned(one.kiosk_id, f"it runs {one.from_release} again: {_whose(report)}")


def _not_back(move: Move, one: KioskMove, ecs: EcsNow, report: LastSeen, now: datetime) -> str:
    """Return why one is not known to be back; empty if it is."""
    if move.to in ecs.runs:
        return "ECS still runs the release there"
    if report.ui is None or is_down(report):
        return "no kiosk UI answers keys there yet"
    if has_the_screen(report, move.image) and one.from_release not in ecs.runs:
        return "the release still has the screen"
    if one.told_at is None or now - one.told_at < CALL_ENDS:
        return "it is back; nobody may undo that"
    return ""


def _as_ecs_says(one: KioskMove, ecs: EcsNow) -> str:
    if one.telling_at is not None:
        return "nobody knows how much ECS heard when it was told last"
    return f"ECS says {ecs.told or 'nothing'} of it"


def _tell(move: Move, one: KioskMove, why: str, now: datetime) -> MoveStep:
    """Return that ECS is to be told, once no other call of that kiosk may be under way.

    Two at once could start a task each.
    """
    if one.being_told(now) and not one.call_ended:
        # Why the last call is not known to have ended stands there, if anybody knows.
        return _wait(one, one.why if one.why.startswith(STILL_HEARING) else STILL_HEARING)
    back = one.state is KioskMoveState.MOVING_BACK
    return steps.Tell(one.kiosk_id, why, one.from_release if back else move.to)


def _excused(one: KioskMove, why: str) -> Iterator[MoveStep]:
    yield _wait(one, why) if one.excused == why else steps.Excuse(one.kiosk_id, why)


def _up_or_down(one: KioskMove, report: LastSeen) -> MoveStep:
    if _tells_of_nobody(one, report):
        said = _UNSAID if report.ui is None else "no kiosk UI answers keys there"
        return steps.GoDown(one.kiosk_id, said)
    return steps.ComeUp(one.kiosk_id, f"the screen is {_whose(report)}")


def _wait(one: KioskMove, why: str) -> MoveStep:
    return steps.Wait(one.kiosk_id, why)


def _unasked(now_: KioskNow) -> str:
    return f"ECS can't be asked: {now_.ecs_away}" if now_.ecs_away else "ECS is to be asked"


def _whose(report: LastSeen) -> str:
    """Return who has the screen, in words."""
    if report.ui is None or is_down(report):
        return "nobody's"
    digest = quoted(report.ui.image.partition("@")[2][:19])
    return f"{quoted(report.ui.source)}'s, with {digest or 'an image of no digest'}"
