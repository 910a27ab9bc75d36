"""How a command stands at a moment. Pure.

Nothing runs when a time has come: that it has is seen whenever somebody looks.
"""

from datetime import datetime
from typing import Final

from fleet_service.commands.records import CommandRecord
from kiosk_contracts.commands import (
    CommandEnd,
    CommandStanding,
    CommandState,
    CommandToRun,
    CommandWay,
)

_ENDS = {
    CommandEnd.DONE: CommandState.DONE,
    CommandEnd.REFUSED: CommandState.REFUSED,
    CommandEnd.FAILED: CommandState.FAILED,
}
_NOT_SENT: Final = "it was not sent yet: ask for the same again, and it is sent"
_SSM_IS_ASKED: Final = (
    "Systems Manager is not known to have taken it: ask for the same again, and it is sent again"
)


def state_of(command: CommandRecord, now: datetime) -> CommandState:
    """Return it. What the kiosk did counts for more than what nobody wanted any more."""
    if command.end is not None:
        return _ENDS[command.end]
    if command.withdrawn_at is not None:
        return CommandState.WITHDRAWN
    if now >= command.expires_at:
        return CommandState.EXPIRED
    return CommandState.WAITING if command.fetched_at is None else CommandState.FETCHED


def standing_of(kiosk_id: str, command: CommandRecord, now: datetime) -> CommandStanding:
    """Return a command as operators see it."""
    ordered, state = command.ordered, state_of(command, now)
    return CommandStanding(
        kind=ordered.kind,
        forced=ordered.forced,
        source=ordered.source,
        lines=ordered.lines,
        recipient=ordered.recipient,
        command_id=ordered.command_id,
        kiosk_id=kiosk_id,
        way=ordered.way,
        reason=ordered.reason,
        by=command.by,
        made_at=command.made_at,
        expires_at=command.expires_at,
        state=state,
        why=_why(command, state),
        fetched_at=command.fetched_at,
        ended_at=command.ended_at,
        withdrawn_at=command.withdrawn_at,
        withdrawn_by=command.withdrawn_by,
        content_type=command.content_type if command.content_parts else "",
        content_bytes=command.content_bytes if command.content_parts else 0,
    )


def to_run(command: CommandRecord) -> CommandToRun:
    """Return a command as its kiosk is told it."""
    ordered = command.ordered
    return CommandToRun(
        kind=ordered.kind,
        forced=ordered.forced,
        source=ordered.source,
        lines=ordered.lines,
        recipient=ordered.recipient,
        command_id=ordered.command_id,
        expires_at=command.expires_at,
    )


def may_be_done(command: CommandRecord) -> bool:
    """Say whether anybody who does it may have been told of it."""
    # Systems Manager is asked after that was kept; its answer may have been lost.
    by_ssm = command.ordered.way is CommandWay.SSM
    return command.fetched_at is not None or (by_ssm and not command.unsent)


def _why(command: CommandRecord, state: CommandState) -> str:
    by_ssm, maybe = command.ordered.way is CommandWay.SSM, ""
    if command.fetched_at is not None:
        maybe = "; it was told before and may have been done"
    elif may_be_done(command):
        maybe = "; Systems Manager may have taken it, and then it may have been done"
    match state:
        case CommandState.REFUSED if command.withdrawn_at is not None:
            return f"{command.why}; {command.withdrawn_by} had withdrawn it"
        case CommandState.DONE | CommandState.REFUSED | CommandState.FAILED:
            late = "" if command.withdrawn_at is None else " (withdrawn too late)"
            return f"{command.why}{late}".strip()
        case CommandState.WITHDRAWN:
            why = f": {command.withdrawn_why}" if command.withdrawn_why else ""
            return f"{command.withdrawn_by} withdrew it{why}{maybe}"
        case CommandState.EXPIRED:
            untold = _untold(command.held, by_ssm=by_ssm)
            return f"no outcome came in time{maybe}" if maybe else untold
        case CommandState.WAITING:
            return _waits(command, by_ssm=by_ssm)
        case CommandState.FETCHED:
            whose = "Systems Manager" if by_ssm else "the kiosk"
            return f"{whose} has it; what came of it is not known yet"


def _untold(held: str, *, by_ssm: bool) -> str:
    if held:
        return f"it was not told in time: {held}"
    return "Systems Manager was never asked" if by_ssm else "nobody fetched it in time"


def _waits(command: CommandRecord, *, by_ssm: bool) -> str:
    if command.held:
        again = "; ask for the same again then, and it is sent" if by_ssm else ""
        return f"it is told once that is over: {command.held}{again}"
    if by_ssm:
        return _NOT_SENT if command.unsent else _SSM_IS_ASKED
    return "the kiosk fetches it with its next report"
