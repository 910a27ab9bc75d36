"""Telling ECS what a kiosk is to run: kept before, and after, for whoever goes on or aborts."""

from typing import Final

import structlog

from cloud_store.port import Store
from cloud_store.workspace import Workspace
from fleet_service.clock import Clock
from fleet_service.kiosks.ports import AnswerLostError, AwsAwayError
from fleet_service.leases.ports import Lease
from fleet_service.releases.domain import steps
from fleet_service.releases.domain.judging import STILL_HEARING
from fleet_service.releases.domain.moves import KEPT_WITHIN, KioskMove
from fleet_service.releases.keeping import carry_out, changed
from fleet_service.releases.patience import Patience, Subject
from fleet_service.releases.ports import Aim, Mover
from fleet_service.releases.records import MoveRecord, ReleaseRecord

log = structlog.get_logger()

_OF_ONE: Final = "ECS can't be told"


def telling_of(move_id: str, kiosk_id: str) -> Subject:
    """Return what has a pause while ECS takes nothing of a kiosk; it may answer looks meanwhile."""
    return (move_id, f"tell {kiosk_id}")


class Telling:
    """Tells ECS, one kiosk after another.

    That a call may be under way is in the store first, by a write that rests on the move as it
    was planned from: an operator who aborts the move was before it, and then there is no call,
    or sees it, and waits until it has ended.
    """

    def __init__(
        self, store: Store, clock: Clock, lease: Lease, mover: Mover, patience: Patience
    ) -> None:
        self._store = store
        self._clock = clock
        self._lease = lease
        self._mover = mover
        self._patience = patience

    async def tell(self, move: MoveRecord, step: steps.Tell, term: int) -> MoveRecord | None:
        """Tell ECS of a kiosk; return the move after it, None if it is another's by now.

        `move`: as it was planned from, and kept. Raises StoreError, ConditionFailedError and
        LeaseLostError.
        """
        release = await Workspace(self._store).fetch(ReleaseRecord, step.release)
        announced = await self._announced(move, step.kiosk_id, term)
        if announced is None or self._lease.held() != term:
            return None
        kiosk = announced.of(step.kiosk_id)
        if kiosk.telling_at is None or self._clock.now() - kiosk.telling_at > KEPT_WITHIN:
            # Whoever waits for it counts from then: a call made now could end after all have gone.
            log.warning("release_not_told", kiosk_id=step.kiosk_id, why="the store was slow")
            return None
        aim = Aim(step.release, () if release is None else release.places)
        subject = telling_of(move.move_id, step.kiosk_id)
        try:
            await self._mover.move(kiosk.instance_id, aim)
        except AwsAwayError as error:
            self._patience.failed(subject, str(error))
            log.warning("release_not_told", kiosk_id=step.kiosk_id, why=str(error))
            # It may be taken yet: until its time limits are over it counts as under way.
            lost = isinstance(error, AnswerLostError)
            wait = steps.Wait(step.kiosk_id, f"{STILL_HEARING if lost else _OF_ONE}: {error}")
            return await self._answered(announced, kiosk, wait, term, lost=lost)
        self._patience.went_well(subject)
        told = steps.Told(step.kiosk_id, f"ECS took {step.release}")
        return await self._answered(announced, kiosk, told, term)

    async def _announced(self, move: MoveRecord, kiosk_id: str, term: int) -> MoveRecord | None:
        workspace = Workspace(self._store)
        if await workspace.fetch(MoveRecord, move.move_id) != move:
            return None
        after = changed(move, kiosk_id, telling_at=self._clock.now(), call_ended=False)
        return await self._put(workspace, after, term)

    async def _answered(
        self,
        move: MoveRecord,
        kiosk: KioskMove,
        step: steps.Told | steps.Wait,
        term: int,
        *,
        lost: bool = False,
    ) -> MoveRecord | None:
        """Keep what came of telling, unless the kiosk is to do something else by now.

        `lost`: nobody knows what came of it.
        """
        workspace = Workspace(self._store)
        known = await workspace.fetch(MoveRecord, move.move_id)
        if known is None or known.state.ended:
            return None
        one = known.of(kiosk.kiosk_id)
        if one.telling_at != kiosk.telling_at:
            # Whoever tells it now has its own answer to come.
            return None
        after = known
        if one.state is kiosk.state:
            after = await carry_out(workspace, known, step, self._clock.now())
        if isinstance(step, steps.Told):
            after = changed(after, kiosk.kiosk_id, telling_at=None)
        elif not lost:
            after = changed(after, kiosk.kiosk_id, call_ended=True)
        mine = await self._put(workspace, after, term)
        # Somebody changed it meanwhile, as who aborts it: what else was planned is no more.
        return mine if known == move else None

    async def _put(self, workspace: Workspace, move: MoveRecord, term: int) -> MoveRecord:
        mine = move.model_copy(update={"term": term})
        workspace.put(mine, move.move_id)
        await self._lease.fence(workspace, term)
        await workspace.commit()
        return mine
