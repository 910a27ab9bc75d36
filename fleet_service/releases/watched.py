"""What whoever watches the fleet reads of moves."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeVar

from pydantic import ValidationError

from cloud_store.port import Item, Store
from cloud_store.records import Record
from cloud_store.workspace import key_of
from fleet_service.releases.domain.moves import Move
from fleet_service.releases.records import HALTS, OPEN_MOVES, HaltRecord, MoveRecord
from fleet_service.venues.records import DirectoryRecord

_R = TypeVar("_R", bound=Record)
_PAGE: Final = 100


class Parse(Protocol):
    """Makes a record of an item; raises ValidationError where it is none."""

    def __call__(self, record_type: type[_R], item: Item, /) -> _R:
        """Return the record."""
        ...


@dataclass(frozen=True, slots=True)
class WatchedMoves:
    """Moves that have not ended, and what others left for a person."""

    open: tuple[Move, ...] = ()
    unreadable: tuple[str, ...] = ()
    """The ids of those that this version can't read."""
    halts: Mapping[str, HaltRecord] = field(default_factory=dict)
    """By the venue's id."""


async def watched_moves(store: Store, parse: Parse) -> WatchedMoves:
    """Read them. Raises StoreError; what can't be read keeps nothing else from being read."""
    found: list[Move] = []
    unreadable: list[str] = []
    async for listed in _pages(store, DirectoryRecord, OPEN_MOVES):
        keys = [key_of(MoveRecord, item.key.sk) for item in listed]
        for item in await store.get_many(keys):
            try:
                found += [] if item is None else [parse(MoveRecord, item)]
            except ValidationError:
                unreadable += [] if item is None else [item.key.pk]
    halts = {
        item.key.sk: parse(HaltRecord, item)
        async for page in _pages(store, HaltRecord, HALTS)
        for item in page
    }
    return WatchedMoves(tuple(found), tuple(unreadable), halts)


async def _pages(store: Store, kind: type[Record], pk: str) -> AsyncIterator[list[Item]]:
    after = ""
    while items := await store.query(kind.store_kind, pk, after=after, limit=_PAGE):
        yield items
        after = items[-1].key.sk
