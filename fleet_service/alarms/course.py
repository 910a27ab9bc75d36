"""How an alarm runs: it opens, flaps, and closes. Pure."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self

from fleet_service.alarms.causes import OPENS_AFTER, SILENT, Troubles
from fleet_service.alarms.records import AlarmRecord
from fleet_service.alarms.trouble import Trouble
from fleet_service.instances.states import KioskState
from kiosk_contracts.plain_text import made_plain

CLOSES_AFTER: Final = timedelta(minutes=10)
"""What comes again within it is the same alarm: one that flaps calls nobody twice."""
OFTEN: Final = 2
"""Who is silent for the fourth time, each time within CLOSES_AFTER of the last, is called for,
however short it is each time."""
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
    silences = _Silences.of(known, there)
    for alarm_id, trouble in there.items():
        before = known.get(alarm_id)
        if before is None:
            yield Course(alarm_id, _begun(trouble, silences, now))
        elif before.gone_since is not None and now - before.gone_since >= CLOSES_AFTER:
            # While nobody listened it would have closed.
            yield Course(alarm_id, _begun(trouble, silences, now), _closed(before, now))
        elif (alarm := _going_on(before, trouble, silences, now)) != before:
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
    closed = _closed(alarm, now)
    if now - since >= CLOSES_AFTER:
        yield Course(alarm_id, None, closed)
    elif closed is not None and _is_absorbed(alarm, since, seen, now):
        yield Course(alarm_id, alarm.model_copy(update=_UNCALLED), closed)


def _closed(alarm: AlarmRecord, now: datetime) -> AlarmRecord | None:
    """Return an alarm as it is remembered from now on; None: nobody was called for it."""
    return None if alarm.opened_at is None else alarm.model_copy(update={"closed_at": now})


def _is_absorbed(alarm: AlarmRecord, since: datetime, seen: Troubles, now: datetime) -> bool:
    late = now - since >= ABSORBED_AFTER and not alarm.returned
    return late and seen.is_absorbed(alarm.cause, alarm.venue_id, alarm.kiosk_id)


_UNCALLED: Final[Mapping[str, object]] = {
    "opened_at": None,
    "acknowledged_at": None,
    "acknowledged_by": "",
    "note": "",
}


@dataclass(frozen=True, slots=True)
class _Silences:
    """Those that are known, by venue and kiosk."""

    uncalled: Mapping[tuple[str, str], datetime]
    """Since when those were not heard who are told otherwise now, if nobody was called."""
    called: AbstractSet[tuple[str, str]]
    """People were called for these, and another kind of it may pass as it came."""

    @classmethod
    def of(cls, known: Mapping[str, AlarmRecord], there: Mapping[str, Trouble]) -> Self:
        """Return those of `known`; `there`: what is wrong now."""
        uncalled: dict[tuple[str, str], datetime] = {}
        called = set()
        for alarm_id, one in known.items():
            about = one.venue_id, one.kiosk_id
            if one.cause not in SILENT:
                continue
            if one.opened_at is not None:
                called.add(about)
            elif alarm_id not in there and one.gone_since is None:
                uncalled[about] = min(one.seen_since, uncalled.get(about, one.seen_since))
        return cls(uncalled, called)

    def since(self, trouble: Trouble, now: datetime) -> datetime:
        """Return since when something is so.

        A kiosk's silence of which it is known only now how it is goes on: nobody waits once more
        until people are called.
        """
        if trouble.cause not in SILENT or not trouble.kiosk_id:
            return now
        return self.uncalled.get((trouble.venue_id, trouble.kiosk_id), now)

    def has_called(self, trouble: Trouble) -> bool:
        """Say whether people were called for a silence that this is, or is within."""
        venue_id, kiosk_id = trouble.venue_id, trouble.kiosk_id
        return not self.called.isdisjoint({(venue_id, kiosk_id), (venue_id, ""), ("", "")})


def _begun(trouble: Trouble, silences: _Silences, now: datetime) -> AlarmRecord:
    alarm = AlarmRecord(
        venue_id=trouble.venue_id,
        kiosk_id=trouble.kiosk_id,
        cause=trouble.cause,
        words=made_plain(trouble.words),
        move_id=trouble.move_id,
        release=trouble.release,
        seen_since=silences.since(trouble, now),
    )
    return _opened(alarm, trouble, now)


def _going_on(
    before: AlarmRecord,
    trouble: Trouble,
    silences: _Silences,
    now: datetime,
) -> AlarmRecord:
    update: dict[str, object] = {
        "words": made_plain(trouble.words),
        "move_id": trouble.move_id,
        "release": trouble.release,
    }
    if before.gone_since is not None:
        update |= {"gone_since": None, "returned": before.returned + 1}
        often = before.returned >= OFTEN and not silences.has_called(trouble)
        if before.opened_at is None and not often:
            update["seen_since"] = silences.since(trouble, now)
    return _opened(before.model_copy(update=update), trouble, now)


def _opened(alarm: AlarmRecord, trouble: Trouble, now: datetime) -> AlarmRecord:
    # Whoever is away for a second time within so short a time is not kept from being called for
    # by what a ping might tell: there would be a next time.
    if alarm.opened_at is not None or not (trouble.is_sure or alarm.returned):
        return alarm
    if now - alarm.seen_since < OPENS_AFTER.get(alarm.cause, timedelta()):
        return alarm
    return alarm.model_copy(update={"opened_at": now})
