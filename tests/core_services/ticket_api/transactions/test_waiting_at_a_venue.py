"""Batches that tell one venue's gates go one after another: one that stalls piles up no others."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from core_services.ticket_api.transactions import service
from tests.support.faulty_store import FaultyStore
from tests.support.ticket_api import Caller, World, world
from tests.support.ticket_store import opened_store
from tests.support.till import Till

SETTLED = ("settled", "", None)
BUSY = ("retry", "upstream_busy", 2)


class Stalling:
    """A commit that does not come back until it is let go."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.go_on = asyncio.Event()

    async def __call__(self) -> None:
        self.begun.set()
        await self.go_on.wait()


async def told(caller: Caller, till: Till, *items: Any) -> list[tuple[object, ...]]:
    outcomes = await caller.upload(till.journal_id, *items)
    return [(each["status"], each["code"], each["retry_after_s"]) for each in outcomes]


async def test_who_waits_for_a_batch_that_stalls_is_told_to_come_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "_LONGEST_TURN_S", 0.2)
    (tmp_path / "own").mkdir()
    async with opened_store(tmp_path / "own") as own:
        faulty = FaultyStore(own)
        async with world(tmp_path, faulty) as api, asyncio.timeout(60):
            await _piled_up(api, faulty)


async def _piled_up(api: World, faulty: FaultyStore) -> None:
    first, second, other = Till(), Till(), Till()
    # The journal is known then: what is committed next is the batch.
    serials = await api.kiosk().serials(first.journal_id, 4)
    stalling = Stalling()
    faulty.let_rival_in(stalling)
    stalled = asyncio.create_task(told(api.kiosk(), first, first.admission(serials[0])))
    await stalling.begun.wait()
    items = [second.admission(serial) for serial in serials[1:3]]
    assert await told(api.kiosk("kiosk-b"), second, *items) == [BUSY, BUSY]
    # Another venue's gates wait for nothing.
    mill = api.kiosk("kiosk-m", "old-mill")
    assert await told(mill, other, other.admission(serials[3])) == [SETTLED]
    assert not stalled.done()
    stalling.go_on.set()
    assert await stalled == [SETTLED]
    assert await told(api.kiosk("kiosk-b"), second, *items) == [SETTLED, SETTLED]
