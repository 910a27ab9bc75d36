"""Why a kiosk gets no session, in words."""

from typing import Final

from fleet_service.sessions.ports import RegisteredKiosk
from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_contracts.venues import Standing

_PENDING_AGAIN_S: Final = 30


def proof_refused(detail: str, hint: str) -> ProblemError:
    """Return the refusal of a proof that does not hold."""
    return ProblemError(
        403, ProblemCode.PROOF_REFUSED, "The proof was refused", detail=detail, hint=hint
    )


def kiosk_unknown(kiosk_id: str) -> ProblemError:
    """Return the refusal of a kiosk that nobody registered."""
    return ProblemError(
        403,
        ProblemCode.KIOSK_UNKNOWN,
        "This kiosk is not known",
        detail=f"No kiosk {kiosk_id!r} is registered.",
        hint="Check the kiosk's id, or register the kiosk.",
    )


def refuse_standing(kiosk: RegisteredKiosk) -> None:
    """Raise ProblemError 403 unless the kiosk may work for us."""
    match kiosk.standing:
        case Standing.ACTIVE:
            return
        case Standing.EXPECTED | Standing.PENDING:
            raise ProblemError(
                403,
                ProblemCode.KIOSK_PENDING,
                "This kiosk is not confirmed yet",
                detail=f"No operator has confirmed yet that this host is {kiosk.kiosk_id}.",
                hint="Nothing has to be done at the kiosk; it asks again by itself.",
                retryable=True,
                retry_after_s=_PENDING_AGAIN_S,
            )
        case Standing.REVOKED | Standing.RETIRED:
            raise kiosk_revoked(kiosk.kiosk_id)


def kiosk_revoked(kiosk_id: str) -> ProblemError:
    """Return the refusal of a kiosk that operators have revoked."""
    return ProblemError(
        403,
        ProblemCode.KIOSK_REVOKED,
        "This kiosk was taken out of service",
        detail=f"Operators have revoked {kiosk_id}.",
        hint="Tell the control room if it should sell.",
    )
