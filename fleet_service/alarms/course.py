"""How an alarm runs: it opens, flaps, and closes. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fleet_service.alarms.causes import OPENS_AFTER, Troubles
from fleet_service.alarms.records import AlarmRecord
from fleet_service.alarms.trouble import Trouble
from kiosk_contracts.plain_text import made_plain

CLOSES_AFTER: Final = timedelta(minutes=10)
"""What comes again within it is the same alarm: one that flaps calls nobody twice."""


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
        alarm = _begun(trouble, now) if before is None else _going_on(before, trouble, now)
        if alarm != before:
            yield Course(alarm_id, alarm)
    for alarm_id, alarm in known.items():
        if alarm_id in there or seen.may_go_on(alarm.cause, alarm.venue_id, alarm.kiosk_id):
            continue
        if alarm.opened_at is None:
            yield Course(alarm_id, None)
        elif alarm.gone_since is None:
            yield Course(alarm_id, alarm.model_copy(update={"gone_since": now}))
        elif now - alarm.gone_since >= CLOSES_AFTER:
            closed = alarm.model_copy(update={"closed_at": now})
            yield Course(alarm_id, None, closed)


def _begun(trouble: Trouble, now: datetime) -> AlarmRecord:
    alarm = AlarmRecord(
        venue_id=trouble.venue_id,
        kiosk_id=trouble.kiosk_id,
        cause=trouble.cause,
        words=made_plain(trouble.words),
        move_id=trouble.move_id,
        release=trouble.release,
        seen_since=now,
    )
    return _opened(alarm, now)


def _going_on(before: AlarmRecord, trouble: Trouble, now: datetime) -> AlarmRecord:
    update: dict[str, object] = {
        "words": made_plain(trouble.words),
        "move_id": trouble.move_id,
        "release": trouble.release,
    }
    if before.gone_since is not None:
        update |= {"gone_since": None, "returned": before.returned + 1}
    return _opened(before.model_copy(update=update), now)


def _opened(alarm: AlarmRecord, now: datetime) -> AlarmRecord:
    if alarm.opened_at is not None:
        return alarm
    if now - alarm.seen_since < OPENS_AFTER.get(alarm.cause, timedelta()):
        return alarm
    return alarm.model_copy(update={"opened_at": now})
