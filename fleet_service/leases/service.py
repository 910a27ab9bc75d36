"""A lease in the store, kept by whoever runs and wants it."""

import asyncio
import random
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Final

import structlog

from cloud_store.port import ConditionFailedError, Store, StoreError
from cloud_store.workspace import Workspace, key_of
from fleet_service.beside import beside
from fleet_service.clock import Clock
from fleet_service.leases.ports import LeaseLostError
from fleet_service.leases.records import LeaseRecord, TermRecord
from fleet_service.leases.rules import Step, next_step

log = structlog.get_logger()

LASTS_S: Final = 30.0
"""A task that dies is followed by another within it."""
_MARGIN: Final = 0.8
"""A holder takes itself for one so much of that: its clock may be slower than another's."""
_RENEWALS: Final = 4
"""In the time that a lease lasts."""


class StoredLease:
    """Adapter of Lease over the store. `keeping` tries to have it while a block runs."""

    def __init__(
        self, store: Store, clock: Clock, name: str, *, lasts_s: float = LASTS_S, holder: str = ""
    ) -> None:
        self._store = store
        self._clock = clock
        self._name = name
        self._lasts_s = lasts_s
        self.holder = holder or uuid.uuid4().hex
        self._term: int | None = None
        self._held_until = float("-inf")
        self._changed = asyncio.Event()

    def held(self) -> int | None:
        """Return the term in which this task has it."""
        return self._term if self._clock.monotonic() < self._held_until else None

    async def until_held(self) -> int:
        """Return the term once this task has it."""
        while (term := self.held()) is None:
            self._changed.clear()
            await self._changed.wait()
        return term

    async def fence(self, workspace: Workspace, term: int) -> None:
        """Let the next commit rest on that `term` runs."""
        known = await workspace.fetch(TermRecord, self._name)
        if known is None or (known.term, known.holder) != (term, self.holder):
            self._lose()
            raise LeaseLostError(self._name)
        workspace.rest_on(TermRecord, self._name)

    async def try_once(self) -> int | None:
        """Take it or renew it, if that is possible now; return the term. Raises StoreError."""
        # Before the store is asked: however long that takes, others count from before it.
        asked_at = self._clock.monotonic()
        workspace = Workspace(self._store)
        await workspace.load(key_of(kind, self._name) for kind in (LeaseRecord, TermRecord))
        known = workspace.get(TermRecord, self._name)
        now = self._clock.now()
        step = next_step(workspace.get(LeaseRecord, self._name), known, self.holder, now)
        if step is Step.WAIT:
            self._lose()
            return None
        term = 0 if known is None else known.term
        if step is Step.TAKE:
            term += 1
            workspace.put(TermRecord(term=term, holder=self.holder), self._name)
        until = now + timedelta(seconds=self._lasts_s)
        workspace.put(LeaseRecord(holder=self.holder, until=until), self._name)
        workspace.rest_on(TermRecord, self._name)
        try:
            await workspace.commit()
        except ConditionFailedError:
            self._lose()
            return None
        if step is Step.TAKE:
            log.info("lease_taken", lease=self._name, term=term, holder=self.holder)
        self._term, self._held_until = term, asked_at + self._lasts_s * _MARGIN
        self._changed.set()
        return term

    async def give_back(self) -> None:
        """Let another task have it at once; idempotent."""
        self._lose()
        workspace = Workspace(self._store)
        await workspace.load(key_of(kind, self._name) for kind in (LeaseRecord, TermRecord))
        term = workspace.get(TermRecord, self._name)
        if term is None or term.holder != self.holder:
            return
        workspace.put(LeaseRecord(holder="", until=self._clock.now()), self._name)
        workspace.rest_on(TermRecord, self._name)
        with suppress(ConditionFailedError):
            await workspace.commit()

    @asynccontextmanager
    async def keeping(self) -> AsyncIterator[None]:
        """Try to have it while the block runs, and give it back at its end."""
        try:
            async with beside(self._keep(), f"lease {self._name}"):
                yield
        finally:
            with suppress(StoreError):
                await self.give_back()

    async def _keep(self) -> None:
        while True:
            try:
                await self.try_once()
            except StoreError as error:
                # What it has, it has by its clock; its fences ask the store.
                log.warning("lease_not_renewed", lease=self._name, reason=str(error))
            except Exception:
                # A lease that nobody tries for any more would be nobody's for good.
                log.exception("lease_broke", lease=self._name)
            pause = self._lasts_s / _RENEWALS
            await asyncio.sleep(pause * random.uniform(0.8, 1.2))  # noqa: S311  spreading

    def _lose(self) -> None:
        if self._term is not None:
            log.info("lease_lost", lease=self._name, term=self._term, holder=self.holder)
        self._term, self._held_until = None, float("-inf")
