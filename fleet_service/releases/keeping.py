"""Writing a move: each change with its decision, and what kiosks are to have with it."""

from datetime import datetime

from cloud_store.workspace import Workspace, key_of
from fleet_service.kiosks.records import KioskReleaseRecord
from fleet_service.releases.domain import steps
from fleet_service.releases.domain.moves import Move
from fleet_service.releases.domain.steps import MoveStep
from fleet_service.releases.records import (
    OPEN_MOVES,
    DecisionRecord,
    MoveRecord,
    ReleaseRecord,
    VenueMoveRecord,
    decision_key,
)
from fleet_service.venues.records import DirectoryRecord
from kiosk_contracts.releases import Decision, KioskMoveState


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
    """Put what a step changes besides the move, and its decision; return the move after it."""
    decided = decide(workspace, move, steps.decision(move, step, now))
    after = MoveRecord.model_validate(steps.apply(decided, step, now), from_attributes=True)
    match step:
        case steps.Begin():
            await _told_new(workspace, after, step, now)
        case steps.Fail():
            await _told_old(workspace, after, step.kiosk_id, now)
        case _:
            pass
    return after


async def close(workspace: Workspace, move: Move) -> None:
    """Let a move that has ended hold nobody any more."""
    await workspace.load(
        [
            key_of(VenueMoveRecord, move.venue_id),
            key_of(DirectoryRecord, OPEN_MOVES, move.move_id),
            *(key_of(KioskReleaseRecord, one.kiosk_id) for one in move.kiosks),
        ]
    )
    workspace.delete(VenueMoveRecord, move.venue_id)
    workspace.delete(DirectoryRecord, OPEN_MOVES, move.move_id)
    for one in move.kiosks:
        known = workspace.get(KioskReleaseRecord, one.kiosk_id)
        if known is not None and known.move_id == move.move_id:
            rests = known.model_copy(update={"wanted": "", "move_id": ""})
            workspace.put(rests, one.kiosk_id)


async def _told_new(workspace: Workspace, move: Move, step: steps.Begin, now: datetime) -> None:
    """Keep what a kiosk is told, before it is told: from now on it may be."""
    known = await workspace.fetch(KioskReleaseRecord, step.kiosk_id) or KioskReleaseRecord()
    before = await workspace.fetch(ReleaseRecord, step.from_release or "-")
    news = {
        "told": move.to,
        "told_image": move.image,
        "told_at": now,
        "before": step.from_release,
        "before_image": "" if before is None else before.task.image,
    }
    workspace.put(known.model_copy(update=news), step.kiosk_id)


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
        # Nobody else is to have the image that failed.
        "wanted": "",
    }
    workspace.put(known.model_copy(update=news), kiosk_id)
