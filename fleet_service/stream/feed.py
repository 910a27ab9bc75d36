"""What changed, read from the store for all who look on at this task, while any do."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Final

import structlog

from cloud_store.port import StoreError
from fleet_service.beside import beside
from fleet_service.stream.clients import MOST_WAITING, StreamClient, fits
from fleet_service.stream.keeping import Entries
from fleet_service.stream.marks import Entry, Position, placed
from fleet_service.stream.telling import Event, Teller, reset

log = structlog.get_logger()

POLL_S: Final = 0.25
"""How old what another task marked is at most when it is read."""
MOST_MISSED: Final = 1_000
"""Marks: who missed more reads the lists anew, which is less."""
_MUCH: Final = "much has changed at once"
_MUCH_SINCE: Final = "much has changed since then"
_REST: Final = 2
"""So many times as long as it read, it rests: many changes take no more than a third of a core."""


class Feed:
    """One reader of the entries, and everybody whom it tells of them in the same order."""

    def __init__(self, entries: Entries, teller: Teller, wrote: asyncio.Event) -> None:
        """`wrote`: set when this task marked something itself."""
        self._entries = entries
        self._teller = teller
        self._wrote = wrote
        self._reading = asyncio.Lock()
        self._clients: set[StreamClient] = set()
        self._somebody = asyncio.Event()
        self._at: Position | None = None
        """Up to where all who look on were told; None: nobody ever has."""

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Tell whoever looks on until the block ends."""
        async with beside(self._work(), "stream feed"):
            yield

    @asynccontextmanager
    async def telling(self, client: StreamClient, last_id: str) -> AsyncIterator[None]:
        """Tell a client of all changes while the block runs, first of those since `last_id`.

        Raises StoreError.
        """
        async with self._reading:
            await self._catch_up()
            client.offer(await self._missed(last_id))
            self._clients.add(client)
            self._somebody.set()
        try:
            yield
        finally:
            self._clients.discard(client)
            if not self._clients:
                self._somebody.clear()

    async def look(self) -> None:
        """Tell all who look on of what was marked since. Raises StoreError."""
        async with self._reading:
            await self._catch_up()

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._somebody.wait()
            began = loop.time()
            try:
                await self.look()
            except StoreError as error:
                log.warning("changes_not_read", why=str(error))
            except Exception:
                # All who look on would take it for a fleet that rests.
                log.exception("stream_failed")
            await asyncio.sleep(_REST * (loop.time() - began))
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_S):
                    await self._wrote.wait()
            self._wrote.clear()

    async def _catch_up(self) -> None:
        if self._at is None or not self._clients:
            # What came while nobody looked on is told to nobody but who asks for it.
            self._at, _ = await self._entries.position()
            return
        entries = await self._entries.after(self._at, MOST_WAITING)
        if not entries:
            return
        if entries[0].number != self._at.entry + 1:
            await self._tell_anew("changes were forgotten before they were read")
            return
        if len(placed(self._at.epoch, entries, self._at)) > MOST_WAITING:
            await self._tell_anew(_MUCH)
            return
        events = await self._events(self._at, entries)
        if not fits(events):
            # Each would be let go, come back all at once, and miss as much again.
            await self._tell_anew(_MUCH)
            return
        self._tell(events)
        self._at = Position(self._at.epoch, entries[-1].number)

    async def _tell_anew(self, why: str) -> None:
        """Have all who look on read the lists anew, and go on from now."""
        self._at, _ = await self._entries.position()
        self._tell([_event(self._at, reset(why))])

    async def _missed(self, last_id: str) -> list[bytes]:
        """Return what a client missed, or that it missed too much."""
        newest, oldest = await self._entries.position()
        # Not `newest`: what is between is told to all together, in a moment.
        at = self._at or newest
        begin = _id_alone(at)
        if not last_id:
            return [begin]
        since = Position.parse(last_id)
        if since is None or since.epoch != at.epoch or since.entry > at.entry:
            return [_event(at, reset("the last event's id is not known here"))]
        if since.entry + 1 < oldest:
            return [_event(at, reset("what came since then is forgotten"))]
        found = await self._entries.after(since, MOST_MISSED)
        entries = [one for one in found if one.number <= at.entry]
        if len(placed(at.epoch, entries, since)) > MOST_MISSED:
            return [_event(at, reset(_MUCH_SINCE))]
        missed = [*await self._events(since, entries), begin]
        # It would be let go before it was told anything, and come back for the same.
        return missed if fits(missed) else [_event(at, reset(_MUCH_SINCE))]

    async def _events(self, since: Position, entries: Sequence[Entry]) -> list[bytes]:
        marks = placed(since.epoch, entries, since)
        told = await self._teller.tell([mark for _, mark in marks])
        found: dict[Event, Position] = {}
        before = since
        for at, mark in marks:
            for each, place in _placed(before, at, told.get(mark, ())):
                # Of one item that several marks name the last is told.
                found.pop(each, None)
                found[each] = place
            before = at
        return [_event(at, each) for each, at in found.items()]

    def _tell(self, events: Sequence[bytes]) -> None:
        for client in self._clients:
            client.offer(events)


def _placed(
    before: Position, at: Position, events: Sequence[Event]
) -> Iterator[tuple[Event, Position]]:
    """Return events of one mark: only who has the last of them was told the mark."""
    for number, each in enumerate(events, 1):
        yield each, at if number == len(events) else before


def _event(at: Position, event: Event) -> bytes:
    return f"id: {at.text}\nevent: {event.name}\ndata: {event.body}\n\n".encode()


def _id_alone(at: Position) -> bytes:
    """Return what tells nothing but where a client is: it can resume before anything changed."""
    return f"id: {at.text}\n\n".encode()
