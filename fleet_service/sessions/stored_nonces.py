"""Which nonces were used, in the store: for several tasks, and across restarts.

Used nonces are kept by the minute in which they expire, so that what is long expired is found
without looking through everything, and removed.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import ClassVar, Final, Self

import structlog

from cloud_store.port import (
    MAX_WRITES,
    Absent,
    ConditionFailedError,
    Delete,
    Item,
    Put,
    Store,
    StoreError,
    VersionIs,
)
from cloud_store.records import Record
from cloud_store.retrying import with_fresh_reads
from cloud_store.workspace import Workspace, key_of
from fleet_service.beside import beside
from fleet_service.clock import Clock

log = structlog.get_logger()

_ALL: Final = "all"
_SALT_BYTES: Final = 16
_MINUTE_S: Final = 60
KEPT_MINUTES: Final = 10
"""How long after its end a used nonce stays known: clocks of tasks may differ by less, and a clock
that was ahead may be set back by less."""
_SWEEP_EVERY_S: Final = 60.0


class NonceSaltRecord(Record):
    """What nonces' keys are salted with, for as long as this store lives."""

    store_kind: ClassVar[str] = "nonce_salt"
    salt_hex: str


class UsedNonceRecord(Record):
    """By the minute of its end, and the nonce: it was used."""

    store_kind: ClassVar[str] = "used_nonce"


class NoncesSweptRecord(Record):
    """Up to which minute used nonces have been forgotten."""

    store_kind: ClassVar[str] = "nonces_swept"
    minute: int


class StoredUsedNonces:
    """Adapter of UsedNonces for any number of tasks on one store. Make one with `open`."""

    def __init__(self, store: Store, clock: Clock, salt: bytes) -> None:
        self._store = store
        self._clock = clock
        self.salt = salt
        self._swept = 0
        """What ends up to this minute may have been forgotten here."""

    @classmethod
    async def open(cls, store: Store, clock: Clock) -> Self:
        """Take up what the store remembers, or begin it. Raises StoreError."""
        first = NonceSaltRecord(salt_hex=secrets.token_bytes(_SALT_BYTES).hex())
        begun = _minute(clock.now()) - KEPT_MINUTES

        async def work(workspace: Workspace) -> NonceSaltRecord:
            salt = await workspace.fetch(NonceSaltRecord, _ALL)
            await workspace.fetch(NoncesSweptRecord, _ALL)
            if salt is None:
                workspace.put(salt := first, _ALL)
                workspace.put(NoncesSweptRecord(minute=begun), _ALL)
                await workspace.commit()
            return salt

        return cls(store, clock, bytes.fromhex((await with_fresh_reads(store, work)).salt_hex))

    async def use(self, nonce: str, until: datetime) -> bool:
        """Note that a nonce was used; False if it had been. One write, of which one is first."""
        minute = _minute(until)
        if minute <= self._swept:
            # It may have been used and forgotten: the clock was ahead.
            return False
        try:
            await self._store.commit([Put(key_of(UsedNonceRecord, minute, nonce), {}, Absent())])
        except ConditionFailedError:
            return False
        return True

    async def sweep(self) -> None:
        """Forget what is long expired. Idempotent; any number of tasks may. Raises StoreError."""
        until = _minute(self._clock.now()) - KEPT_MINUTES
        # Here they count no more before they go; the others rely on `KEPT_MINUTES`.
        self._swept = max(self._swept, until)
        known = await Workspace(self._store).fetch(NoncesSweptRecord, _ALL)
        begin = until if known is None else known.minute
        if known is not None and known.minute > until + KEPT_MINUTES:
            log.error(
                "clocks_of_tasks_differ",
                minutes=known.minute - until,
                hint="A task's clock is ahead by so much: meanwhile a nonce may count twice.",
            )
        # What is said to be forgotten is: a task that dies meanwhile leaves nothing lying for ever.
        for minute in range(begin + 1, until + 1):
            await self._forget(minute)
        await self._say_swept(until)

    @asynccontextmanager
    async def sweeping(self) -> AsyncIterator[None]:
        """Sweep every minute until the block ends."""
        async with beside(self._sweep_for_ever(), "used nonces"):
            yield

    async def _sweep_for_ever(self) -> None:
        while True:
            await asyncio.sleep(_SWEEP_EVERY_S)
            try:
                await self.sweep()
            except (StoreError, ConditionFailedError) as error:
                log.warning("used_nonces_not_swept", why=str(error))

    async def _say_swept(self, minute: int) -> None:
        """Say up to where; also back, where a clock that was ahead has said more than is true."""

        async def work(workspace: Workspace) -> None:
            await workspace.fetch(NoncesSweptRecord, _ALL)
            workspace.put(NoncesSweptRecord(minute=minute), _ALL)
            await workspace.commit()

        await with_fresh_reads(self._store, work)

    async def _forget(self, minute: int) -> None:
        kind = UsedNonceRecord.store_kind
        while items := await self._store.query(kind, str(minute), limit=MAX_WRITES):
            try:
                await self._store.commit([_removal(item) for item in items])
            except ConditionFailedError:
                # Another task is at the same minute: see what it has left.
                continue


def _removal(item: Item) -> Delete:
    return Delete(item.key, VersionIs(item.version))


def _minute(at: datetime) -> int:
    return int(at.timestamp()) // _MINUTE_S
