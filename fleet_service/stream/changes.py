"""What changed since somebody looked, by the marks of all tasks and by this one's own."""

from collections.abc import Iterable
from typing import Final

from fleet_service.instances.ports import Changed
from fleet_service.stream.keeping import Entries
from fleet_service.stream.marking import Pending
from fleet_service.stream.marks import EVERYTHING, Kind, Mark, Position

_MOST_ENTRIES: Final = 1_000
"""Whoever looked longer ago reads everything, which is less."""
_MOST_OWN: Final = 20_000
_UNTOLD: Final = frozenset({Kind.ALL, Kind.NEWER})
"""Marks that say that something changed, and not what."""


class StreamChanges:
    """Changes of this task count at once, those of others with their marks, a moment later."""

    def __init__(self, entries: Entries, pending: Pending) -> None:
        self._entries = entries
        self._own: set[Mark] = set()
        pending.hear(self._hear)

    async def since(self, position: str) -> Changed | None:
        """Return what changed since a stream's position; None: everything may have.

        This task's own changes are told once. Raises StoreError.
        """
        own, self._own = self._own, set()
        at = Position.parse(position)
        newest, oldest = await self._entries.position()
        if at is None or at.epoch != newest.epoch or not oldest - 1 <= at.entry <= newest.entry:
            return None
        if newest.entry - at.entry > _MOST_ENTRIES:
            return None
        entries = await self._entries.after(at)
        if entries and entries[0].number != at.entry + 1:
            # Forgotten meanwhile.
            return None
        return _changed(own.union(*(one.marks for one in entries)))

    def _hear(self, marks: Iterable[Mark]) -> None:
        self._own.update(marks)
        if len(self._own) > _MOST_OWN:
            self._own = {EVERYTHING}


def _changed(marks: Iterable[Mark]) -> Changed | None:
    by_kind: dict[Kind, set[str]] = {}
    for mark in marks:
        by_kind.setdefault(mark.kind, set()).add(mark.id)
    if _UNTOLD & by_kind.keys():
        return None
    return Changed(
        frozenset(by_kind.get(Kind.INSTANCE, ())),
        frozenset(by_kind.get(Kind.VENUE, ())),
        frozenset(by_kind.get(Kind.HOST, ())),
    )
