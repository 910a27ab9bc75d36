"""An alarm opens once it has lasted, flaps as one, and closes when it was gone for a while."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from fleet_service.alarms.causes import OPENS_AFTER, Troubles
from fleet_service.alarms.course import CLOSES_AFTER, courses
from fleet_service.alarms.records import AlarmRecord
from fleet_service.alarms.service import told_alarm
from fleet_service.alarms.trouble import Trouble
from tests.support.fleet_views import NOW

UNREACHABLE = Trouble("kiosk_unreachable", "silent", "mill", "a")
QUARANTINED = Trouble("quarantined", "1 could not be settled", "mill", "a")
WAIT = OPENS_AFTER[UNREACHABLE.cause]


class Book:
    """Alarms over time."""

    def __init__(self) -> None:
        self.now: dict[str, AlarmRecord] = {}
        self.closed: list[AlarmRecord] = []
        self.writes = 0

    def see(self, at: datetime, *there: Trouble, unheard: frozenset[str] = frozenset()) -> None:
        for one in [*courses(self.now, Troubles(there, unheard), at)]:
            self.writes += 1
            if one.now is None:
                del self.now[one.alarm_id]
            else:
                self.now[one.alarm_id] = one.now
            if one.closed is not None:
                self.closed.append(one.closed)

    def one(self) -> AlarmRecord:
        [found] = self.now.values()
        return found


def test_one_that_another_move_at_the_venue_has_as_well_names_that_one() -> None:
    book = Book()
    book.see(NOW, Trouble("move_stopped", "m-1 stopped", "mill", "", "m-1", "r-1"))
    book.see(NOW, Trouble("move_stopped", "m-2 stopped", "mill", "", "m-2", "r-2"))
    told = told_alarm("mill.-.move_stopped", book.one(), NOW, None)
    assert (told.words, told.move_id, told.release) == ("m-2 stopped", "m-2", "r-2")


def test_what_a_person_must_see_opens_at_once() -> None:
    book = Book()
    book.see(NOW, QUARANTINED)
    assert book.one().opened_at == NOW


def test_silence_has_to_last() -> None:
    book = Book()
    book.see(NOW, UNREACHABLE)
    book.see(NOW + WAIT - timedelta(seconds=1), UNREACHABLE)
    assert book.one().opened_at is None
    book.see(NOW + WAIT, UNREACHABLE)
    assert (book.one().opened_at, book.one().seen_since) == (NOW + WAIT, NOW)


def test_what_passes_before_that_begins_anew_and_is_forgotten() -> None:
    book = Book()
    book.see(NOW, UNREACHABLE)
    book.see(NOW + timedelta(seconds=15))
    book.see(NOW + WAIT, UNREACHABLE)
    assert book.one().opened_at is None, "it begins anew"
    book.see(NOW + WAIT + timedelta(seconds=15))
    assert book.now, "that it was there is known for a while"
    book.see(NOW + WAIT + timedelta(seconds=15) + CLOSES_AFTER)
    assert (book.now, book.closed) == ({}, [])
    crash = Trouble("ui_down", "nobody has the screen", "mill", "a")
    book.see(NOW, crash)
    book.see(NOW + timedelta(seconds=15))
    assert (book.now, book.closed) == ({}, []), "of what is no silence nothing is"


def test_one_that_flaps_is_one_alarm() -> None:
    book = Book()
    at = NOW
    for _ in range(5):
        book.see(at, QUARANTINED)
        book.see(at + timedelta(minutes=1))
        at += CLOSES_AFTER
    assert book.closed == []
    assert (book.one().opened_at, book.one().returned) == (NOW, 4)
    gone = book.one().gone_since
    assert gone == at - CLOSES_AFTER + timedelta(minutes=1)
    book.see(gone + CLOSES_AFTER - timedelta(seconds=1))
    assert book.now
    book.see(gone + CLOSES_AFTER)
    assert book.now == {}
    [closed] = book.closed
    assert (closed.opened_at, closed.gone_since, closed.closed_at) == (
        NOW,
        gone,
        gone + CLOSES_AFTER,
    )


def test_one_that_comes_again_after_nobody_listened_for_long_is_another_one() -> None:
    book = Book()
    book.see(NOW, QUARANTINED)
    book.see(NOW + timedelta(minutes=1))
    later = NOW + timedelta(minutes=1) + CLOSES_AFTER
    book.see(later, QUARANTINED)
    [closed] = book.closed
    assert (closed.opened_at, closed.closed_at) == (NOW, later)
    assert (book.one().opened_at, book.one().returned) == (later, 0)


def test_what_passes_again_and_again_is_called_for_the_fourth_time() -> None:
    book = Book()
    for spell in range(4):
        assert all(one.opened_at is None for one in book.now.values())
        at = NOW + spell * timedelta(minutes=5)
        book.see(at, UNREACHABLE)
        assert (book.one().opened_at is not None) == (spell == 3)
        book.see(at + timedelta(minutes=1))


@pytest.mark.parametrize(
    "called",
    [
        UNREACHABLE,
        Trouble("venue_unreachable", "silent", "mill"),
        Trouble("fleet_silent", "silent"),
    ],
)
def test_of_one_for_whom_people_are_called_no_other_kind_calls_as_it_comes_and_goes(
    called: Trouble,
) -> None:
    book = Book()
    for minute in range(20):
        other = replace(UNREACHABLE, cause="agent_silent")
        book.see(NOW + minute * timedelta(minutes=1), other if minute % 4 == 3 else called)
    assert [one.cause for one in book.now.values() if one.opened_at] == [called.cause]


def test_one_of_a_kiosk_that_is_not_heard_stays_as_it_is_known() -> None:
    book = Book()
    book.see(NOW, QUARANTINED)
    book.see(NOW + timedelta(hours=9), unheard=frozenset({"a"}))
    assert book.one().gone_since is None
    book.see(NOW + timedelta(hours=10))
    assert book.one().gone_since == NOW + timedelta(hours=10)


def test_what_stays_as_it_is_is_not_written() -> None:
    book = Book()
    for minute in range(10):
        book.see(NOW + timedelta(minutes=minute), QUARANTINED)
    assert book.writes == 1


def test_an_acknowledgement_stays_while_it_flaps() -> None:
    book = Book()
    book.see(NOW, QUARANTINED)
    told = {"acknowledged_at": NOW, "acknowledged_by": "ana"}
    book.now = {one: alarm.model_copy(update=told) for one, alarm in book.now.items()}
    book.see(NOW + timedelta(minutes=1))
    book.see(NOW + timedelta(minutes=2), QUARANTINED)
    assert book.one().acknowledged_by == "ana"
