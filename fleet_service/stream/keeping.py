"""Entries of what changed, appended to the store by every task and read by every task."""

import asyncio
import random
import secrets
from collections import deque
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Final

import structlog
from aiohttp import web

from cloud_store.port import (
    Absent,
    Body,
    ConditionFailedError,
    Delete,
    Key,
    Put,
    Store,
    StoreError,
    VersionIs,
    Write,
)
from cloud_store.retrying import ATTEMPTS, pause
from cloud_store.workspace import key_of
from fleet_service.beside import beside
from fleet_service.stream.marking import Pending
from fleet_service.stream.marks import Entry, Kind, Mark, Position
from fleet_service.stream.records import HEAD, StreamEntryRecord, StreamHeadRecord, entry_key

log = structlog.get_logger()

KEPT: Final = 5_000
"""Entries: where changes never cease, of the last ten minutes with two tasks."""
_TOGETHER_S: Final = 0.1
"""What changes within it is one entry: a task writes so often at most, however much changes."""
_MOST_MARKS: Final = 500
_FORGOTTEN_AT_ONCE: Final = 4
_DOUBTS_FROM: Final = 3
"""Attempts: rivals alone part sooner."""
_PAUSE_S: Final = 1.0
_PAGE: Final = 100
_OWN_KEPT: Final = 100
"""Entries: of some ten seconds."""


class Entries:
    """Every append is one commit, conditional on the head: numbers have no gaps."""

    def __init__(self, store: Store, *, kept: int = KEPT) -> None:
        self._store = store
        self._kept = kept
        self._head: tuple[StreamHeadRecord, int] | None = None
        """As last read or written here, with its version; 0: there is none."""
        self.own: deque[int] = deque(maxlen=_OWN_KEPT)
        """Numbers of the entries that were written here."""

    async def append(self, marks: Sequence[Mark]) -> None:
        """Write an entry behind all others.

        Raises StoreError, also where others are first again and again.
        """
        for attempt in range(1, ATTEMPTS + 1):
            head, version = self._head or await self._read_head()
            # Others have been first; or what is to be forgotten is not what was written.
            sure = None if attempt < _DOUBTS_FROM else await self._there(self._too_old(head))
            writes = self._writes(head, version, marks, sure)
            try:
                await self._store.commit(writes)
            except ConditionFailedError:
                # Another task was first.
                self._head = None
                await pause(attempt)
            except BaseException:
                self._head = None
                raise
            else:
                [after] = [one.body for one in writes if one.key == _HEAD and isinstance(one, Put)]
                self._head = StreamHeadRecord.model_validate(after), version + 1
                self.own.append(self._head[0].last)
                return
        msg = f"no entry of changes could be written in {ATTEMPTS} attempts"
        raise StoreError(msg)

    async def position(self) -> tuple[Position, int]:
        """Return where the newest entry ends, and the oldest one's number. Raises StoreError."""
        head, version = await self._read_head()
        if version == 0:
            # A first entry, so that there is an epoch that everybody goes by.
            await self.append([])
            head, _ = await self._read_head()
        return Position(head.epoch, head.last), head.oldest

    async def newest_id(self) -> str:
        """Return what a stream begins behind that misses nothing from now on. Raises StoreError."""
        return (await self.position())[0].text

    async def after(self, position: Position, most: int | None = None) -> list[Entry]:
        """Return all entries behind those that were told whole. Raises StoreError.

        The rest is left out where they name more than `most` things: nobody has a use for it.
        """
        found: list[Entry] = []
        named: set[Mark] = set()
        at = position.entry
        while True:
            items = await self._store.query(
                StreamEntryRecord.store_kind, position.epoch, after=entry_key(at), limit=_PAGE
            )
            page = [_entry(int(item.key.sk), item.body) for item in items]
            found += page
            named.update(mark for one in page for mark in one.marks)
            # Of the first entry some may have been told.
            if len(items) < _PAGE or (most is not None and len(named) > most + _MOST_MARKS):
                return found
            at = found[-1].number

    async def _read_head(self) -> tuple[StreamHeadRecord, int]:
        item = await self._store.get(_HEAD)
        if item is None:
            return StreamHeadRecord(epoch=secrets.token_hex(4)), 0
        return StreamHeadRecord.model_validate(item.body), item.version

    def _too_old(self, head: StreamHeadRecord) -> list[int]:
        """Return which entries are forgotten with the next one."""
        too_many = min(head.last + 1 - head.oldest + 1 - self._kept, _FORGOTTEN_AT_ONCE)
        return [head.oldest + each for each in range(max(0, too_many))]

    async def _there(self, numbers: Sequence[int]) -> dict[int, int]:
        """Return which entries there are, with their versions; others may be gone."""
        epoch = (await self._read_head())[0].epoch
        items = await self._store.get_many([_key(epoch, one) for one in numbers])
        return {int(item.key.sk): item.version for item in items if item is not None}

    def _writes(
        self,
        head: StreamHeadRecord,
        version: int,
        marks: Sequence[Mark],
        there: Mapping[int, int] | None,
    ) -> list[Write]:
        """Return the writes of one append; `there`: the old entries that there are, if known."""
        number, forgotten = head.last + 1, self._too_old(head)
        gone = dict.fromkeys(forgotten, 1) if there is None else there
        after = StreamHeadRecord(epoch=head.epoch, last=number, oldest=head.oldest + len(forgotten))
        entry = StreamEntryRecord(
            marks=tuple((mark.kind, mark.id) for mark in marks), marks_standings=True
        )
        return [
            Put(_HEAD, after.to_json(), VersionIs(version) if version else Absent()),
            Put(_key(head.epoch, number), entry.to_json(), Absent()),
            *(
                Delete(_key(head.epoch, one), VersionIs(gone[one]))
                for one in forgotten
                if one in gone
            ),
        ]


ENTRIES: web.AppKey[Entries] = web.AppKey("stream_entries", Entries)


class MarkWriter:
    """Marks what is pending, soon after it changed."""

    def __init__(self, entries: Entries, pending: Pending) -> None:
        self._entries = entries
        self._pending = pending
        self._writing = asyncio.Lock()
        self.wrote = asyncio.Event()
        """Set with each entry, for whoever reads in the same task."""

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Mark what is pending until the block ends, and then once more what is left."""
        try:
            async with beside(self._work(), "stream marks"):
                yield
        finally:
            with suppress(StoreError):
                await self.write_all()

    async def tell(self, kiosk_ids: Iterable[str]) -> None:
        """Mark what is pending, and these kiosks whether anything of them changed or not.

        Who asks for what was done already may have lost the answer, and the mark with it. Raises
        StoreError; then it is still pending.
        """
        told = [*kiosk_ids]
        kinds = (Kind.INSTANCE, Kind.STANDING)
        self._pending.add(Mark(kind, one) for one in told for kind in kinds)
        await self.write_all()

    async def write_all(self) -> None:
        """Mark all that is pending by now; what is being marked is waited for, too.

        Raises StoreError; then it is still pending.
        """
        async with self._writing:
            # Not what comes meanwhile: reports never cease, and whoever waits would for ever.
            left = len(self._pending)
            while left > 0 and (marks := self._pending.take(min(left, _MOST_MARKS))):
                left -= len(marks)
                try:
                    await self._entries.append(marks)
                except BaseException:
                    self._pending.add(marks)
                    raise
                self.wrote.set()

    async def _work(self) -> None:
        while True:
            await self._pending.there.wait()
            await asyncio.sleep(_TOGETHER_S)
            try:
                await self.write_all()
            except StoreError as error:
                log.warning("changes_not_marked", why=str(error))
                await asyncio.sleep(_PAUSE_S * random.uniform(0.8, 1.2))  # noqa: S311  spreading
            except Exception:
                # Streams without changes would be taken for a fleet that rests.
                log.exception("marking_failed")
                await asyncio.sleep(_PAUSE_S)


MARK_WRITER: web.AppKey[MarkWriter] = web.AppKey("mark_writer", MarkWriter)
_HEAD: Final = key_of(StreamHeadRecord, HEAD)


def _key(epoch: str, number: int) -> Key:
    return key_of(StreamEntryRecord, epoch, entry_key(number))


def _entry(number: int, body: Body) -> Entry:
    known = {*Kind}
    record = StreamEntryRecord.model_validate(body)
    # A newer task may mark what this one does not know: it keeps its place and tells nothing.
    marks = (Mark(Kind(kind) if kind in known else Kind.NEWER, one) for kind, one in record.marks)
    return Entry(number, tuple(marks), record.marks_standings)
