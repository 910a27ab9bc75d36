"""Rosters put and read."""

import structlog

from cloud_store.port import Store
from cloud_store.retrying import with_fresh_reads
from cloud_store.workspace import Workspace
from core_services.ticket_api.records import RosterRecord, VenueRecord
from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_contracts.roster import PutRoster, VenueRoster

_log = structlog.get_logger(__name__)


class RosterService:
    """The staff of each venue."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def roster(self, venue_id: str) -> VenueRoster:
        """Return a venue's roster; version 0 and nobody where none was put."""
        record = await Workspace(self._store).fetch(RosterRecord, venue_id)
        if record is None:
            return VenueRoster(version=0, members=())
        return VenueRoster(version=record.version, members=record.members)

    async def put(self, venue_id: str, roster: PutRoster) -> VenueRoster:
        """Set a venue's roster; the same again changes nothing.

        Raises ProblemError 404 `venue_unknown`.
        """

        async def work(workspace: Workspace) -> VenueRoster:
            if await workspace.fetch(VenueRecord, venue_id) is None:
                raise ProblemError(
                    404,
                    ProblemCode.VENUE_UNKNOWN,
                    "There is no such venue",
                    detail=f"no venue has the id {venue_id}",
                    hint="Seed the venue first, or correct the id.",
                )
            before = await workspace.fetch(RosterRecord, venue_id)
            if before is not None and before.members == roster.members:
                return VenueRoster(version=before.version, members=before.members)
            version = 1 if before is None else before.version + 1
            workspace.put(RosterRecord(version=version, members=roster.members), venue_id)
            await workspace.commit()
            _log.info("roster_put", venue_id=venue_id, version=version, staff=len(roster.members))
            return VenueRoster(version=version, members=roster.members)

        return await with_fresh_reads(self._store, work)
