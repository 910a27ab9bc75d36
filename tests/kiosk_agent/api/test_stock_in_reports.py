"""A report to the cloud says what is left to sell here, as the kiosk's own status does."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from uuid6 import uuid7

from kiosk_contracts.heartbeats import StockLeft
from kiosk_contracts.kiosk_status import StockLine
from tests.support.ui_socket import Till, till_in


@pytest.fixture
async def till(tmp_path: Path) -> AsyncIterator[Till]:
    async with till_in(tmp_path) as found:
        await found.open_shift("ana")
        await found.opened.stock(5)
        yield found


async def told(till: Till) -> tuple[StockLeft, ...]:
    return await till.opened.journal.read(till.desk.reports.stock_by)


async def shown(till: Till) -> tuple[StockLine, ...]:
    return (await till.desk.reports.status()).stock


async def test_it_is_what_the_status_line_shows_of_events_on_sale(till: Till) -> None:
    lines = await shown(till)
    assert any(line.left for line in lines)
    assert {one.event_id for one in await told(till)} == {"tide", "quay"}, "not what is cancelled"
    by_type = {(line.event_id, line.ticket_type_id): (line.left, line.held) for line in lines}
    for one in await told(till):
        assert (one.left, one.held) == by_type[one.event_id, one.ticket_type_id]


async def test_what_a_cart_holds_is_told_apart(till: Till) -> None:
    before = await told(till)
    assert (await till.put_cart(uuid7(), adult=2)).status == 200
    moved = [
        (was.left - now.left, now.held - was.held)
        for was, now in zip(before, await told(till), strict=True)
        if was != now
    ]
    assert moved == [(2, 2)]
