"""Releases: made in ECS, listed, shown, retired."""

from collections.abc import Sequence
from typing import Final

from cloud_store.port import Store
from cloud_store.retrying import with_fresh_reads
from cloud_store.workspace import Workspace, key_of
from fleet_service.clock import Clock
from fleet_service.releases import refusing, turns
from fleet_service.releases.finishing import Finishing, all_places
from fleet_service.releases.records import RELEASES, ReleaseRecord
from fleet_service.venues.records import DirectoryRecord
from kiosk_contracts.releases import (
    NewRelease,
    ReleasePage,
    ReleasePlace,
    ReleaseStanding,
    ReleaseState,
)

MOST_LISTED: Final = 50


class Releases:
    """All releases. What ECS has of one is kept step by step: a request cut off is sent again."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        finishing: Finishing | None,
        places: Sequence[ReleasePlace] = (),
    ) -> None:
        """`finishing`: None where no cluster is known; `places`: where releases are made."""
        self._store = store
        self._clock = clock
        self._finishing = finishing
        self._places = places

    async def create(self, order: NewRelease, by: str) -> ReleaseStanding:
        """Make a release, or what it lacks; idempotent.

        Raises ProblemError 409 `release_differs`, `release_retired`, `release_busy`,
        `nothing_to_move`, and 503 `ecs_away` (retryable; what was made stays).
        """
        finishing = self._able()
        known = await self._begin(order, by, finishing)
        return self._standing(order.release_id, await finishing.finish(order.release_id, known))

    async def retire(self, release_id: str) -> ReleaseStanding:
        """Have nothing of a release in ECS any more; idempotent.

        Raises ProblemError 404 `release_unknown`, 409 `release_in_use`, `release_busy`,
        `nothing_to_move`, and 503 `ecs_away` (retryable; it goes on by itself, too).
        """
        finishing = self._able()

        async def work(workspace: Workspace) -> ReleaseRecord:
            known = await workspace.fetch(ReleaseRecord, release_id)
            if known is None:
                raise refusing.release_unknown(release_id)
            if known.state is ReleaseState.RETIRED:
                return known
            was = known.was if known.state is ReleaseState.RETIRING else known.state
            retiring = known.model_copy(update={"state": ReleaseState.RETIRING, "was": was})
            return await self._turn(workspace, release_id, retiring)

        known = await with_fresh_reads(self._store, work)
        return self._standing(release_id, await finishing.finish(release_id, known))

    async def get(self, release_id: str) -> ReleaseStanding:
        """Return a release; raises ProblemError 404 `release_unknown`."""
        known = await Workspace(self._store).fetch(ReleaseRecord, release_id)
        if known is None:
            raise refusing.release_unknown(release_id)
        return self._standing(release_id, known)

    async def page(self, after: str, limit: int, state: str | None = None) -> ReleasePage:
        """Return releases whose ids are above `after`, by their ids.

        Up to `limit` are looked through: with a `state` a page may be short, and yet not the last.
        """
        most = min(limit, MOST_LISTED)
        items = await self._store.query(
            DirectoryRecord.store_kind, RELEASES, after=after, limit=most
        )
        ids = [item.key.sk for item in items]
        workspace = Workspace(self._store)
        await workspace.load(key_of(ReleaseRecord, one) for one in ids)
        found = [(one, workspace.get(ReleaseRecord, one)) for one in ids]
        return ReleasePage(
            releases=tuple(
                self._standing(one, known)
                for one, known in found
                if known is not None and state in {None, known.state}
            ),
            next_after=ids[-1] if len(ids) == most else None,
        )

    def _able(self) -> Finishing:
        if self._finishing is None:
            raise refusing.no_ecs()
        return self._finishing

    async def _begin(self, order: NewRelease, by: str, finishing: Finishing) -> ReleaseRecord:
        """Keep what is to be made, before ECS hears of it."""

        async def work(workspace: Workspace) -> ReleaseRecord:
            known = await workspace.fetch(ReleaseRecord, order.release_id)
            if known is None:
                return await self._put_new(workspace, order, by)
            if known.task != order.task:
                raise refusing.release_differs(order.release_id, "it has another image or task")
            match known.state:
                case ReleaseState.LIVE if finishing.is_complete(known):
                    return known
                case ReleaseState.RETIRING | ReleaseState.RETIRED:
                    raise refusing.release_retired(order.release_id)
                case ReleaseState.MAKING | ReleaseState.LIVE:
                    # Live, it lacks what came later: a cluster that was added since.
                    return await self._turn(workspace, order.release_id, known)

        return await with_fresh_reads(self._store, work)

    async def _put_new(self, workspace: Workspace, order: NewRelease, by: str) -> ReleaseRecord:
        made = ReleaseRecord(
            state=ReleaseState.MAKING,
            task=order.task,
            made_at=self._clock.now(),
            by=by,
            places=tuple(self._places),
        )
        await workspace.load([key_of(DirectoryRecord, RELEASES, order.release_id)])
        workspace.put(DirectoryRecord(), RELEASES, order.release_id)
        return await self._turn(workspace, order.release_id, made)

    async def _turn(
        self, workspace: Workspace, release_id: str, wanted: ReleaseRecord
    ) -> ReleaseRecord:
        """Begin a turn of this request with a release as it is wanted."""
        now = self._clock.now()
        if turns.is_at_work(wanted, now):
            raise refusing.release_busy(release_id)
        mine = turns.begun(wanted, now)
        await turns.put(workspace, release_id, mine)
        await workspace.commit()
        return mine

    def _standing(self, release_id: str, known: ReleaseRecord) -> ReleaseStanding:
        told = {name: getattr(known, name) for name in ("state", "task", "made_at", "by", "why")}
        places = known.places
        if known.state is not ReleaseState.RETIRED:
            # Nothing is there yet: that is said, too.
            places = all_places(known, self._places)
        return ReleaseStanding(release_id=release_id, places=places, **told)
