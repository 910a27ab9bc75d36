"""Why a host does not become the kiosk that it says it is, in words."""

from typing import Final

from kiosk_contracts.problem import ProblemCode, ProblemError

_SOON_S: Final = 5
_LATER_S: Final = 10


def not_matched(kiosk_id: str, why: str, hint: str = "") -> ProblemError:
    """Return the refusal of a host that is not the one that was granted the name."""
    free = (
        f"If this host is to be {kiosk_id}, free the name (kiosk-provision kiosk free {kiosk_id}) "
        "and enrol the host anew; if not, find out who it is."
    )
    return ProblemError(
        403,
        ProblemCode.HOST_NOT_MATCHED,
        "This host is not the one that was enrolled as this kiosk",
        detail=why,
        hint=hint or free,
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
