"""What people are called for as a line is cut, or an agent dies: minute by minute, once."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from fleet_service.alarms.causes import SILENT, troubles
from fleet_service.alarms.course import courses
from fleet_service.alarms.records import AlarmRecord
from fleet_service.heartbeats.last_seen import KEPT_EVERY, LastSeen
from fleet_service.instances.joining import Known, KnownKiosk, KnownVenue
from fleet_service.instances.learning import learnt
from fleet_service.instances.ports import HostSeen
from fleet_service.instances.records import HostLookRecord, WatchRecord
from fleet_service.instances.snapshot import Snapshot, judged_all
from fleet_service.instances.views import KioskViews
from kiosk_contracts.venues import Standing, Venue
from tests.support.fleet_views import NOW, report

STEP_S = 15
PING_EVERY_S = 300
SWEEP_EVERY_S = 60
Alive = Callable[[int], bool]


def always(_second: int) -> bool:
    return True


def until(second: int, back: int = 10**9) -> Alive:
    return lambda now: now < second or now >= back


@dataclass
class Till:
    """A kiosk of which reports are kept and whose host pings; each by its own beat."""

    name: str
    reports: Alive = always
    pings: Alive = always
    phase: int = 0
    """Of its pings, in seconds; of the reports that are kept, a fifth of that."""
    seen: LastSeen = field(default_factory=lambda: report(KEPT_EVERY))
    pinged_s: int = -PING_EVERY_S
    look: HostLookRecord | None = None
    looked_at: datetime = NOW
    writes: int = 0
    """Of what is known of its host."""

    def live(self, second: int) -> None:
        """Let a moment pass there."""
        if self.reports(second) and (second - self.phase // 5) % 60 < STEP_S:
            ahead = self.seen.clock_offset_s
            self.seen = self.seen.told_at(NOW + timedelta(seconds=second), ahead, None)
        if self.pings(second) and (second - self.phase) % PING_EVERY_S < STEP_S:
            self.pinged_s = second

    def swept(self, second: int) -> None:
        """Look at its host, as a sweep does."""
        online = second - self.pinged_s <= PING_EVERY_S
        pinged = NOW + timedelta(seconds=self.pinged_s)
        host = HostSeen(self.name, "Online" if online else "ConnectionLost", told_at=pinged)
        self.looked_at = NOW + timedelta(seconds=second)
        silent = not self.views().is_heard(self.looked_at)
        before, self.look = self.look, learnt(self.look, host, self.looked_at, is_silent=silent)
        self.writes += self.look is not before

    def views(self) -> KioskViews:
        ssm = None if self.look is None else self.look.as_ssm(self.looked_at)
        return KioskViews(self.name, Standing.ACTIVE, report=self.seen, ssm=ssm)


@dataclass
class Control:
    """Whoever is called."""

    halls: dict[str, list[Till]]
    now: dict[str, AlarmRecord] = field(default_factory=dict)
    called: list[str] = field(default_factory=list)
    """For what, each time."""
    open_at: dict[int, list[str]] = field(default_factory=dict)

    def watch(self, seconds: int) -> "Control":
        """Let time pass."""
        for second in range(0, seconds, STEP_S):
            for till in self._tills():
                till.live(second)
                if second % SWEEP_EVERY_S == 0:
                    till.swept(second)
            self._round(NOW + timedelta(seconds=second))
            there = [one for one, alarm in self.now.items() if alarm.opened_at is not None]
            self.open_at[second] = there
        return self

    def _tills(self) -> Iterator[Till]:
        return (till for tills in self.halls.values() for till in tills)

    def _round(self, at: datetime) -> None:
        for one in [*courses(self.now, troubles(self._seen(at)), at)]:
            before = self.now.pop(one.alarm_id, None)
            if one.now is not None:
                self.now[one.alarm_id] = one.now
                was_open = before is not None and before.opened_at is not None
                if one.now.opened_at is not None and not was_open:
                    self.called.append(one.alarm_id)

    def _seen(self, at: datetime) -> Snapshot:
        venues = tuple(
            KnownVenue(Venue(venue_id=name, name=name, time_zone="UTC"), _known(name, tills))
            for name, tills in self.halls.items()
        )
        watch = WatchRecord(looked_at=at, since=NOW - timedelta(hours=1))
        return judged_all(Known(venues, {}, watch), at)


def _known(hall: str, tills: list[Till]) -> tuple[KnownKiosk, ...]:
    return tuple(
        KnownKiosk(f"{hall}-{one.name}", one.name, Standing.ACTIVE, f"mi-{one.name}", one.views())
        for one in tills
    )


CUT_S, BACK_S = 900, 4500
PHASES = range(0, PING_EVERY_S, 45)


@pytest.mark.parametrize("kiosks", [1, 2, 4])
@pytest.mark.parametrize("phase", PHASES)
def test_a_line_that_is_cut_is_one_alarm_from_its_end_to_its_return(
    kiosks: int, phase: int
) -> None:
    cut = until(CUT_S, BACK_S)
    tills = [
        Till(f"k{number}", reports=cut, pings=cut, phase=phase * (number + 1) % PING_EVERY_S)
        for number in range(kiosks)
    ]
    control = Control({"mill": tills, "hall": [Till("h")]}).watch(BACK_S + 1800)
    assert control.called == ["mill.-.venue_unreachable"]
    assert control.now == {}, "it is over"


@pytest.mark.parametrize("others", [0, 1, 3])
@pytest.mark.parametrize("phase", PHASES)
def test_an_agent_that_dies_alone_is_told_as_that_and_as_nothing_else(
    others: int, phase: int
) -> None:
    dead = Till("dead", reports=until(CUT_S), phase=phase)
    well = [Till(f"k{number}", phase=number * 70) for number in range(others)]
    control = Control({"mill": [dead, *well]}).watch(CUT_S + 1200)
    assert control.called == ["mill.mill-dead.agent_silent"]


@pytest.mark.parametrize("phase", PHASES)
def test_a_host_that_is_off_is_one_alarm_as_well(phase: int) -> None:
    off = Till("off", reports=until(CUT_S), pings=until(CUT_S), phase=phase)
    control = Control({"mill": [off, Till("k")]}).watch(CUT_S + 1200)
    assert control.called == ["mill.mill-off.kiosk_unreachable"]


def test_what_a_venues_line_explains_is_over_as_people_are_called_for_that() -> None:
    line = until(3600)
    dead = Till("dead", reports=until(CUT_S), pings=line)
    tills = [dead, *(Till(f"k{number}", line, line, number * 60) for number in range(2))]
    control = Control({"mill": tills}).watch(5400)
    venue, kiosk = "mill.-.venue_unreachable", "mill.mill-dead.agent_silent"
    assert control.called == [kiosk, venue]
    opened = next(second for second, there in control.open_at.items() if venue in there)
    assert opened - 3600 <= 300
    assert all(control.open_at[second] == [venue] for second in range(opened + 15, 5400, STEP_S))


def test_what_a_fleet_explains_is_over_as_people_are_called_for_that() -> None:
    ends = [until(CUT_S)] * 2 + [until(CUT_S + 1200)] * 2
    halls = {
        f"hall{number}": [Till("a", end, end), Till("b", end, end, 90)]
        for number, end in enumerate(ends)
    }
    control = Control(halls).watch(4200)
    assert control.called == [
        "hall0.-.venue_unreachable",
        "hall1.-.venue_unreachable",
        "-.-.fleet_silent",
    ]
    assert control.open_at[4185] == ["-.-.fleet_silent"]


def test_a_silence_whose_kind_is_known_only_later_was_there_before() -> None:
    dead = Till("dead", reports=until(CUT_S), phase=CUT_S % PING_EVERY_S)
    control = Control({"mill": [dead, Till("k")]}).watch(CUT_S + 1200)
    opened = next(second for second, there in control.open_at.items() if there)
    # A ping every 300 s, seen by the next sweep: nobody waits for two more minutes.
    assert opened - CUT_S <= PING_EVERY_S + SWEEP_EVERY_S + STEP_S


def now_and_then(away_s: int, every_s: int) -> Alive:
    return lambda now: now < CUT_S or now % every_s >= away_s


@pytest.mark.parametrize("away_s", [150, 240, 300])
@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("others", [0, 2])
def test_one_that_is_away_again_and_again_is_called_for_and_once(
    others: int, phase: int, away_s: int
) -> None:
    """All but a minute: it is heard again before any ping tells of it, or anybody is called."""
    line = now_and_then(away_s, away_s + 60)
    well = [Till(f"k{number}", phase=number * 70) for number in range(others)]
    control = Control({"mill": [Till("bad", line, line, phase), *well]}).watch(CUT_S + 5400)
    silences = [one for one in control.called if not one.endswith(".ssm_silent")]
    assert len(silences) == 1
    opened = next(second for second, there in control.open_at.items() if there)
    assert opened - CUT_S <= 900
    assert all(control.open_at[second] for second in range(opened, CUT_S + 5400, STEP_S))


@pytest.mark.parametrize("others", [0, 1, 2])
@pytest.mark.parametrize("flips_s", [240, 300])
def test_one_whose_silence_is_now_of_this_kind_and_now_of_that_does_not_call_for_each(
    others: int, flips_s: int
) -> None:
    """Its agent is dead, and its host answers Systems Manager for one span of two."""
    pings = now_and_then(flips_s, 2 * flips_s)
    bad = Till("bad", until(CUT_S), pings)
    well = [Till(f"k{number}", phase=number * 70) for number in range(others)]
    control = Control({"mill": [bad, *well]}).watch(CUT_S + 12 * flips_s)
    assert len(control.called) in {2, 3}
    assert _silence_is_told(control, CUT_S + 12 * flips_s)


def test_one_that_is_silent_and_now_and_then_all_of_its_venue_does_not_call_for_each() -> None:
    line = now_and_then(300, 600)
    dead = Till("dead", until(CUT_S))
    tills = [dead, Till("k", line, line, 60)]
    control = Control({"mill": tills}).watch(CUT_S + 12 * 600)
    assert len(control.called) in {3, 4}
    assert _silence_is_told(control, CUT_S + 12 * 600)


@pytest.mark.parametrize("pings", [always, until(CUT_S)])
def test_one_that_is_dead_beside_one_that_comes_and_goes_is_called_for(pings: Alive) -> None:
    """Its silence is its venue's for 90 s and its own for 90 s, and it is one."""
    line = now_and_then(165, 180)
    tills = [Till("dead", until(CUT_S), pings), Till("k", line, line, 60)]
    control = Control({"mill": tills}).watch(CUT_S + 3600)
    assert _silence_is_told(control, CUT_S + 3600)


def _silence_is_told(control: Control, seconds: int) -> bool:
    """Say whether somebody was called for a silence soon, and it stayed open."""
    kinds = tuple(SILENT)
    return all(
        any(one.endswith(kinds) for one in control.open_at[second])
        for second in range(CUT_S + 900, seconds, STEP_S)
    )


def test_pings_are_written_while_a_kiosk_is_silent_and_no_others() -> None:
    well, dead = Till("a"), Till("b", reports=until(CUT_S))
    Control({"mill": [well, dead]}).watch(CUT_S + 3600)
    assert well.writes == 1, "as it was first seen"
    assert dead.writes == 1 + 3600 // PING_EVERY_S
