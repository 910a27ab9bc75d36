"""How an alarm runs: it opens, flaps, and closes. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fleet_service.alarms.causes import OPENS_AFTER, SILENT, Troubles
from fleet_service.alarms.records import AlarmRecord
from fleet_service.alarms.trouble import Trouble
from fleet_service.instances.states import KioskState
from kiosk_contracts.plain_text import made_plain

CLOSES_AFTER: Final = timedelta(minutes=10)
"""What comes again within it is the same alarm: one that flaps calls nobody twice."""
ABSORBED_AFTER: Final = OPENS_AFTER[KioskState.VENUE_UNREACHABLE]
"""A silence that turned out to be part of a wider one is over as people are called for that; once:
where it comes and goes it closes as any other."""


@dataclass(frozen=True, slots=True)
class Course:
    """What becomes of an alarm."""

    alarm_id: str
    now: AlarmRecord | None
    """As it is to stand from now on; None: it is over."""
    closed: AlarmRecord | None = None
    """As it is to be remembered, if anybody may have been called for it."""


def courses(known: Mapping[str, AlarmRecord], seen: Troubles, now: datetime) -> Iterator[Course]:
    """Return what changes, by what is wrong now."""
    there = {one.alarm_id: one for one in seen.now}
    for alarm_id, trouble in there.items():
        before = known.get(alarm_id)
        since = _silent_since(trouble, known, there) or now
        if before is None:
            alarm = _begun(trouble, since, now)
        else:
            alarm = _going_on(before, trouble, since, now)
        if alarm != before:
            yield Course(alarm_id, alarm)
    for alarm_id, alarm in known.items():
        if alarm_id in there or seen.may_go_on(alarm.cause, alarm.venue_id, alarm.kiosk_id):
            continue
        if alarm.opened_at is None and alarm.cause not in SILENT:
            yield Course(alarm_id, None)
        elif alarm.gone_since is None:
            yield Course(alarm_id, alarm.model_copy(update={"gone_since": now}))
        else:
            yield from _gone(alarm_id, alarm, alarm.gone_since, seen, now)


def _gone(
    alarm_id: str, alarm: AlarmRecord, since: datetime, seen: Troubles, now: datetime
) -> Iterator[Course]:
    """Return what becomes of one that is not seen any more.

    Of a silence it is known for a while that it was, also where nobody was called, or is no more:
    who is away again and again is told from who was once.
    """
    was_open = alarm.opened_at is not None
    closed = alarm.model_copy(update={"closed_at": now}) if was_open else None
    if now - since >= CLOSES_AFTER:
        yield Course(alarm_id, None, closed)
    elif was_open and _is_absorbed(alarm, since, seen, now):
        yield Course(alarm_id, alarm.model_copy(update=_UNCALLED), closed)


def _is_absorbed(alarm: AlarmRecord, since: datetime, seen: Troubles, now: datetime) -> bool:
    late = now - since >= ABSORBED_AFTER and not alarm.returned
    return late and seen.is_absorbed(alarm.cause, alarm.venue_id, alarm.kiosk_id)


_UNCALLED: Final[Mapping[str, object]] = {
    "opened_at": None,
    "acknowledged_at": None,
    "acknowledged_by": "",
    "note": "",
}


def _silent_since(
    trouble: Trouble, known: Mapping[str, AlarmRecord], there: Mapping[str, Trouble]
) -> datetime | None:
    """Return since when one was not heard of which it is known only now how; None: it is new.

    It goes on: nobody waits once more until people are called. Where they are, another kind of it
    may pass as it came.
    """
    if trouble.cause not in SILENT or not trouble.kiosk_id:
        return None
    about = (trouble.venue_id, trouble.kiosk_id)
    former = [
        one.seen_since
        for alarm_id, one in known.items()
        if alarm_id not in there
        and one.cause in SILENT
        and one.opened_at is None
        and one.gone_since is None
        and (one.venue_id, one.kiosk_id) == about
    ]
    return min(former, default=None)


def _begun(trouble: Trouble, since: datetime, now: datetime) -> AlarmRecord:
    alarm = AlarmRecord(
        venue_id=trouble.venue_id,
        kiosk_id=trouble.kiosk_id,
        cause=trouble.cause,
        words=made_plain(trouble.words),
        move_id=trouble.move_id,
        release=trouble.release,
        seen_since=since,
    )
    return _opened(alarm, trouble, now)


def _going_on(before: AlarmRecord, trouble: Trouble, since: datetime, now: datetime) -> AlarmRecord:
    update: dict[str, object] = {
        "words": made_plain(trouble.words),
        "move_id": trouble.move_id,
        "release": trouble.release,
    }
    if before.gone_since is not None:
        update |= {"gone_since": None, "returned": before.returned + 1}
        if before.opened_at is None:
            update["seen_since"] = since
    return _opened(before.model_copy(update=update), trouble, now)


def _opened(alarm: AlarmRecord, trouble: Trouble, now: datetime) -> AlarmRecord:
    # Whoever is away for a second time within so short a time is not kept from being called for
    # by what a ping might tell: there would be a next time.
    if alarm.opened_at is not None or not (trouble.is_sure or alarm.returned):
        return alarm
    if now - alarm.seen_since < OPENS_AFTER.get(alarm.cause, timedelta()):
        return alarm
    return alarm.model_copy(update={"opened_at": now})
