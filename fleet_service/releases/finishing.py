"""Ending what was begun with a release: made in ECS, or taken away there."""

from collections.abc import Sequence
from typing import Final

import structlog

from cloud_store.port import Store
from cloud_store.retrying import with_fresh_reads
from cloud_store.workspace import Workspace, key_of
from fleet_service.clock import Clock
from fleet_service.kiosks.ports import AwsAwayError
from fleet_service.kiosks.records import DUE, FirstReleaseRecord
from fleet_service.releases import refusing, turns
from fleet_service.releases.keeping import readable
from fleet_service.releases.ports import ReleaseClashError, ReleaseMaker
from fleet_service.releases.records import OPEN_MOVES, MoveRecord, ReleaseRecord
from fleet_service.venues.records import DirectoryRecord
from kiosk_contracts.problem import ProblemError
from kiosk_contracts.releases import ReleasePlace, ReleaseState

log = structlog.get_logger()

_MOST_NAMED: Final = 10
_OPEN: Final = frozenset({ReleaseState.MAKING, ReleaseState.RETIRING})


class Finishing:
    """Works on releases whose turn is its caller's; `look` takes those that nobody works on."""

    def __init__(
        self, store: Store, clock: Clock, maker: ReleaseMaker, first_release: str | None
    ) -> None:
        """`first_release`: what hosts that become kiosks are told; it is needed always."""
        self._store = store
        self._clock = clock
        self._maker = maker
        self._first = first_release

    async def look(self, release_id: str) -> None:
        """Go on with a release that was left. Raises StoreError."""
        mine = await self._take(release_id)
        if mine is None:
            return
        log.info("release_gone_on_with", release=release_id, state=mine.state)
        try:
            await self.finish(release_id, mine)
        except ProblemError as error:
            why = error.problem.detail or error.problem.title
            log.warning("release_not_finished", release=release_id, why=why)

    async def note(self, release_id: str, why: str) -> None:
        """Keep why a release could not be gone on with. Raises StoreError."""
        known = await Workspace(self._store).fetch(ReleaseRecord, release_id)
        if known is not None and known.state in _OPEN and known.why != why:
            await self._keep(release_id, known, why=why)

    def is_whole(self, known: ReleaseRecord, region: str, cluster: str) -> bool:
        """Say whether ECS has all of a release at a place."""
        there = [one for one in known.places if (one.region, one.cluster) == (region, cluster)]
        return any(self._maker.is_whole(one) for one in there)

    def is_complete(self, known: ReleaseRecord) -> bool:
        """Say whether ECS has all of a release wherever releases are made."""
        return all(self.is_whole(known, one.region, one.cluster) for one in self._maker.places)

    async def complete(self, release_id: str, region: str, cluster: str) -> None:
        """Make what a live release lacks at a place. Idempotent.

        Raises ProblemError: `release_not_live`, `release_busy`, `release_differs`, `ecs_away`.
        """

        async def work(workspace: Workspace) -> ReleaseRecord:
            known, now = await workspace.fetch(ReleaseRecord, release_id), self._clock.now()
            if known is None or known.state is not ReleaseState.LIVE:
                state = ReleaseState.MAKING if known is None else known.state
                raise refusing.release_not_live(release_id, state)
            if turns.is_at_work(known, now):
                raise refusing.release_busy(release_id)
            mine = turns.begun(known, now)
            await turns.put(workspace, release_id, mine)
            await workspace.commit()
            return mine

        mine = await with_fresh_reads(self._store, work)
        await self.finish(release_id, mine, (region, cluster))

    async def finish(
        self, release_id: str, mine: ReleaseRecord, only: tuple[str, str] | None = None
    ) -> ReleaseRecord:
        """End it; what was done stays where it can't.

        `only`: the region and cluster where a live one is to be made, if it is not all.

        Raises ProblemError 503 `ecs_away`, and 409 `release_differs`, `release_in_use`,
        `release_busy`.
        """
        try:
            match mine.state:
                case ReleaseState.MAKING | ReleaseState.LIVE:
                    return await self._make(release_id, mine, only)
                case ReleaseState.RETIRING:
                    return await self._retire(release_id, mine)
                case ReleaseState.RETIRED:
                    return mine
        except AwsAwayError as error:
            await self._left(release_id, mine, str(error))
            raise refusing.ecs_away(release_id, str(error)) from error
        except ReleaseClashError as error:
            await self._left(release_id, mine, str(error))
            raise refusing.release_differs(release_id, str(error)) from error

    async def _take(self, release_id: str) -> ReleaseRecord | None:
        async def work(workspace: Workspace) -> ReleaseRecord | None:
            known, now = await workspace.fetch(ReleaseRecord, release_id), self._clock.now()
            if known is None or not turns.is_forgotten(known, now):
                return None
            mine = turns.begun(known, now)
            await turns.put(workspace, release_id, mine)
            await workspace.commit()
            return mine

        return await with_fresh_reads(self._store, work)

    async def _make(
        self, release_id: str, mine: ReleaseRecord, only: tuple[str, str] | None
    ) -> ReleaseRecord:
        if mine.state is ReleaseState.LIVE and not mine.at_work:
            return mine
        places = all_places(mine, self._maker.places)
        for number, place in enumerate(places):
            if mine.state is ReleaseState.LIVE and not self._is_wanted(place, only):
                continue
            made = await self._maker.make(release_id, mine.task, place)
            places = (*places[:number], made, *places[number + 1 :])
            mine = await self._keep(release_id, mine, places=places, tried_at=self._clock.now())
        log.info("release_live", release=release_id, image=mine.task.image)
        return await self._ended(release_id, mine, ReleaseState.LIVE)

    def _is_wanted(self, place: ReleasePlace, only: tuple[str, str] | None) -> bool:
        """Say whether a live release lacks something at a place; `only`: at this one alone."""
        meant = only is None or (place.region, place.cluster) == only
        return meant and not self._maker.is_whole(place)

    async def _retire(self, release_id: str, mine: ReleaseRecord) -> ReleaseRecord:
        if not mine.removing:
            # Since it is kept that it is retiring no move to it begins: what is found now is all.
            why = await self._needed(release_id, mine)
            if why:
                await self._ended(release_id, mine, mine.was or ReleaseState.LIVE)
                raise refusing.release_in_use(release_id, why)
            mine = await self._keep(release_id, mine, removing=True)
        for place in mine.places:
            await self._maker.remove(release_id, place)
            mine = await self._keep(release_id, mine, tried_at=self._clock.now())
        log.info("release_retired", release=release_id)
        return await self._ended(release_id, mine, ReleaseState.RETIRED)

    async def _needed(self, release_id: str, mine: ReleaseRecord) -> str:
        """Return who needs a release, in words; empty: nobody."""
        if release_id == self._first:
            return "hosts that become kiosks are told it (first_release)"
        for found in (await self._moves_of(release_id), await self._due(release_id)):
            if found:
                return f"needed by {', '.join(found[:_MOST_NAMED])}"
        for place in mine.places:
            users = await self._maker.users(release_id, place)
            if users:
                return f"in {place.region}/{place.cluster} hosts are told it: {', '.join(users)}"
        return ""

    async def _moves_of(self, release_id: str) -> list[str]:
        found: list[str] = []
        after = ""
        while items := await self._store.query(DirectoryRecord.store_kind, OPEN_MOVES, after=after):
            workspace = Workspace(self._store)
            for item in items:
                await workspace.load([key_of(MoveRecord, item.key.sk)])
                move = readable(workspace, item.key.sk)
                if move is None:
                    found.append(f"the move {item.key.sk}, maybe: it can't be read")
                elif _names(move, release_id):
                    found.append(f"the move {move.move_id} of {move.venue_id}")
            after = items[-1].key.sk
        return found

    async def _due(self, release_id: str) -> list[str]:
        """Return the kiosks that are to be told it as their first one."""
        found: list[str] = []
        after = ""
        while items := await self._store.query(FirstReleaseRecord.store_kind, DUE, after=after):
            due = [(one.key.sk, FirstReleaseRecord.model_validate(one.body)) for one in items]
            found += [
                f"{kiosk_id}, a new kiosk" for kiosk_id, one in due if one.release == release_id
            ]
            after = items[-1].key.sk
        return found

    async def _keep(self, release_id: str, mine: ReleaseRecord, **news: object) -> ReleaseRecord:
        return await turns.keep(self._store, release_id, mine, **news)

    async def _ended(
        self, release_id: str, mine: ReleaseRecord, state: ReleaseState
    ) -> ReleaseRecord:
        return await self._keep(
            release_id, mine, state=state, at_work=False, why="", was=None, tried_at=None
        )

    async def _left(self, release_id: str, mine: ReleaseRecord, why: str) -> None:
        """Keep that a try has ended, and why; whoever asks again goes on at once."""
        known = await Workspace(self._store).fetch(ReleaseRecord, release_id)
        if known is not None and known.turn == mine.turn:
            await self._keep(release_id, known, at_work=False, why=why)


def all_places(known: ReleaseRecord, places: Sequence[ReleasePlace]) -> tuple[ReleasePlace, ...]:
    """Return a release's places, and those of all that came since."""
    there = {(one.region, one.cluster) for one in known.places}
    came = (one for one in places if (one.region, one.cluster) not in there)
    return (*known.places, *came)


def _names(move: MoveRecord, release_id: str) -> bool:
    return release_id in {move.to, *(one.from_release for one in move.kiosks)}
