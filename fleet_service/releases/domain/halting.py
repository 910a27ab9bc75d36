"""When a move needs a person: it stopped, does not come on, or left a kiosk on its release. Pure.

A release that failed at a kiosk is taken back by the move itself; what is here is what remains.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import AwareDatetime

from fleet_service.releases.domain.moves import UNDER_WAY, KioskMove, Move
from kiosk_contracts.releases import KioskMoveState, MoveState
from kiosk_contracts.wire import WireModel


@dataclass(frozen=True, slots=True)
class CalledAfter:
    """How long a move may do nothing until somebody is called."""

    stuck: timedelta = timedelta(hours=1)
    """A kiosk at which people queue is busy for long; in an hour there is a moment."""
    not_back: timedelta = timedelta(minutes=15)
    """One that failed shows its old release within ten minutes, or it does not by itself."""


class LeftKiosk(WireModel):
    """A kiosk that a move left on a release that failed there."""

    kiosk_id: str
    release: str
    why: str
    move_id: str
    at: AwareDatetime


def left_by(move: Move, before: Sequence[LeftKiosk], now: datetime) -> tuple[LeftKiosk, ...]:
    """Return who is left once a move has ended; `before`: who was when it began."""
    known = {one.kiosk_id: one for one in before}
    for one in move.kiosks:
        if _is_left(one):
            known[one.kiosk_id] = LeftKiosk(
                kiosk_id=one.kiosk_id, release=move.to, why=one.why, move_id=move.move_id, at=now
            )
        elif one.kiosk_id in known and _is_off(one, known[one.kiosk_id]):
            del known[one.kiosk_id]
    return tuple(known.values())


def stuck(
    move: Move, heard: Collection[str], *, is_open: bool, now: datetime, called_after: CalledAfter
) -> str:
    """Return why a person has to look at a move that has not ended; empty: nobody has to.

    `heard`: kiosks that report; of others their own alarm is told. `is_open`: whether people are
    expected at the venue.
    """
    if move.fault:
        return f"the move {move.move_id} to {move.to}: {move.fault}"
    waited = [one for one in move.kiosks if _is_waited_for(move, one)]
    since = move.progressed_at or move.made_at
    if not waited or now - since < _patience(move, waited, called_after):
        return ""
    stopping = move.state is MoveState.STOPPING
    if not stopping and not (is_open and any(one.kiosk_id in heard for one in waited)):
        return ""
    first = waited[0]
    return (
        f"the move {move.move_id} to {move.to} is {move.state} and has not come on since "
        f"{since:%Y-%m-%d %H:%M} UTC; {first.kiosk_id}: {first.why or 'nothing is known of it'}"
    )


def _is_left(one: KioskMove) -> bool:
    if one.state is KioskMoveState.MOVING_BACK:
        # An abort leaves one that was to go back with what ECS has by then.
        return True
    # One that was out of service before it was back may be in service again.
    left_out = one.state is KioskMoveState.LEFT_OUT and one.failed
    return one.is_told and (left_out or one.state is KioskMoveState.FAILED)


def _is_off(one: KioskMove, left: LeftKiosk) -> bool:
    """Say whether a kiosk that was left on a release is known to be well, or off it."""
    if one.state is KioskMoveState.MOVED:
        return True
    return one.state is KioskMoveState.MOVED_BACK and one.from_release != left.release


def _is_waited_for(move: Move, one: KioskMove) -> bool:
    waits = one.state is KioskMoveState.WAITING and move.state is MoveState.RUNNING
    return waits or one.state in UNDER_WAY


def _patience(move: Move, waited: Sequence[KioskMove], called_after: CalledAfter) -> timedelta:
    if move.state is MoveState.STOPPING:
        return called_after.not_back
    settling = any(one.state is KioskMoveState.SETTLING for one in waited)
    return called_after.stuck + timedelta(seconds=move.settle_s if settling else 0)
