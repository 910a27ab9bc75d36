"""Hosts that became kiosks are told their first release, until ECS has heard it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

import structlog

from cloud_store.port import ConditionFailedError, Item, Store, StoreError
from cloud_store.workspace import Workspace, key_of
from fleet_service.beside import beside
from fleet_service.kiosks.ports import AwsAwayError, ManagedInstances
from fleet_service.kiosks.records import DUE, FirstReleaseRecord, KioskReleaseRecord
from fleet_service.releases.ports import Aim, Completing, Mover
from fleet_service.releases.records import ReleaseRecord
from kiosk_contracts.enrolment import RELEASE_ATTRIBUTE
from kiosk_contracts.problem import ProblemError
from kiosk_contracts.releases import ReleaseState

log = structlog.get_logger()

_FIRST_PAUSE_S: Final = 1.0
_LONGEST_PAUSE_S: Final = 60.0
_UNASKED_S: Final = 300.0
"""Another task of the service may have died before it told ECS."""


class FirstReleases:
    """Works off what is due: at its start, when it is told to look, and every few minutes."""

    def __init__(
        self,
        store: Store,
        instances: ManagedInstances,
        mover: Mover | None = None,
        *,
        completing: Completing | None = None,
        cluster: str = "",
    ) -> None:
        """`mover`: who tells a host its release, where the attribute alone has nothing run.

        `completing`: who makes what a release lacks in a region's `cluster`, where hosts become
        kiosks.
        """
        self._store = store
        self._mover = mover
        self._completing = completing
        self._cluster = cluster
        self._instances = instances
        self._asked = asyncio.Event()

    def look(self) -> None:
        """Look soon: something may be due."""
        self._asked.set()

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Work until the block ends."""
        async with beside(self._work(), "first releases"):
            yield

    async def _work(self) -> None:
        pause_s = _FIRST_PAUSE_S
        while True:
            self._asked.clear()
            done = await self._round()
            pause_s = _FIRST_PAUSE_S if done else min(pause_s * 2, _LONGEST_PAUSE_S)
            with suppress(TimeoutError):
                async with asyncio.timeout(_UNASKED_S if done else pause_s):
                    await self._asked.wait()

    async def _round(self) -> bool:
        """Tell ECS all that is due; say whether nothing is left."""
        done, after = True, ""
        try:
            while items := await self._store.query(FirstReleaseRecord.store_kind, DUE, after=after):
                for item in items:
                    done = await self._tell(item) and done
                after = items[-1].key.sk
        except StoreError as error:
            log.warning("first_releases_not_read", why=str(error))
            return False
        return done

    async def _tell(self, item: Item) -> bool:
        kiosk_id, due = item.key.sk, FirstReleaseRecord.model_validate(item.body)
        try:
            if not await self._is_due(kiosk_id, due):
                return True
            await self._say(due)
        except AwsAwayError as error:
            log.warning("first_release_not_told", kiosk_id=kiosk_id, why=str(error))
            return False
        except ProblemError as error:
            why = error.problem.detail or error.problem.title
            log.warning("first_release_not_told", kiosk_id=kiosk_id, why=why)
            return False
        await self._done(kiosk_id, due)
        log.info("first_release_told", kiosk_id=kiosk_id, release=due.release)
        return True

    async def _is_due(self, kiosk_id: str, due: FirstReleaseRecord) -> bool:
        """Say whether it is due still: the list may be minutes old, and others work it off, too.

        Told after a move told it another, the kiosk would go back, and nobody would notice.
        """
        workspace = Workspace(self._store)
        await workspace.load(
            [key_of(FirstReleaseRecord, DUE, kiosk_id), key_of(KioskReleaseRecord, kiosk_id)]
        )
        if workspace.get(FirstReleaseRecord, DUE, kiosk_id) != due:
            return False
        moved = workspace.get(KioskReleaseRecord, kiosk_id)
        if moved is None or not moved.told:
            return True
        await self._done(kiosk_id, due)
        return False

    async def _done(self, kiosk_id: str, due: FirstReleaseRecord) -> None:
        workspace = Workspace(self._store)
        with suppress(ConditionFailedError):
            if await workspace.fetch(FirstReleaseRecord, DUE, kiosk_id) == due:
                workspace.delete(FirstReleaseRecord, DUE, kiosk_id)
                await workspace.commit()

    async def _say(self, due: FirstReleaseRecord) -> None:
        """Tell ECS, once the release is there; raises AwsAwayError and ProblemError."""
        await self._complete(due)
        if self._mover is None:
            await self._instances.put_attribute(
                due.instance_id, due.region, RELEASE_ATTRIBUTE, due.release
            )
            return
        release = await Workspace(self._store).fetch(ReleaseRecord, due.release)
        places = () if release is None else release.places
        await self._mover.move(due.instance_id, Aim(due.release, places))

    async def _complete(self, due: FirstReleaseRecord) -> None:
        """Make what the release lacks where the host is, as in a cluster that came later.

        Told before, a new host would have nothing to run, and no standby either.
        """
        release = await Workspace(self._store).fetch(ReleaseRecord, due.release)
        if self._completing is None or release is None or release.state is not ReleaseState.LIVE:
            return
        if not self._completing.is_whole(release, due.region, self._cluster):
            await self._completing.complete(due.release, due.region, self._cluster)
            log.info("first_release_completed", release=due.release, region=due.region)
