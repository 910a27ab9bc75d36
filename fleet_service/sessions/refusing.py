"""Why a kiosk gets no session, in words."""

from typing import Final

from fleet_service.sessions.ports import RegisteredKiosk
from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_contracts.venues import Standing

_PENDING_AGAIN_S: Final = 30
_AGAIN_S: Final = 5


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
        case Standing.EXPECTED if kiosk.secret_hash is None and kiosk.instance_id is None:
            raise _name_free(kiosk.kiosk_id)
        case Standing.EXPECTED | Standing.PENDING:
            raise ProblemError(
                403,
                ProblemCode.KIOSK_PENDING,
                "This kiosk is not confirmed yet",
                detail=f"It is not confirmed that this host is {kiosk.kiosk_id}.",
                hint="Nothing has to be done at the kiosk; it asks again by itself.",
                retryable=True,
                retry_after_s=_PENDING_AGAIN_S,
            )
        case Standing.REVOKED:
            raise kiosk_revoked(kiosk.kiosk_id)
        case Standing.RETIRED:
            raise kiosk_retired(kiosk.kiosk_id)


def refuse_replaced(kiosk: RegisteredKiosk, instance_id: str | None) -> None:
    """Raise ProblemError 403 for a managed instance in whose place another host is the kiosk."""
    if instance_id in kiosk.former_instances and instance_id != kiosk.instance_id:
        raise host_replaced(kiosk.kiosk_id)


def refuse_hostless(kiosk: RegisteredKiosk, *, matched: bool) -> None:
    """Raise ProblemError 403 unless a host may become this kiosk that has none.

    `matched`: whether this service finds out by itself who the host of a pending kiosk is.
    """
    if kiosk.secret_hash is not None:
        raise proof_refused(
            f"{kiosk.kiosk_id} has no host that could prove to be it.",
            "Check kiosk_id and identity in the agent's settings.",
        )
    match kiosk.standing:
        case Standing.PENDING if matched:
            return
        case Standing.PENDING:
            raise ProblemError(
                403,
                ProblemCode.KIOSK_PENDING,
                "This kiosk is not confirmed yet",
                detail="This fleet service can't see who the hosts are: it has no "
                "instance_cluster in its settings.",
                hint="Tell the operators; the kiosk asks again by itself.",
                retryable=True,
                retry_after_s=_PENDING_AGAIN_S,
            )
        case Standing.EXPECTED:
            raise _name_free(kiosk.kiosk_id)
        case Standing.RETIRED:
            raise kiosk_retired(kiosk.kiosk_id)
        case Standing.ACTIVE | Standing.REVOKED:
            raise kiosk_revoked(kiosk.kiosk_id)


def _name_free(kiosk_id: str) -> ProblemError:
    return ProblemError(
        403,
        ProblemCode.KIOSK_PENDING,
        "No host has this kiosk's name",
        detail=f"{kiosk_id} is planned, and this host was not granted the name, or is not it any "
        "more.",
        hint="Enrol the host with a bundle of its venue: kiosk-agent bootstrap; one that has "
        "registered already: kiosk-agent bootstrap --again.",
    )


def kiosk_retired(kiosk_id: str) -> ProblemError:
    """Return the refusal of a kiosk that was taken out of service for good."""
    return _retired(f"Operators have taken {kiosk_id} out of service for good.")


def host_replaced(kiosk_id: str) -> ProblemError:
    """Return the refusal of a host in whose place operators have put another."""
    return _retired(f"Operators have put another host in this one's place as {kiosk_id}.")


def _retired(detail: str) -> ProblemError:
    return ProblemError(
        403,
        ProblemCode.KIOSK_RETIRED,
        "This host is a kiosk no more",
        detail=detail,
        hint="Sell nothing here. What it has not sent is moved out with kiosk-agent export; then "
        "the machine can be made a kiosk again: kiosk-agent bootstrap --again.",
    )


def not_judged(title: str, detail: str, again_s: int = _AGAIN_S) -> ProblemError:
    """Return the refusal of a proof that nobody has judged, for now."""
    return ProblemError(
        503,
        ProblemCode.UPSTREAM_BUSY,
        title,
        detail=detail,
        hint="The kiosk tries again by itself and sells on meanwhile.",
        retryable=True,
        retry_after_s=again_s,
    )


def kiosk_revoked(kiosk_id: str) -> ProblemError:
    """Return the refusal of a kiosk that operators have revoked."""
    return ProblemError(
        403,
        ProblemCode.KIOSK_REVOKED,
        "This kiosk was taken out of service",
        detail=f"Operators have revoked {kiosk_id}.",
        hint="Tell the control room if it should sell.",
    )
