"""Why a command is not taken, told or withdrawn, in words."""

from typing import Final

from fleet_service.kiosks.refusing import kiosk_not_planned, standing_differs
from fleet_service.sessions.ports import RegisteredKiosk
from kiosk_contracts.commands import CommandKind, CommandState
from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_contracts.venues import Standing

_LIST: Final = "GET /v1/ops/kiosks/{kiosk_id}/commands"


def known(kiosk_id: str, kiosk: RegisteredKiosk | None) -> RegisteredKiosk:
    """Return a kiosk; raises ProblemError 404 `kiosk_unknown` where there is none."""
    if kiosk is None:
        raise kiosk_not_planned(kiosk_id)
    return kiosk


def in_service(kiosk_id: str, kiosk: RegisteredKiosk | None) -> RegisteredKiosk:
    """Return a kiosk that fetches commands; raises ProblemError 404, 409 `standing_differs`."""
    found = known(kiosk_id, kiosk)
    match found.standing:
        case Standing.ACTIVE:
            return found
        case Standing.EXPECTED | Standing.PENDING:
            raise standing_differs(kiosk_id, found.standing, "no host is the kiosk yet")
        case Standing.REVOKED | Standing.RETIRED:
            raise standing_differs(
                kiosk_id, found.standing, "it is let in nowhere, so it fetches no command"
            )


def command_unknown(kiosk_id: str, command_id: str) -> ProblemError:
    """Return the refusal of a command that this kiosk has not, or was not told of."""
    return ProblemError(
        404,
        ProblemCode.COMMAND_UNKNOWN,
        "There is no such command",
        detail=f"{kiosk_id} has no command {command_id}.",
        hint=f"List them: {_LIST.format(kiosk_id=kiosk_id)}.",
    )


def no_content(kiosk_id: str, command_id: str) -> ProblemError:
    """Return the refusal where a command brought nothing back, or it is kept no more."""
    return ProblemError(
        404,
        ProblemCode.COMMAND_UNKNOWN,
        "The command has nothing to show",
        detail=f"Command {command_id} of {kiosk_id} has brought nothing back, or it is kept no "
        "more.",
        hint="Ask the kiosk again with a new command.",
    )


def command_differs(command_id: str) -> ProblemError:
    """Return the refusal of another command under a known id."""
    return ProblemError(
        409,
        ProblemCode.COMMAND_DIFFERS,
        "Another command has this id",
        detail=f"{command_id} was asked for with other terms; a command is one thing, done once.",
        hint="Make a new id for a new command; nothing was changed.",
    )


def command_ended(command_id: str, state: CommandState) -> ProblemError:
    """Return the refusal to withdraw a command that has come to its end."""
    return ProblemError(
        409,
        ProblemCode.COMMAND_ENDED,
        "The command can't be withdrawn any more",
        detail=f"{command_id} is {state}.",
        hint="Look at what came of it; nothing was changed.",
    )


def too_many(kiosk_id: str, most: int) -> ProblemError:
    """Return the refusal of one command more for a kiosk that has enough to do."""
    return ProblemError(
        409,
        ProblemCode.TOO_MANY_COMMANDS,
        "The kiosk has enough to do",
        detail=f"{kiosk_id} has {most} commands that have not ended, the most there may be.",
        hint="Wait until they have, or withdraw those that nobody needs.",
        retryable=True,
    )


def way_closed(why: str) -> ProblemError:
    """Return the refusal of a command that can't go by Systems Manager at all."""
    return ProblemError(
        422,
        ProblemCode.BODY_INVALID,
        "The request does not fit",
        detail=f"way: {why}.",
        hint="Let the kiosk's agent fetch it: leave `way` out.",
    )


def too_long_by_ssm(kind: CommandKind, longest_s: int) -> ProblemError:
    """Return the refusal of what might keep a venue's moves waiting for days."""
    return ProblemError(
        422,
        ProblemCode.BODY_INVALID,
        "The request does not fit",
        detail=f"expires_in_s: a {kind} by Systems Manager has {longest_s} s at most, because "
        "until somebody looks at what came of it, or its time is over, no other kiosk of the "
        "venue is moved to a release.",
        hint=f"Say {longest_s} at most; if the host is not back by then, ask with a new id.",
    )


def not_sent(why: str) -> ProblemError:
    """Return the answer where Systems Manager was asked for a command's host, and sent nothing."""
    return ProblemError(
        503,
        ProblemCode.SSM_AWAY,
        "Systems Manager did not find the host",
        detail=f"{why}. Nothing was sent this time.",
        hint="Send the same request again.",
        retryable=True,
        retry_after_s=5,
    )


def ssm_away(why: str) -> ProblemError:
    """Return the answer while Systems Manager takes no command."""
    return ProblemError(
        503,
        ProblemCode.SSM_AWAY,
        "Systems Manager did not take the command",
        detail=f"{why}. Its host does a command once, however often it is sent.",
        hint="Send the same request again.",
        retryable=True,
        retry_after_s=5,
    )


def not_taken_back(why: str) -> ProblemError:
    """Return the answer where Systems Manager may deliver a command that was withdrawn."""
    return ProblemError(
        503,
        ProblemCode.SSM_AWAY,
        "Systems Manager did not take the command back",
        detail=f"{why}. It is withdrawn here, and its host may be told of it all the same.",
        hint="Withdraw it again, to have Systems Manager asked again.",
        retryable=True,
        retry_after_s=5,
    )


def content_refused(why: str) -> ProblemError:
    """Return the refusal of what a kiosk brings back in no form of ours."""
    return ProblemError(
        422, ProblemCode.BODY_INVALID, "The request does not fit", detail=f"content: {why}."
    )
