"""Why a host is not the kiosk that it says it is, or a kiosk can't go yet, in words."""

from typing import Final

from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_contracts.venues import Standing

_SOON_S: Final = 5
_LATER_S: Final = 10


def not_matched(kiosk_id: str, why: str, hint: str = "") -> ProblemError:
    """Return the refusal of a host that is not the one that was granted the name."""
    free = (
        f"If this host is to be {kiosk_id}, free the name (kiosk-provision kiosk free {kiosk_id}) "
        "and enrol the host anew (on it: kiosk-agent bootstrap --again); if not, "
        "find out who it is."
    )
    return ProblemError(
        403,
        ProblemCode.HOST_NOT_MATCHED,
        "This host is not the one that was enrolled as this kiosk",
        detail=why,
        hint=hint or free,
    )


def another_machine(kiosk_id: str, why: str) -> ProblemError:
    """Return the refusal of a host that registered under a name that another machine has."""
    return not_matched(
        kiosk_id,
        why,
        f"On this host, to make it another kiosk: kiosk-agent bootstrap --again. If it is to be "
        f"{kiosk_id}, operators free the name before (kiosk-provision kiosk free {kiosk_id}).",
    )


def not_there_yet(kiosk_id: str, why: str) -> ProblemError:
    """Return the answer to a host of which AWS does not know enough yet."""
    return ProblemError(
        403,
        ProblemCode.KIOSK_PENDING,
        "This kiosk is not confirmed yet",
        detail=f"{why}, so it is not confirmed that this host is {kiosk_id}.",
        hint="The kiosk asks again by itself. If it lasts: see that the host's SSM and ECS agents "
        "run (kiosk-agent doctor).",
        retryable=True,
        retry_after_s=_SOON_S,
    )


def aws_away(kiosk_id: str, why: str) -> ProblemError:
    """Return the answer to a host while AWS can't be asked about it."""
    return ProblemError(
        503,
        ProblemCode.KIOSK_PENDING,
        "This kiosk is not confirmed yet",
        detail=f"It can't be seen now whether this host is {kiosk_id}: {why}.",
        hint="The kiosk asks again by itself; if it lasts, tell the operators.",
        retryable=True,
        retry_after_s=_LATER_S,
    )


def kiosk_not_planned(kiosk_id: str) -> ProblemError:
    """Return the refusal of a kiosk that no venue has."""
    return ProblemError(
        404,
        ProblemCode.KIOSK_UNKNOWN,
        "There is no such kiosk",
        detail=f"No venue has a kiosk {kiosk_id}.",
        hint="List them: kiosk-provision kiosk list. One of the kiosks file is changed there.",
    )


def standing_differs(
    kiosk_id: str, standing: Standing, why: str, hint: str = "Nothing was changed."
) -> ProblemError:
    """Return the refusal of an act that makes no sense for how a kiosk stands."""
    return ProblemError(
        409,
        ProblemCode.STANDING_DIFFERS,
        "That can't be done to this kiosk now",
        detail=f"{kiosk_id} is {standing}: {why}.",
        hint=hint,
    )


def not_drained(kiosk_id: str, why: str) -> ProblemError:
    """Return the refusal to let go of a kiosk with whose disk something would be lost."""
    return ProblemError(
        409,
        ProblemCode.KIOSK_NOT_DRAINED,
        "The kiosk has not left yet",
        detail=f"{kiosk_id} may hold stock and sales. {why}",
        hint="See that it is on and has a line, and wait until it has sent everything; if it never "
        "will: --write-off.",
    )


def risk_not_accepted(kiosk_id: str) -> ProblemError:
    """Return the refusal of a write-off whose risk nobody accepted."""
    return ProblemError(
        422,
        ProblemCode.RISK_NOT_ACCEPTED,
        "A write-off has a risk that must be accepted",
        detail=f"What {kiosk_id} has not sent is on its disk alone, and its unsold tickets are "
        "given to others.",
        hint="Set risk_accepted once you are sure that it can't be drained.",
    )
