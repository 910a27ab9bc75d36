"""Why a release is not made, or kiosks are not moved, in words."""

from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_contracts.releases import MoveState, ReleaseState


def release_unknown(release_id: str) -> ProblemError:
    """Return the refusal of a release that nobody made."""
    return ProblemError(
        404,
        ProblemCode.RELEASE_UNKNOWN,
        "There is no such release",
        detail=f"No release has the id {release_id}.",
        hint="Make it first, or list those that are there: GET /v1/releases.",
    )


def release_differs(release_id: str, why: str) -> ProblemError:
    """Return the refusal to make another release under an id."""
    return ProblemError(
        409,
        ProblemCode.RELEASE_DIFFERS,
        "Another release has this id",
        detail=f"{release_id}: {why}. A release never changes: kiosks run it by its id.",
        hint="Choose another id; nothing was changed.",
    )


def release_not_live(release_id: str, state: ReleaseState) -> ProblemError:
    """Return the refusal to move kiosks to a release that ECS has not all of."""
    why = "the request that makes it was cut off, failed, or still runs"
    hint = (
        "It goes on by itself within minutes; the request that makes it, once more, does at once."
    )
    if state is ReleaseState.RETIRING:
        why, hint = "it is being retired", "Move to another release."
    return ProblemError(
        409,
        ProblemCode.RELEASE_NOT_LIVE,
        "The release is not live",
        detail=f"ECS may not have all of {release_id}: {why}.",
        hint=hint,
        retryable=True,
    )


def release_busy(release_id: str) -> ProblemError:
    """Return the answer while somebody else works on a release."""
    return ProblemError(
        409,
        ProblemCode.RELEASE_BUSY,
        "The release is being worked on",
        detail=f"Another request makes or retires {release_id} now.",
        hint="Ask again in some seconds.",
        retryable=True,
        retry_after_s=5,
    )


def release_in_use(release_id: str, why: str) -> ProblemError:
    """Return the refusal to retire a release that somebody needs."""
    return ProblemError(
        409,
        ProblemCode.RELEASE_IN_USE,
        "The release is needed",
        detail=f"{release_id} stays: {why}.",
        hint="Move those kiosks to another release first, or wait for the move; nothing changed.",
    )


def release_retired(release_id: str) -> ProblemError:
    """Return the refusal of a release that was retired."""
    return ProblemError(
        409,
        ProblemCode.RELEASE_RETIRED,
        "The release was retired",
        detail=f"ECS has nothing of {release_id} any more, and its id names no other release.",
        hint="Make the same image a release under another id.",
    )


def ecs_away(release_id: str, why: str) -> ProblemError:
    """Return the answer while ECS can't make a release."""
    return ProblemError(
        503,
        ProblemCode.ECS_AWAY,
        "ECS could not make all of the release",
        detail=f"{release_id}: {why}.",
        hint="Send the same request again: it goes on where it was.",
        retryable=True,
        retry_after_s=5,
    )


def no_ecs() -> ProblemError:
    """Return the answer where the fleet service knows no cluster."""
    return ProblemError(
        409,
        ProblemCode.NOTHING_TO_MOVE,
        "This fleet service moves no kiosks",
        detail="It does not know in which ECS cluster the kiosks are.",
        hint="Set instance_cluster (docs/configuration.md), and start it again.",
    )


def move_unknown(move_id: str) -> ProblemError:
    """Return the refusal of a move that nobody began."""
    return ProblemError(
        404,
        ProblemCode.MOVE_UNKNOWN,
        "There is no such move",
        detail=f"No move has the id {move_id}.",
        hint="List them: GET /v1/moves.",
    )


def move_differs(move_id: str) -> ProblemError:
    """Return the refusal of another move under an id."""
    return ProblemError(
        409,
        ProblemCode.MOVE_DIFFERS,
        "Another move has this id",
        detail=f"{move_id} was asked for with other kiosks, release or options.",
        hint="Make a new id for a new move; nothing was changed.",
    )


def move_runs_already(venue_id: str, move_id: str) -> ProblemError:
    """Return the refusal of a second move at a venue."""
    return ProblemError(
        409,
        ProblemCode.MOVE_RUNS_ALREADY,
        "Kiosks of this venue are being moved already",
        detail=f"The move {move_id} of {venue_id} has not ended; two would not know of each other, "
        "and might take all its kiosks at once.",
        hint=f"Wait for it, or abort it: POST /v1/ops/moves/{move_id}/abort.",
    )


def move_ended(move_id: str, state: MoveState, act: str) -> ProblemError:
    """Return the refusal of an act that makes no sense for how a move stands."""
    hint = "To move kiosks on or back, begin another move."
    if state is MoveState.STOPPING:
        hint = (
            "It ends by itself, once the kiosk that failed is back or a call to ECS is over. "
            "Abort it to end it at once; then that kiosk may stay on the release."
        )
    return ProblemError(
        409,
        ProblemCode.MOVE_ENDED,
        f"The move can't be {act}",
        detail=f"{move_id} is {state}.",
        hint=hint,
    )


def nothing_to_move(what: str, why: str) -> ProblemError:
    """Return the refusal of a move of nobody."""
    return ProblemError(
        409,
        ProblemCode.NOTHING_TO_MOVE,
        "There is no kiosk to move",
        detail=f"{what}: {why}.",
        hint="Kiosks are moved while they are in service; nothing was changed.",
    )


def no_way_back(kiosk_id: str, why: str) -> ProblemError:
    """Return the refusal to move a kiosk that could not be brought back if the release failed."""
    return ProblemError(
        409,
        ProblemCode.NO_WAY_BACK,
        "A kiosk could not be brought back",
        detail=f"{kiosk_id}: {why}. If the new release failed there, it would stay on it.",
        hint="Make what it runs a release first, or, as for a fleet's first release, order the "
        "move with without_way_back (fleetctl release move --without-way-back); nothing was "
        "changed.",
    )


def canary_elsewhere(canary: str) -> ProblemError:
    """Return the refusal of a canary that is not part of the move."""
    return ProblemError(
        422,
        ProblemCode.BODY_INVALID,
        "The request does not fit",
        detail=f"canary: {canary} is none of the kiosks in service that are to be moved.",
        hint="Name one of them, or none: then the first that may goes first.",
    )
