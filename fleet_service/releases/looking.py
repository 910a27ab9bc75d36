"""Looking at a move's venue: what the store has of its kiosks, and what ECS says of some."""

import asyncio
from collections.abc import Iterable, Mapping

import structlog

from cloud_store.port import Store
from cloud_store.workspace import Workspace, key_of
from fleet_service.heartbeats.stored import SeenRecord
from fleet_service.kiosks.ports import AwsAwayError
from fleet_service.kiosks.records import KioskReleaseRecord, OpenCommandsRecord
from fleet_service.releases.domain.seen import EcsNow, KioskNow
from fleet_service.releases.patience import Patience
from fleet_service.releases.ports import Completing, HostInEcs, Mover
from fleet_service.releases.records import MoveRecord, ReleaseRecord
from fleet_service.venues.records import KioskRecord, VenueRecord
from kiosk_contracts.problem import ProblemError
from kiosk_contracts.releases import KioskMoveState, ReleaseState
from kiosk_contracts.venues import Standing

log = structlog.get_logger()


class Looking:
    """Looks for one who goes on with moves; makes what a release lacks where a kiosk is."""

    def __init__(
        self, store: Store, mover: Mover, completing: Completing, patience: Patience
    ) -> None:
        self._store = store
        self._mover = mover
        self._completing = completing
        self._patience = patience

    async def venue(self, workspace: Workspace, move: MoveRecord) -> dict[str, KioskNow]:
        """Return all kiosks of the move's venue, without what ECS says. Raises StoreError."""
        return await seen_of(workspace, move.venue_id)

    async def asked(
        self, move: MoveRecord, venue: Mapping[str, KioskNow], kiosk_ids: Iterable[str]
    ) -> dict[str, KioskNow]:
        """Return some kiosks with what ECS says of them. Raises StoreError."""
        found = await asyncio.gather(*(self._one(move, venue[one]) for one in kiosk_ids))
        return {one.kiosk_id: one for one in found}

    async def _one(self, move: MoveRecord, seen: KioskNow) -> KioskNow:
        subject = (move.move_id, seen.kiosk_id)
        resting = self._patience.why(subject)
        if resting:
            return seen.with_ecs(None, resting)
        try:
            host = await self._mover.look(seen.instance_id)
        except AwsAwayError as error:
            self._patience.failed(subject, str(error))
            return seen.with_ecs(None, str(error))
        self._patience.went_well(subject)
        return seen.with_ecs(await self._with_releases(move, seen, host))

    async def _with_releases(self, move: MoveRecord, seen: KioskNow, host: HostInEcs) -> EcsNow:
        one = move.of(seen.kiosk_id)
        names = {move.to, one.from_release, seen.before, seen.former, host.told} - {""}
        workspace = Workspace(self._store)
        await workspace.load(key_of(ReleaseRecord, name) for name in names)
        known = {name: workspace.get(ReleaseRecord, name) for name in names}
        runs = frozenset(
            name
            for name, release in known.items()
            if release is not None
            and any(place.task_definition in host.running for place in release.places)
        )
        if one.state is not KioskMoveState.WAITING:
            return EcsNow(host.connected, host.told, runs)
        lacks = {name: await self._lacks(move, name, known[name], host) for name in sorted(names)}
        live = frozenset(name for name in names if not lacks[name])
        return EcsNow(host.connected, host.told, runs, live, lacks[move.to])

    async def _lacks(
        self, move: MoveRecord, name: str, known: ReleaseRecord | None, host: HostInEcs
    ) -> str:
        """Return why a release can't be told a host; empty: it can, also if it was made just now.

        A cluster that came later has none of the releases of before.
        """
        if known is None or known.state is not ReleaseState.LIVE:
            return f"{name} is no release that was made here and is live"
        if self._completing.is_whole(known, host.region, host.cluster):
            return ""
        subject = (move.move_id, f"release {name}")
        resting = self._patience.why(subject)
        if resting:
            return resting
        try:
            await self._completing.complete(name, host.region, host.cluster)
        except ProblemError as error:
            said = error.problem.detail or error.problem.title
            why = f"{name} is not in {host.region}/{host.cluster} yet: {said}"
            self._patience.failed(subject, why)
            return why
        self._patience.went_well(subject)
        log.info("release_completed", release=name, region=host.region, cluster=host.cluster)
        return ""


async def seen_of(workspace: Workspace, venue_id: str) -> dict[str, KioskNow]:
    """Return all kiosks of a venue, without what ECS says. Raises StoreError."""
    venue = await workspace.fetch(VenueRecord, venue_id)
    ids = [one.kiosk_id for one in venue.kiosks] if venue is not None else []
    kinds = (KioskRecord, SeenRecord, KioskReleaseRecord, OpenCommandsRecord)
    await workspace.load(key_of(kind, one) for one in ids for kind in kinds)
    return {one: _now(workspace, one) for one in ids}


def _now(workspace: Workspace, kiosk_id: str) -> KioskNow:
    orders = workspace.get(OpenCommandsRecord, kiosk_id)
    kiosk = workspace.get(KioskRecord, kiosk_id)
    release = workspace.get(KioskReleaseRecord, kiosk_id) or KioskReleaseRecord()
    return KioskNow(
        kiosk_id,
        "" if kiosk is None else kiosk.instance_id or "",
        Standing.EXPECTED if kiosk is None else kiosk.standing,
        leaving=kiosk is not None and kiosk.leaving_since is not None,
        report=workspace.get(SeenRecord, kiosk_id),
        told_at=release.told_at,
        told_image=release.told_image,
        before=release.before,
        former="" if release.former is None else release.former.before,
        disturbed_at=None if orders is None else orders.last_disturbed,
    )
