"""What can wait for room waits: nothing is fetched that would fill the disk further."""

from pathlib import Path
from typing import Any

from kiosk_agent.services.room import Room
from kiosk_agent.services.stocking import Stocking
from kiosk_agent.services.syncer import Syncer
from kiosk_contracts.serials import format_serial
from tests.support.disk import FakeDisk
from tests.support.far_kit import Kit, at_work, kit_in
from tests.support.far_side import event

FETCHES = ("/v1/catalogue", "/v1/keys", "/v1/gate-feed")


def _fact(cursor: int) -> dict[str, Any]:
    return {
        "cursor": cursor,
        "fact": "admitted",
        "serial": format_serial(cursor),
        "event_id": "tide",
        "at": "2026-11-23T19:00:00Z",
        "gate": "South",
    }


def _syncer(kit: Kit) -> Syncer:
    return Syncer(kit.here, kit.there, every_s=30)


async def test_catalogue_keys_and_gate_feed_wait_and_go_on_by_themselves(tmp_path: Path) -> None:
    async with kit_in(tmp_path) as kit:
        disk = FakeDisk(free=0)
        kit.here.room.disk = disk
        syncer = _syncer(kit)
        async with at_work(syncer.run_catalogue, syncer.run_keys, syncer.run_gate_feed):
            await kit.clock.advance_when_asleep(40, sleepers=3)
            await kit.clock.wait_for_sleepers(3)
            assert [kit.far.requests[path] for path in FETCHES] == [0, 0, 0]
            disk.free = 10**9
            kit.clock.advance(40)
            await kit.far.until(lambda: all(kit.far.requests[path] for path in FETCHES))


async def test_a_feed_of_many_pages_stops_where_the_room_ends(tmp_path: Path) -> None:
    async with kit_in(tmp_path) as kit:
        disk = FakeDisk()
        kit.here.room.disk = _EndsAfter(disk, looks=2)
        kit.far.feed = [_fact(cursor) for cursor in range(1, 1200)]
        async with at_work(_syncer(kit).run_gate_feed):
            await kit.clock.wait_for_sleepers()
        cursor = await kit.open.journal.read(lambda reader: reader.gate_cursor())
    assert kit.far.requests["/v1/gate-feed"] == 1
    assert cursor == 500


class _EndsAfter(FakeDisk):
    """A disk that is full from the n-th look on."""

    def __init__(self, disk: FakeDisk, looks: int) -> None:
        super().__init__(disk.free)
        self._looks = looks

    def free_bytes(self) -> int:
        self._looks -= 1
        return self.free if self._looks >= 0 else 0


async def test_no_stock_is_asked_for_that_could_not_be_sold(tmp_path: Path) -> None:
    async with kit_in(tmp_path) as kit:
        disk = FakeDisk(free=0)
        kit.here.room.disk = disk
        kit.far.catalogue["events"] = [event()]
        syncing = Syncer(kit.here, kit.there, every_s=30)
        await syncing._sync_catalogue()
        stocking = Stocking(kit.here, kit.there, every_s=30, ask_again_s=300)
        async with at_work(stocking.run):
            await kit.clock.wait_for_sleepers()
            assert kit.far.allotments == {}
            disk.free = 10**9
            kit.clock.advance(1)
            await kit.clock.advance_when_asleep(40)
            await kit.far.until(lambda: bool(kit.far.allotments))


def test_a_room_that_nobody_counts_is_never_short() -> None:
    assert not Room().is_short()
