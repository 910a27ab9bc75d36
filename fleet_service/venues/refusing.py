"""Why a venue is not opened, changed or closed, in words."""

from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_contracts.venues import Standing


def kiosk_taken(detail: str) -> ProblemError:
    """Return the refusal of an id or a code that another has."""
    return ProblemError(
        409,
        ProblemCode.KIOSK_TAKEN,
        "The kiosk's id or code is taken",
        detail=detail,
        hint="Choose another; nothing was changed.",
    )


def kiosk_in_service(kiosk_id: str, standing: Standing) -> ProblemError:
    """Return the refusal to drop a kiosk that has a host."""
    return ProblemError(
        409,
        ProblemCode.KIOSK_IN_SERVICE,
        "The kiosk has a host",
        detail=f"{kiosk_id} is {standing}; its host may hold stock and sales.",
        hint=f"Free the name first: kiosk-provision kiosk free {kiosk_id}."
        if standing is Standing.PENDING
        else f"Take it out of service first: kiosk-provision kiosk deprovision {kiosk_id}.",
    )


def venue_unknown(venue_id: str) -> ProblemError:
    """Return the refusal of a venue that nobody opened."""
    return ProblemError(
        404,
        ProblemCode.VENUE_UNKNOWN,
        "There is no such venue",
        detail=f"No venue has the id {venue_id}.",
        hint="List them: kiosk-provision venue list.",
    )
