"""Going on with a move: look, plan, write, tell ECS. The same after a restart in the middle."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

import structlog

from cloud_store.port import ConditionFailedError, Store
from cloud_store.workspace import Workspace, key_of
from fleet_service.clock import Clock
from fleet_service.heartbeats.stored import SeenRecord
from fleet_service.kiosks.ports import AwsAwayError
from fleet_service.kiosks.records import KioskReleaseRecord
from fleet_service.leases.ports import Lease, LeaseLostError
from fleet_service.releases.domain import steps
from fleet_service.releases.domain.moves import KioskMove
from fleet_service.releases.domain.plan import plan, to_ask
from fleet_service.releases.domain.seen import EcsNow, KioskNow
from fleet_service.releases.domain.steps import MoveStep
from fleet_service.releases.keeping import carry_out, close
from fleet_service.releases.ports import Aim, HostInEcs, Mover
from fleet_service.releases.records import MoveRecord, ReleaseRecord
from fleet_service.venues.records import KioskRecord, VenueRecord
from kiosk_contracts.venues import Standing

log = structlog.get_logger()

_MOST_ROUNDS: Final = 12
"""One step after another, as begin and tell; then other moves have their turn."""
_FIRST_PAUSE_S: Final = 2.0
_LONGEST_PAUSE_S: Final = 60.0
"""Between tries to tell ECS of one kiosk, while it takes nothing."""


class Tending:
    """Goes on with moves, while this task leads. What it remembers is only how to be patient."""

    def __init__(self, store: Store, clock: Clock, lease: Lease, mover: Mover) -> None:
        self._store = store
        self._clock = clock
        self._lease = lease
        self._mover = mover
        self._pauses: dict[tuple[str, str], tuple[float, float]] = {}

    async def look(self, move_id: str) -> None:
        """Do all that is to be done in a move now. Raises StoreError."""
        for _ in range(_MOST_ROUNDS):
            term = self._lease.held()
            try:
                if term is None or not await self._round(move_id, term):
                    return
            except (ConditionFailedError, LeaseLostError) as error:
                # Another task, or an operator, was first: the next look rests on what they wrote.
                log.info("move_changed_meanwhile", move_id=move_id, why=str(error))
                return

    async def _round(self, move_id: str, term: int) -> bool:
        """Look and write once; say whether more may be done at once."""
        workspace = Workspace(self._store)
        move = await workspace.fetch(MoveRecord, move_id)
        if move is None or move.state.ended:
            return False
        venue = await self._venue(workspace, move)
        asked = [
            one for one in to_ask(move, venue, self._clock.now()) if not self._rests(move_id, one)
        ]
        venue |= await self._asked(workspace, move, venue, asked)
        now = self._clock.now()
        found = [one for one in plan(move, venue, now) if self._is_due(move_id, one)]
        changed = await self._keep(workspace, move, found, term, now)
        for step in found:
            if isinstance(step, steps.Tell):
                changed = await self._tell(move, step, term) or changed
        return changed

    async def _keep(
        self,
        workspace: Workspace,
        move: MoveRecord,
        found: Sequence[MoveStep],
        term: int,
        now: datetime,
    ) -> bool:
        """Write what the steps change; say whether it was more than waiting."""
        after = move
        for step in found:
            after = await carry_out(workspace, after, step, now)
            if not isinstance(step, steps.Wait):
                log.info("move_step", move_id=move.move_id, step=type(step).__name__, **_said(step))
        if after == move:
            return False
        workspace.put(after.model_copy(update={"term": term}), move.move_id)
        if after.state.ended:
            await close(workspace, after)
        await self._lease.fence(workspace, term)
        await workspace.commit()
        return any(not isinstance(step, steps.Wait | steps.Tell) for step in found)

    # Telling

    async def _tell(self, move: MoveRecord, step: steps.Tell, term: int) -> bool:
        """Tell ECS, and keep that it took it; say whether it did."""
        kiosk = move.of(step.kiosk_id)
        release = await Workspace(self._store).fetch(ReleaseRecord, step.release)
        aim = Aim(step.release, () if release is None else release.places)
        if self._lease.held() != term:
            return False
        try:
            await self._mover.move(kiosk.instance_id, aim)
        except AwsAwayError as error:
            self._pause(move.move_id, step.kiosk_id)
            log.warning("release_not_told", kiosk_id=step.kiosk_id, why=str(error))
            wait = steps.Wait(step.kiosk_id, f"ECS can't be told: {error}")
            await self._answered(move, kiosk, wait, term)
            return False
        self._pauses.pop((move.move_id, step.kiosk_id), None)
        told = steps.Told(step.kiosk_id, f"ECS took {step.release}")
        await self._answered(move, kiosk, told, term)
        return True

    async def _answered(
        self, move: MoveRecord, kiosk: KioskMove, step: MoveStep, term: int
    ) -> None:
        """Keep what came of telling, unless the kiosk is to do something else by now."""
        workspace = Workspace(self._store)
        known = await workspace.fetch(MoveRecord, move.move_id)
        if known is None or known.state.ended or known.of(kiosk.kiosk_id).state is not kiosk.state:
            return
        after = await carry_out(workspace, known, step, self._clock.now())
        workspace.put(after.model_copy(update={"term": term}), move.move_id)
        await self._lease.fence(workspace, term)
        await workspace.commit()

    def _pause(self, move_id: str, kiosk_id: str) -> None:
        _, before = self._pauses.get((move_id, kiosk_id), (0.0, _FIRST_PAUSE_S / 2))
        pause = min(before * 2, _LONGEST_PAUSE_S)
        self._pauses[move_id, kiosk_id] = (self._clock.monotonic() + pause, pause)

    def _rests(self, move_id: str, kiosk_id: str) -> bool:
        until, _ = self._pauses.get((move_id, kiosk_id), (0.0, 0.0))
        return self._clock.monotonic() < until

    def _is_due(self, move_id: str, step: MoveStep) -> bool:
        return not (isinstance(step, steps.Tell) and self._rests(move_id, step.kiosk_id))

    # Looking

    async def _venue(self, workspace: Workspace, move: MoveRecord) -> dict[str, KioskNow]:
        """Return all kiosks of the move's venue, without what ECS says."""
        venue = await workspace.fetch(VenueRecord, move.venue_id)
        ids = [one.kiosk_id for one in venue.kiosks] if venue is not None else []
        kinds = (KioskRecord, SeenRecord, KioskReleaseRecord)
        await workspace.load(key_of(kind, one) for one in ids for kind in kinds)
        return {one: _now(workspace, one) for one in ids}

    async def _asked(
        self,
        workspace: Workspace,
        move: MoveRecord,
        venue: dict[str, KioskNow],
        kiosk_ids: Iterable[str],
    ) -> dict[str, KioskNow]:
        """Return some kiosks with what ECS says of them."""
        ids = list(kiosk_ids)
        releases = {move.to, *(move.of(one).from_release for one in ids)} - {""}
        await workspace.load(key_of(ReleaseRecord, one) for one in releases)
        known = {one: workspace.get(ReleaseRecord, one) for one in releases}
        told = await asyncio.gather(*(self._ask(venue[one].instance_id) for one in ids))
        return {
            one: _with_ecs(venue[one], answer, known) for one, answer in zip(ids, told, strict=True)
        }

    async def _ask(self, instance_id: str) -> HostInEcs | str:
        try:
            return await self._mover.look(instance_id)
        except AwsAwayError as error:
            return str(error)


def _now(workspace: Workspace, kiosk_id: str) -> KioskNow:
    kiosk = workspace.get(KioskRecord, kiosk_id)
    release = workspace.get(KioskReleaseRecord, kiosk_id) or KioskReleaseRecord()
    return KioskNow(
        kiosk_id,
        "" if kiosk is None else kiosk.instance_id or "",
        Standing.EXPECTED if kiosk is None else kiosk.standing,
        leaving=kiosk is not None and kiosk.leaving_since is not None,
        report=workspace.get(SeenRecord, kiosk_id),
        told_at=release.told_at,
        before=release.before,
    )


def _with_ecs(
    seen: KioskNow, answer: HostInEcs | str, releases: dict[str, ReleaseRecord | None]
) -> KioskNow:
    if isinstance(answer, str):
        return seen.with_ecs(None, answer)
    runs = frozenset(
        release_id
        for release_id, release in releases.items()
        if release is not None
        and any(place.task_definition in answer.running for place in release.places)
    )
    return seen.with_ecs(EcsNow(answer.connected, answer.told, runs))


def _said(step: MoveStep) -> dict[str, str]:
    kiosk_id = None if isinstance(step, steps.End) else step.kiosk_id
    return {"why": step.why} if kiosk_id is None else {"why": step.why, "kiosk_id": kiosk_id}
