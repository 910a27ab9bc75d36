"""What is kept of kiosks' last reports, and that every task of the service goes by it."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cloud_store.port import Store
from cloud_store.sqlite import FLEET_SERVICE, open_sqlite
from cloud_store.together import ReadsTogether
from cloud_store.workspace import Workspace
from fleet_service.clock import SystemClock
from fleet_service.heartbeats.last_seen import LastSeen
from fleet_service.heartbeats.memory import MemoryHeartbeats
from fleet_service.heartbeats.ports import HeartbeatStore
from fleet_service.heartbeats.service import Heartbeats
from fleet_service.heartbeats.stored import StoredHeartbeats
from fleet_service.kiosks.known import StoredKiosks
from fleet_service.kiosks.service import Kiosks
from fleet_service.sessions.tokens import AskingKiosk
from fleet_service.venues.records import KioskRecord
from fleet_service.venues.service import Venues
from kiosk_contracts.heartbeats import Heartbeat
from kiosk_contracts.problem import ProblemError
from kiosk_contracts.venues import Standing, Venue
from tests.support.faulty_store import FaultyStore
from tests.support.fleet import JOURNAL_ID, FakeFleetClock
from tests.support.operators import venue

NOW = datetime(2026, 11, 26, 20, 0, tzinfo=UTC)
KIOSK = "till-hb1"


def heartbeat(**told: Any) -> Heartbeat:
    body = {
        "kiosk_id": KIOSK,
        "journal_id": str(JOURNAL_ID),
        "epoch": 1,
        "agent_version": "0.1.0",
        "device_time": NOW,
        "last_sequence": 7,
        "queued": 0,
        "parked": 0,
        "quarantined": 0,
    }
    return Heartbeat.model_validate({**body, **told})


def seen(after_s: float = 0, *, asked: datetime | None = None, **told: Any) -> LastSeen:
    at = NOW + timedelta(seconds=after_s)
    return LastSeen.of(heartbeat(**{"device_time": at, **told}), at, asked)


@pytest.fixture(params=["memory", "stored"])
async def reports(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[HeartbeatStore]:
    """Give each adapter in turn."""
    async with AsyncExitStack() as stack:
        if request.param == "memory":
            yield MemoryHeartbeats()
        else:
            store = await stack.enter_async_context(open_sqlite(tmp_path / "f.db", FLEET_SERVICE))
            yield StoredHeartbeats(store, SystemClock())


async def test_nothing_is_known_of_a_kiosk_that_was_not_heard(reports: HeartbeatStore) -> None:
    await reports.put(seen())
    assert await reports.last("till-hb2") is None


async def test_all_that_operators_go_by_comes_back(reports: HeartbeatStore) -> None:
    told = {"queued": 3, "parked": 2, "quarantined": 1, "left": True, "left_at": 7}
    kept = seen(asked=NOW, why_not_left=("2 carts are open",), **told)
    await reports.put(kept)
    found = await reports.last(KIOSK)
    assert found is not None
    assert found.to_json() == kept.to_json()
    assert (found.left, found.left_at, found.leaving_since, found.queued) == (True, 7, NOW, 3)


async def test_the_time_alone_is_kept_once_a_minute(reports: HeartbeatStore) -> None:
    for after_s, kept_s in ((0, 0), (15, 0), (59.9, 0), (60, 60), (75, 60), (120, 120)):
        await reports.put(seen(after_s))
        found = await reports.last(KIOSK)
        assert found is not None
        assert found.seen_at == NOW + timedelta(seconds=kept_s)


@pytest.mark.parametrize(
    "change",
    [
        {"queued": 10},
        {"room": "stop"},
        {"free_bytes": 1 << 20},
        {"device_time": NOW + timedelta(seconds=11)},
        {"epoch_reason": "damaged", "epoch_acknowledged": False},
        {"frozen": 3},
        {"screen": {"holder": "c"}},
        {"parked": 1},
        {"quarantined": 1},
        {"refunds_to_give": ("HB1-1-000018: 30.00 EUR",)},
        {"left": True},
        {"ui": {"source": "standby", "image": "b", "standby_ready": True}},
        {"repairs": ({"name": "clock", "why": "a", "at": NOW, "outcome": "done"},)},
        {"left_at": 9},
        {"update_lock": {"until": NOW, "why": "doors", "by": "Max Manager"}},
        {"images": ({"image": "registry.example.com/a@sha256:b", "state": "ready"},)},
        {"why_not_left": ("a cart is open",)},
        {"agent_version": "0.2.0"},
        {"journal_id": "0197a000-0000-7000-8000-000000000009"},
        {"asked": NOW},
        {"stock": ({"event_id": "tide", "ticket_type_id": "adult", "left": 3},)},
    ],
)
async def test_what_has_changed_is_kept_at_once(
    reports: HeartbeatStore, change: dict[str, Any]
) -> None:
    await reports.put(seen())
    await reports.put(seen(1, **change))
    found = await reports.last(KIOSK)
    assert found is not None
    assert found.to_json() == seen(1, **change).to_json()


async def test_that_a_kiosk_ui_was_told_to_end_is_kept_at_once(reports: HeartbeatStore) -> None:
    for after_s, ends in ((0, False), (1, True), (2, False)):
        await reports.put(seen(after_s, screen={"holder": "a", "stopping": ends}))
        found = await reports.last(KIOSK)
        assert found is not None
        assert found.screen is not None
        assert found.screen.stopping is ends


@pytest.mark.parametrize(
    "change",
    [
        {"queued": 9},
        {"oldest_queued_at": NOW},
        {"last_sequence": 9, "last_settled_sale": 8},
        {"free_bytes": (1 << 30) + 5_000_000},
        {"device_time": NOW + timedelta(seconds=10)},
        {"stock": ({"event_id": "tide", "ticket_type_id": "adult", "left": 32, "held": 2},)},
        {"screen": {"holder": "a", "busy": True, "why": "a sale", "reported_ms_ago": 900}},
    ],
)
async def test_what_changes_with_each_sale_is_kept_with_the_time_alone(
    reports: HeartbeatStore, change: dict[str, Any]
) -> None:
    before = {"free_bytes": 1 << 30, "screen": {"holder": "a"}, "stock": stock(40)}
    await reports.put(seen(**before))
    await reports.put(seen(1, **{**before, **change}))
    found = await reports.last(KIOSK)
    assert found is not None
    assert found.seen_at == NOW
    await reports.put(late := seen(60, **{**before, **change}))
    found = await reports.last(KIOSK)
    assert found is not None
    assert found.to_json() == late.to_json()


def stock(left: int) -> list[dict[str, Any]]:
    return [{"event_id": "tide", "ticket_type_id": "adult", "left": left}]


async def test_stock_that_has_halved_is_kept_at_once(reports: HeartbeatStore) -> None:
    for after_s, left, kept in ((0, 40, 40), (1, 32, 40), (2, 31, 31), (3, 1, 1), (4, 0, 0)):
        await reports.put(seen(after_s, stock=stock(left)))
        found = await reports.last(KIOSK)
        assert found is not None
        assert [one.left for one in found.stock] == [kept]


async def test_the_last_outage_stays_known_after_the_report_that_told_it(
    reports: HeartbeatStore,
) -> None:
    await reports.put(seen(0, offline_since=NOW - timedelta(hours=3)))
    await reports.put(seen(60))
    found = await reports.last(KIOSK)
    assert found is not None
    assert found.offline_since is None
    assert found.was_offline_since == NOW - timedelta(hours=3)
    assert found.was_offline_until == NOW
    await reports.put(seen(120, offline_since=NOW + timedelta(seconds=90)))
    found = await reports.last(KIOSK)
    assert found is not None
    assert found.was_offline_until == NOW + timedelta(seconds=120)


async def test_of_one_that_is_watched_each_report_is_kept_but_none_that_comes_late(
    reports: HeartbeatStore,
) -> None:
    await reports.put(seen(5, screen={"holder": "a"}))
    for after_s in (9, 4):
        told = seen(after_s, screen={"holder": "a", "busy": True})
        await reports.put(told, watched=True)
        found = await reports.last(KIOSK)
        assert found is not None
        assert found.seen_at == NOW + timedelta(seconds=9)
        assert found.screen is not None
        assert found.screen.busy


async def test_a_report_that_comes_late_does_not_undo_a_later_one(reports: HeartbeatStore) -> None:
    await reports.put(seen(10, left=True))
    await reports.put(seen(9, parked=4))
    found = await reports.last(KIOSK)
    assert found is not None
    assert (found.left, found.parked) == (True, 0)


async def test_a_clock_that_was_ahead_keeps_no_reports_out(reports: HeartbeatStore) -> None:
    await reports.put(seen(3600))
    await reports.put(seen(0, parked=1))
    found = await reports.last(KIOSK)
    assert found is not None
    assert found.parked == 1


async def test_a_task_that_was_beaten_keeps_its_news_after_all(tmp_path: Path) -> None:
    async with open_sqlite(tmp_path / "f.db", FLEET_SERVICE) as store:
        faulty = FaultyStore(store)
        reports, rival = (
            StoredHeartbeats(faulty, SystemClock()),
            StoredHeartbeats(store, SystemClock()),
        )
        await reports.put(seen())

        async def earlier() -> None:
            await rival.put(seen(1, parked=1))

        faulty.let_rival_in(earlier)
        await reports.put(seen(2, parked=2))
        found = await reports.last(KIOSK)
        assert found is not None
        assert found.parked == 2


# Two tasks of the service


class Task:
    """One task of the service, with the store that it shares with the others."""

    def __init__(self, store: Store, clock: FakeFleetClock) -> None:
        self.store = store
        self.clock = clock
        self.heartbeats = Heartbeats(StoredHeartbeats(store, SystemClock()), clock)
        self.kiosks = Kiosks(store, clock)

    async def hears(self, **told: Any) -> None:
        asking = AskingKiosk(KIOSK, "harbour-hall", JOURNAL_ID, None)
        kiosk = await StoredKiosks(ReadsTogether(self.store), self.clock).find(KIOSK)
        await self.heartbeats.take(asking, heartbeat(**told), kiosk)


@asynccontextmanager
async def tasks(folder: Path, clock: FakeFleetClock) -> AsyncIterator[tuple[Task, Task]]:
    path = folder / "fleet.db"
    async with open_sqlite(path, FLEET_SERVICE) as one, open_sqlite(path, FLEET_SERVICE) as two:
        await Venues(one).put(Venue.model_validate(venue("harbour-hall", "HB1")))
        workspace = Workspace(one)
        planned = await workspace.fetch(KioskRecord, KIOSK)
        assert planned is not None
        hosted = {"standing": Standing.ACTIVE, "instance_id": "mi-0123456789abcdef0"}
        workspace.put(planned.model_copy(update=hosted), KIOSK)
        await workspace.commit()
        yield Task(one, clock), Task(two, clock)


async def test_a_kiosk_that_one_task_heard_is_retired_by_another_however_often_it_is_asked(
    tmp_path: Path,
) -> None:
    clock = FakeFleetClock()
    async with tasks(tmp_path, clock) as (first, second):
        await first.kiosks.leave(KIOSK)
        for number in range(8):
            clock.advance(15)
            await (first, second)[number % 2].hears(left=True, left_at=7)
            for asked in (first, second):
                detail = await asked.kiosks.get(KIOSK)
                assert detail.seen is not None
                assert (detail.seen.left, detail.seen.fresh) == (True, True)
        assert (await second.kiosks.retire(KIOSK)).standing is Standing.RETIRED
        assert (await first.kiosks.get(KIOSK)).standing is Standing.RETIRED


async def test_what_one_task_hears_while_another_retires_counts(tmp_path: Path) -> None:
    clock = FakeFleetClock()
    async with tasks(tmp_path, clock) as (first, second):
        await first.kiosks.leave(KIOSK)
        clock.advance(15)
        await first.hears(left=True)
        faulty = FaultyStore(second.store)

        async def records_again() -> None:
            clock.advance(1)
            await first.hears(left=False, why_not_left=("a cart is open",))

        faulty.let_rival_in(records_again)
        with pytest.raises(ProblemError, match="a cart is open"):
            await Kiosks(faulty, clock).retire(KIOSK)
        assert (await first.kiosks.get(KIOSK)).standing is Standing.ACTIVE


async def test_a_new_host_s_kiosk_has_not_been_heard(tmp_path: Path) -> None:
    clock = FakeFleetClock()
    async with tasks(tmp_path, clock) as (first, second):
        await first.kiosks.leave(KIOSK)
        await first.hears(left=True)
        assert (await second.kiosks.renew(KIOSK)).seen is None
