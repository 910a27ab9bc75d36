"""The audit: written before a change and after it, and read the newest first."""

from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

import structlog

from cloud_store.port import Absent, ConditionFailedError, Item, Put, Store, StoreError, VersionIs
from fleet_service.audit.asking import AuditQuery
from fleet_service.audit.order import as_cursor, day_of, new_id, position_of, sort_key, start_of
from fleet_service.audit.records import (
    AuditIndexRecord,
    AuditRecord,
    entry_key,
    index_key,
    of_actor,
    of_target,
)
from fleet_service.audit.refusing import audit_unwritten
from fleet_service.clock import Clock
from kiosk_contracts.audit import AuditEntry, AuditPage, AuditState
from kiosk_contracts.operators import OperatorRole

log = structlog.get_logger()

MOST_LISTED: Final = 100
_MOST_READS: Final = 40
"""Reads of the store for one page, at most; a page may be short for it, and says where to go on."""
_FAILED: Final = 500
_REFUSED: Final = 300
_ANSWERED: Final = 200


@dataclass(frozen=True, slots=True)
class Intent:
    """What an operator is about to do."""

    token_id: str
    name: str
    role: OperatorRole
    via: str
    address: str
    request_id: str
    method: str
    route: str
    targets: tuple[str, ...]
    body_sha256: str
    summary: str


class AuditTrail:
    """All that operators did, and whose names they looked at.

    Entries are changed once, by their outcome, and never removed.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def today(self) -> date:
        """Return the day (UTC) that entries are of now."""
        return self._clock.now().date()

    async def begin(self, intent: Intent) -> AuditEntry:
        """Write down that something is about to be done; whoever gets an answer may do it.

        Raises ProblemError 503 `audit_unwritten`.
        """
        return await self._written(intent)

    async def note(self, intent: Intent) -> AuditEntry:
        """Write down a look that is answered once this is; raises ProblemError as `begin`."""
        return await self._written(intent, state=AuditState.DONE, status=_ANSWERED)

    async def _written(self, intent: Intent, **outcome: object) -> AuditEntry:
        now = self._clock.now()
        told = {name: getattr(intent, name) for name in Intent.__slots__}
        entry = AuditRecord.model_validate({"entry_id": new_id(now), "at": now, **told, **outcome})
        partitions = [of_actor(entry.token_id), *map(of_target, entry.targets)]
        first = Put(entry_key(entry.entry_id.int), entry.to_json(), Absent())
        try:
            await self._store.commit([first, *_indexed(entry.entry_id, partitions)])
        except (StoreError, ConditionFailedError) as error:
            log.exception("audit_unwritten", route=intent.route)
            raise audit_unwritten(str(error)) from error
        return entry

    async def finish(
        self, entry: AuditEntry, status: int, code: str, targets: Sequence[str] = ()
    ) -> None:
        """Write down what became of it, and what else it was about. Never raises: it is done.

        One whose outcome can't be written stays `begun`.
        """
        new = [each for each in dict.fromkeys(targets) if each not in entry.targets]
        ended = AuditRecord.model_validate(entry.to_json()).model_copy(
            update={
                "state": _state_of(status),
                "status": status,
                "code": code,
                "targets": (*entry.targets, *new),
            }
        )
        last = Put(entry_key(entry.entry_id.int), ended.to_json(), VersionIs(1))
        try:
            await self._store.commit([last, *_indexed(entry.entry_id, map(of_target, new))])
        except (StoreError, ConditionFailedError) as error:
            log.error(  # noqa: TRY400  what happened is said; the stack says nothing more
                "audit_outcome_unwritten",
                entry_id=str(entry.entry_id),
                status=status,
                why=str(error),
            )

    async def page(self, query: AuditQuery) -> AuditPage:
        """Return up to `query.limit` entries, the newest first. Raises StoreError."""
        found: list[AuditEntry] = []
        async with aclosing(self._chunks(query)) as chunks:
            async for chunk in chunks:
                for entry in chunk.entries:
                    if _fits(entry, query):
                        found.append(entry)
                        if len(found) == query.limit:
                            at = entry.entry_id.int
                            return AuditPage(entries=tuple(found), next_after=as_cursor(at))
                if chunk.reads >= _MOST_READS and chunk.at > query.oldest:
                    return AuditPage(entries=tuple(found), next_after=as_cursor(chunk.at))
        return AuditPage(entries=tuple(found), next_after=None)

    def _chunks(self, query: AuditQuery) -> "AsyncGenerator[_Chunk, None]":
        if query.target is not None:
            return self._of_partition(of_target(query.target), query)
        if query.actor is not None:
            return self._of_partition(of_actor(query.actor), query)
        return self._of_days(query)

    async def _of_days(self, query: AuditQuery) -> "AsyncGenerator[_Chunk, None]":
        """Yield entries day by day, one partition after another."""
        at, reads, kind = query.newest, 0, AuditRecord.store_kind
        day = day_of(at - 1)
        while day >= query.first:
            items = await self._store.query(
                kind, day.isoformat(), after=sort_key(at), limit=query.limit
            )
            reads += 1
            whole = len(items) < query.limit
            at = start_of(day) if whole else position_of(items[-1].key.sk)
            yield _Chunk([_read(item) for item in items], at, reads)
            if whole:
                day -= timedelta(days=1)

    async def _of_partition(
        self, partition: str, query: AuditQuery
    ) -> "AsyncGenerator[_Chunk, None]":
        """Yield the entries that a partition of the index names."""
        at, reads, kind = query.newest, 0, AuditIndexRecord.store_kind
        while at > query.oldest:
            items = await self._store.query(kind, partition, after=sort_key(at), limit=query.limit)
            ids = [position_of(item.key.sk) for item in items]
            wanted = [one for one in ids if one >= query.oldest]
            entries = await self._store.get_many([entry_key(one) for one in wanted])
            reads += 2
            whole = len(wanted) < query.limit
            at = query.oldest if whole else ids[-1]
            yield _Chunk([_read(item) for item in entries if item is not None], at, reads)


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Entries of one read, the position that all newer ones were read up to, and reads so far."""

    entries: Sequence[AuditEntry]
    at: int
    reads: int


def _fits(entry: AuditEntry, query: AuditQuery) -> bool:
    return (query.actor is None or entry.token_id == query.actor) and (
        query.target is None or query.target in entry.targets
    )


def _indexed(entry_id: UUID, partitions: Iterable[str]) -> list[Put]:
    body = AuditIndexRecord().to_json()
    return [Put(index_key(each, entry_id), body, Absent()) for each in dict.fromkeys(partitions)]


def _read(item: Item) -> AuditEntry:
    return AuditEntry.model_validate(item.body)


def _state_of(status: int) -> AuditState:
    if status >= _FAILED:
        return AuditState.FAILED
    return AuditState.REFUSED if status >= _REFUSED else AuditState.DONE
