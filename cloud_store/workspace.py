"""Records read from the store and changed in memory, then committed together under conditions.

A workspace remembers the version of everything it read. What it writes is conditional on those
versions, so that a commit either rests on what was read or fails with ConditionFailedError; then
`forget` and start over.
"""

import asyncio
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, TypeVar
from uuid import UUID

from cloud_store.port import (
    MAX_WRITES,
    NO_SORT_KEY,
    Absent,
    Check,
    Delete,
    Item,
    Key,
    Put,
    Store,
    VersionIs,
)
from cloud_store.records import Record

_R = TypeVar("_R", bound=Record)
_IDS_KEPT: Final = 4096
"""As many as a few batches name."""


def key_of(record_type: type[Record], pk: object, sk: object = NO_SORT_KEY) -> Key:
    """Return where a record of this type lives."""
    return Key(record_type.store_kind, _text(pk), _text(sk))


def _text(part: object) -> str:
    return _id_text(part) if isinstance(part, UUID) else str(part)


@lru_cache(_IDS_KEPT)
def _id_text(id_: UUID) -> str:
    """Return an id as it is written. Each item asks for the same ones many times."""
    return str(id_)


class Workspace:
    """Records as read, and the changes on top of them that are not committed yet."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._read: dict[Key, Item | None] = {}
        self._parsed: dict[Key, Record | None] = {}
        self._changes: dict[Key, Record | None] = {}
        self._rests_on: set[Key] = set()
        self._under_way: asyncio.Task[None] | None = None

    async def load(self, keys: Iterable[Key]) -> None:
        """Read those of `keys` that were not read before."""
        missing = [key for key in dict.fromkeys(keys) if key not in self._read]
        if missing:
            items = await self._store.get_many(missing)
            self._read.update(zip(missing, items, strict=True))

    def is_new(self, record_type: type[Record], pk: object, sk: object) -> None:
        """Take it that there is nothing at a key nobody else can have written yet.

        No read is made; the condition of the write still holds anyone to it.
        """
        self._read.setdefault(key_of(record_type, pk, sk), None)

    async def fetch(self, record_type: type[_R], pk: object, sk: object = NO_SORT_KEY) -> _R | None:
        """Return a record, reading it if that has not happened; None if there is none."""
        await self.load([key_of(record_type, pk, sk)])
        return self.get(record_type, pk, sk)

    def get(self, record_type: type[_R], pk: object, sk: object = NO_SORT_KEY) -> _R | None:
        """Return a record that was loaded, as changed here; KeyError if it was not loaded."""
        key = key_of(record_type, pk, sk)
        record = self._changes[key] if key in self._changes else self._as_read(record_type, key)
        if record is not None and not isinstance(record, record_type):
            raise TypeError(f"{key} holds a {type(record).__name__}")
        return record

    def put(self, record: Record, pk: object, sk: object = NO_SORT_KEY) -> None:
        """Change or make a record that was loaded (if only to see that there is none)."""
        self._change(key_of(type(record), pk, sk), record)

    def delete(self, record_type: type[Record], pk: object, sk: object = NO_SORT_KEY) -> None:
        """Remove a record that was loaded."""
        self._change(key_of(record_type, pk, sk), None)

    def rest_on(self, record_type: type[Record], pk: object, sk: object = NO_SORT_KEY) -> None:
        """Let the next commit fail if a record that was loaded has changed, come or gone.

        What is written rests on itself anyway; this is for what is only read.
        """
        key = key_of(record_type, pk, sk)
        if key not in self._read:
            raise KeyError(key)
        self._rests_on.add(key)

    def draft(self) -> "Draft":
        """Return changes on top of these, to be absorbed or dropped."""
        return Draft(self)

    def has_room_for(self, draft: "Draft") -> bool:
        """Say whether the changes here and those of `draft` fit into one commit."""
        keys = self._changes.keys() | draft.changes.keys() | self._rests_on
        return len(keys) <= MAX_WRITES

    def absorb(self, draft: "Draft") -> None:
        """Take over the changes of `draft`."""
        for key, record in draft.changes.items():
            self._change(key, record)
        draft.changes.clear()

    async def commit(self) -> None:
        """Write all changes, together, if nothing that they rest on has changed.

        Raises ConditionFailedError (nothing was written; `forget` before trying again) and
        StoreError (not known).
        """
        await self.begin_commit()
        await self.finish_commit()

    async def begin_commit(self) -> None:
        """Hand all changes to the store, one commit at a time.

        From then on they count as read, so that what comes next can be worked out meanwhile;
        nothing may be told of them before `finish_commit`.
        """
        if self._under_way is not None:
            # The second could be written although what it rests on was not.
            raise RuntimeError("a commit is under way; finish it first")
        writes = [
            write for key, record in self._changes.items() if (write := self._write(key, record))
        ]
        checks = [self._check(key) for key in self._rests_on if key not in self._changes]
        for write in writes:
            self._remember(write)
        self._changes.clear()
        self._rests_on.clear()
        if writes:
            self._under_way = asyncio.create_task(self._store.commit([*checks, *writes]))
            # A task begins when its maker waits, and its maker may have long work to do.
            await asyncio.sleep(0)

    async def finish_commit(self) -> None:
        """Wait until what was handed over is written; raises what `commit` raises."""
        under_way, self._under_way = self._under_way, None
        if under_way is not None:
            await under_way

    def forget(self) -> None:
        """Drop everything read and every change."""
        self._read.clear()
        self._parsed.clear()
        self._changes.clear()
        self._rests_on.clear()

    def _as_read(self, record_type: type[_R], key: Key) -> Record | None:
        item = self._read[key]
        if key not in self._parsed:
            self._parsed[key] = None if item is None else record_type.model_validate(item.body)
        return self._parsed[key]

    def _change(self, key: Key, record: Record | None) -> None:
        if key not in self._read:
            raise KeyError(key)
        self._changes[key] = record

    def _write(self, key: Key, record: Record | None) -> Put | Delete | None:
        item = self._read[key]
        if record is None:
            return None if item is None else Delete(key, VersionIs(item.version))
        condition = Absent() if item is None else VersionIs(item.version)
        return Put(key, record.to_json(), condition)

    def _check(self, key: Key) -> Check:
        item = self._read[key]
        return Check(key, Absent() if item is None else VersionIs(item.version))

    def _remember(self, write: Put | Delete) -> None:
        match write:
            case Delete():
                self._read[write.key] = None
            case Put(condition=VersionIs(version=version)):
                self._read[write.key] = Item(write.key, version + 1, write.body)
            case Put():
                self._read[write.key] = Item(write.key, 1, write.body)
        self._parsed[write.key] = self._changes[write.key]


class Draft:
    """Changes on top of a workspace, kept apart until they are absorbed."""

    def __init__(self, below: Workspace) -> None:
        self._below = below
        self.changes: dict[Key, Record | None] = {}

    def get(self, record_type: type[_R], pk: object, sk: object = NO_SORT_KEY) -> _R | None:
        """Return a record as changed in this draft or below."""
        key = key_of(record_type, pk, sk)
        if key not in self.changes:
            return self._below.get(record_type, pk, sk)
        record = self.changes[key]
        if record is not None and not isinstance(record, record_type):
            raise TypeError(f"{key} holds a {type(record).__name__}")
        return record

    def put(self, record: Record, pk: object, sk: object = NO_SORT_KEY) -> None:
        """Change or make a record."""
        self.changes[key_of(type(record), pk, sk)] = record

    def is_new(self, record_type: type[Record], pk: object, sk: object) -> None:
        """Take it that there is nothing at a key nobody else can have written yet."""
        self._below.is_new(record_type, pk, sk)

    def delete(self, record_type: type[Record], pk: object, sk: object = NO_SORT_KEY) -> None:
        """Remove a record."""
        self.changes[key_of(record_type, pk, sk)] = None
