"""Why an activation is not taken, or a host gets no name, in words."""

from collections.abc import Sequence
from datetime import datetime

from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_contracts.venues import Standing
from kiosk_contracts.version import ENROLMENT_TOKEN_HEADER


def activation_taken(activation_id: str) -> ProblemError:
    """Return the refusal of another activation under a known id."""
    return ProblemError(
        409,
        ProblemCode.KIOSK_TAKEN,
        "Another activation has this id",
        detail=f"The activation {activation_id} is known, for other kiosks or another bundle.",
        hint="Make a new activation; nothing was changed.",
    )


def token_taken() -> ProblemError:
    """Return the refusal of an enrolment token that another activation has."""
    return ProblemError(
        409,
        ProblemCode.KIOSK_TAKEN,
        "Another activation has this enrolment token",
        detail="A token belongs to one activation, so that a bundle enrols at one venue alone.",
        hint="Make a new activation; nothing was changed.",
    )


def activation_unknown(activation_id: str) -> ProblemError:
    """Return the refusal of an activation that nobody told of."""
    return ProblemError(
        404,
        ProblemCode.ACTIVATION_UNKNOWN,
        "There is no such activation",
        detail=f"No activation has the id {activation_id}.",
        hint="List them: kiosk-provision activation list.",
    )


def hosts_not_asked() -> ProblemError:
    """Return the refusal of a fleet service that asks AWS about nobody."""
    return ProblemError(
        404,
        ProblemCode.NOT_FOUND,
        "This fleet service does not ask AWS about hosts",
        detail="It is not set which cluster the kiosks' hosts are in.",
        hint="Operators set instance_cluster, and what belongs to it.",
    )


def token_missing() -> ProblemError:
    """Return the refusal of a request without an enrolment token."""
    return ProblemError(
        401,
        ProblemCode.TOKEN_MISSING,
        "The request carries no enrolment token",
        hint=f"Send it in the header {ENROLMENT_TOKEN_HEADER}.",
    )


def token_invalid() -> ProblemError:
    """Return the refusal of an enrolment token that is none."""
    return ProblemError(
        401,
        ProblemCode.TOKEN_INVALID,
        "The enrolment token is not valid",
        detail="No activation has it.",
        hint="Use the newest bundle of this venue.",
    )


def activation_ended(expires_at: datetime, *, revoked: bool) -> ProblemError:
    """Return the refusal of a bundle that enrols nobody any more."""
    ended = f"it ended at {expires_at:%Y-%m-%d %H:%M} UTC"
    when = "operators have revoked it" if revoked else ended
    return ProblemError(
        403,
        ProblemCode.ACTIVATION_ENDED,
        "This bundle enrols nobody any more",
        detail=f"Its activation does not count: {when}.",
        hint="Ask the operators for a new bundle.",
    )


def not_offered(kiosk_id: str, offered: Sequence[str]) -> ProblemError:
    """Return the refusal of a kiosk that is none of these."""
    return ProblemError(
        409,
        ProblemCode.KIOSK_UNKNOWN,
        "There is no such kiosk to be enrolled",
        detail=f"{kiosk_id} is none of {', '.join(offered) or 'none'}.",
        hint="Choose one of these, or ask the operators to plan it.",
    )


def not_expected(kiosk_id: str, standing: Standing) -> ProblemError:
    """Return the refusal of a kiosk that has, or had, a host."""
    return ProblemError(
        409,
        ProblemCode.KIOSK_IN_SERVICE,
        "The kiosk has a host, or had one",
        detail=f"{kiosk_id} is {standing}, so no new host is expected for it.",
        hint=f"Choose another, or {_how_to_expect(kiosk_id, standing)}.",
    )


def _how_to_expect(kiosk_id: str, standing: Standing) -> str:
    match standing:
        case Standing.PENDING:
            return f"free the name: kiosk-provision kiosk free {kiosk_id}"
        case Standing.RETIRED:
            return "plan a new one: kiosk-provision venue add"
        case Standing.ACTIVE | Standing.REVOKED | Standing.EXPECTED:
            return f"replace its host: kiosk-provision kiosk replace {kiosk_id}"


def name_taken(kiosk_id: str, since: datetime) -> ProblemError:
    """Return the refusal of a name that another host has."""
    return ProblemError(
        409,
        ProblemCode.KIOSK_TAKEN,
        "Another host is this kiosk",
        detail=f"{kiosk_id} was granted to another host at {since:%Y-%m-%d %H:%M:%S} UTC.",
        hint="Choose another name.",
    )


def host_is_another(kiosk_id: str) -> ProblemError:
    """Return the refusal of a second name for one host."""
    return ProblemError(
        409,
        ProblemCode.KIOSK_TAKEN,
        "This host is another kiosk already",
        detail=f"It was granted {kiosk_id}.",
        hint=f"Go on as {kiosk_id}, with a bundle that is for it; or have the operators free that "
        f"name first (kiosk-provision kiosk free {kiosk_id}), or take that kiosk out of service. "
        f"If {kiosk_id} is another machine, whose disk was copied to this one: give this one an "
        "id of its own (rm /etc/machine-id; systemd-machine-id-setup), restart it, and the same "
        "again.",
    )
