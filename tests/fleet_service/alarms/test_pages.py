"""Pages of alarms are read once a second however many look, and what was done here is in them."""

from datetime import timedelta
from pathlib import Path

from cloud_store.port import Item, Key, Store, Write
from cloud_store.sqlite import FLEET_SERVICE, open_sqlite
from cloud_store.workspace import Workspace
from fleet_service.alarms.records import NOW, AlarmRecord
from fleet_service.alarms.service import Alarms, WantedAlarms
from kiosk_contracts.alarms import AcknowledgeAlarm, SetSilence
from tests.support.fleet import FakeFleetClock

ALARM = "mill.mill-a.parked"


class Counting:
    """A store that counts how often partitions are read."""

    def __init__(self, inner: Store) -> None:
        self._inner = inner
        self.queries = 0

    async def get(self, key: Key) -> Item | None:
        return await self._inner.get(key)

    async def get_many(self, keys: list[Key]) -> list[Item | None]:
        return await self._inner.get_many(keys)

    async def query(self, kind: str, pk: str, *, after: str = "", limit: int = 100) -> list[Item]:
        self.queries += kind == AlarmRecord.store_kind and after == ""
        return await self._inner.query(kind, pk, after=after, limit=limit)

    async def commit(self, writes: list[Write]) -> None:
        await self._inner.commit(writes)


async def test_they_are_read_once_a_second_and_at_once_after_a_change(tmp_path: Path) -> None:
    clock = FakeFleetClock()
    async with open_sqlite(tmp_path / "f.db", FLEET_SERVICE) as inner:
        workspace = Workspace(inner)
        workspace.is_new(AlarmRecord, NOW, ALARM)
        at = clock.now()
        record = AlarmRecord(venue_id="mill", cause="parked", words="3", seen_since=at)
        workspace.put(record.model_copy(update={"opened_at": at}), NOW, ALARM)
        await workspace.commit()
        store = Counting(inner)
        alarms = Alarms(store, clock)  # type: ignore[arg-type]  lists are sequences

        async def acknowledged(*, yes: bool) -> int:
            page = await alarms.page(WantedAlarms(acknowledged=yes), "", 10)
            return len(page.alarms)

        for _ in range(3):
            assert await acknowledged(yes=False) == 1
        assert store.queries == 1
        clock.advance(1)
        await acknowledged(yes=False)
        assert store.queries == 2
        await alarms.acknowledge(ALARM, AcknowledgeAlarm(note="seen to"), "Ana")
        assert await acknowledged(yes=True) == 1
        until = clock.now() + timedelta(hours=1)
        await alarms.silence(ALARM, SetSilence(until=until, reason="building"), "Ana")
        assert len((await alarms.page(WantedAlarms(silenced=True), "", 10)).alarms) == 1
        await alarms.end_silence(ALARM)
        assert len((await alarms.page(WantedAlarms(silenced=False), "", 10)).alarms) == 1
