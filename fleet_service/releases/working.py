"""Works on all moves, and all releases, that have not ended, while this task leads."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, Protocol

import structlog

from cloud_store.port import Store, StoreError
from fleet_service.beside import beside
from fleet_service.leases.ports import Lease
from fleet_service.releases.records import OPEN_MOVES
from fleet_service.venues.records import DirectoryRecord
from kiosk_contracts.plain_text import made_plain

log = structlog.get_logger()

LOOK_ENDS_S: Final = 300.0
"""A look tells ECS of five kiosks at most, and each of these calls ends within a minute."""
_NOTE_ENDS_S: Final = 30.0
_AT_ONCE: Final = 16
_MOST_SAID: Final = 200


class GoesOn(Protocol):
    """Goes on with one thing that has not ended."""

    async def look(self, open_id: str, /) -> None:
        """Do all that is to be done now. Raises StoreError. It may be cancelled anywhere."""
        ...

    async def note(self, open_id: str, why: str, /) -> None:
        """Keep where operators look why it could not be gone on with. Raises StoreError."""
        ...


class MoveWorker:
    """Looks at each move every few seconds: what it waits for comes with kiosks' reports.

    Or at whatever else another partition of the directory lists. Each is gone on with by itself:
    one that hangs, or that nobody can read, keeps no other waiting.
    """

    def __init__(
        self,
        store: Store,
        lease: Lease,
        tending: GoesOn,
        *,
        partition: str = OPEN_MOVES,
        look_ends_s: float = LOOK_ENDS_S,
    ) -> None:
        self._store = store
        self._lease = lease
        self._tending = tending
        self._partition = partition
        self._look_ends_s = look_ends_s
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._under_way: set[str] = set()
        self._faults: dict[str, str] = {}

    @asynccontextmanager
    async def working(self, every_s: float) -> AsyncIterator[None]:
        """Work until the block ends."""
        async with beside(self._work(every_s), self._partition):
            yield

    async def look(self) -> None:
        """Look at each once, if this task leads, and wait for all. Raises StoreError."""
        found = await self._open()
        async with asyncio.TaskGroup() as group:
            self._begin(group, found)

    async def _work(self, every_s: float) -> None:
        async with asyncio.TaskGroup() as group:
            while True:
                try:
                    self._begin(group, await self._open())
                except StoreError as error:
                    log.warning("moves_not_read", of=self._partition, why=str(error))
                except Exception:
                    # Whatever it was, moves have to go on once it has passed.
                    log.exception("moves_failed", of=self._partition)
                await asyncio.sleep(every_s)

    async def _open(self) -> list[str]:
        """Return what has not ended, by its ids; nothing if this task does not lead."""
        found: list[str] = []
        after = ""
        while self._lease.held() is not None:
            kind, partition = DirectoryRecord.store_kind, self._partition
            items = await self._store.query(kind, partition, after=after)
            if not items:
                return found
            found += [item.key.sk for item in items]
            after = items[-1].key.sk
        return []

    def _begin(self, group: asyncio.TaskGroup, open_ids: list[str]) -> None:
        """Begin to look at those that are not looked at still."""
        for open_id in open_ids:
            if open_id not in self._under_way:
                self._under_way.add(open_id)
                group.create_task(self._one(open_id), name=f"{self._partition} {open_id}")

    async def _one(self, open_id: str) -> None:
        try:
            async with self._places:
                why = await self._looked(open_id) if self._lease.held() is not None else ""
                if why:
                    await self._noted(open_id, why)
        finally:
            self._under_way.discard(open_id)

    async def _looked(self, open_id: str) -> str:
        """Look at one; return what is to be kept of how that failed, if anything is."""
        limit = asyncio.timeout(self._look_ends_s)
        try:
            async with limit:
                await self._tending.look(open_id)
        except StoreError as error:
            # Nothing can be kept now; the next look is soon.
            log.warning("move_not_read", of=self._partition, id=open_id, why=str(error))
        except Exception as error:  # noqa: BLE001  logged with where it came from
            if limit.expired():
                log.warning("move_look_cut_off", of=self._partition, id=open_id)
                return f"a look at it had not ended after {self._look_ends_s:g} s"
            # One fault in a move must not end all moves, nor this one for good.
            said = made_plain(f"{type(error).__name__}: {error}"[:_MOST_SAID])
            self._log_fault(open_id, said)
            return f"the fleet service itself failed: {said}"
        else:
            self._faults.pop(open_id, None)
        return ""

    def _log_fault(self, open_id: str, said: str) -> None:
        """Log a fault: where it came from once, for each look may have it again."""
        is_new, self._faults[open_id] = self._faults.get(open_id) != said, said
        log.error("move_failed", of=self._partition, id=open_id, why=said, exc_info=is_new)

    async def _noted(self, open_id: str, why: str) -> None:
        try:
            async with asyncio.timeout(_NOTE_ENDS_S):
                await self._tending.note(open_id, why)
        except Exception as error:  # noqa: BLE001  whatever it is, other moves go on
            # What can't be read has no place for a reason: the log alone has it.
            said = f"{type(error).__name__}: {error}"
            log.warning("move_reason_not_kept", of=self._partition, id=open_id, why=said)
