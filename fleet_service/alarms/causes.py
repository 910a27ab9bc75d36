"""What is wrong with the fleet, each cause once. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from fleet_service.alarms.of_moves import MoveCause, of_moves
from fleet_service.alarms.trouble import Trouble
from fleet_service.instances.findings import QUEUE_OLD
from fleet_service.instances.snapshot import JudgedKiosk, JudgedVenue, Snapshot
from fleet_service.instances.states import Cause, KioskState
from fleet_service.relay.records import PATH_LASTS, PATH_SPEAKS
from fleet_service.releases.domain.halting import CalledAfter
from kiosk_contracts.venues import Standing


class FleetCause(StrEnum):
    """What is wrong with more than one venue."""

    FLEET_SILENT = "fleet_silent"
    """Nearly no venue is heard: that is no line of a venue's."""
    SOURCE_SILENT = "source_silent"
    """Somebody who is asked about hosts has not answered lately."""
    PATH = "path"
    """No task of the service got through to the ticket API lately."""


STATES: Final = (
    KioskState.UI_DOWN,
    KioskState.AGENT_SILENT,
    KioskState.KIOSK_UNREACHABLE,
    KioskState.VENUE_UNREACHABLE,
)
"""Which states of a kiosk somebody is called for."""
SILENT: Final = frozenset({FleetCause.FLEET_SILENT.value, *(one.value for one in STATES[1:])})
"""What is said of those who are not heard: nobody can say it who did not listen."""
ALL_CAUSES: Final = (*(one.value for one in STATES), *Cause, *FleetCause, *MoveCause)
_OF_MOVES: Final = frozenset(one.value for one in MoveCause)

_COVERS: Final[Mapping[str, frozenset[str]]] = {
    KioskState.UI_DOWN: frozenset(
        {
            Cause.SUPERVISOR_SILENT,
            Cause.DOCKER_AWAY,
            Cause.IMAGE_CRASHES,
            Cause.STANDBY,
            Cause.REPAIR_FAILS,
        }
    ),
    Cause.DOCKER_AWAY: frozenset({Cause.IMAGE_CRASHES, Cause.STANDBY, Cause.REPAIR_FAILS}),
    Cause.IMAGE_CRASHES: frozenset({Cause.STANDBY}),
    Cause.ECS_DISCONNECTED: frozenset({Cause.STANDBY}),
}
"""What comes of what, at one kiosk: it is told with it."""
_OF_A_SUPERVISOR: Final = frozenset(
    {Cause.DOCKER_AWAY.value, Cause.IMAGE_CRASHES.value, Cause.STANDBY.value}
)
"""What a supervisor alone tells."""
_SHARED: Final = (Cause.ECS_DISCONNECTED, Cause.SSM_SILENT, Cause.QUEUE_OLD, Cause.CLOCK_OFF)
"""What, if all kiosks of a venue have it, has one cause: its line, a proxy, the cloud."""
_MOST_OF_ALL: Final = 0.8
_VENUES_AT_LEAST: Final = 3
"""So few venues that fail together may well do so each by itself."""

_SOON: Final = timedelta(minutes=1)
"""A screen that moves is between two UIs for a moment."""
_AFTER_SILENCE: Final = timedelta(minutes=2)
"""An agent that is started again is silent for a moment, a host that reboots for longer."""
_LATE: Final = timedelta(minutes=10)
"""Releases and reboots come with it, and pass."""
OPENS_AFTER: Final[Mapping[str, timedelta]] = {
    KioskState.UI_DOWN: _SOON,
    **dict.fromkeys(SILENT, _AFTER_SILENCE),
    Cause.STANDBY: _LATE,
    Cause.SSM_SILENT: _LATE,
    Cause.ECS_INACTIVE: _LATE,
    # It is started again by each new package.
    Cause.SUPERVISOR_SILENT: _AFTER_SILENCE,
    Cause.CLOCK_OFF: _SOON,
    # A store that fails for a moment, or a service that is started again, is no fault of a move.
    MoveCause.MOVE_STUCK: _AFTER_SILENCE,
    FleetCause.SOURCE_SILENT: _AFTER_SILENCE,
    FleetCause.PATH: PATH_LASTS,
}
"""How long it has to last until somebody is called; what is not here is called for at once."""


@dataclass(frozen=True, slots=True)
class Troubles:
    """What is wrong now, and of whom nobody can say whether it still is."""

    now: tuple[Trouble, ...]
    unheard: frozenset[str] = frozenset()
    """Kiosks in service that are silent, or whose venue is closed."""
    unheard_venues: frozenset[str] = frozenset()
    """Venues of kiosks in service none of which is heard, or that are closed."""
    listened: bool = True
    """Whether those who are silent would have been heard."""
    unsupervised: frozenset[str] = frozenset()
    """Kiosks that report, and of which no supervisor tells anything."""
    unscreened: frozenset[str] = frozenset()
    """Of these: those of which nothing tells who has the screen."""
    untold: frozenset[str] = frozenset()
    """Causes that come of something that is told already, or was lately."""

    def may_go_on(self, cause: str, venue_id: str, kiosk_id: str) -> bool:
        """Say whether what was wrong may be so still, though nothing says so now."""
        if cause in SILENT:
            return not self.listened
        if cause in self.untold or (cause in _OF_A_SUPERVISOR and kiosk_id in self.unsupervised):
            return True
        if cause == KioskState.UI_DOWN.value and kiosk_id in self.unscreened:
            return True
        if cause in _OF_MOVES:
            # What became of a move is known, whoever is heard.
            return False
        if kiosk_id:
            return kiosk_id in self.unheard
        return venue_id in self.unheard_venues

    def is_absorbed(self, cause: str, venue_id: str, kiosk_id: str) -> bool:
        """Say whether a silence that is told no more is within a wider one that is."""
        return cause in SILENT and any(
            one.is_sure
            and one.cause in SILENT
            and (one.venue_id, one.kiosk_id) != (venue_id, kiosk_id)
            and one.holds(venue_id, kiosk_id)
            for one in self.now
        )


_OF_ITSELF: Final = CalledAfter()


def troubles(snapshot: Snapshot, called_after: CalledAfter = _OF_ITSELF) -> Troubles:
    """Return all causes, each once."""
    heard: list[JudgedKiosk] = []
    silent: list[Trouble] = []
    unheard_venues = set()
    for venue in snapshot.venues:
        speaking = _speaking(venue, snapshot)
        heard += speaking
        if not speaking and any(map(_is_in_service, venue.kiosks)):
            unheard_venues.add(venue.venue.venue_id)
        silent += _silent(venue, snapshot.at)
    path = [*_of_path(snapshot)]
    untold = frozenset({Cause.QUEUE_OLD} if path or _is_back_lately(snapshot) else ())
    found = [
        *_of_silence(silent, unheard_venues, snapshot),
        *_of_kiosks(heard, elsewhere=untold),
        *_of_sources(snapshot),
    ]
    found += [*path, *of_moves(snapshot, called_after)]
    there = {*_ids(one for one in snapshot.kiosks if _is_in_service(one))}
    return Troubles(
        tuple(found),
        frozenset(there - {*_ids(heard)}),
        frozenset(unheard_venues),
        listened=snapshot.listened,
        unsupervised=frozenset(_ids(one for one in heard if not one.kiosk.views.is_supervised())),
        unscreened=frozenset(_ids(one for one in heard if not one.kiosk.views.has_told_screen())),
        untold=frozenset(one.value for one in untold),
    )


def _ids(kiosks: Iterable[JudgedKiosk]) -> Iterator[str]:
    return (one.kiosk.kiosk_id for one in kiosks)


def _speaking(venue: JudgedVenue, snapshot: Snapshot) -> list[JudgedKiosk]:
    """Return the kiosks whose reports say what is wrong now. Of a closed venue's nobody is told."""
    if not venue.is_open:
        return []
    return [
        one
        for one in venue.kiosks
        if one.kiosk.views.is_heard(snapshot.at) and not one.kiosk.views.has_left()
    ]


def _is_in_service(one: JudgedKiosk) -> bool:
    """Say whether it will be heard again: of one that was retired or revoked nobody would be."""
    views = one.kiosk.views
    return views.standing is Standing.ACTIVE and not views.has_left()


def _silent(venue: JudgedVenue, at: datetime) -> Iterator[Trouble]:
    """Return who of a venue is not heard though it should be.

    What they all share is one: that its line is down, or that something keeps all its agents from
    us while their hosts answer Systems Manager. Of one that is silent alone, its host's next ping
    says which of the two it is.
    """
    venue_id = venue.venue.venue_id
    expected = [one for one in venue.kiosks if _is_in_service(one)]
    agents = [one for one in expected if one.assessment.state is KioskState.AGENT_SILENT]
    if 1 < len(agents) == len(expected):
        words = f"all {len(agents)} kiosks: {agents[0].assessment.why}"
        yield Trouble(KioskState.AGENT_SILENT.value, words, venue_id)
        return
    away = [one for one in expected if one.assessment.state is KioskState.VENUE_UNREACHABLE]
    if away:
        said = away[0].assessment
        is_sure = len(away) > 1 or not away[0].kiosk.views.may_answer_yet(at)
        yield Trouble(said.state.value, said.why, venue_id, is_sure=is_sure)
        return
    for one in venue.kiosks:
        said = one.assessment
        if said.state in {KioskState.AGENT_SILENT, KioskState.KIOSK_UNREACHABLE}:
            is_sure = not one.kiosk.views.may_answer_yet(at)
            kiosk_id = one.kiosk.kiosk_id
            yield Trouble(said.state.value, said.why, venue_id, kiosk_id, is_sure=is_sure)


def _of_silence(
    silent: list[Trouble], unheard: AbstractSet[str], snapshot: Snapshot
) -> Iterator[Trouble]:
    """Return who is not heard; `unheard`: venues of which nobody is.

    Where that are nearly all, it is none of theirs, whatever else their hosts answer.
    """
    if not snapshot.listened:
        return
    dark = {one.venue_id for one in silent} & unheard
    expected = sum(venue.is_open and _has_kiosks(venue) for venue in snapshot.venues)
    if expected >= _VENUES_AT_LEAST and len(dark) >= expected * _MOST_OF_ALL:
        words = f"{len(dark)} of the {expected} venues that are open are not heard"
        yield Trouble(FleetCause.FLEET_SILENT.value, words)
        silent = [one for one in silent if one.venue_id not in dark]
    yield from silent


_OUT: Final = frozenset(
    {KioskState.EXPECTED, KioskState.PENDING, KioskState.REVOKED, KioskState.RETIRED}
)


def _has_kiosks(venue: JudgedVenue) -> bool:
    return any(one.assessment.state not in _OUT for one in venue.kiosks)


def _of_kiosks(
    heard: list[JudgedKiosk], elsewhere: AbstractSet[Cause] = frozenset()
) -> Iterator[Trouble]:
    """Return what the kiosks that report say is wrong, what they share once.

    `elsewhere`: what comes of something that is told already.
    """
    own = {one.place: _own(one) for one in heard}
    for causes in own.values():
        for cause in elsewhere:
            causes.pop(cause.value, None)
    for cause in _SHARED:
        yield from _shared(cause, heard, own)
    for one in heard:
        for name, words in own[one.place].items():
            yield Trouble(name, words, one.venue.venue_id, one.kiosk.kiosk_id)


def _own(one: JudgedKiosk) -> dict[str, str]:
    """Return a kiosk's causes with their words; what comes of another one is told with that."""
    said = one.assessment
    found: dict[str, str] = {}
    if said.state is KioskState.UI_DOWN:
        found[said.state.value] = said.why
    for each in said.findings:
        known = found.get(each.cause.value)
        found[each.cause.value] = each.words if known is None else f"{known}; {each.words}"
    for name in [*found]:
        for covered in _COVERS.get(name, frozenset()):
            if name in found and covered in found:
                found[name] = f"{found[name]}; {found.pop(covered)}"
    return found


def _shared(
    cause: Cause, heard: list[JudgedKiosk], own: Mapping[str, dict[str, str]]
) -> Iterator[Trouble]:
    """Return a cause that all of a venue, or nearly all of the fleet, have; take it from each."""
    having = [one for one in heard if cause.value in own[one.place]]
    venues = {one.venue.venue_id for one in having}
    heard = [one for one in heard if _could_have(cause, one)]
    if len(venues) >= _VENUES_AT_LEAST and len(having) >= len(heard) * _MOST_OF_ALL:
        words = f"{len(having)} of {len(heard)} kiosks: {own[having[0].place][cause.value]}"
        yield Trouble(cause.value, words)
        _take(cause, having, own)
        return
    speaking = Counter(one.venue.venue_id for one in heard)
    by_venue: dict[str, list[JudgedKiosk]] = defaultdict(list)
    for one in having:
        by_venue[one.venue.venue_id].append(one)
    for venue_id, those in by_venue.items():
        if 1 < speaking[venue_id] == len(those):
            words = f"all {len(those)} kiosks: {own[those[0].place][cause.value]}"
            yield Trouble(cause.value, words, venue_id)
            _take(cause, those, own)


def _could_have(cause: Cause, one: JudgedKiosk) -> bool:
    """Say whether a kiosk says anything of a cause: with an empty queue none is old."""
    report = one.kiosk.views.report
    return cause is not Cause.QUEUE_OLD or (report is not None and report.queued > 0)


def _take(cause: Cause, those: Iterable[JudgedKiosk], own: Mapping[str, dict[str, str]]) -> None:
    for one in those:
        del own[one.place][cause.value]


def _of_sources(snapshot: Snapshot) -> Iterator[Trouble]:
    silent = [
        f"{source.words}: {sweep.failure}" if sweep is not None and sweep.failure else source.words
        for source, sweep in snapshot.sweeps.items()
        if not snapshot.is_fresh(source)
    ]
    if silent:
        words = f"not asked with success for 5 minutes: {'; '.join(silent)}"
        yield Trouble(FleetCause.SOURCE_SILENT.value, words)


def _is_back_lately(snapshot: Snapshot) -> bool:
    """Say whether what had to wait for the ticket API may yet be under way to it."""
    back_at = None if snapshot.path is None else snapshot.path.back_at
    # Of either sign, lest a clock that was ahead keeps queues from being told for long.
    return back_at is not None and abs(snapshot.at - back_at) <= QUEUE_OLD


def _of_path(snapshot: Snapshot) -> Iterator[Trouble]:
    path = snapshot.path
    if path is None:
        return
    if path.looked_at is not None and snapshot.at - path.looked_at <= PATH_SPEAKS:
        return
    words = "no task of the fleet service got through to the ticket API for 5 minutes"
    yield Trouble(FleetCause.PATH.value, f"{words}: {path.failure}" if path.failure else words)
