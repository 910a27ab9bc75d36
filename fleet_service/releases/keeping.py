"""Writing a move: each change with its decision, and what kiosks are to have with it."""

from datetime import datetime
from typing import Any, Final

import structlog
from pydantic import ValidationError

from cloud_store.port import ConditionFailedError
from cloud_store.workspace import Workspace, key_of
from fleet_service.kiosks.records import KioskReleaseRecord, ToldRelease
from fleet_service.releases.domain import steps
from fleet_service.releases.domain.halting import left_by
from fleet_service.releases.domain.moves import KioskMove, Move
from fleet_service.releases.domain.steps import MoveStep
from fleet_service.releases.records import (
    HALTS,
    OPEN_MOVES,
    DecisionRecord,
    HaltRecord,
    MoveRecord,
    ReleaseRecord,
    VenueMoveRecord,
    decision_key,
)
from fleet_service.venues.records import DirectoryRecord
from kiosk_contracts.releases import Decision, KioskMoveState, MoveState, ReleaseState

log = structlog.get_logger()

_TOLD: Final = tuple(ToldRelease.model_fields)


def decide(workspace: Workspace, move: Move, found: Decision | None) -> Move:
    """Keep a decision; return the move that counts it."""
    if found is None:
        return move
    kept = DecisionRecord.model_validate(found.to_json())
    workspace.is_new(DecisionRecord, move.move_id, decision_key(found.number))
    workspace.put(kept, move.move_id, decision_key(found.number))
    return move.model_copy(update={"decided": found.number})


async def carry_out(
    workspace: Workspace, move: MoveRecord, step: MoveStep, now: datetime
) -> MoveRecord:
    """Put what a step changes besides the move, and its decision; return the move after it.

    Raises ConditionFailedError for one that begins, and may not go back to what it ran any more.
    """
    decided = decide(workspace, move, steps.decision(move, step, now))
    after = MoveRecord.model_validate(steps.apply(decided, step, now), from_attributes=True)
    match step:
        case steps.Begin():
            await _told_new(workspace, after, step, now)
        case steps.Unbegin():
            await _told_nothing(workspace, step.kiosk_id)
        case steps.LeaveOut() if _never_told(move.of(step.kiosk_id)):
            await _told_nothing(workspace, step.kiosk_id)
        case steps.Fail():
            await _told_old(workspace, after, step.kiosk_id, now)
        case steps.Told():
            await _told_now(workspace, step.kiosk_id, now)
        case _:
            pass
    return after


def readable(workspace: Workspace, move_id: str) -> MoveRecord | None:
    """Return a move that was loaded; None if there is none, or if it can't be read."""
    try:
        return workspace.get(MoveRecord, move_id)
    except ValidationError as error:
        log.warning("move_unreadable", move_id=move_id, faults=error.error_count())
        return None


def changed(move: MoveRecord, kiosk_id: str, **news: Any) -> MoveRecord:
    """Return a move with one of its kiosks changed."""
    kiosks = tuple(
        one.model_copy(update=news) if one.kiosk_id == kiosk_id else one for one in move.kiosks
    )
    return move.model_copy(update={"kiosks": kiosks})


def put_halt(workspace: Workspace, venue_id: str, halt: HaltRecord) -> None:
    """Keep what moves of a venue left for a person; the record was loaded."""
    if halt == HaltRecord():
        workspace.delete(HaltRecord, HALTS, venue_id)
    else:
        workspace.put(halt, HALTS, venue_id)


def _halted(workspace: Workspace, move: Move, now: datetime) -> None:
    before = workspace.get(HaltRecord, HALTS, move.venue_id) or HaltRecord()
    halt = HaltRecord(left=left_by(move, before.left, now))
    if move.state is MoveState.STOPPED:
        stopped = f"the move {move.move_id} to {move.to} stopped: {move.why}"
        news = {"stopped": stopped, "move_id": move.move_id, "release": move.to}
        halt = halt.model_copy(update=news)
    put_halt(workspace, move.venue_id, halt)


async def close(workspace: Workspace, move: Move, now: datetime) -> None:
    """Let a move that has ended hold nobody any more, and keep what it left for a person."""
    await workspace.load(
        [
            key_of(HaltRecord, HALTS, move.venue_id),
            key_of(VenueMoveRecord, move.venue_id),
            key_of(DirectoryRecord, OPEN_MOVES, move.move_id),
            *(key_of(KioskReleaseRecord, one.kiosk_id) for one in move.kiosks),
        ]
    )
    _halted(workspace, move, now)
    workspace.delete(VenueMoveRecord, move.venue_id)
    workspace.delete(DirectoryRecord, OPEN_MOVES, move.move_id)
    for one in move.kiosks:
        known = workspace.get(KioskReleaseRecord, one.kiosk_id)
        if known is not None and known.move_id == move.move_id:
            former = _as_before(known) if _never_told(one) else {}
            rests = known.model_copy(update={**former, "wanted": "", "move_id": ""})
            workspace.put(rests, one.kiosk_id)


def _never_told(one: KioskMove) -> bool:
    """Say whether it was begun, and no call was ever made of it."""
    begun = one.state is KioskMoveState.MOVING
    return begun and one.told_at is None and one.telling_at is None


def _as_before(known: KioskReleaseRecord) -> dict[str, Any]:
    """Return all that stood there before: also what an earlier move told it, and when.

    Told by one that was aborted, it may be changing still, and what it ran before is its way back.
    """
    if known.former is None:
        # A version before this one began with it: it counts as told, which is the careful side.
        return {}
    return {**{name: getattr(known.former, name) for name in _TOLD}, "former": None}


async def _told_nothing(workspace: Workspace, kiosk_id: str) -> None:
    """Keep that a kiosk was not told the new release."""
    known = await workspace.fetch(KioskReleaseRecord, kiosk_id)
    if known is not None:
        workspace.put(known.model_copy(update=_as_before(known)), kiosk_id)


async def _told_new(workspace: Workspace, move: Move, step: steps.Begin, now: datetime) -> None:
    """Keep what a kiosk is told, before it is told: from now on it may be."""
    known = await workspace.fetch(KioskReleaseRecord, step.kiosk_id) or KioskReleaseRecord()
    before = await workspace.fetch(ReleaseRecord, step.from_release or "-")
    if before is not None and before.state is not ReleaseState.LIVE and not move.without_way_back:
        # It was when the move was planned: somebody retires it since.
        raise ConditionFailedError(key_of(ReleaseRecord, step.from_release))
    # Whoever retires it looks for moves after it has said so: this one may go back to it.
    workspace.rest_on(ReleaseRecord, step.from_release or "-")
    news = {
        "told": move.to,
        "told_image": move.image,
        "told_at": now,
        "before": step.from_release,
        "before_image": "" if before is None else before.task.image,
        "former": ToldRelease(**{name: getattr(known, name) for name in _TOLD}),
    }
    workspace.put(known.model_copy(update=news), step.kiosk_id)


async def _told_now(workspace: Workspace, kiosk_id: str, now: datetime) -> None:
    """Keep when ECS took what a kiosk is told: from then on its screen may change.

    It was begun, or failed, before; how long ECS refused it since, nobody's other move may forget.
    """
    known = await workspace.fetch(KioskReleaseRecord, kiosk_id)
    if known is not None:
        workspace.put(known.model_copy(update={"told_at": now}), kiosk_id)


async def _told_old(workspace: Workspace, move: Move, kiosk_id: str, now: datetime) -> None:
    """Keep that a kiosk is told its old release again, if it is."""
    known = await workspace.fetch(KioskReleaseRecord, kiosk_id)
    if known is None or move.of(kiosk_id).state is not KioskMoveState.MOVING_BACK:
        return
    news = {
        "told": known.before,
        "told_image": known.before_image,
        "told_at": now,
        "before": "",
        "before_image": "",
        "former": None,
        # Nobody else is to have the image that failed.
        "wanted": "",
    }
    workspace.put(known.model_copy(update=news), kiosk_id)
