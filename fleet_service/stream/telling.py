"""From marks to what is told: each item as it is now, as lists have it."""

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from fleet_service.alarms.records import scopes_of
from fleet_service.alarms.service import Alarms
from fleet_service.commands.service import Commands
from fleet_service.instances.service import Around, Instances
from fleet_service.instances.snapshot import JudgedKiosk, Snapshot
from fleet_service.instances.telling import told_kiosk
from fleet_service.releases.making import Releases
from fleet_service.releases.ordering import Moves
from fleet_service.stream.marks import Kind, Mark
from kiosk_contracts.alarms import Alarm
from kiosk_contracts.problem import ProblemError
from kiosk_contracts.stream import GoneItem, StreamReset
from kiosk_contracts.wire import WireModel

RESET = "reset"
_OF_KIOSKS = frozenset({Kind.INSTANCE, Kind.VENUE, Kind.HOST})
_OF_ALARMS = frozenset({Kind.ALARM, Kind.SILENCE})


class Event(NamedTuple):
    """What is told of one item."""

    name: str
    body: str
    """JSON, on one line."""


def reset(why: str) -> Event:
    """Return what is told to somebody who has to read the lists anew."""
    return _event(RESET, StreamReset(why=why))


class Teller:
    """Reads what marks name. Nothing is older than the marks: they were written afterwards."""

    def __init__(
        self,
        instances: Instances,
        alarms: Alarms,
        releases: Releases,
        moves: Moves,
        commands: Commands,
    ) -> None:
        self._instances = instances
        self._alarms = alarms
        self._releases = releases
        self._moves = moves
        self._commands = commands

    async def tell(self, marks: Collection[Mark]) -> Mapping[Mark, list[Event]]:
        """Return what is told by each mark. Raises StoreError."""
        told: dict[Mark, list[Event]] = {}
        if kiosks := [one for one in marks if one.kind in _OF_KIOSKS]:
            told |= _of_kiosks(await self._instances.around(_around(kiosks)), kiosks)
        if alarms := [one for one in marks if one.kind in _OF_ALARMS]:
            told |= _of_alarms(await self._alarms.open_now(), alarms)
        for mark in marks:
            match mark.kind:
                case Kind.RELEASE:
                    told[mark] = [await self._release(mark.id)]
                case Kind.MOVE:
                    told[mark] = [await self._move(mark.id)]
                case Kind.COMMAND:
                    told[mark] = [await self._command(mark.id)]
                case Kind.ALL:
                    told[mark] = [reset("much may have changed while nobody looked")]
                case _:
                    pass
        return told

    async def _release(self, release_id: str) -> Event:
        try:
            return _event(Kind.RELEASE, await self._releases.get(release_id))
        except ProblemError:
            return _gone(Kind.RELEASE, release_id)

    async def _move(self, move_id: str) -> Event:
        try:
            return _event(Kind.MOVE, await self._moves.get(move_id))
        except ProblemError:
            return _gone(Kind.MOVE, move_id)

    async def _command(self, ids: str) -> Event:
        kiosk_id, _, command_id = ids.partition(" ")
        try:
            return _event(Kind.COMMAND, await self._commands.get(kiosk_id, command_id))
        except ProblemError:
            return _gone(Kind.COMMAND, command_id)


def _around(marks: Iterable[Mark]) -> Around:
    by_kind: dict[Kind, set[str]] = {kind: set() for kind in _OF_KIOSKS}
    for mark in marks:
        by_kind[mark.kind].add(mark.id)
    return Around(
        frozenset(by_kind[Kind.INSTANCE]),
        frozenset(by_kind[Kind.VENUE]),
        frozenset(by_kind[Kind.HOST]),
    )


def _of_kiosks(snapshot: Snapshot, marks: Iterable[Mark]) -> dict[Mark, list[Event]]:
    by_id = {one.kiosk.kiosk_id: one for one in snapshot.kiosks}
    by_host = {one.kiosk.instance_id: one for one in snapshot.kiosks if one.kiosk.instance_id}
    by_venue = {one.venue.venue_id: one.kiosks for one in snapshot.venues}
    told: dict[Mark, list[Event]] = {}
    for mark in marks:
        match mark.kind:
            case Kind.INSTANCE:
                one = by_id.get(mark.id)
                told[mark] = [_gone(mark.kind, mark.id) if one is None else _kiosk(one)]
            case Kind.HOST:
                one = by_host.get(mark.id)
                told[mark] = [] if one is None else [_kiosk(one)]
            case _:
                told[mark] = [_kiosk(each) for each in by_venue.get(mark.id, ())]
    return told


def _of_alarms(alarms: Iterable[Alarm], marks: Iterable[Mark]) -> dict[Mark, list[Event]]:
    by_id = {one.alarm_id: one for one in alarms}
    told: dict[Mark, list[Event]] = {}
    for mark in marks:
        if mark.kind is Kind.ALARM:
            one = by_id.get(mark.id)
            told[mark] = [_gone(mark.kind, mark.id) if one is None else _event(Kind.ALARM, one)]
        else:
            told[mark] = [
                _event(Kind.ALARM, each)
                for each in by_id.values()
                if mark.id in scopes_of(each.alarm_id, each.venue_id)
            ]
    return told


def _kiosk(one: JudgedKiosk) -> Event:
    return _event(Kind.INSTANCE, told_kiosk(one))


def _event(name: str, item: WireModel) -> Event:
    body: dict[str, Any] = item.to_json()
    return Event(str(name), json.dumps(body))


def _gone(kind: Kind, one: str) -> Event:
    return _event("gone", GoneItem(kind=kind.value, id=one))
