"""Going on with a move: look, plan, write, tell ECS. The same after a restart in the middle."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog

from cloud_store.port import ConditionFailedError, Store
from cloud_store.workspace import Workspace
from fleet_service.clock import Clock
from fleet_service.leases.ports import Lease, LeaseLostError
from fleet_service.releases.domain import steps
from fleet_service.releases.domain.plan import plan, to_ask
from fleet_service.releases.domain.steps import MoveStep
from fleet_service.releases.keeping import carry_out, close, decide
from fleet_service.releases.looking import Looking
from fleet_service.releases.patience import Patience
from fleet_service.releases.ports import Completing, Mover
from fleet_service.releases.records import MoveRecord
from fleet_service.releases.telling import Telling, telling_of
from kiosk_contracts.releases import Decision

log = structlog.get_logger()

_MOST_ROUNDS: Final = 12
"""One step after another, as begin and tell; then other moves have their turn."""

_PLAN_SPEAKS: Final = timedelta(seconds=10)
"""So long a plan says whom ECS may be told of; then it is looked again."""


class Tending:
    """Goes on with moves, while this task leads. What it remembers is only how to be patient."""

    def __init__(
        self, store: Store, clock: Clock, lease: Lease, mover: Mover, completing: Completing
    ) -> None:
        self._store = store
        self._clock = clock
        self._lease = lease
        self._patience = Patience(clock)
        self._looking = Looking(store, mover, completing, self._patience)
        self._telling = Telling(store, clock, lease, mover, self._patience)

    async def look(self, move_id: str) -> None:
        """Do all that is to be done in a move now. Raises StoreError. It may be cancelled."""
        for _ in range(_MOST_ROUNDS):
            term = self._lease.held()
            try:
                if term is None or not await self._round(move_id, term):
                    return
            except (ConditionFailedError, LeaseLostError) as error:
                # Another task, or an operator, was first: the next look rests on what they wrote.
                log.info("move_changed_meanwhile", move_id=move_id, why=str(error))
                return

    async def note(self, move_id: str, why: str) -> None:
        """Keep why a move could not be gone on with. Raises StoreError, ConditionFailedError."""
        term, workspace = self._lease.held(), Workspace(self._store)
        move = await workspace.fetch(MoveRecord, move_id)
        if term is None or move is None or move.state.ended or move.fault == why:
            return
        decided = Decision(number=move.decided + 1, at=self._clock.now(), what="fault", why=why)
        news = {"fault": why, "decided": decided.number}
        decide(workspace, move, decided)
        await self._put(workspace, move.model_copy(update=news), term)

    async def _round(self, move_id: str, term: int) -> bool:
        """Look and write once; say whether more may be done at once."""
        workspace = Workspace(self._store)
        move = await workspace.fetch(MoveRecord, move_id)
        if move is None or move.state.ended:
            return False
        venue = await self._looking.venue(workspace, move)
        asked = to_ask(move, venue, self._clock.now())
        venue |= await self._looking.asked(move, venue, asked)
        now = self._clock.now()
        found = [one for one in plan(move, venue, now) if self._is_due(move_id, one)]
        after = await self._keep(workspace, move, found, term, now)
        told = await self._told(after, found, term, now)
        more = told or any(not isinstance(step, steps.Wait | steps.Tell) for step in found)
        if after.fault and not more:
            await self._gone_on(move_id, term)
        return more

    async def _keep(
        self,
        workspace: Workspace,
        move: MoveRecord,
        found: Sequence[MoveStep],
        term: int,
        now: datetime,
    ) -> MoveRecord:
        """Write what the steps change; return the move after them."""
        after = move
        for step in found:
            after = await carry_out(workspace, after, step, now)
            if not isinstance(step, steps.Wait):
                log.info("move_step", move_id=move.move_id, step=type(step).__name__, **_said(step))
        if after == move:
            return move
        if after.state.ended:
            await close(workspace, after, now)
        return await self._put(workspace, after, term)

    async def _told(
        self, move: MoveRecord, found: Sequence[MoveStep], term: int, planned_at: datetime
    ) -> bool:
        """Tell ECS of each kiosk that is to be told; say whether more is to be done at once."""
        taken = called = False
        for step in found:
            if isinstance(step, steps.Tell):
                if called and self._clock.now() - planned_at > _PLAN_SPEAKS:
                    # Each call may take most of a minute: somebody may be busy there by now.
                    return True
                after, called = await self._telling.tell(move, step, term), True
                if after is None:
                    # Somebody changed the move: what else was planned rests on what is no more.
                    return False
                move, taken = after, taken or self._is_due(move.move_id, step)
        return taken

    def _is_due(self, move_id: str, step: MoveStep) -> bool:
        if not isinstance(step, steps.Tell):
            return True
        return not self._patience.why(telling_of(move_id, step.kiosk_id))

    async def _gone_on(self, move_id: str, term: int) -> None:
        """Keep that a move which could not be gone on with has been."""
        workspace = Workspace(self._store)
        move = await workspace.fetch(MoveRecord, move_id)
        if move is not None and move.fault:
            await self._put(workspace, move.model_copy(update={"fault": ""}), term)

    async def _put(self, workspace: Workspace, move: MoveRecord, term: int) -> MoveRecord:
        mine = move.model_copy(update={"term": term})
        workspace.put(mine, move.move_id)
        await self._lease.fence(workspace, term)
        await workspace.commit()
        return mine


def _said(step: MoveStep) -> dict[str, str]:
    kiosk_id = None if isinstance(step, steps.End) else step.kiosk_id
    return {"why": step.why} if kiosk_id is None else {"why": step.why, "kiosk_id": kiosk_id}
