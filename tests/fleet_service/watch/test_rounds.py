"""Rounds of the watch over a store: what is kept, by whom, and what is not written again."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from cloud_store.port import Store, StoreError, TooLargeError, Write
from cloud_store.sqlite import FLEET_SERVICE, open_sqlite
from cloud_store.workspace import Workspace, key_of
from fleet_service.alarms.course import CLOSES_AFTER
from fleet_service.alarms.reading import all_alarms, all_silences
from fleet_service.alarms.records import PAST_KEPT, AlarmRecord
from fleet_service.alarms.service import Alarms
from fleet_service.clock import SystemClock
from fleet_service.heartbeats.last_seen import LastSeen
from fleet_service.heartbeats.stored import StoredHeartbeats
from fleet_service.instances.gathering import Gathering
from fleet_service.instances.history import MOST_CHANGES, HistoryRecord
from fleet_service.instances.records import WATCH, WatchRecord
from fleet_service.instances.service import Instances
from fleet_service.instances.states import Assessment, KioskState
from fleet_service.instances.views import REPORT_SPEAKS
from fleet_service.leases.ports import LeaseLostError
from fleet_service.leases.service import LASTS_S, StoredLease
from fleet_service.venues.records import KioskRecord
from fleet_service.venues.service import Venues
from fleet_service.watch.rounds import Watch
from kiosk_contracts.alarms import AcknowledgeAlarm, SetSilence
from kiosk_contracts.heartbeats import Heartbeat
from kiosk_contracts.problem import ProblemError
from kiosk_contracts.venues import Standing, Venue
from tests.support.faulty_store import FaultyStore
from tests.support.fleet import JOURNAL_ID, FakeFleetClock
from tests.support.operators import venue


@dataclass
class Office:
    """A store with a venue of two kiosks, and one who watches."""

    store: Store
    clock: FakeFleetClock
    lease: StoredLease
    watch: Watch
    instances: Instances

    async def report(self, kiosk_id: str, **told: Any) -> None:
        now = self.clock.now()
        body = {
            "kiosk_id": kiosk_id,
            "journal_id": JOURNAL_ID,
            "epoch": 1,
            "agent_version": "0.1.0",
            "device_time": now,
            "last_sequence": 7,
            **dict.fromkeys(("queued", "parked", "quarantined"), 0),
            **told,
        }
        heard = LastSeen.of(Heartbeat.model_validate(body), now)
        await StoredHeartbeats(self.store, SystemClock()).put(heard)

    async def round(self) -> None:
        term = await self.lease.try_once()
        assert term is not None
        await self.watch.round(term)

    async def states(self, kiosk_id: str) -> list[str]:
        known = await Workspace(self.store).fetch(HistoryRecord, kiosk_id)
        return [] if known is None else [one.state for one in known.changes]

    async def alarm_ids(self) -> list[str]:
        return [one.alarm_id for one in await Alarms(self.store, self.clock).open_now()]


def watching(store: Store, clock: FakeFleetClock, holder: str) -> Office:
    lease = StoredLease(store, clock, WATCH, holder=holder)
    instances = Instances(Gathering(store, ()), clock)
    return Office(store, clock, lease, Watch(store, clock, instances, lease), instances)


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with open_sqlite(tmp_path / "fleet.db", FLEET_SERVICE) as store:
        await Venues(store).put(Venue.model_validate(venue("harbour-hall", "HB1", "HB2")))
        workspace = Workspace(store)
        for kiosk_id in ("till-hb1", "till-hb2"):
            known = await workspace.fetch(KioskRecord, kiosk_id)
            assert known is not None
            active = known.model_copy(update={"standing": Standing.ACTIVE})
            workspace.put(active, kiosk_id)
        await workspace.commit()
        yield watching(store, FakeFleetClock(), "one")


async def heard(office: Office, **told: Any) -> None:
    """Both report, and there is a round; the service has listened long enough."""
    for _ in range(4):
        await office.report("till-hb1", **told)
        await office.report("till-hb2")
        await office.round()
        office.clock.advance(30)


async def test_a_line_that_is_down_makes_one_alarm_and_histories_say_so(office: Office) -> None:
    await heard(office)
    for _ in range(10):
        await office.round()
        office.clock.advance(30)
    assert await office.alarm_ids() == ["harbour-hall.-.venue_unreachable"]
    assert await office.states("till-hb1") == ["venue_unreachable", "well"]
    await heard(office)
    office.clock.advance(CLOSES_AFTER.total_seconds())
    await heard(office)
    assert await office.alarm_ids() == []
    past = await Alarms(office.store, office.clock).past("", 10)
    assert [one.alarm_id for one in past.alarms] == ["harbour-hall.-.venue_unreachable"]
    assert past.alarms[0].closed_at is not None


async def test_closed_alarms_come_newest_first_by_pages(office: Office) -> None:
    for parked in (1, 0, 2, 0, 3, 0):
        await heard(office, parked=parked)
        office.clock.advance(CLOSES_AFTER.total_seconds())
        await heard(office, parked=parked)
    alarms = Alarms(office.store, office.clock)
    page = await alarms.past("", 2)
    rest = await alarms.past(page.next_after or "", 2)
    words = [one.words for one in (*page.alarms, *rest.alarms) if "parked" in one.alarm_id]
    assert words == [f"{number} transactions are set aside for later" for number in (3, 2, 1)]
    assert rest.next_after is None


async def test_closed_alarms_are_forgotten_after_ninety_days(office: Office) -> None:
    for parked in (1, 0, 2, 0):
        await heard(office, parked=parked)
        office.clock.advance(CLOSES_AFTER.total_seconds())
        await heard(office, parked=parked)
    alarms = Alarms(office.store, office.clock)
    newest, oldest = [
        one.closed_at for one in (await alarms.past("", 10)).alarms if one.cause == "parked"
    ]
    assert newest is not None
    assert oldest is not None
    office.clock.advance((oldest + PAST_KEPT - office.clock.now()).total_seconds())
    await heard(office)
    left = [one.closed_at for one in (await alarms.past("", 10)).alarms if one.cause == "parked"]
    assert left == [newest]


async def test_what_stays_as_it_is_is_not_written_again(office: Office) -> None:
    await heard(office, parked=1)
    before = await office.store.query(AlarmRecord.store_kind, "now")
    histories = await office.store.get_many(
        [item.key._replace(kind=HistoryRecord.store_kind, pk="till-hb1", sk="-") for item in before]
    )
    await heard(office, parked=1)
    assert await office.store.query(AlarmRecord.store_kind, "now") == before
    assert histories == await office.store.get_many(
        [item.key._replace(kind=HistoryRecord.store_kind, pk="till-hb1", sk="-") for item in before]
    )
    assert len(before) == len(histories) == 1


async def test_a_service_that_was_away_calls_nobody_silent_at_once(office: Office) -> None:
    await heard(office)
    office.clock.advance(3600)
    await office.round()
    watch = await Workspace(office.store).fetch(WatchRecord, WATCH)
    assert watch is not None
    assert watch.since == office.clock.now()
    assert await all_alarms(office.store) == {}
    [one, _] = (await office.instances.snapshot()).kiosks
    assert one.assessment.unknown[0].startswith("whether it reports")
    office.clock.advance(REPORT_SPEAKS.total_seconds() - 1)
    await office.round()
    office.clock.advance(1)
    await office.round()
    assert set(await all_alarms(office.store)) == {"harbour-hall.-.venue_unreachable"}


async def test_a_former_watcher_writes_nothing(office: Office) -> None:
    await heard(office)
    office.clock.advance(LASTS_S)
    other = watching(office.store, office.clock, "other")
    await other.round()
    await office.report("till-hb1", parked=1)
    with pytest.raises(LeaseLostError):
        await office.watch.round(1)
    assert await all_alarms(office.store) == {}
    await other.round()
    assert set(await all_alarms(office.store)) == {"harbour-hall.till-hb1.parked"}


async def test_another_watcher_goes_on_where_the_first_was(office: Office) -> None:
    await heard(office, parked=1)
    office.clock.advance(LASTS_S)
    await office.report("till-hb1", parked=1)
    before = await all_alarms(office.store)
    history = await office.store.get(key_of(HistoryRecord, "till-hb1"))
    other = watching(office.store, office.clock, "other")
    await other.round()
    assert await all_alarms(office.store) == before
    assert await office.store.get(key_of(HistoryRecord, "till-hb1")) == history
    assert await office.states("till-hb1") == ["degraded"]


async def test_one_that_watches_again_knows_what_another_wrote_meanwhile(office: Office) -> None:
    await heard(office)
    office.clock.advance(LASTS_S)
    other = watching(office.store, office.clock, "other")
    await office.report("till-hb1", parked=1)
    await other.round()
    await other.lease.give_back()
    await office.report("till-hb1")
    await office.round()
    assert await office.states("till-hb1") == ["well", "degraded", "well"]


async def test_an_acknowledgement_and_a_round_take_nothing_from_each_other(office: Office) -> None:
    await heard(office, parked=1)
    alarms = Alarms(office.store, office.clock)
    await alarms.acknowledge("harbour-hall.till-hb1.parked", AcknowledgeAlarm(note="seen"), "ana")
    await heard(office, parked=2)
    [alarm] = await alarms.open_now()
    assert (alarm.acknowledged_by, alarm.note) == ("ana", "seen")
    assert alarm.words == "2 transactions are set aside for later"


async def test_a_silence_ends_by_itself_and_outlives_its_alarm(office: Office) -> None:
    await heard(office, parked=1)
    alarms = Alarms(office.store, office.clock)
    alarm_id = "harbour-hall.till-hb1.parked"
    until = office.clock.now() + CLOSES_AFTER * 3
    await alarms.silence(alarm_id, SetSilence(until=until, reason="known"), "ana")
    await heard(office)
    office.clock.advance(CLOSES_AFTER.total_seconds())
    await heard(office)
    assert await office.alarm_ids() == []
    await heard(office, parked=1)
    [alarm] = await alarms.open_now()
    assert alarm.silence is not None
    assert (alarm.silence.reason, alarm.silence.by) == ("known", "ana")
    office.clock.advance((until - office.clock.now()).total_seconds())
    [alarm] = await alarms.open_now()
    assert alarm.silence is None, "at once, not with the next round"
    assert (await alarms.silences()).silences == ()
    await heard(office, parked=1)
    [alarm] = await alarms.open_now()
    assert alarm.silence is None
    assert await all_silences(office.store) == {}


@pytest.mark.parametrize(
    ("hours", "is_taken"), [(-1, False), (0, False), (168, True), (169, False)]
)
async def test_a_silence_ends_within_seven_days(
    office: Office,
    hours: int,
    is_taken: bool,  # noqa: FBT001
) -> None:
    await heard(office, parked=1)
    until = office.clock.now() + timedelta(hours=hours)
    asked = Alarms(office.store, office.clock).silence(
        "harbour-hall.till-hb1.parked", SetSilence(until=until, reason="works"), "ana"
    )
    if is_taken:
        assert (await asked).until == until
    else:
        with pytest.raises(ProblemError, match="So long nobody"):
            await asked
        assert await all_silences(office.store) == {}


@pytest.mark.parametrize("good", [None, 0, 1, 2], ids=["answer lost", "first", "second", "third"])
async def test_a_round_that_the_store_cuts_short_is_made_up_for_by_the_next(
    office: Office, good: int | None
) -> None:
    await heard(office)
    await office.report("till-hb1", parked=1)
    faulty = FaultyStore(office.store)
    cut = watching(faulty, office.clock, "one")
    assert await cut.lease.try_once() == 1
    if good is None:
        faulty.lose_answers(1)
    else:
        faulty.fail_commits_after(good)
    with pytest.raises(StoreError):
        await cut.watch.round(1)
    assert faulty.failed == 1
    await watching(office.store, office.clock, "one").round()
    assert await office.alarm_ids() == ["harbour-hall.till-hb1.parked"]
    assert await office.states("till-hb1") == ["degraded", "well"]


async def test_histories_are_bounded(office: Office) -> None:
    for number in range(MOST_CHANGES + 3):
        await office.report("till-hb1", parked=number % 2)
        await office.round()
        office.clock.advance(60)
    states = await office.states("till-hb1")
    assert len(states) == MOST_CHANGES
    assert set(states) == {"well", "degraded"}


async def test_a_history_that_can_not_be_written_keeps_nobody_from_hearing_of_the_round(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    await heard(office)
    known = await Workspace(office.store).fetch(WatchRecord, WATCH)
    assert known is not None
    heard_of: list[int] = []
    watch = Watch(
        office.store,
        office.clock,
        office.instances,
        office.lease,
        lambda term, snapshot: heard_of.append(term + len([*snapshot.kiosks])),
    )

    def broken(*_given: object) -> HistoryRecord:
        raise ValueError("it is too long for the store")

    await office.report("till-hb1", parked=1)
    monkeypatch.setattr(HistoryRecord, "after", broken)
    term = await office.lease.try_once()
    assert term is not None
    with pytest.raises(ValueError, match="too long"):
        await watch.round(term)
    assert heard_of == [term + 2]
    assert await office.alarm_ids() == ["harbour-hall.till-hb1.parked"]
    after = await Workspace(office.store).fetch(WatchRecord, WATCH)
    assert after is not None
    assert after.judged_at == known.judged_at, "nobody says that all are judged"


async def test_one_that_comes_again_after_nobody_watched_is_told_as_closed_and_opened(
    office: Office,
) -> None:
    await heard(office, parked=1)
    await heard(office, parked=0)
    office.clock.advance(3600)
    with capture_logs() as logged:
        await heard(office, parked=1)
    told = [one["event"] for one in logged if one.get("alarm_id", "").endswith(".parked")]
    assert told == ["alarm_closed", "alarm_opened"]


async def test_histories_that_are_too_much_for_one_commit_are_written_in_several(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = office.store.commit

    async def narrow(writes: Sequence[Write]) -> None:
        histories = [one.key for one in writes if one.key.kind == HistoryRecord.store_kind]
        if len(histories) > 1:
            raise TooLargeError(histories[0], 5_000_000, 4_000_000)
        await commit(writes)

    monkeypatch.setattr(office.store, "commit", narrow)
    await heard(office, parked=1)
    assert await office.states("till-hb1") == ["degraded"]
    assert await office.states("till-hb2") == ["well"]


@pytest.mark.parametrize(
    ("signs", "kept"), [(300, "x" * 300), (301, "x" * 299 + "\u2026")], ids=["all", "cut"]
)
async def test_a_history_says_why_in_bounded_words(office: Office, signs: int, kept: str) -> None:
    await office.report("till-hb1")
    snapshot = await office.instances.snapshot(older_s=0)
    one = replace(
        next(iter(snapshot.kiosks)), assessment=Assessment(KioskState.DEGRADED, "x" * signs)
    )
    [change] = HistoryRecord().after(one, office.clock.now()).changes
    assert change.why == kept
