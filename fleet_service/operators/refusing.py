"""Why an operator is not let in, or may not do something, in words."""

from datetime import datetime
from math import ceil

from kiosk_contracts.operators import OperatorRole
from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_contracts.version import CSRF_HEADER, OPS_TOKEN_HEADER

_ASK = "Ask an administrator for a new one."


def token_missing() -> ProblemError:
    """Return the refusal of a request that says of nobody."""
    return ProblemError(
        401,
        ProblemCode.TOKEN_MISSING,
        "The request carries no operator's token",
        hint=f"Send it in the header {OPS_TOKEN_HEADER}, or as Authorization: Bearer.",
    )


def tokens_several() -> ProblemError:
    """Return the refusal of a request with more than one token: two hops could read two."""
    return ProblemError(
        401,
        ProblemCode.TOKEN_INVALID,
        "The request carries several operators' tokens",
        hint=f"Send one, in one header: {OPS_TOKEN_HEADER} or Authorization.",
    )


def token_invalid() -> ProblemError:
    """Return the refusal of a token that is none, or was removed."""
    return ProblemError(
        401, ProblemCode.TOKEN_INVALID, "The operator's token is not valid", hint=_ASK
    )


def token_expired(at: datetime) -> ProblemError:
    """Return the refusal of a token whose time is over."""
    return ProblemError(
        401,
        ProblemCode.TOKEN_EXPIRED,
        "The operator's token has expired",
        detail=f"It counted until {at:%Y-%m-%d %H:%M:%S} UTC.",
        hint=_ASK,
    )


def token_revoked(at: datetime) -> ProblemError:
    """Return the refusal of a token that an administrator took back."""
    return ProblemError(
        401,
        ProblemCode.TOKEN_REVOKED,
        "The operator's token was revoked",
        detail=f"An administrator revoked it at {at:%Y-%m-%d %H:%M:%S} UTC.",
        hint=_ASK,
    )


def session_ended(why: str) -> ProblemError:
    """Return the refusal of a dashboard's cookie that counts no more."""
    return ProblemError(
        401,
        ProblemCode.SESSION_ENDED,
        "The dashboard's session has ended",
        detail=why,
        hint="Sign in again with your token.",
    )


def cross_site(why: str) -> ProblemError:
    """Return the refusal of a change that the dashboard did not send."""
    return ProblemError(
        403,
        ProblemCode.CROSS_SITE,
        "The change does not come from the dashboard",
        detail=why,
        hint=f"Load the dashboard anew. Programs send a token in {OPS_TOKEN_HEADER}, not a cookie; "
        f"the dashboard sends {CSRF_HEADER}.",
    )


def role_too_low(role: OperatorRole, needed: OperatorRole) -> ProblemError:
    """Return the refusal of an act that needs a higher role."""
    return ProblemError(
        403,
        ProblemCode.ROLE_TOO_LOW,
        "Your token's role does not allow that",
        detail=f"It takes the role {needed}; the token has {role}.",
        hint="Ask somebody who has it.",
    )


def not_for_operators() -> ProblemError:
    """Return the refusal of a route that nobody was given the right to."""
    return ProblemError(
        403,
        ProblemCode.NOT_ALLOWED,
        "Nobody may do that",
        detail="This address has no role that may use it.",
        hint="It is a fault of the fleet service: tell its developers.",
    )


def too_many(what: str, wait_s: float) -> ProblemError:
    """Return the refusal of requests that come too fast."""
    seconds = max(1, ceil(wait_s))
    return ProblemError(
        429,
        ProblemCode.TOO_MANY_REQUESTS,
        "Too many requests",
        detail=f"{what} Wait {seconds} s.",
        hint="Ask less often.",
        retryable=True,
        retry_after_s=seconds,
    )


def token_unknown(token_id: str) -> ProblemError:
    """Return the refusal to revoke a token that nobody made."""
    return ProblemError(
        404,
        ProblemCode.OPERATOR_TOKEN_UNKNOWN,
        "There is no such token",
        detail=f"No operator's token has the id {token_id}.",
        hint="List them: GET /v1/ops/operator-tokens.",
    )


def settings_token_stays() -> ProblemError:
    """Return the refusal to revoke the settings' token."""
    return ProblemError(
        409,
        ProblemCode.NOT_ALLOWED,
        "The settings' token is not revoked here",
        hint="Remove ops_token_sha256 from the fleet service's settings and start it again.",
    )


def expiry_refused(why: str) -> ProblemError:
    """Return the refusal of a token that would end too soon or too late."""
    return ProblemError(
        422, ProblemCode.BODY_INVALID, "The request does not fit", detail=f"expires_at: {why}"
    )


def needs_a_token() -> ProblemError:
    """Return the refusal to open a session by a session: it would never end."""
    return ProblemError(
        401,
        ProblemCode.TOKEN_MISSING,
        "A session is opened with a token",
        hint=f"Send it in the header {OPS_TOKEN_HEADER}.",
    )
