"""Which writes of the store change something that is told, and where in the order that is. Pure."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple, Self

from cloud_store.port import Check, Key, Write
from fleet_service.alarms.records import NOW, AlarmRecord, SilenceRecord
from fleet_service.calendars.records import CalendarRecord
from fleet_service.commands.records import CommandRecord
from fleet_service.heartbeats.stored import SeenRecord
from fleet_service.instances.history import HistoryRecord
from fleet_service.instances.records import HostLookRecord
from fleet_service.kiosks.records import KioskReleaseRecord, OpenCommandsRecord
from fleet_service.releases.records import MoveRecord, ReleaseRecord
from fleet_service.venues.records import KioskRecord, VenueRecord


class Kind(StrEnum):
    """What a mark names."""

    INSTANCE = "instance"
    STANDING = "standing"
    """A kiosk by whose standing, or by what it is to do or run, its requests are judged: beside
    INSTANCE, so that whoever remembers that need not look again with each report."""
    VENUE = "venue"
    """All kiosks of a venue."""
    HOST = "host"
    """The kiosk whose host it is, if it is one's."""
    ALARM = "alarm"
    SILENCE = "silence"
    """All alarms of a scope."""
    RELEASE = "release"
    MOVE = "move"
    COMMAND = "command"
    """Of a kiosk: both ids, the kiosk's first, with a space between."""
    NEWER = "newer"
    """What a newer version of this service marked."""
    ALL = "all"
    """Whatever changed by time alone while nobody looked: everything is to be read anew."""


class Mark(NamedTuple):
    """Something that may look otherwise than before."""

    kind: Kind
    id: str


EVERYTHING: Final = Mark(Kind.ALL, "")


def _by_pk(kind: Kind) -> Callable[[Key], Mark | None]:
    return lambda key: Mark(kind, key.pk)


_MARKED: Final[Mapping[str, Callable[[Key], Mark | None]]] = {
    SeenRecord.store_kind: _by_pk(Kind.INSTANCE),
    KioskRecord.store_kind: _by_pk(Kind.INSTANCE),
    KioskReleaseRecord.store_kind: _by_pk(Kind.INSTANCE),
    OpenCommandsRecord.store_kind: _by_pk(Kind.INSTANCE),
    HistoryRecord.store_kind: _by_pk(Kind.INSTANCE),
    VenueRecord.store_kind: _by_pk(Kind.VENUE),
    CalendarRecord.store_kind: _by_pk(Kind.VENUE),
    HostLookRecord.store_kind: lambda key: Mark(Kind.HOST, key.sk),
    AlarmRecord.store_kind: lambda key: Mark(Kind.ALARM, key.sk) if key.pk == NOW else None,
    SilenceRecord.store_kind: lambda key: Mark(Kind.SILENCE, key.sk),
    ReleaseRecord.store_kind: _by_pk(Kind.RELEASE),
    MoveRecord.store_kind: _by_pk(Kind.MOVE),
    CommandRecord.store_kind: lambda key: Mark(Kind.COMMAND, f"{key.pk} {key.sk}"),
}


_STANDINGS: Final = frozenset(
    one.store_kind for one in (KioskRecord, KioskReleaseRecord, OpenCommandsRecord)
)


def marks_of(writes: Iterable[Write]) -> Iterator[Mark]:
    """Return what a commit changed of what is told."""
    for write in writes:
        of = None if isinstance(write, Check) else _MARKED.get(write.key.kind)
        mark = None if of is None else of(write.key)
        if mark is not None:
            yield mark
            if write.key.kind in _STANDINGS:
                yield Mark(Kind.STANDING, mark.id)


@dataclass(frozen=True, slots=True)
class Position:
    """How far somebody was told: of which store, up to which entry, how many marks of the next."""

    epoch: str
    entry: int
    """All entries up to this one, and it, were told whole."""
    marks: int = 0
    """So many marks of the entry after it were told."""

    @property
    def text(self) -> str:
        """Return it as an event's id."""
        return f"{self.epoch}.{self.entry}" + (f".{self.marks}" if self.marks else "")

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Return the position that an event's id says; None for what is none."""
        found = _POSITION.fullmatch(text)
        if found is None:
            return None
        return cls(found["epoch"], int(found["entry"]), int(found["marks"] or 0))


_POSITION: Final = re.compile(
    r"(?P<epoch>[0-9a-f]{8})\.(?P<entry>[0-9]{1,15})(\.(?P<marks>[0-9]{1,6}))?", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Entry:
    """What was marked together."""

    number: int
    marks: tuple[Mark, ...]
    marks_standings: bool = True
    """Whether STANDING is among them where it changed; otherwise INSTANCE may mean that."""


def placed(epoch: str, entries: Iterable[Entry], since: Position) -> list[tuple[Position, Mark]]:
    """Return the marks of entries that `since` has not, and where one is who was told each.

    What is marked again later is left out before: it looks then as it looks now.
    """
    found: dict[Mark, Position] = {}
    for entry in entries:
        for number, mark in enumerate(entry.marks, 1):
            if (entry.number - 1, number) <= (since.entry, since.marks):
                continue
            whole = number == len(entry.marks)
            at = (
                Position(epoch, entry.number)
                if whole
                else Position(epoch, entry.number - 1, number)
            )
            found.pop(mark, None)
            found[mark] = at
    return [(at, mark) for mark, at in found.items()]
