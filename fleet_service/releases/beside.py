"""Who of a venue is being moved, for whoever would take the screen of another kiosk there."""

from typing import Final

from cloud_store.workspace import Workspace, key_of
from fleet_service.clock import Clock
from fleet_service.releases.keeping import readable
from fleet_service.releases.looking import seen_of
from fleet_service.releases.records import MoveRecord, VenueMoveRecord
from fleet_service.venues.records import KioskRecord
from kiosk_contracts.releases import KioskMoveState

_UNREADABLE: Final = "a move runs at its venue that can't be read here"


class MovesBeside:
    """Adapter of Beside.

    A move looks at what its venue's kiosks were asked to do before it begins with one of them, and
    again before it tells ECS. What is asked is kept before it is told, and told only by a commit
    that rests on the move: so of the two one always sees the other.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def why_not(self, workspace: Workspace, kiosk_id: str, /) -> str:
        """Return why nobody is to take a kiosk's screen now; empty: it may be taken."""
        kiosk = await workspace.fetch(KioskRecord, kiosk_id)
        if kiosk is None:
            # No move is of a kiosk that the kiosks file has.
            return ""
        running = await workspace.fetch(VenueMoveRecord, kiosk.venue_id)
        workspace.rest_on(VenueMoveRecord, kiosk.venue_id)
        move = None
        if running is not None:
            await workspace.load([key_of(MoveRecord, running.move_id)])
            workspace.rest_on(MoveRecord, running.move_id)
            move = readable(workspace, running.move_id)
            if move is None:
                return _UNREADABLE
        others = await self._changing(workspace, kiosk.venue_id, move) - {kiosk_id}
        return f"{', '.join(sorted(others))} of its venue is being moved" if others else ""

    async def _changing(
        self, workspace: Workspace, venue_id: str, move: MoveRecord | None
    ) -> set[str]:
        """Return who is under way, in this move or in one that was aborted just now."""
        kiosks = () if move is None else move.kiosks
        proven = {one.kiosk_id for one in kiosks if one.state is KioskMoveState.MOVED}
        now, seen = self._clock.now(), await seen_of(workspace, venue_id)
        told = {
            one.kiosk_id for one in seen.values() if one.is_in_service() and one.is_changing(now)
        }
        return {one.kiosk_id for one in kiosks if one.is_under_way} | (told - proven)
