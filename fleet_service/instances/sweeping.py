"""All hosts are looked at every minute, by one task of the service."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from typing import Final

import structlog

from cloud_store.port import MAX_WRITES, ConditionFailedError, Store, StoreError
from cloud_store.retrying import with_fresh_reads
from cloud_store.workspace import Workspace, key_of
from fleet_service.beside import beside
from fleet_service.clock import Clock
from fleet_service.instances.learning import changes
from fleet_service.instances.ports import SSM, AwsAwayError, HostsAtAws, HostSeen, Source
from fleet_service.instances.records import SWEEPS, HostLookRecord, SweepRecord, all_looks
from fleet_service.leases.ports import Lease, LeaseLostError

log = structlog.get_logger()

_CHUNK: Final = MAX_WRITES - 1
"""Hosts of one commit, with room for its fence."""
_MOST_BACK_OFF: Final = 4
"""Times the usual pause, after sweeps that failed."""


async def _nobody() -> AbstractSet[str]:
    return frozenset()


class Sweeping:
    """Keeps what each source has of all hosts. Only who holds the lease asks and writes."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        aws: HostsAtAws,
        lease: Lease,
        silent: Callable[[], Awaitable[AbstractSet[str]]] = _nobody,
    ) -> None:
        """`silent`: says of which hosts each ping is kept, for their kiosks do not report."""
        self._silent = silent
        self._store = store
        self._clock = clock
        self._aws = aws
        self._lease = lease

    @asynccontextmanager
    async def working(self, every_s: float) -> AsyncIterator[None]:
        """Sweep each source every `every_s` seconds or so until the block ends."""
        async with AsyncExitStack() as stack:
            for source in self._aws.sources:
                work = self._work(source, every_s)
                await stack.enter_async_context(beside(work, f"sweep {source.name}"))
            yield

    async def sweep(self, source: Source, term: int) -> bool:
        """Look at all hosts of a source once; say whether that went well.

        A sweep that fails changes nothing but that it is told. Raises LeaseLostError.
        """
        began_at, began = self._clock.now(), self._clock.monotonic()
        try:
            seen = await self._aws.hosts(source)
        except AwsAwayError as error:
            log.warning("sweep_failed", source=source.name, reason=str(error))
            await self._tell_failure(source, term, str(error))
            return False
        written = await self._keep(source, term, seen, began_at)
        whole = SweepRecord(
            words=source.words,
            looked_at=began_at,
            took_ms=round((self._clock.monotonic() - began) * 1000),
            hosts=len(seen),
        )
        await self._tell(source, term, whole)
        log.info("swept", source=source.name, hosts=len(seen), written=written)
        return True

    async def _work(self, source: Source, every_s: float) -> None:
        failed = 0
        while True:
            term = await self._lease.until_held()
            try:
                failed = 0 if await self.sweep(source, term) else failed + 1
            except LeaseLostError:
                log.info("sweep_given_up", source=source.name)
            except (StoreError, ConditionFailedError) as error:
                log.warning("sweep_not_kept", source=source.name, reason=str(error))
            except Exception:
                # What can't be read of one host must not end the sweeps unheard.
                failed += 1
                log.exception("sweep_broke", source=source.name)
            back_off = min(2**failed, _MOST_BACK_OFF)
            await asyncio.sleep(every_s * back_off * random.uniform(0.8, 1.2))  # noqa: S311

    async def _keep(
        self, source: Source, term: int, seen: Mapping[str, HostSeen], at: datetime
    ) -> int:
        """Write down what changed; return of how many hosts."""
        # Of ECS what was told last is when a host registered, which changes with its instance.
        silent = await self._silent() if source.service == SSM else frozenset()
        known = await all_looks(self._store, source.name)
        changed = [one.instance_id for one in changes(known, seen, at, silent)]
        for first in range(0, len(changed), _CHUNK):
            chunk = changed[first : first + _CHUNK]
            there = {one: seen.get(one) for one in chunk}
            await self._keep_chunk(source, term, there, at, silent)
        return len(changed)

    async def _keep_chunk(
        self,
        source: Source,
        term: int,
        seen: Mapping[str, HostSeen | None],
        at: datetime,
        silent: AbstractSet[str],
    ) -> None:
        async def work(workspace: Workspace) -> None:
            await workspace.load(key_of(HostLookRecord, source.name, one) for one in seen)
            # Once more, on what is there now: something else may have told of a host meanwhile.
            known = {
                one: look
                for one in seen
                if (look := workspace.get(HostLookRecord, source.name, one)) is not None
            }
            there = {one: host for one, host in seen.items() if host is not None}
            for change in changes(known, there, at, silent):
                if change.look is None:
                    workspace.delete(HostLookRecord, source.name, change.instance_id)
                else:
                    workspace.put(change.look, source.name, change.instance_id)
            await self._lease.fence(workspace, term)
            await workspace.commit()

        await with_fresh_reads(self._store, work)

    async def _tell_failure(self, source: Source, term: int, failure: str) -> None:
        known = await Workspace(self._store).fetch(SweepRecord, SWEEPS, source.name)
        failed = known or SweepRecord(words=source.words)
        update = {
            "failed_at": self._clock.now(),
            "failure": failure,
            "failed_in_a_row": failed.failed_in_a_row + 1,
        }
        await self._tell(source, term, failed.model_copy(update=update))

    async def _tell(self, source: Source, term: int, record: SweepRecord) -> None:
        async def work(workspace: Workspace) -> None:
            await workspace.load([key_of(SweepRecord, SWEEPS, source.name)])
            workspace.put(record, SWEEPS, source.name)
            await self._lease.fence(workspace, term)
            await workspace.commit()

        await with_fresh_reads(self._store, work)


def sources_of(regions: Sequence[str], clusters: Sequence[str]) -> tuple[Source, ...]:
    """Return who is asked: Systems Manager in each region, and ECS of each cluster.

    `clusters`: `REGION/CLUSTER`.
    """
    named = [each.split("/", 1) for each in clusters]
    return (
        *(Source("ssm", region) for region in regions),
        *(Source("ecs", region, cluster) for region, cluster in named),
    )
