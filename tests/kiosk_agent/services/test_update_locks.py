"""An update lock over restarts, reboots and bad files; the heartbeat carries it and the screen."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from kiosk_agent.adapters.update_lock_file import LOCK_FILE, FileUpdateLock
from kiosk_agent.services.changes import Changes
from kiosk_agent.services.screens import ScreenDesk
from kiosk_agent.services.sessions import Heartbeats
from kiosk_agent.services.update_locks import NOTE_MS, UpdateLocks
from kiosk_contracts.problem import ProblemError
from kiosk_contracts.screens import ScreenReport
from kiosk_contracts.update_lock import SetUpdateLock, UpdateLock
from tests.support.clock import FakeClock
from tests.support.far_kit import at_work, kit_in


def locks_in(folder: Path, clock: FakeClock) -> UpdateLocks:
    return UpdateLocks(clock, Changes(), FileUpdateLock(folder))


def wanted(clock: FakeClock, **lasts: float) -> SetUpdateLock:
    return SetUpdateLock(until=clock.now() + timedelta(**lasts), why=" doors ")


async def test_it_is_kept_over_a_restart_and_lifted_once(tmp_path: Path) -> None:
    clock = FakeClock()
    with capture_logs() as logs:
        state = await locks_in(tmp_path, clock).set(wanted(clock, hours=2), None)
        found = locks_in(tmp_path, clock)
        until = clock.now() + timedelta(hours=2)
        assert found.in_force() == UpdateLock(until=until, why="doors", by="command line")
        assert state.update_lock == found.in_force()
        assert (await found.lift(None)).before == state.update_lock
        assert (await found.lift(None)).before is None
    assert locks_in(tmp_path, clock).in_force() is None
    assert [one["event"] for one in logs] == ["update_lock_set", "update_lock_lifted"]
    assert {(one["by"], one["why"]) for one in logs} == {("command line", "doors")}


@pytest.mark.parametrize(
    ("lasts", "code"),
    [
        ({"seconds": 0}, "update_lock_past"),
        ({"hours": -1}, "update_lock_past"),
        ({"hours": 12, "seconds": 1}, "update_lock_too_long"),
    ],
)
async def test_one_that_can_t_be_is_refused_and_changes_nothing(
    tmp_path: Path, lasts: dict[str, float], code: str
) -> None:
    clock = FakeClock()
    locks = locks_in(tmp_path, clock)
    first = await locks.set(wanted(clock, hours=12), None)
    with pytest.raises(ProblemError) as refused:
        await locks.set(wanted(clock, **lasts), None)
    assert refused.value.code == code
    assert locks.in_force() == locks_in(tmp_path, clock).in_force() == first.update_lock


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\x00", b'{"lock": {"until": "soon"}}'])
async def test_a_file_that_can_t_be_read_is_no_lock_and_is_told(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / LOCK_FILE).write_bytes(content)
    clock = FakeClock()
    with capture_logs() as logs:
        locks = locks_in(tmp_path, clock)
    assert locks.in_force() is None
    assert [one["event"] for one in logs] == ["update_lock_unreadable"]
    await locks.set(wanted(clock, hours=1), None)
    assert locks_in(tmp_path, clock).in_force() is not None


async def test_it_ends_by_itself_and_that_is_told(tmp_path: Path) -> None:
    async with kit_in(tmp_path) as kit:
        changes = Changes()
        locks = UpdateLocks(kit.clock, changes, FileUpdateLock(tmp_path))
        await locks.set(wanted(kit.clock, seconds=5), None)
        seen = changes.version
        with capture_logs() as logs:
            async with at_work(lambda: locks.run(kit.here.journal)):
                await kit.clock.wait_for_sleepers()
                kit.clock.advance(5)
                await changes.beyond(seen)
        assert not (tmp_path / LOCK_FILE).exists()
        assert [one["event"] for one in logs] == ["update_lock_ended"]


async def test_turning_the_clock_back_over_a_reboot_adds_nothing(tmp_path: Path) -> None:
    async with kit_in(tmp_path) as kit:
        clock = kit.clock
        locks = locks_in(tmp_path, clock)
        await locks.set(wanted(clock, hours=1), None)
        before = clock.now()
        async with at_work(lambda: locks.run(kit.here.journal)):
            await clock.wait_for_sleepers()
            slept = len(clock.slept)
            clock.advance(NOTE_MS / 1000)
            await clock.until_slept(lambda all_of_them: len(all_of_them) > slept)
        clock.set_wall(before + timedelta(minutes=5))
        clock.reboot(away_s=0)
        again = locks_in(tmp_path, clock)
        assert again.in_force() is not None
        clock.set_wall(before)
        assert again.in_force() is None, "behind the last look"


async def test_a_clock_behind_the_journal_ends_it_after_a_reboot(tmp_path: Path) -> None:
    clock = FakeClock()
    await locks_in(tmp_path, clock).set(wanted(clock, hours=1), None)
    journal = _RecordedLast(clock.now() + timedelta(minutes=10))
    clock.reboot(away_s=300)
    locks = locks_in(tmp_path, clock)
    async with at_work(lambda: locks.run(journal)):  # type: ignore[arg-type]
        async with asyncio.timeout(20):
            await journal.was_read.wait()
            while locks.in_force() is not None:
                await locks._changes.beyond(0)
    assert not (tmp_path / LOCK_FILE).exists()


class _RecordedLast:
    """A journal that knows one time."""

    def __init__(self, at: datetime) -> None:
        self._at = at
        self.was_read = asyncio.Event()

    async def read(self, _work: Any) -> datetime:
        self.was_read.set()
        return self._at


async def test_a_heartbeat_carries_the_lock_and_the_screen(tmp_path: Path) -> None:
    async with kit_in(tmp_path) as kit:
        locks = locks_in(tmp_path, kit.clock)
        state = await locks.set(wanted(kit.clock, hours=1), None)
        screens = ScreenDesk(kit.clock, Changes())
        told_to_end = ScreenReport(busy=True, why="a sale", holds=True, stopping=True)
        screens.report("till", told_to_end)
        heartbeats = Heartbeats(
            kit.here,
            kit.there,
            kit.leaving,
            kit.retiring,
            kit.images,
            every_s=15,
            agent_version="0.1.0",
            screen=lambda: screens.seen().state(),
            update_lock=locks.in_force,
        )
        async with at_work(heartbeats.run):
            await kit.clock.wait_for_sleepers()
        [report] = kit.far.heartbeats
    assert state.update_lock is not None
    assert report["update_lock"] == state.update_lock.to_json()
    assert report["screen"] == {
        "holder": "till",
        "busy": True,
        "why": "a sale",
        "stopping": True,
        "reported_ms_ago": 0,
        "screens": 1,
    }
