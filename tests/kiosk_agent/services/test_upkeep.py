"""When the journal's file is checked and rewritten, and what is said of findings."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from uuid6 import uuid7

from kiosk_agent.services.agent_state import AgentState
from kiosk_agent.services.room import Room
from kiosk_agent.services.upkeep import REWRITTEN_AT_MOST_BYTES, FileKeeper
from kiosk_contracts.problem import ProblemCode, ProblemError
from tests.support.archiving import settle
from tests.support.disk import FakeDisk
from tests.support.ui_socket import Till, till_in

ROUND_S = 600.0
DAY_S = 24 * 3600.0


@dataclass
class _Upkeep:
    """An Upkeep whose answers a test sets."""

    findings: Sequence[str] | None = ()
    checks: int = 0
    rewrites: int = 0
    error: ProblemError | None = None

    async def check(self) -> Sequence[str] | None:
        self.checks += 1
        return self.findings

    async def rewrite(self) -> bool:
        self.rewrites += 1
        if self.error is not None:
            raise self.error
        return True


@dataclass
class _Bench:
    till: Till
    upkeep: _Upkeep
    state: AgentState
    disk: FakeDisk = field(default_factory=FakeDisk)

    async def pass_time(self, seconds: float = ROUND_S) -> None:
        """Let rounds happen until so much time has passed."""
        for _ in range(int(seconds // ROUND_S)):
            await self.till.clock.advance_when_asleep(ROUND_S)
            await self.till.clock.wait_for_sleepers()

    def size(self, size: int) -> None:
        """Pretend that the file has this size and can't shrink."""
        writer = self.till.opened.journal._committer._writer
        writer.unshrinkable_bytes = lambda: size  # type: ignore[method-assign]


@asynccontextmanager
async def _bench(folder: Path) -> AsyncIterator[_Bench]:
    async with till_in(folder) as till:
        kiosk = till.desk.kiosk
        bench = _Bench(till, _Upkeep(), AgentState(kiosk.changes))
        kiosk.room.disk = bench.disk
        task = asyncio.create_task(FileKeeper(kiosk, bench.upkeep, bench.state).run())
        try:
            await till.clock.wait_for_sleepers()
            yield bench
        finally:
            task.cancel()
            ended = await asyncio.gather(task, return_exceptions=True)
            assert isinstance(ended[0], asyncio.CancelledError)


async def test_a_start_is_not_delayed_and_then_it_is_checked_once_a_day(tmp_path: Path) -> None:
    async with _bench(tmp_path) as bench:
        assert bench.upkeep.checks == 0
        await bench.pass_time()
        assert bench.upkeep.checks == 1
        await bench.pass_time(DAY_S - ROUND_S)
        assert bench.upkeep.checks == 1
        await bench.pass_time(ROUND_S)
        assert bench.upkeep.checks == 2


async def test_nothing_is_done_while_the_kiosk_is_at_work(tmp_path: Path) -> None:
    async with _bench(tmp_path) as bench:
        bench.size(1)
        await bench.till.opened.append()
        await bench.pass_time(3 * ROUND_S)
        assert (bench.upkeep.checks, bench.upkeep.rewrites) == (0, 0)


async def test_what_waits_for_a_line_keeps_the_file_from_no_check(tmp_path: Path) -> None:
    async with _bench(tmp_path) as bench:
        bench.till.line.up = False
        await bench.till.opened.append()
        await bench.pass_time(3 * ROUND_S)
        assert bench.upkeep.checks == 1


async def test_a_check_that_gave_way_is_begun_again_in_the_next_round(tmp_path: Path) -> None:
    async with _bench(tmp_path) as bench:
        bench.upkeep.findings = None
        await bench.pass_time(3 * ROUND_S)
        assert bench.upkeep.checks == 3
        assert bench.state.warnings() == ()


async def test_findings_are_a_warning_until_a_check_finds_none(tmp_path: Path) -> None:
    async with _bench(tmp_path) as bench:
        bench.upkeep.findings = ["row 7 missing from index", "another"]
        await bench.pass_time()
        [warning] = bench.state.warnings()
        assert warning.code == "journal_damaged"
        assert "row 7 missing" in warning.text
        assert "Selling goes on" in warning.hint
        bench.upkeep.findings = []
        await bench.pass_time(DAY_S)
        assert bench.state.warnings() == ()


@pytest.mark.parametrize(
    ("size", "rewrites"),
    [(0, 0), (1, 1), (REWRITTEN_AT_MOST_BYTES, 1), (REWRITTEN_AT_MOST_BYTES + 1, 0)],
)
async def test_a_small_file_that_cannot_shrink_is_rewritten(
    tmp_path: Path, size: int, rewrites: int
) -> None:
    async with _bench(tmp_path) as bench:
        bench.size(size)
        await bench.pass_time()
        assert bench.upkeep.rewrites == rewrites


@pytest.mark.parametrize(("spare", "rewrites"), [(0, 1), (-1, 0)])
async def test_it_is_rewritten_only_where_there_is_room_for_that(
    tmp_path: Path, spare: int, rewrites: int
) -> None:
    async with _bench(tmp_path) as bench:
        bench.size(1_000_000)
        bench.disk.free = 3_000_000 + Room().limits.stop_bytes + spare
        await bench.pass_time()
        assert bench.upkeep.rewrites == rewrites


async def test_a_rewrite_that_fails_is_tried_again_and_stops_nothing(tmp_path: Path) -> None:
    async with _bench(tmp_path) as bench:
        bench.size(1)
        bench.upkeep.error = ProblemError(507, ProblemCode.STORAGE_FULL, "Full")
        await bench.pass_time(2 * ROUND_S)
        assert bench.upkeep.rewrites == 2


async def test_a_cart_in_payment_is_work(tmp_path: Path) -> None:
    async with _bench(tmp_path) as bench:
        till = bench.till
        await till.opened.stock(1)
        await till.open_shift()
        txn_id = uuid7()
        await till.put_cart(txn_id, adult=1)
        await till.ask("POST", f"/v1/carts/{txn_id}/payment")
        await settle(till)
        await bench.pass_time(2 * ROUND_S)
        assert bench.upkeep.checks == 0
