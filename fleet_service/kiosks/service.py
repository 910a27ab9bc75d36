"""Kiosks shown, let out and in again, freed, and taken out of service by operators."""

from collections.abc import Callable
from datetime import datetime

import structlog

from cloud_store.port import Store
from cloud_store.retrying import with_fresh_reads
from cloud_store.workspace import Workspace
from fleet_service.clock import Clock
from fleet_service.enrolment.records import GrantRecord
from fleet_service.heartbeats.last_seen import LastSeen
from fleet_service.heartbeats.stored import SeenRecord
from fleet_service.kiosks import acts, refusing
from fleet_service.kiosks.forgetting import forget_host, release_machine
from fleet_service.venues.records import KioskRecord, VenueRecord
from kiosk_contracts.kiosks import KioskDetail, KioskGrant, KioskSeen, WriteOffKiosk
from kiosk_contracts.venues import Standing

log = structlog.get_logger()

_Change = Callable[[KioskRecord, LastSeen | None], KioskRecord]
"""By the kiosk's last report. Raises ProblemError for a kiosk to which it can't be done."""


class Kiosks:
    """The kiosks of the plan. Every change is one commit, or none, and idempotent."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def get(self, kiosk_id: str) -> KioskDetail:
        """Return a kiosk; raises ProblemError 404 `kiosk_unknown`."""
        workspace = Workspace(self._store)
        return await self._detail(workspace, kiosk_id, await self._load(workspace, kiosk_id))

    async def revoke(self, kiosk_id: str) -> KioskDetail:
        """Let a kiosk in nowhere, from now on; raises ProblemError 404, 409."""
        return await self._change(kiosk_id, lambda kiosk, _: acts.revoked(kiosk_id, kiosk))

    async def restore(self, kiosk_id: str) -> KioskDetail:
        """Let a kiosk in again that was revoked, or keep one that was asked to leave.

        Raises ProblemError 404, 409.
        """
        return await self._change(kiosk_id, lambda kiosk, _: acts.restored(kiosk_id, kiosk))

    async def free(self, kiosk_id: str) -> KioskDetail:
        """Take a name back that was granted to a host, which never was the kiosk.

        Any host may claim it again, also the same. Raises ProblemError 404, 409.
        """
        return await self._change(kiosk_id, lambda kiosk, _: acts.freed(kiosk_id, kiosk))

    async def leave(self, kiosk_id: str) -> KioskDetail:
        """Ask a kiosk to drain for good; raises ProblemError 404, 409."""
        now = self._clock.now()
        return await self._change(kiosk_id, lambda kiosk, _: acts.leaving(kiosk_id, kiosk, now))

    async def write_off(self, kiosk_id: str, order: WriteOffKiosk) -> KioskDetail:
        """Give up a kiosk that can't be drained; it is let in nowhere from now on.

        Raises ProblemError 404, 409, and 422 `risk_not_accepted`.
        """
        if not order.risk_accepted:
            raise refusing.risk_not_accepted(kiosk_id)
        return await self._change(
            kiosk_id, lambda kiosk, _: acts.written_off(kiosk_id, kiosk, order.reason)
        )

    async def retire(self, kiosk_id: str) -> KioskDetail:
        """Take a kiosk out of service for good that has left, or was written off.

        Its host stays known, so that it can be deregistered. Raises ProblemError 404, 409
        `kiosk_not_drained`, `standing_differs`.
        """
        now = self._clock.now()
        return await self._change(
            kiosk_id, lambda kiosk, seen: acts.retired(kiosk_id, kiosk, seen, now)
        )

    async def renew(self, kiosk_id: str) -> KioskDetail:
        """Let another host be a kiosk whose host has left, or was written off.

        Raises as `retire` does.
        """
        now = self._clock.now()
        return await self._change(
            kiosk_id, lambda kiosk, seen: acts.renewed(kiosk_id, kiosk, seen, now)
        )

    async def _change(self, kiosk_id: str, change: _Change) -> KioskDetail:
        async def work(workspace: Workspace) -> KioskDetail:
            before = await self._load(workspace, kiosk_id)
            after = change(before, await workspace.fetch(SeenRecord, kiosk_id))
            workspace.rest_on(SeenRecord, kiosk_id)
            if after.standing is Standing.EXPECTED:
                await forget_host(workspace, kiosk_id, before)
            if after.standing is Standing.RETIRED:
                await release_machine(workspace, kiosk_id)
            if after != before:
                workspace.put(after, kiosk_id)
            await workspace.commit()
            return await self._detail(workspace, kiosk_id, after)

        told = await with_fresh_reads(self._store, work)
        log.info(
            "kiosk_changed",
            kiosk_id=kiosk_id,
            standing=told.standing,
            leaving=told.leaving_since is not None,
            written_off=told.written_off,
        )
        return told

    async def _load(self, workspace: Workspace, kiosk_id: str) -> KioskRecord:
        kiosk = await workspace.fetch(KioskRecord, kiosk_id)
        if kiosk is None:
            raise refusing.kiosk_not_planned(kiosk_id)
        return kiosk

    async def _detail(self, workspace: Workspace, kiosk_id: str, kiosk: KioskRecord) -> KioskDetail:
        venue = await workspace.fetch(VenueRecord, kiosk.venue_id)
        grant = await workspace.fetch(GrantRecord, kiosk_id)
        seen = await workspace.fetch(SeenRecord, kiosk_id)
        return KioskDetail(
            kiosk_id=kiosk_id,
            kiosk_code=kiosk.kiosk_code,
            venue_id=kiosk.venue_id,
            venue_name=kiosk.venue_id if venue is None else venue.name,
            standing=kiosk.standing,
            instance_id=kiosk.instance_id,
            refused=kiosk.refused,
            settings=kiosk.settings,
            grant=None if grant is None else KioskGrant.model_validate(grant.to_json()),
            leaving_since=kiosk.leaving_since,
            written_off=kiosk.written_off,
            former=kiosk.former,
            seen=None if seen is None else _told(seen, self._clock.now()),
        )


def _told(seen: LastSeen, now: datetime) -> KioskSeen:
    told = {name: getattr(seen, name) for name in KioskSeen.model_fields if name != "fresh"}
    return KioskSeen(fresh=acts.is_fresh(seen, now), **told)
