"""Ending what was begun with a release: made in ECS, or taken away there."""

from typing import Final

import structlog

from cloud_store.port import Store
from cloud_store.retrying import with_fresh_reads
from cloud_store.workspace import Workspace
from fleet_service.clock import Clock
from fleet_service.kiosks.ports import AwsAwayError
from fleet_service.kiosks.records import DUE, FirstReleaseRecord
from fleet_service.releases import refusing, turns
from fleet_service.releases.ports import ReleaseClashError, ReleaseMaker
from fleet_service.releases.records import OPEN_MOVES, MoveRecord, ReleaseRecord
from fleet_service.venues.records import DirectoryRecord
from kiosk_contracts.problem import ProblemError
from kiosk_contracts.releases import ReleaseState

log = structlog.get_logger()

_MOST_NAMED: Final = 10


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

    async def finish(self, release_id: str, mine: ReleaseRecord) -> ReleaseRecord:
        """End it; what was done stays where it can't.

        Raises ProblemError 503 `ecs_away`, and 409 `release_differs`, `release_in_use`,
        `release_busy`.
        """
        try:
            match mine.state:
                case ReleaseState.MAKING:
                    return await self._make(release_id, mine)
                case ReleaseState.RETIRING:
                    return await self._retire(release_id, mine)
                case ReleaseState.LIVE | ReleaseState.RETIRED:
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

    async def _make(self, release_id: str, mine: ReleaseRecord) -> ReleaseRecord:
        for number in range(len(mine.places)):
            made = await self._maker.make(release_id, mine.task, mine.places[number])
            places = (*mine.places[:number], made, *mine.places[number + 1 :])
            mine = await self._keep(release_id, mine, places=places, tried_at=self._clock.now())
        log.info("release_live", release=release_id, image=mine.task.image)
        return await self._ended(release_id, mine, ReleaseState.LIVE)

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
                move = await workspace.fetch(MoveRecord, item.key.sk)
                if move is not None and _names(move, release_id):
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


def _names(move: MoveRecord, release_id: str) -> bool:
    return release_id in {move.to, *(one.from_release for one in move.kiosks)}
