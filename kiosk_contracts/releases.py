"""Releases of the kiosk UI, and moving kiosks from one to another, as operators ask for it."""

from enum import StrEnum
from typing import Annotated, Final
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints, model_validator

from kiosk_contracts.ids import KioskId, VenueId
from kiosk_contracts.text import PlainText
from kiosk_contracts.ui_task_terms import UiTaskTerms
from kiosk_contracts.wire import WireModel

ReleaseId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
"""The value of the attribute `kiosk.release` of the hosts that run it, e.g. `r-2026-11`."""
MoveId = UUID
"""One move: made once by who asks for it, so that asking again is no second move."""
SETTLE_S: Final = 300


class ReleaseState(StrEnum):
    """Whether kiosks can be moved to a release."""

    MAKING = "making"
    """ECS has not all of it yet."""
    LIVE = "live"
    RETIRING = "retiring"
    """It is being taken away, unless somebody turns out to need it: nobody moves to it meanwhile.
    """
    RETIRED = "retired"
    """ECS has nothing of it any more; its id stays taken."""


class NewRelease(WireModel):
    """Make a release. The same again goes on with it, or finds it made."""

    release_id: ReleaseId
    task: UiTaskTerms
    """The image, by its digest, and its configuration."""


class ReleasePlace(WireModel):
    """What ECS has of a release in one region and cluster."""

    region: str
    cluster: str
    task_definition: str = ""
    """The ARN of its revision; empty until it is registered."""
    service: str = ""
    """The ARN of its service; empty until it is there, or where releases have none."""


class ReleaseStanding(WireModel):
    """A release, and what ECS has of it."""

    release_id: ReleaseId
    state: ReleaseState
    task: UiTaskTerms
    made_at: AwareDatetime
    by: str
    places: tuple[ReleasePlace, ...]
    """Also those where nothing is yet, as in a cluster that came later: what a kiosk there needs is
    made before it is moved, or by making the same release again."""
    why: str = ""
    """What kept the last try from making or retiring all of it; empty: nothing."""


class ReleasePage(WireModel):
    """Releases by their ids, in order."""

    releases: tuple[ReleaseStanding, ...]
    next_after: str | None
    """What to ask behind for the next page; None at the end."""


class MoveState(StrEnum):
    """How a move goes."""

    RUNNING = "running"
    PAUSED = "paused"
    """Nobody else is moved; who is under way is still judged."""
    STOPPING = "stopping"
    """A kiosk failed, and is brought back; or it was aborted while ECS was being told of one.
    Nobody else is moved."""
    STOPPED = "stopped"
    """By a failure; who was moved before stays moved."""
    ABORTED = "aborted"
    """By an operator; each kiosk keeps what it was told last."""
    DONE = "done"

    @property
    def ended(self) -> bool:
        """Say whether nothing happens in it any more."""
        return self in {MoveState.STOPPED, MoveState.ABORTED, MoveState.DONE}


class KioskMoveState(StrEnum):
    """How one kiosk of a move stands."""

    WAITING = "waiting"
    MOVING = "moving"
    """It is told the new release, and does not show it yet."""
    SETTLING = "settling"
    """The new release is on its screen, and has to prove itself."""
    MOVED = "moved"
    MOVING_BACK = "moving_back"
    MOVED_BACK = "moved_back"
    FAILED = "failed"
    """It failed, and could not be brought back by itself."""
    LEFT_OUT = "left_out"
    """It is not in service any more."""


class NewMove(WireModel):
    """Move a kiosk, or all kiosks of a venue, to a release."""

    move_id: MoveId
    to: ReleaseId
    kiosk_id: KioskId | None = None
    venue_id: VenueId | None = None
    canary: KioskId | None = None
    """Which kiosk goes first, and alone; None: the first that may."""
    settle_s: int = Field(default=SETTLE_S, ge=60, le=86_400)
    """A kiosk has moved once it settled a sale, or stayed well for so long."""
    without_way_back: bool = False
    """Move also kiosks that could not be brought back, as to a fleet's first release: one that
    fails there stays on the release, and a person has to see to it."""

    @model_validator(mode="after")
    def _of_one_thing(self) -> "NewMove":
        if (self.kiosk_id is None) == (self.venue_id is None):
            msg = "name either kiosk_id or venue_id"
            raise ValueError(msg)
        return self


class KioskMoveStanding(WireModel):
    """One kiosk of a move."""

    kiosk_id: KioskId
    state: KioskMoveState
    why: str
    """What it waits for, or what was seen of it last, in words."""
    from_release: str
    """What it was told before, and would be moved back to; empty: nobody knows."""
    since: AwareDatetime
    """Since when it stands so, by the fleet service's clock."""


class MoveStanding(WireModel):
    """A move."""

    move_id: MoveId
    to: ReleaseId
    venue_id: VenueId
    canary: KioskId | None
    settle_s: int
    by: str
    made_at: AwareDatetime
    state: MoveState
    why: str
    kiosks: tuple[KioskMoveStanding, ...]


class MovePage(WireModel):
    """Moves by their ids, in order."""

    moves: tuple[MoveStanding, ...]
    next_after: str | None


class MoveAct(WireModel):
    """Pause a move, go on with it, or abort it."""

    why: PlainText = ""


class Decision(WireModel):
    """What was decided in a move, and why."""

    number: int = Field(ge=1)
    """Of its move: without gaps."""
    at: AwareDatetime
    what: str
    kiosk_id: KioskId | None = None
    why: str


class DecisionPage(WireModel):
    """Decisions of a move, the oldest first."""

    decisions: tuple[Decision, ...]
    next_after: str | None
