"""The way to the ticket API, tried every few minutes by each task.

Each by itself: its connections, credentials and network are its own, so that another's success says
nothing of them. The same requests keep the VPC link alive, which AWS puts away without traffic.
"""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from cloud_store.port import ConditionFailedError, Store, StoreError
from cloud_store.retrying import with_fresh_reads
from cloud_store.workspace import Workspace
from fleet_service.beside import beside
from fleet_service.clock import Clock
from fleet_service.relay.judging import from_error
from fleet_service.relay.ports import AnswerTooLargeError, Upstream, UpstreamError
from fleet_service.relay.records import PATH, PathRecord

log = structlog.get_logger()


async def path_trouble(upstream: Upstream) -> str:
    """Ask how the ticket API is; return in words why it can't be relayed to, empty if it can."""
    try:
        answer = await upstream.send("GET", "/healthz", {"Accept": "*/*"}, b"")
    except UpstreamError as error:
        return str(from_error(error))
    except AnswerTooLargeError:
        return "What answers at the ticket API's address is not the ticket API."
    if answer.status != 200:  # noqa: PLR2004  healthy
        return f"The ticket API's /healthz answers {answer.status}."
    return ""


class Path:
    """Tries the way, remembers when this task last got through, and tells the store."""

    def __init__(self, upstream: Upstream, clock: Clock, store: Store | None) -> None:
        self._upstream = upstream
        self._clock = clock
        self._store = store
        self._through_at: float | None = None

    def age_s(self) -> float:
        """Return the seconds since this task last got through; infinite if it never did."""
        if self._through_at is None:
            return float("inf")
        return self._clock.monotonic() - self._through_at

    @asynccontextmanager
    async def trying(self, every_s: float) -> AsyncIterator[None]:
        """Try at once, and then every `every_s` seconds or so until the block ends."""
        async with beside(self._work(every_s), "path"):
            yield

    async def try_once(self) -> str:
        """Try; return in words why this task does not get through, empty if it does."""
        trouble = await path_trouble(self._upstream)
        if trouble:
            log.warning("path_failed", reason=trouble)
        else:
            self._through_at = self._clock.monotonic()
        if self._store is not None:
            await self._tell(self._store, trouble)
        return trouble

    async def _work(self, every_s: float) -> None:
        while True:
            try:
                await self.try_once()
            except (StoreError, ConditionFailedError) as error:
                log.warning("path_not_kept", reason=str(error))
            except Exception:
                # Without it nobody would notice that the link is put away.
                log.exception("path_broke")
            await asyncio.sleep(every_s * random.uniform(0.8, 1.2))  # noqa: S311  spreading

    async def _tell(self, store: Store, trouble: str) -> None:
        now = self._clock.now()

        async def work(workspace: Workspace) -> None:
            known = await workspace.fetch(PathRecord, PATH) or PathRecord()
            failed = {"failed_at": now, "failure": trouble}
            told = known.model_copy(update=failed) if trouble else known.through(now)
            workspace.put(told, PATH)
            await workspace.commit()

        await with_fresh_reads(store, work)
