"""Releases: made in ECS, listed, shown."""

from typing import Final

import structlog

from cloud_store.port import Store
from cloud_store.retrying import with_fresh_reads
from cloud_store.workspace import Workspace, key_of
from fleet_service.clock import Clock
from fleet_service.kiosks.ports import AwsAwayError
from fleet_service.releases import refusing
from fleet_service.releases.ports import ReleaseClashError, ReleaseMaker
from fleet_service.releases.records import RELEASES, ReleaseRecord
from fleet_service.venues.records import DirectoryRecord
from kiosk_contracts.releases import (
    NewRelease,
    ReleasePage,
    ReleasePlace,
    ReleaseStanding,
    ReleaseState,
)

log = structlog.get_logger()

MOST_LISTED: Final = 50


class Releases:
    """All releases. What ECS has of one is kept step by step: a request cut off is sent again."""

    def __init__(self, store: Store, clock: Clock, maker: ReleaseMaker | None) -> None:
        """`maker`: None where no cluster is known."""
        self._store = store
        self._clock = clock
        self._maker = maker

    async def create(self, order: NewRelease, by: str) -> ReleaseStanding:
        """Make a release, or what it lacks; idempotent.

        Raises ProblemError 409 `release_differs`, `nothing_to_move`, and 503 `ecs_away` (retryable;
        what was made stays).
        """
        if self._maker is None:
            raise refusing.no_ecs()
        known = await self._begin(order, by, self._maker)
        if known.state is not ReleaseState.LIVE:
            for number in range(len(known.places)):
                known = await self._make(order, known, number, self._maker)
            known = await self._put(order.release_id, known, state=ReleaseState.LIVE)
            log.info("release_live", release=order.release_id, image=order.task.image)
        return _standing(order.release_id, known)

    async def get(self, release_id: str) -> ReleaseStanding:
        """Return a release; raises ProblemError 404 `release_unknown`."""
        known = await Workspace(self._store).fetch(ReleaseRecord, release_id)
        if known is None:
            raise refusing.release_unknown(release_id)
        return _standing(release_id, known)

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
                _standing(one, known)
                for one, known in found
                if known is not None and state in {None, known.state}
            ),
            next_after=ids[-1] if len(ids) == most else None,
        )

    async def _begin(self, order: NewRelease, by: str, maker: ReleaseMaker) -> ReleaseRecord:
        """Keep what is to be made, before ECS hears of it."""

        async def work(workspace: Workspace) -> ReleaseRecord:
            known = await workspace.fetch(ReleaseRecord, order.release_id)
            if known is not None:
                if known.task != order.task:
                    raise refusing.release_differs(order.release_id, "it has another image or task")
                return known
            made = ReleaseRecord(
                state=ReleaseState.MAKING,
                task=order.task,
                made_at=self._clock.now(),
                by=by,
                places=tuple(maker.places),
            )
            await workspace.load([key_of(DirectoryRecord, RELEASES, order.release_id)])
            workspace.put(made, order.release_id)
            workspace.put(DirectoryRecord(), RELEASES, order.release_id)
            await workspace.commit()
            return made

        return await with_fresh_reads(self._store, work)

    async def _make(
        self, order: NewRelease, known: ReleaseRecord, number: int, maker: ReleaseMaker
    ) -> ReleaseRecord:
        place = known.places[number]
        try:
            made = await maker.make(order.release_id, order.task, place)
        except AwsAwayError as error:
            raise refusing.ecs_away(order.release_id, str(error)) from error
        except ReleaseClashError as error:
            raise refusing.release_differs(order.release_id, str(error)) from error
        places = (*known.places[:number], made, *known.places[number + 1 :])
        return await self._put(order.release_id, known, places=places)

    async def _put(
        self,
        release_id: str,
        known: ReleaseRecord,
        *,
        state: ReleaseState | None = None,
        places: tuple[ReleasePlace, ...] | None = None,
    ) -> ReleaseRecord:
        """Keep what is there by now; another task may do the same at the same time."""
        changed = known.model_copy(
            update={"state": state or known.state, "places": places or known.places}
        )

        async def work(workspace: Workspace) -> ReleaseRecord:
            before = await workspace.fetch(ReleaseRecord, release_id)
            if before is not None and before.state is ReleaseState.LIVE:
                return before
            workspace.put(changed, release_id)
            await workspace.commit()
            return changed

        return await with_fresh_reads(self._store, work)


def _standing(release_id: str, known: ReleaseRecord) -> ReleaseStanding:
    told = {name: getattr(known, name) for name in ("state", "task", "made_at", "by", "places")}
    return ReleaseStanding(release_id=release_id, **told)
