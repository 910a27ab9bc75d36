"""The steps of a move, and what each makes of it. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from fleet_service.releases.domain.moves import Baseline, KioskMove, Move
from kiosk_contracts.releases import Decision, KioskMoveState, MoveState

_NOTED_EVERY: Final = timedelta(minutes=1)
"""A kiosk at which people come and go waits for something else every few seconds."""


@dataclass(frozen=True, slots=True)
class _OfOne:
    kiosk_id: str
    why: str


@dataclass(frozen=True, slots=True)
class Begin(_OfOne):
    """Move it: from now on ECS may have been told."""

    from_release: str


@dataclass(frozen=True, slots=True)
class Tell(_OfOne):
    """Tell ECS, now; idempotent. Nothing in the move changes before ECS has answered."""

    release: str


class Unbegin(_OfOne):
    """It was begun and never told, and may not be moved now: it waits again."""


class Told(_OfOne):
    """ECS took it."""


@dataclass(frozen=True, slots=True)
class Settle(_OfOne):
    """The new release has the screen: let it prove itself."""

    baseline: Baseline


class LoseScreen(_OfOne):
    """The new release had the screen, and has it no more."""


class Finish(_OfOne):
    """It has moved."""


class Fail(_OfOne):
    """It failed: the move stops, and it is brought back."""


class Returned(_OfOne):
    """It is back."""


class LeaveOut(_OfOne):
    """It is not in service: it is nobody's to move."""


class Excuse(_OfOne):
    """No time counts against it from now on."""


class Readmit(_OfOne):
    """Time counts again, from now."""


class GoDown(_OfOne):
    """No kiosk UI answers keys there, from now on."""


class ComeUp(_OfOne):
    """One does again."""


@dataclass(frozen=True, slots=True)
class End:
    """The move has ended."""

    state: MoveState
    why: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing is to be done now: of one kiosk, or (None) of the move."""

    kiosk_id: str | None
    why: str


MoveStep = (
    Begin
    | Tell
    | Unbegin
    | Told
    | Settle
    | LoseScreen
    | Finish
    | Fail
    | Returned
    | LeaveOut
    | Excuse
    | Readmit
    | GoDown
    | ComeUp
    | End
    | Wait
)
_WORDS: Final[dict[type, str]] = {
    Begin: "begin",
    Tell: "tell",
    Unbegin: "unbegin",
    Told: "told",
    Settle: "settle",
    LoseScreen: "lose_screen",
    Finish: "finish",
    Fail: "fail",
    Returned: "returned",
    LeaveOut: "leave_out",
    Excuse: "excuse",
    Readmit: "readmit",
    GoDown: "go_down",
    ComeUp: "come_up",
    End: "end",
    Wait: "wait",
}

_ENDS: Final[dict[type, KioskMoveState]] = {
    Finish: KioskMoveState.MOVED,
    Returned: KioskMoveState.MOVED_BACK,
    LeaveOut: KioskMoveState.LEFT_OUT,
    Unbegin: KioskMoveState.WAITING,
}
_ANSWERED: Final[dict[str, Any]] = {"telling_at": None, "call_ended": False}
_NEVER: Final[dict[str, Any]] = {"from_release": "", "is_told": False, **_ANSWERED}
_NO_CANARY: Final[dict[str, Any]] = {"canary": None, "canary_chosen": False}
_PROGRESS: Final = (Settle, LoseScreen, Finish, Fail, Returned, LeaveOut)
"""What can't go on for ever in a move. A line that comes and goes, one that is begun and waits
again, or one whom somebody else tells another release again and again, can."""


def apply(move: Move, step: MoveStep, now: datetime) -> Move:
    """Return the move after a step."""
    match step:
        case End():
            return move.model_copy(update={"state": step.state, "why": step.why})
        case Wait(kiosk_id=None) | Tell():
            return move
        case Begin() if move.canary is None:
            move = move.model_copy(update={"canary": step.kiosk_id, "canary_chosen": True})
        case Unbegin() if move.canary_chosen and move.canary == step.kiosk_id:
            # Nobody asked for this one: the next that may is the canary.
            move = move.model_copy(update=_NO_CANARY)
        case Fail():
            stopping = {"state": MoveState.STOPPING, "why": f"{step.kiosk_id} failed: {step.why}"}
            move = move if move.state.ended else move.model_copy(update=stopping)
        case LeaveOut() if move.canary == step.kiosk_id:
            move = move.model_copy(update=_NO_CANARY)
        case _:
            pass
    if _is_progress(move, step):
        move = move.model_copy(update={"progressed_at": now})
    return _changed(move, step.kiosk_id or "", lambda one: _after(one, step, now))


def _is_progress(move: Move, step: MoveStep) -> bool:
    if isinstance(step, Told):
        # For the first time: the call that it was begun for went through.
        one = move.of(step.kiosk_id)
        return one.state is KioskMoveState.MOVING and one.told_at is None
    return isinstance(step, _PROGRESS)


def decision(move: Move, step: MoveStep, now: datetime) -> Decision | None:
    """Return what is kept of a step that is about to be applied; None: it says nothing new."""
    kiosk_id = None if isinstance(step, End) else step.kiosk_id
    if isinstance(step, Wait) and (
        step.kiosk_id is None or not _is_noted_now(move.of(step.kiosk_id), step, now)
    ):
        return None
    what = _WORDS[type(step)]
    return Decision(number=move.decided + 1, at=now, what=what, kiosk_id=kiosk_id, why=step.why)


def _changed(move: Move, kiosk_id: str, change: Callable[[KioskMove], KioskMove]) -> Move:
    kiosks = tuple(change(one) if one.kiosk_id == kiosk_id else one for one in move.kiosks)
    return move.model_copy(update={"kiosks": kiosks})


def _after(one: KioskMove, step: MoveStep, now: datetime) -> KioskMove:
    news: dict[str, Any] = {"unnoted": False}
    if isinstance(step, Wait):
        news = {"unnoted": one.unnoted or step.why != one.why}
        if _is_noted_now(one, step, now):
            news = {"unnoted": False, "noted_at": now}
    return one.model_copy(update={"why": step.why, **news, **_news(one, step, now)})


def _is_noted_now(one: KioskMove, wait: Wait, now: datetime) -> bool:
    """Say whether a wait is kept as a decision: each that lasts, and at most one a minute."""
    if wait.why == one.why and not one.unnoted:
        return False
    return one.noted_at is None or now - one.noted_at >= _NOTED_EVERY


def _news(one: KioskMove, step: MoveStep, now: datetime) -> dict[str, Any]:
    """Return what a step changes of a kiosk."""
    ended = _ENDS.get(type(step))
    if ended is not None:
        return _stands(ended, now, **(_NEVER if isinstance(step, Unbegin) else {}))
    match step:
        case Begin():
            before = {"from_release": step.from_release, "told_at": None, "is_told": True}
            return _stands(KioskMoveState.MOVING, now, **before)
        case Settle():
            return _stands(KioskMoveState.SETTLING, now, baseline=step.baseline)
        case LoseScreen():
            return _stands(KioskMoveState.MOVING, now, losses=one.losses + 1)
        case Fail():
            back = bool(one.from_release) and one.is_told
            state = KioskMoveState.MOVING_BACK if back else KioskMoveState.FAILED
            return _stands(state, now, told_at=None, failed=True)
        case _:
            return _times(step, now)


def _times(step: MoveStep, now: datetime) -> dict[str, Any]:
    """Return what a step changes of the times that count against a kiosk."""
    match step:
        case Told():
            # What was seen before says nothing of what it was told now.
            return {"told_at": now, "since": now, "down_since": None, **_ANSWERED}
        case Excuse():
            return {"excused": step.why, "down_since": None}
        case Readmit():
            return {"excused": "", "since": now}
        case GoDown():
            return {"down_since": now}
        case ComeUp():
            return {"down_since": None}
        case _:
            return {}


def _stands(state: KioskMoveState, now: datetime, **more: object) -> dict[str, Any]:
    return {"state": state, "since": now, "excused": "", "down_since": None, **more}
