"""What of moves somebody is called for. Pure."""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum

from fleet_service.alarms.trouble import Trouble
from fleet_service.instances.snapshot import JudgedKiosk, JudgedVenue, Snapshot
from fleet_service.releases.domain.halting import CalledAfter, LeftKiosk, stuck
from fleet_service.releases.domain.moves import Move
from kiosk_contracts.venues import Standing


class MoveCause(StrEnum):
    """What is wrong with a move of kiosks, or was left by one."""

    MOVE_STOPPED = "move_stopped"
    """A kiosk failed: the rest were not moved. Until another move begins there."""
    MOVE_STUCK = "move_stuck"
    """It has not come on for long, or the service can't go on with it."""
    RELEASE_LEFT = "release_left"
    """A kiosk was not brought back from a release that failed there."""


def of_moves(snapshot: Snapshot, called_after: CalledAfter) -> Iterator[Trouble]:
    """Return what is wrong with moves, each cause once a venue, and once a kiosk that was left."""
    venues = {one.venue.venue_id: one for one in snapshot.venues}
    for venue_id, halt in snapshot.moves.halts.items():
        if halt.stopped:
            about = (venue_id, "", halt.move_id, halt.release)
            yield Trouble(MoveCause.MOVE_STOPPED.value, halt.stopped, *about)
        for left in halt.left:
            if venue_id in venues and _is_left(left, venues[venue_id]):
                words = f"{left.release} failed there, and it was not brought back: {left.why}"
                about = (venue_id, left.kiosk_id, left.move_id, left.release)
                yield Trouble(MoveCause.RELEASE_LEFT.value, words, *about)
    for move in snapshot.moves.open:
        why = _stuck(move, venues.get(move.venue_id), snapshot.at, called_after)
        if why:
            about = (move.venue_id, "", move.move_id, move.to)
            yield Trouble(MoveCause.MOVE_STUCK.value, why, *about)
    if snapshot.moves.unreadable:
        why = "this version of the fleet service can't read "
        yield Trouble(MoveCause.MOVE_STUCK.value, why + ", ".join(snapshot.moves.unreadable))


def _stuck(move: Move, venue: JudgedVenue | None, at: datetime, called_after: CalledAfter) -> str:
    kiosks = () if venue is None else venue.kiosks
    heard = {one.kiosk.kiosk_id for one in kiosks if one.kiosk.views.is_heard(at)}
    is_open = venue is not None and venue.is_open
    return stuck(move, heard, is_open=is_open, now=at, called_after=called_after)


def _is_left(left: LeftKiosk, venue: JudgedVenue) -> bool:
    found = [one for one in venue.kiosks if one.kiosk.kiosk_id == left.kiosk_id]
    return any(_is_in_service(one) and not _is_told_another(one, left) for one in found)


def _is_in_service(one: JudgedKiosk) -> bool:
    views = one.kiosk.views
    return one.kiosk.standing is Standing.ACTIVE and not views.leaving and not views.has_left()


def _is_told_another(one: JudgedKiosk, left: LeftKiosk) -> bool:
    """Say whether ECS, asked since, says that it is told another release: by hand, then."""
    ecs = one.kiosk.views.ecs
    if ecs is None or ecs.looked_at <= left.at:
        return False
    return bool(ecs.release) and ecs.release != left.release
