"""What the fleet service keeps of releases and moves."""

from typing import ClassVar, Final

from pydantic import AwareDatetime

from cloud_store.records import Record
from fleet_service.releases.domain.halting import LeftKiosk
from fleet_service.releases.domain.moves import Move
from kiosk_contracts.releases import Decision, NewMove, ReleasePlace, ReleaseState
from kiosk_contracts.ui_task_terms import UiTaskTerms

RELEASES: Final = "releases"
"""The partition of the directory that lists all releases."""
OPEN_RELEASES: Final = "open_releases"
"""The same of those that are being made or retired."""
MOVES: Final = "moves"
"""The same of all moves."""
OPEN_MOVES: Final = "open_moves"
"""The same of those that have not ended."""
HALTS: Final = "now"
"""The partition of what moves left for a person."""
MOVES_LEASE: Final = "moves"
"""The name of the lease under which moves go on."""


class ReleaseRecord(Record):
    """A release, by its id."""

    store_kind: ClassVar[str] = "release"
    state: ReleaseState
    task: UiTaskTerms
    made_at: AwareDatetime
    by: str
    places: tuple[ReleasePlace, ...]
    why: str = ""
    """What kept the last try from ending; empty: nothing."""
    turn: int = 0
    """How often somebody set to work on it: who had a turn before keeps nothing any more."""
    at_work: bool = False
    """Whether somebody is at it, as far as the store knows."""
    tried_at: AwareDatetime | None = None
    """When its turn began, or a place was done in it."""
    was: ReleaseState | None = None
    """What it was before it was to be retired."""
    removing: bool = False
    """Whether ECS may have lost part of it already: from then on there is no way back."""


class MoveRecord(Move, Record):
    """A move, by its id."""

    store_kind: ClassVar[str] = "move"
    ordered: NewMove
    """What was asked for, so that the same asked again is no other move."""


class DecisionRecord(Decision, Record):
    """A decision of a move, by the move's id and `decision_key`."""

    store_kind: ClassVar[str] = "move_decision"


class HaltRecord(Record):
    """What moves of a venue left for a person, by HALTS and the venue's id."""

    store_kind: ClassVar[str] = "move_halt"
    stopped: str = ""
    """Which move stopped, and why, until another begins there; empty: none."""
    move_id: str = ""
    """That move's."""
    release: str = ""
    """To which it went."""
    left: tuple[LeftKiosk, ...] = ()
    """Until another move brings them off that release, or finds them well with it."""


class VenueMoveRecord(Record):
    """Which move a venue's kiosks are part of, by the venue's id: one at a time."""

    store_kind: ClassVar[str] = "venue_move"
    move_id: str


def decision_key(number: int) -> str:
    """Return the sort key of a decision: they are read in their order."""
    return f"{number:08}"
