"""What is to be done next in a move. Pure: the same for whoever leads, also after a restart."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from fleet_service.releases.domain import starting, steps
from fleet_service.releases.domain.judging import failed_since, judge
from fleet_service.releases.domain.moves import UNDER_WAY, KioskMove, Move
from fleet_service.releases.domain.seen import KioskNow
from fleet_service.releases.domain.steps import MoveStep, apply
from kiosk_contracts.releases import KioskMoveState, MoveState

_WAITING = KioskMoveState.WAITING
_OPEN = UNDER_WAY | {_WAITING}
CANDIDATES: Final = 2
"""Of which ECS is asked whether they could begin, in each look at a move: ECS answers two hosts a
second, for all moves, and what kiosks say of now is soon old."""
_SAY_SO = "abort the move, and order it without a way back if that may be"


def plan(move: Move, venue: Mapping[str, KioskNow], now: datetime) -> Sequence[MoveStep]:
    """Return the next steps, in their order; never none, for a Wait says why.

    `venue`: all kiosks of the move's venue, as seen now.
    """
    if move.state.ended:
        return [steps.Wait(None, f"the move is {move.state}")]
    if move.aborted:
        return [_aborting(move, now)]
    found: list[MoveStep] = []
    for one in move.kiosks:
        for step in _of_one(move, one.kiosk_id, venue, now):
            found.append(step)
            move = apply(move, step, now)
    ended = _end(move)
    return [*found, ended] if ended is not None else found


def to_ask(move: Move, venue: Mapping[str, KioskNow], now: datetime) -> Sequence[str]:
    """Return the kiosks of which the plan has to know what ECS says: few, for ECS is throttled.

    Those under way first; of those that could begin each in its turn, or some that stay as they are
    would keep the others from being asked.
    """
    under_way, others = [], []
    for one in move.kiosks:
        seen = venue.get(one.kiosk_id)
        if move.state.ended or move.aborted or seen is None or seen.heard(now) is None:
            continue
        may = one.state is _WAITING and not _not_yet(move, one, seen, venue, now)
        told = one.told_at is not None or one.telling_at is not None
        if one.state in UNDER_WAY and told:
            under_way.append(one.kiosk_id)
        elif may:
            others.append(one.kiosk_id)
    first = int(now.timestamp()) % len(others) if len(others) > CANDIDATES else 0
    return [*under_way, *(others[first:] + others[:first])[:CANDIDATES]]


def _aborting(move: Move, now: datetime) -> MoveStep:
    """Return the end of a move that is to be aborted, once ECS hears nothing more of it."""
    told = move.being_told(now)
    if told:
        return steps.Wait(None, f"ECS is being told of {', '.join(told)} just now")
    return steps.End(MoveState.ABORTED, move.aborted)


def _of_one(
    move: Move, kiosk_id: str, venue: Mapping[str, KioskNow], now: datetime
) -> Iterator[MoveStep]:
    one, seen = move.of(kiosk_id), venue.get(kiosk_id)
    if one.state is KioskMoveState.MOVED:
        failed = "" if seen is None else failed_since(move, one, seen, now)
        if failed:
            yield steps.Fail(kiosk_id, failed)
        return
    if one.state not in _OPEN:
        return
    why = starting.gone(seen, one.instance_id)
    if why or seen is None:
        yield steps.LeaveOut(kiosk_id, why)
    elif one.state in UNDER_WAY:
        held = _held(move, one, seen, venue, now)
        yield from judge(move, one, seen, now) if held is None else (held,)
    elif move.state is MoveState.RUNNING:
        yield _waiting(move, one, seen, venue, now)


def _held(
    move: Move, one: KioskMove, seen: KioskNow, venue: Mapping[str, KioskNow], now: datetime
) -> MoveStep | None:
    """Return what keeps one that was begun, and not told yet, from being told now; None: nothing.

    ECS may have been away since, or this service: somebody may be busy there by now, or the other
    kiosk of its venue be down.
    """
    if one.state is not KioskMoveState.MOVING or one.told_at is not None:
        return None
    why = _not_yet(move, one, seen, venue, now)
    if not why:
        return None
    if one.telling_at is not None:
        if one.kiosk_id in move.being_told(now):
            return steps.Wait(one.kiosk_id, f"ECS may be hearing of it: {why}")
        if seen.ecs is None:
            return steps.Wait(one.kiosk_id, starting.not_by_ecs(seen))
        if move.to in {seen.ecs.told, *seen.ecs.runs}:
            # It was told, though the answer was lost: then it is judged. A task of it may run there
            # before the host is told (see TaskMover).
            return None
    return steps.Unbegin(one.kiosk_id, why)


def _waiting(
    move: Move, one: KioskMove, seen: KioskNow, venue: Mapping[str, KioskNow], now: datetime
) -> MoveStep:
    lost = starting.lost(seen, move.image, now)
    if lost:
        return steps.Fail(one.kiosk_id, lost)
    why = _not_yet(move, one, seen, venue, now) or starting.not_by_ecs(seen)
    if why or seen.ecs is None:
        return steps.Wait(one.kiosk_id, why)
    no_way = starting.no_way_back(move.to, seen.ecs.told, seen.ecs.live)
    if no_way and not move.without_way_back:
        return steps.Wait(one.kiosk_id, f"{no_way}: {_SAY_SO}")
    before = starting.way_back(move.to, seen.ecs.told, seen.before, seen.former)
    # What is not live is tried all the same where operators said that nothing may come of it.
    usable = before in seen.ecs.live or move.without_way_back
    return steps.Begin(one.kiosk_id, _why_now(move, venue), before if usable else "")


def _not_yet(
    move: Move, one: KioskMove, seen: KioskNow, venue: Mapping[str, KioskNow], now: datetime
) -> str:
    """Return why one that waits can't begin, so far as ECS need not be asked; empty if it can."""
    if move.state is not MoveState.RUNNING:
        return f"the move is {move.state}"
    first = _canary(move)
    if first is not None and first.kiosk_id != one.kiosk_id:
        return f"{first.kiosk_id} goes first, and alone"
    return starting.not_ready(move, seen, now) or starting.not_now(move, seen, venue, now)


def _canary(move: Move) -> KioskMove | None:
    """Return who goes first, while nobody else may go; None if anybody may."""
    if move.canary is None:
        return None
    first = move.of(move.canary)
    return None if first.state is KioskMoveState.MOVED else first


def _why_now(move: Move, venue: Mapping[str, KioskNow]) -> str:
    alone = sum(seen.is_in_service() for seen in venue.values()) == 1
    said = "it has the image, and nobody is busy there"
    if alone:
        said += "; it is its venue's only kiosk, so nobody sells meanwhile but its standby"
    before_all = all(other.state is _WAITING for other in move.kiosks)
    return f"{said}; it is the canary" if before_all and len(move.kiosks) > 1 else said


def _end(move: Move) -> MoveStep | None:
    states = {one.state for one in move.kiosks}
    if states & UNDER_WAY:
        return None
    if move.state is MoveState.STOPPING:
        return steps.End(MoveState.STOPPED, move.why)
    if _WAITING in states:
        # Of a move that runs each one that waits says why.
        paused = move.state is MoveState.PAUSED
        return steps.Wait(None, f"the move is {move.state}") if paused else None
    return steps.End(MoveState.DONE, _how_it_ended(move))


def _how_it_ended(move: Move) -> str:
    moved = sum(one.state is KioskMoveState.MOVED for one in move.kiosks)
    return f"{moved} of {len(move.kiosks)} kiosks have moved"
