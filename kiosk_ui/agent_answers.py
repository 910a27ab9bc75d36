"""What the agent's answers are to the UI: models, refusals, or an agent that is away."""

from typing import Any, Final, TypeVar

from pydantic import ValidationError

from kiosk_contracts.kiosk_status import KioskStatus
from kiosk_contracts.problem import Problem, ProblemCode, ProblemError
from kiosk_contracts.status_changes import NothingToChangeError, with_changes
from kiosk_contracts.wire import WireModel
from kiosk_texts import tr

M = TypeVar("M", bound=WireModel)

_AWAY_CODES: Final = frozenset({ProblemCode.AGENT_STARTING, ProblemCode.AGENT_STOPPING})


class AgentAwayError(Exception):
    """The agent did not answer; what was asked may have happened or not."""


def read_as(model: type[M], value: Any) -> M:
    """Return an answer's JSON as `model`; ProblemError if it is none."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise unreadable() from error


def changed(before: KioskStatus | None, changes: KioskStatus) -> KioskStatus:
    """Return the status that `changes` make of the one before; ProblemError if they fit none."""
    try:
        return with_changes(before, changes)
    except NothingToChangeError as error:
        raise unreadable() from error


def refusal_of(status: int, content: bytes) -> Exception:
    """Return what to raise for an answer that is a refusal, with its HTTP status and body."""
    try:
        problem = Problem.model_validate_json(content)
    except ValidationError:
        return unreadable()
    if problem.code in _AWAY_CODES:
        return AgentAwayError(problem.title)
    refusal = ProblemError(status, problem.code, problem.title)
    refusal.problem = problem
    return refusal


def unreadable() -> ProblemError:
    """Return what to raise for an answer that says nothing."""
    return ProblemError(
        502,
        ProblemCode.UPSTREAM_GARBAGE,
        tr("The agent's answer could not be read"),
        detail=tr("What was asked may have been recorded."),
        hint=tr("Look in Transactions (F4) before doing it again."),
    )
