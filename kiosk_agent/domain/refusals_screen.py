"""Refusals about which screen answers keys."""

from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_texts import tr


def screen_elsewhere() -> ProblemError:
    """Return: another kiosk UI has the screen now."""
    return ProblemError(
        409,
        ProblemCode.SCREEN_ELSEWHERE,
        tr("This kiosk goes on at another screen"),
        detail=tr("Another screen of this kiosk has taken over; a cart in hand is there."),
        hint=tr("Go on there."),
    )


def screen_not_given_yet() -> ProblemError:
    """Return: the agent has just started and hears first who has the screen; ask again."""
    return ProblemError(
        503,
        ProblemCode.AGENT_STARTING,
        tr("The kiosk is starting"),
        detail=tr("The agent has just started, and no screen of this kiosk has its turn yet."),
        hint=tr("Wait a moment; the same request may be sent again."),
        retryable=True,
    )


def screen_unknown(screen_id: str) -> ProblemError:
    """Return: no such screen reports, or it is about to end."""
    return ProblemError(
        404,
        ProblemCode.SCREEN_UNKNOWN,
        tr("No such screen"),
        detail=tr("No screen '{screen_id}' waits for this kiosk's keys.", screen_id=screen_id),
        hint=tr("Ask again once it has reported."),
    )


def screen_busy(why: str) -> ProblemError:
    """Return: somebody is in the middle of something at the screen that has the lease."""
    return ProblemError(
        409,
        ProblemCode.SCREEN_BUSY,
        tr("Somebody is in the middle of something"),
        detail=why or tr("A key was pressed just now."),
        hint=tr("Ask again in a few seconds, or force it: carts stay with the agent."),
    )
