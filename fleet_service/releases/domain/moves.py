"""A move of kiosks to a release, as it stands. All times are the service's own."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from pydantic import AwareDatetime

from kiosk_contracts.ids import JournalId
from kiosk_contracts.releases import (
    KioskMoveStanding,
    KioskMoveState,
    MoveStanding,
    MoveState,
)
from kiosk_contracts.wire import WireModel

UNDER_WAY: Final = frozenset(
    {KioskMoveState.MOVING, KioskMoveState.SETTLING, KioskMoveState.MOVING_BACK}
)
"""Something is still to come of these."""
KEPT_WITHIN: Final = timedelta(seconds=20)
"""That ECS is going to be told is in the store so soon, or it is not told."""
CALL_LASTS: Final = timedelta(seconds=50)
"""Then: nothing more is sent to ECS in a call that began so long ago."""
REQUEST_LASTS: Final = timedelta(seconds=8)
"""Then: what was sent last was answered, or its connection is closed."""
_HEARD_BY: Final = timedelta(seconds=12)
"""Then: ECS has done it, whatever stood in between; clocks of tasks differ by less."""
CALL_ENDS: Final = KEPT_WITHIN + CALL_LASTS + REQUEST_LASTS + _HEARD_BY
"""A call to ECS has ended so long after `telling_at`, whoever made it: nothing undoes what is told
since."""


class Baseline(WireModel):
    """How the journal stood when the new release was first seen on the screen."""

    journal_id: JournalId
    last_sequence: int
    """What has a higher one was recorded at the new release's screen."""


class KioskMove(WireModel):
    """One kiosk of a move."""

    kiosk_id: str
    instance_id: str
    """Its host when the move began: another host is another kiosk for a move."""
    state: KioskMoveState = KioskMoveState.WAITING
    why: str = ""
    from_release: str = ""
    """What ECS had told it when it was begun; empty before, and where nobody knows."""
    since: AwareDatetime
    """Since when it stands so, or since it was heard again: what is judged by time counts from
    here."""
    told_at: AwareDatetime | None = None
    """When ECS took what the kiosk is to run now; None: it has to be told (again)."""
    is_told: bool = False
    """Whether ECS may have been told the new release, ever."""
    failed: bool = False
    """Whether the release failed there."""
    excused: str = ""
    """Why no time counts against it now."""
    down_since: AwareDatetime | None = None
    """Since when it reports that no kiosk UI answers keys."""
    baseline: Baseline | None = None
    losses: int = 0
    """How often the new release lost the screen after it had it."""
    noted_at: AwareDatetime | None = None
    """When a wait of it was last kept as a decision."""
    unnoted: bool = False
    """Whether what it waits for has still to be kept as one."""
    telling_at: AwareDatetime | None = None
    """Since when a call that tells ECS of it may be under way; None: none is."""
    call_ended: bool = False
    """Whether that call is known to have ended, refused: another may be made at once."""

    def standing(self) -> KioskMoveStanding:
        """Return what operators see."""
        return KioskMoveStanding(
            kiosk_id=self.kiosk_id,
            state=self.state,
            why=self.why,
            from_release=self.from_release,
            since=self.since,
        )

    def being_told(self, now: datetime) -> bool:
        """Say whether a call to ECS may be under way, whoever made it."""
        # Of either sign: a clock that was ahead must not keep it open for long.
        return self.telling_at is not None and abs(now - self.telling_at) < CALL_ENDS

    @property
    def is_under_way(self) -> bool:
        """Say whether something is still to come of it, or it is not known to be well."""
        return self.state in UNDER_WAY or (self.state is KioskMoveState.FAILED and self.is_told)


class Move(WireModel):
    """One move, of kiosks of one venue."""

    move_id: str
    to: str
    image: str
    """The release's image: `REPOSITORY@sha256:…`."""
    venue_id: str
    canary: str | None = None
    """Who goes first and alone; None until one can, where operators named none."""
    canary_chosen: bool = False
    """Whether the canary is who could begin first, named by nobody."""
    settle_s: int
    by: str
    made_at: AwareDatetime
    state: MoveState = MoveState.RUNNING
    why: str = ""
    kiosks: tuple[KioskMove, ...]
    """In the order in which they are moved."""
    term: int = 0
    """The leader's that wrote it last: a former leader writes nothing over a later one's."""
    decided: int = 0
    """How many decisions were kept of it."""
    without_way_back: bool = False
    """Whether kiosks are moved that have nothing to go back to, as operators said."""
    fault: str = ""
    """Why the service could not go on with it when it last looked; empty: it could."""
    aborted: str = ""
    """By whom and why it is to be aborted, once no call is under way; empty: it is not."""
    progressed_at: AwareDatetime | None = None
    """When a kiosk came on in it last, or an operator had it go on; None: none did yet."""

    def of(self, kiosk_id: str) -> KioskMove:
        """Return one of its kiosks; raises KeyError."""
        for one in self.kiosks:
            if one.kiosk_id == kiosk_id:
                return one
        raise KeyError(kiosk_id)

    def being_told(self, now: datetime) -> Sequence[str]:
        """Return the kiosks of which a call to ECS may be under way, whoever made it."""
        return [one.kiosk_id for one in self.kiosks if one.being_told(now)]

    def standing(self) -> MoveStanding:
        """Return what operators see."""
        kiosks = tuple(one.standing() for one in self.kiosks)
        told = {name: getattr(self, name) for name in MoveStanding.model_fields if name != "kiosks"}
        why = "; ".join(one for one in (self.why, self.fault) if one)
        return MoveStanding.model_validate({**told, "why": why, "kiosks": kiosks})
