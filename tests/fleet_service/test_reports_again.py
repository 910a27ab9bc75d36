"""A report that says the same again is kept by its time, with nothing read, as if it were read."""

import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from cloud_store.port import Store
from cloud_store.sqlite import FLEET_SERVICE, open_sqlite
from fleet_service.heartbeats.last_seen import LastSeen
from fleet_service.heartbeats.memory import MemoryHeartbeats
from fleet_service.heartbeats.ports import HeartbeatStore
from fleet_service.heartbeats.service import Heartbeats
from fleet_service.heartbeats.stored import StoredHeartbeats
from fleet_service.sessions.ports import RegisteredKiosk
from fleet_service.sessions.tokens import AskingKiosk
from fleet_service.stream.following import Following
from fleet_service.stream.keeping import Entries
from fleet_service.stream.marking import MarkingStore, Pending
from kiosk_contracts.heartbeats import Heartbeat
from tests.support.fleet import JOURNAL_ID, FakeFleetClock

KIOSK = "till-hb1"
ASKING = AskingKiosk(KIOSK, "harbour-hall", UUID(str(JOURNAL_ID)), None)


def registered(leaving_since: datetime | None = None) -> RegisteredKiosk:
    return RegisteredKiosk(
        kiosk_id=KIOSK,
        kiosk_code="HB1",
        venue_id="harbour-hall",
        venue_name="Harbour Hall",
        leaving=leaving_since is not None,
        leaving_since=leaving_since,
    )


class Task:
    """One task of the service that follows what others keep, and counts what it reads."""

    def __init__(self, store: Store, clock: FakeFleetClock) -> None:
        self.inner = store
        self.reads = 0
        self.clock = clock
        self.pending = Pending()
        self.entries = Entries(store)
        self.following = Following(self.entries, self.pending, clock)
        marking = MarkingStore(self, self.pending)  # type: ignore[arg-type]  as it is used here
        self.stored: HeartbeatStore = StoredHeartbeats(
            marking, clock, followed=self.following.instances
        )
        self.heartbeats = Heartbeats(self.stored, clock)

    async def get_many(self, keys: Any) -> Any:
        self.reads += 1
        return await self.inner.get_many(keys)

    async def commit(self, writes: Any) -> None:
        await self.inner.commit(writes)

    async def hears(self, body: bytes, kiosk: RegisteredKiosk | None = None) -> None:
        report = self.heartbeats.read(ASKING, body)
        await self.heartbeats.keep(report, kiosk, self.heartbeats.look(KIOSK))

    async def waits(self, seconds: float) -> None:
        """Let time pass, and hear of others meanwhile."""
        for _ in range(4):
            self.clock.advance(seconds / 4)
            if marks := self.pending.take(100):
                await self.entries.append(marks)
            await self.following.look()


@asynccontextmanager
async def two_tasks(folder: Path) -> AsyncIterator[tuple[Task, Task]]:
    clock, path = FakeFleetClock(), folder / "fleet.db"
    async with open_sqlite(path, FLEET_SERVICE) as one, open_sqlite(path, FLEET_SERVICE) as two:
        both = Task(one, clock), Task(two, clock)
        for task in both:
            await task.following.look()
        yield both


def body(clock: FakeFleetClock, **told: Any) -> bytes:
    report = {
        "kiosk_id": KIOSK,
        "journal_id": str(JOURNAL_ID),
        "epoch": 1,
        "agent_version": "0.1.0",
        "device_time": clock.now().isoformat(),
        "last_sequence": 7,
        "queued": 0,
        "parked": 0,
        "quarantined": 0,
    }
    return json.dumps({**report, **told}).encode()


async def last(task: Task) -> LastSeen:
    found = await StoredHeartbeats(task.inner, task.clock).last(KIOSK)
    assert found is not None
    return found


async def test_who_says_the_same_again_is_kept_each_minute_and_nothing_is_read(
    tmp_path: Path,
) -> None:
    async with two_tasks(tmp_path) as (task, _):
        await task.hears(body(task.clock))
        before = task.reads
        for _ in range(3):
            for _ in range(4):
                await task.waits(15)
                await task.hears(body(task.clock))
            assert (await last(task)).seen_at == task.clock.now()
        assert task.reads == before


async def test_what_another_task_kept_meanwhile_is_read_again_and_gone_on_from(
    tmp_path: Path,
) -> None:
    async with two_tasks(tmp_path) as (task, rival):
        await task.hears(body(task.clock))
        await task.waits(15)
        await rival.hears(body(task.clock, parked=2))
        await rival.waits(1)
        await task.waits(1)
        before = task.reads
        await task.hears(body(task.clock))
        assert (await last(task)).parked == 0, "it is news after what the other kept"
        assert task.reads == before + 1


async def test_a_rival_whose_mark_is_still_to_come_is_met_by_the_write_s_condition(
    tmp_path: Path,
) -> None:
    async with two_tasks(tmp_path) as (task, rival):
        await task.hears(body(task.clock))
        await task.waits(59)
        # A later report by another task, of which nothing is heard yet.
        await rival.hears(body(task.clock, parked=2))
        await task.waits(1)
        late = body(task.clock)
        await task.hears(late)
        found = await last(task)
        assert (found.parked, found.seen_at) == (0, task.clock.now())


async def test_what_another_kept_while_a_write_s_answer_was_late_is_not_forgotten(
    tmp_path: Path,
) -> None:
    async with two_tasks(tmp_path) as (task, rival):
        await task.hears(body(task.clock))
        await task.waits(61)
        commit = task.commit

        async def late(writes: Any) -> None:
            await commit(writes)
            task.clock.advance(1)
            await rival.following.look()
            await rival.hears(body(task.clock, parked=2))
            await rival.waits(1)
            await task.following.look()

        task.commit = late  # type: ignore[method-assign]
        await task.hears(body(task.clock))
        task.commit = commit  # type: ignore[method-assign]
        assert (await last(task)).parked == 2
        await task.hears(body(task.clock))
        assert (await last(task)).parked == 0, "it is news after what the other kept"


async def test_a_report_that_was_overtaken_undoes_no_later_one(tmp_path: Path) -> None:
    async with two_tasks(tmp_path) as (task, _):
        stored = task.stored
        earlier = task.heartbeats.read(ASKING, body(task.clock))
        at = task.clock.now()
        task.clock.advance(2)
        await task.hears(body(task.clock))
        await task.hears(body(task.clock))
        again = task.heartbeats.read(ASKING, body(task.clock))
        assert await stored.put_again(KIOSK, earlier.gist(at, None), again.mark, watched=True)
        assert (await last(task)).seen_at == task.clock.now()


@pytest.mark.parametrize("seed", range(12))
async def test_a_history_at_two_tasks_ends_as_one_that_is_read_in_full(
    tmp_path: Path, seed: int
) -> None:
    rng = random.Random(seed)  # noqa: S311  a history, not a secret
    async with two_tasks(tmp_path) as both:
        clock, plain = both[0].clock, MemoryHeartbeats()
        started, leaving, told = clock.now(), None, dict[str, Any]()
        for _ in range(60):
            if rng.random() < 0.15:
                since = (started + timedelta(seconds=rng.randrange(60))).isoformat()
                told = rng.choice([{}, {"parked": rng.randrange(3)}, {"offline_since": since}])
            if rng.random() < 0.05:
                leaving = None if leaving else clock.now()
            task, raw = rng.choice(both), body(clock, **told)
            await task.hears(raw, registered(leaving))
            whole = Heartbeat.model_validate(json.loads(raw))
            await plain.put(LastSeen.of(whole, clock.now(), leaving))
            expected = await plain.last(KIOSK)
            assert expected is not None
            assert (await last(task)).to_json() == expected.to_json()
            await both[0].waits(rng.choice([1, 15, 15, 61]))
            await both[1].waits(0)
            await both[0].waits(0)
