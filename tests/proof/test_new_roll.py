"""A kiosk that lost its journal sells on, at a real ticket API and without an operator."""

import random
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import pytest

from kiosk_agent.services.reserving import Reserving
from kiosk_contracts.catalogue import Event
from tests.proof import kiosk_at_work
from tests.proof.kiosk_at_work import ImpatientClock, KioskAtWork, kiosk_in
from tests.proof.kiosks_together import LineToApi
from tests.support.ticket_api import EVENT, NOW, World, event, world

ROLL, RESERVE = 40, 4


class _Line(LineToApi):
    async def open_session(self, journal_id: UUID) -> None:  # type: ignore[override]
        del journal_id


def _show() -> Event:
    kinds = [one.to_json() for one in event().ticket_types]
    kinds[0]["capacity"] = 500
    return event(
        ticket_types=kinds,
        stock_rule={"per_kiosk": ROLL, "keep_back": 0, "top_up_below": 20},
        starts_at="2027-02-01T19:30:00Z",
        sales_close_at="2027-02-01T20:00:00Z",
    )


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path, None, _show()) as api:
        yield api


@asynccontextmanager
async def _at_work(folder: Path, api: World, clock: ImpatientClock) -> AsyncIterator[KioskAtWork]:
    line = _Line(api.kiosk("kiosk-1"), random.Random(1))
    line.losing = 0.0
    names = {"kiosk_id": "kiosk-1", "kiosk_code": "HB1", "event_id": EVENT}
    async with kiosk_in(folder, line, clock, **names) as kiosk:
        await kiosk.begin()
        yield kiosk


def _reserving(kiosk: KioskAtWork) -> Reserving:
    there = kiosk.epochs._there
    return Reserving(
        kiosk.here, there, kiosk.reserve, per_type=RESERVE, every_s=30, ask_again_s=300
    )


async def _rounds(kiosk: KioskAtWork, *, count: int = 3) -> None:
    for _ in range(count):
        await kiosk.epochs._check()
        await _reserving(kiosk).fill()
        kiosk.here.clock.advance(400)  # type: ignore[attr-defined]
        await kiosk.top_up()


async def _roll(kiosk: KioskAtWork) -> int:
    counts = await kiosk.here.journal.read(lambda reader: reader.stock_counts())
    return counts.get((EVENT, "adult"), (0, 0))[0]


def _sealed(kiosk: KioskAtWork) -> int:
    reserve = kiosk.reserve.load()
    return reserve.tickets() if reserve else 0


@pytest.mark.parametrize("what", ["damaged", "lost with all", "other host", "reinstalled"])
async def test_after_a_loss_it_has_a_whole_roll_and_a_reserve_again_and_once_more_after_a_write_off(
    tmp_path: Path, api: World, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    folder, clock = tmp_path / "kiosk", ImpatientClock(wall=NOW)
    folder.mkdir()
    async with _at_work(folder, api, clock) as kiosk:
        await _rounds(kiosk)
        assert (await _roll(kiosk), _sealed(kiosk)) == (ROLL, RESERVE)
        if what == "reinstalled":
            await kiosk.draining.set(on=True)
            await kiosk.drain()
    match what:
        case "damaged":
            data = bytearray((folder / "journal.db").read_bytes())
            data[20] ^= 0xFF
            (folder / "journal.db").write_bytes(bytes(data))
        case "other host":
            monkeypatch.setattr(kiosk_at_work, "HOST_ID", "machine:bbbb")
        case _:
            shutil.rmtree(folder)
            folder.mkdir()
    async with _at_work(folder, api, clock) as kiosk:
        await _rounds(kiosk)
        assert await _roll(kiosk) == ROLL
        for _ in range(ROLL + 5):
            await kiosk.sell(adult=1)
            await kiosk.drain()
            clock.advance(400)
            await kiosk.top_up()
        line = await api.line()
        assert line["taken"] - line["sold"] <= 2 * ROLL + RESERVE
        await _write_off_what_is_left(api, kiosk)
        await _rounds(kiosk)
        assert (await _roll(kiosk) >= 20, _sealed(kiosk)) == (True, RESERVE)
        line = await api.line()
        assert line["taken"] - line["sold"] <= ROLL + RESERVE


async def _write_off_what_is_left(api: World, kiosk: KioskAtWork) -> None:
    for journal in (await api.ledger())["journals"]:
        sealed = kiosk.reserve.load()
        is_ours = sealed is not None and journal["journal_id"] == str(sealed.journal_id)
        if journal["frozen"] or (journal["sealed"] and not is_ours):
            await api.write_off(UUID(journal["journal_id"]))


@pytest.mark.parametrize("first", ["roll", "reserve"])
async def test_roll_and_reserve_are_whole_in_either_order(
    tmp_path: Path, api: World, first: str
) -> None:
    folder, clock = tmp_path / "kiosk", ImpatientClock(wall=NOW)
    folder.mkdir()
    async with _at_work(folder, api, clock) as kiosk:
        if first == "roll":
            await kiosk.top_up()
        await _reserving(kiosk).fill()
        await kiosk.top_up()
        assert (await _roll(kiosk), _sealed(kiosk)) == (ROLL, RESERVE)
