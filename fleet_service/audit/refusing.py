"""Why a change is not made, in words."""

from kiosk_contracts.problem import ProblemCode, ProblemError


def audit_unwritten(why: str) -> ProblemError:
    """Return the refusal of a change that could not be written down before."""
    return ProblemError(
        503,
        ProblemCode.AUDIT_UNWRITTEN,
        "The change was not made",
        detail=f"It could not be written into the audit: {why}.",
        hint="Nothing was changed; send it again.",
        retryable=True,
        retry_after_s=5,
    )
