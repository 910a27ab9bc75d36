"""Venues opened, shown and closed, with the kiosks that they have or will have."""

from collections.abc import Iterable
from typing import Final

import structlog

from cloud_store.port import Store
from cloud_store.retrying import with_fresh_reads
from cloud_store.workspace import Workspace, key_of
from fleet_service.enrolment.records import ACTIVATIONS, ActivationRecord
from fleet_service.kiosks.forgetting import forget_host
from fleet_service.venues.records import (
    VENUES,
    CodeRecord,
    DirectoryRecord,
    KioskRecord,
    VenueRecord,
)
from fleet_service.venues.refusing import kiosk_in_service, kiosk_taken, venue_unknown
from kiosk_contracts.venues import (
    KioskStanding,
    PlannedKiosk,
    Standing,
    Venue,
    VenuePage,
    VenueStanding,
)

log = structlog.get_logger()

MOST_LISTED: Final = 50
_SHOWN: Final = ("standing", "instance_id", "refused", "settings")
_NO_HOST: Final = frozenset({Standing.EXPECTED, Standing.RETIRED})


class Venues:
    """All venues. Every change is one commit, or none."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def put(self, venue: Venue) -> VenueStanding:
        """Open a venue or change it; idempotent.

        Raises ProblemError 409 `kiosk_taken` where another venue or kiosk has an id or a code, and
        `kiosk_in_service` for a kiosk with a host that would be dropped or get another code.
        """

        async def work(workspace: Workspace) -> VenueStanding:
            before = await self._load(workspace, venue.venue_id, venue.kiosks)
            for kiosk in () if before is None else before.kiosks:
                if kiosk not in venue.kiosks:
                    await _drop(workspace, kiosk)
            for kiosk in venue.kiosks:
                _plan(workspace, venue.venue_id, kiosk)
            kept = VenueRecord.model_validate(venue.to_json())
            if kept != before:
                workspace.put(kept, venue.venue_id)
                workspace.put(DirectoryRecord(), VENUES, venue.venue_id)
            await workspace.commit()
            return _standing(workspace, kept)

        told = await with_fresh_reads(self._store, work)
        log.info("venue_put", venue_id=venue.venue_id, kiosks=len(venue.kiosks))
        return told

    async def get(self, venue_id: str) -> VenueStanding:
        """Return a venue; raises ProblemError 404 `venue_unknown`."""
        workspace = Workspace(self._store)
        venue = await self._load(workspace, venue_id)
        if venue is None:
            raise venue_unknown(venue_id)
        return _standing(workspace, venue)

    async def page(self, after: str, limit: int) -> VenuePage:
        """Return up to `limit` venues whose ids are above `after`, by their ids."""
        items = await self._store.query(
            DirectoryRecord.store_kind, VENUES, after=after, limit=min(limit, MOST_LISTED)
        )
        ids = [item.key.sk for item in items]
        workspace = Workspace(self._store)
        await workspace.load(key_of(VenueRecord, venue_id) for venue_id in ids)
        found = [venue for one in ids if (venue := workspace.get(VenueRecord, one)) is not None]
        kiosks = [kiosk.kiosk_id for venue in found for kiosk in venue.kiosks]
        await workspace.load(key_of(KioskRecord, kiosk_id) for kiosk_id in kiosks)
        return VenuePage(
            venues=tuple(_standing(workspace, venue) for venue in found),
            next_after=ids[-1] if len(ids) == min(limit, MOST_LISTED) else None,
        )

    async def remove(self, venue_id: str) -> None:
        """Close a venue whose kiosks have no hosts; its activations enrol nobody more.

        Raises ProblemError 404 `venue_unknown`, and 409 `kiosk_in_service`.
        """

        async def work(workspace: Workspace) -> None:
            venue = await self._load(workspace, venue_id)
            if venue is None:
                raise venue_unknown(venue_id)
            for kiosk in venue.kiosks:
                await _drop(workspace, kiosk)
            await self._revoke_activations(venue_id)
            workspace.delete(VenueRecord, venue_id)
            workspace.delete(DirectoryRecord, VENUES, venue_id)
            await workspace.commit()

        await with_fresh_reads(self._store, work)
        log.info("venue_removed", venue_id=venue_id)

    async def _revoke_activations(self, venue_id: str) -> None:
        """Let no activation of a venue enrol anybody; each is a commit of its own."""
        after = ""
        while items := await self._store.query(
            DirectoryRecord.store_kind, ACTIVATIONS, after=after
        ):
            workspace = Workspace(self._store)
            await workspace.load(key_of(ActivationRecord, item.key.sk) for item in items)
            for item in items:
                known = workspace.get(ActivationRecord, item.key.sk)
                if known is not None and known.venue_id == venue_id and not known.revoked:
                    revoked = known.model_copy(update={"revoked": True})
                    workspace.put(revoked, item.key.sk)
                    await workspace.commit()
                    log.info("activation_revoked", activation_id=item.key.sk, venue_id=venue_id)
            after = items[-1].key.sk

    async def _load(
        self, workspace: Workspace, venue_id: str, planned: Iterable[PlannedKiosk] = ()
    ) -> VenueRecord | None:
        """Read a venue, and its kiosks and those that are planned, with their codes."""
        await workspace.load(
            [key_of(VenueRecord, venue_id), key_of(DirectoryRecord, VENUES, venue_id)]
        )
        venue = workspace.get(VenueRecord, venue_id)
        kiosks = [*planned, *(venue.kiosks if venue is not None else ())]
        await workspace.load(
            key
            for kiosk in kiosks
            for key in (key_of(KioskRecord, kiosk.kiosk_id), key_of(CodeRecord, kiosk.kiosk_code))
        )
        return venue


def _plan(workspace: Workspace, venue_id: str, kiosk: PlannedKiosk) -> None:
    """Let a venue have a kiosk, unless another has its id or code."""
    owner = workspace.get(CodeRecord, kiosk.kiosk_code)
    if owner is not None and owner.kiosk_id != kiosk.kiosk_id:
        raise kiosk_taken(
            f"{owner.kiosk_id} has the kiosk code {kiosk.kiosk_code}: its receipts begin with it."
        )
    known = workspace.get(KioskRecord, kiosk.kiosk_id)
    if known is not None and known.venue_id != venue_id:
        raise kiosk_taken(f"{known.venue_id} has a kiosk {kiosk.kiosk_id}.")
    if known is None:
        planned = KioskRecord(
            kiosk_code=kiosk.kiosk_code,
            venue_id=venue_id,
            standing=Standing.EXPECTED,
            # Its code has outlived a kiosk of this id: receipts have it.
            served=owner is not None,
        )
        workspace.put(planned, kiosk.kiosk_id)
    workspace.put(CodeRecord(kiosk_id=kiosk.kiosk_id), kiosk.kiosk_code)


async def _drop(workspace: Workspace, kiosk: PlannedKiosk) -> None:
    """Have a venue's kiosk no more; one that was in service keeps its code for ever.

    Its host is forgotten: the name may be planned again, and then be claimed.
    """
    known = workspace.get(KioskRecord, kiosk.kiosk_id)
    if known is None:
        return
    if known.standing not in _NO_HOST:
        raise kiosk_in_service(kiosk.kiosk_id, known.standing)
    if known.standing is Standing.EXPECTED and not known.served:
        workspace.delete(CodeRecord, kiosk.kiosk_code)
    await forget_host(workspace, kiosk.kiosk_id, known)
    workspace.delete(KioskRecord, kiosk.kiosk_id)


def _standing(workspace: Workspace, venue: VenueRecord) -> VenueStanding:
    kiosks = []
    for kiosk in venue.kiosks:
        known = workspace.get(KioskRecord, kiosk.kiosk_id)
        told = {} if known is None else {name: getattr(known, name) for name in _SHOWN}
        kiosks.append(
            KioskStanding(
                kiosk_id=kiosk.kiosk_id,
                kiosk_code=kiosk.kiosk_code,
                **{"standing": Standing.EXPECTED, **told},
            )
        )
    return VenueStanding(venue=Venue.model_validate(venue.to_json()), kiosks=tuple(kiosks))
