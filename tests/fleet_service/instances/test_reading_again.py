"""What changed alone is read again, and it comes to what reading everything does."""

import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from cloud_store.port import Item, Key, Store, StoreError, Write
from cloud_store.records import Record
from cloud_store.sqlite import FLEET_SERVICE, open_sqlite
from cloud_store.workspace import Workspace, key_of
from fleet_service.calendars.records import CalendarRecord
from fleet_service.heartbeats.stored import SeenRecord
from fleet_service.instances.gathering import Gathering
from fleet_service.instances.records import SWEEPS, HostLookRecord, SweepRecord
from fleet_service.instances.service import WHOLE_EVERY_S, Instances
from fleet_service.instances.sweeping import sources_of
from fleet_service.sessions.ports import RegisteredKiosk
from fleet_service.stream.changes import StreamChanges
from fleet_service.stream.keeping import Entries, MarkWriter
from fleet_service.stream.marking import MarkingStore, Pending
from fleet_service.venues.records import KioskRecord
from fleet_service.venues.service import Venues
from kiosk_contracts.venues import Standing, Venue
from tests.support.fleet import JOURNAL_ID, FakeFleetClock
from tests.support.fleet_views import NOW
from tests.support.operators import venue

SOURCES = sources_of(["eu-central-1"], ["eu-central-1/north", "eu-central-1/south"])
HOSTS = [f"mi-0123456789abcdef{number}" for number in range(4)]
KIOSKS = ["HB1", "HB2", "OM1", "PI1"]
VENUES = ["harbour-hall", "old-mill", "pier"]
Listed = list[RegisteredKiosk]


@dataclass
class Counting:
    """A store that counts which items were read, and fails when it is told to."""

    inner: Store
    keys: list[Key] = field(default_factory=list)
    partitions: list[str] = field(default_factory=list)
    fails_at: str = ""

    async def get(self, key: Key) -> Item | None:
        return await self.inner.get(key)

    async def get_many(self, keys: Sequence[Key]) -> list[Item | None]:
        self.keys += keys
        if any(key.kind == self.fails_at for key in keys):
            raise StoreError("away")
        return await self.inner.get_many(keys)

    async def query(self, kind: str, pk: str, *, after: str = "", limit: int = 100) -> list[Item]:
        self.partitions.append(kind)
        return await self.inner.query(kind, pk, after=after, limit=limit)

    async def commit(self, writes: Sequence[Write]) -> None:
        await self.inner.commit(writes)


class Task:
    """A task of the service: what it writes is marked when a test lets it."""

    def __init__(self, store: Store, clock: FakeFleetClock, listed: Listed) -> None:
        self.entries, pending = Entries(store), Pending()
        self.store = MarkingStore(store, pending)
        self.marks = MarkWriter(self.entries, pending).write_all
        self.reads = Counting(self.store)
        changes = StreamChanges(self.entries, pending)
        gathering = Gathering(self.reads, SOURCES, lambda: tuple(listed))
        self.instances = Instances(gathering, clock, self.entries.newest_id, changes)

    async def write(self, record: Record | None, kind: type[Record], pk: str, sk: str) -> None:
        workspace = Workspace(self.store)
        await workspace.load([key_of(kind, pk, sk)])
        if record is None:
            workspace.delete(kind, pk, sk)
        else:
            workspace.put(record, pk, sk)
        await workspace.commit()


@dataclass
class Tasks:
    """Two tasks of the service on one store, and one kiosks file."""

    one: Task
    other: Task
    store: Store
    clock: FakeFleetClock
    listed: Listed

    async def agree(self) -> None:
        """Check that the first task's view is what everything comes to that the store has."""
        whole = await Gathering(self.store, SOURCES, lambda: tuple(self.listed)).gather()
        seen = await self.one.instances.snapshot(older_s=0)
        kiosks = [(one.venue.venue_id, one.kiosk) for one in seen.kiosks]
        expected = [(one.venue.venue_id, each) for one in whole.venues for each in one.kiosks]
        assert kiosks == expected
        assert [one.venue for one in seen.venues] == [one.venue for one in whole.venues]
        assert seen.sweeps == whole.sweeps


@pytest.fixture
async def tasks(tmp_path: Path) -> AsyncIterator[Tasks]:
    clock, listed = FakeFleetClock(), Listed()
    async with open_sqlite(tmp_path / "fleet.db", FLEET_SERVICE) as store:
        one, other = (Task(store, clock, listed) for _ in range(2))
        yield Tasks(one, other, store, clock, listed)


def report(queued: int) -> SeenRecord:
    told = dict.fromkeys(("parked", "quarantined"), 0)
    named = {"kiosk_id": "k", "seen_at": NOW, "agent_version": "1", "journal_id": JOURNAL_ID}
    return SeenRecord.model_validate({**named, **told, "queued": queued})


async def anything(tasks: Tasks, task: Task, chance: random.Random) -> None:
    """Write something of what a view is made of."""
    code, venue_id, host = chance.choice(KIOSKS), chance.choice(VENUES), chance.choice(HOSTS)
    kiosk_id, source = f"till-{code.lower()}", chance.choice(SOURCES)
    gone = chance.random() < 0.3
    match chance.randrange(7):
        case 0:
            codes = [] if gone else [code]
            wanted = Venue.model_validate(venue(venue_id, *codes, name=chance.choice("AB")))
            await Venues(task.store).put(wanted)
        case 1:
            record = KioskRecord(
                kiosk_code=code, venue_id=venue_id, standing=Standing.ACTIVE, instance_id=host
            )
            await task.write(None if gone else record, KioskRecord, kiosk_id, "-")
        case 2:
            seen = None if gone else report(chance.randrange(9))
            await task.write(seen, SeenRecord, kiosk_id, "-")
        case 3:
            look = HostLookRecord(status=chance.choice(["ACTIVE", "DRAINING"]))
            await task.write(None if gone else look, HostLookRecord, source.name, host)
        case 4:
            told = {"event_id": "e", "name": "E", "begins": NOW, "ends": NOW + timedelta(hours=1)}
            calendar = CalendarRecord.model_validate({"events": [told]})
            await task.write(None if gone else calendar, CalendarRecord, venue_id, "-")
        case 5:
            await task.write(SweepRecord(looked_at=NOW), SweepRecord, SWEEPS, source.name)
        case _:
            tasks.listed[:] = []
            if not gone:
                named = {"kiosk_id": kiosk_id, "kiosk_code": code, "instance_id": host}
                tasks.listed.append(
                    RegisteredKiosk(**named, venue_id=venue_id, venue_name="Listed")
                )


@pytest.mark.parametrize("seed", range(3))
async def test_a_view_of_what_changed_is_a_view_of_everything(tasks: Tasks, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  what happens, not a secret
    await tasks.agree()
    for _ in range(70):
        for _ in range(chance.randrange(1, 4)):
            task = chance.choice([tasks.one, tasks.other])
            try:
                await anything(tasks, task, chance)
            except Exception as error:  # noqa: BLE001  what the plan refuses is no change
                assert type(error).__name__ == "ProblemError"  # noqa: PT017
        # Its own counts before it is marked; another's then.
        await tasks.other.marks()
        if chance.random() < 0.5:
            await tasks.one.marks()
        await tasks.agree()


async def test_one_report_is_one_read_and_everything_is_read_once_a_minute(tasks: Tasks) -> None:
    for venue_id, code in zip(VENUES, KIOSKS[1:], strict=True):
        await Venues(tasks.one.store).put(Venue.model_validate(venue(venue_id, code)))
    await tasks.one.marks()
    for _ in range(2):
        await tasks.agree()
    await tasks.other.write(report(3), SeenRecord, "till-om1", "-")
    await tasks.other.marks()
    reads = tasks.one.reads
    reads.keys.clear()
    reads.partitions.clear()
    await tasks.agree()
    of_kiosks = {SeenRecord.store_kind, KioskRecord.store_kind}
    assert {key.pk for key in reads.keys if key.kind in of_kiosks} == {"till-om1"}
    assert HostLookRecord.store_kind not in reads.partitions
    # Written, and then whoever wrote it died before it was marked.
    await Task(tasks.store, tasks.clock, []).write(report(4), SeenRecord, "till-om1", "-")
    tasks.clock.advance(WHOLE_EVERY_S)
    await tasks.agree()


async def test_what_was_read_half_is_read_whole_the_next_time(tasks: Tasks) -> None:
    await Venues(tasks.one.store).put(Venue.model_validate(venue("old-mill", "OM1")))
    await tasks.agree()
    await tasks.one.write(report(3), SeenRecord, "till-om1", "-")
    tasks.one.reads.fails_at = SeenRecord.store_kind
    with pytest.raises(StoreError):
        await tasks.one.instances.snapshot(older_s=0)
    tasks.one.reads.fails_at = ""
    await tasks.agree()
