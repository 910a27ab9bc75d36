"""Stock that the operators wrote off is sold no more once the kiosk has heard of it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from uuid6 import uuid7

from kiosk_agent.services.syncer import _learn
from kiosk_contracts.gates import GateFeedEntry
from kiosk_contracts.serials import format_serial
from tests.support.ui_socket import Till, sale_of, till_in


async def _hear(till: Till, *serials: str) -> None:
    entries = [
        GateFeedEntry(
            cursor=cursor,
            fact="revoked",
            serial=serial,
            event_id="tide",
            at=datetime(2026, 11, 23, 19, 0, tzinfo=UTC),
            reason="written_off",
        )
        for cursor, serial in enumerate(serials, start=1)
    ]
    await till.opened.journal.write(lambda writer: _learn(writer, entries, len(entries)))


async def _state(till: Till, serial: str) -> str:
    item = await till.opened.journal.read(lambda reader: reader.stock_item(serial))
    assert item is not None
    return item.state


async def test_what_was_revoked_is_not_for_sale(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        first, second = await till.opened.stock(2)
        await till.open_shift()
        await _hear(till, first)
        assert (await till.stock())["tide", "adult"] == (1, 0)
        sold = await till.sell(adult=1)
        too_many = await till.put_cart(str(uuid7()), adult=1)
    assert [ticket["serial"] for ticket in sold.body["tickets"]] == [second]
    assert (too_many.status, too_many.code) == (409, "stock_used_up")


async def test_an_open_cart_is_emptied_before_money_is_taken(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        first, second, third = await till.opened.stock(3)
        await till.open_shift()
        cart, other = str(uuid7()), str(uuid7())
        await till.put_cart(cart, adult=2)
        await till.put_cart(other, adult=1)
        await _hear(till, first)
        refused = await till.ask("POST", f"/v1/carts/{cart}/payment")
        paid = await till.ask("POST", f"/v1/carts/{other}/payment")
        states = [await _state(till, serial) for serial in (first, second, third)]
    assert (refused.status, refused.code) == (409, "cart_expired")
    assert paid.status == 200, "another cart goes on"
    assert states == ["revoked", "available", "held"]


@pytest.mark.parametrize("pays", [True, False])
async def test_whoever_is_paying_gets_the_tickets_and_nobody_after_them(
    tmp_path: Path, *, pays: bool
) -> None:
    async with till_in(tmp_path) as till:
        serial, other = await till.opened.stock(2)
        await till.open_shift()
        txn_id = str(uuid7())
        cart = await till.put_cart(txn_id, adult=2)
        await till.ask("POST", f"/v1/carts/{txn_id}/payment")
        await _hear(till, serial)
        if pays:
            sold = await till.ask("POST", "/v1/sales", sale_of(txn_id, cart.body["total"]))
            assert sold.status == 201
        else:
            cancelled = await till.ask("DELETE", f"/v1/carts/{txn_id}/payment")
            assert (cancelled.body["state"], cancelled.body["lines"]) == ("expired", [])
        states = [await _state(till, one) for one in (serial, other)]
    assert states == (["sold", "sold"] if pays else ["revoked", "available"])


async def test_stock_that_comes_after_its_revocation_is_not_for_sale(tmp_path: Path) -> None:
    """Its answer was lost, the journal was written off, and the same request asks again."""
    async with till_in(tmp_path) as till:
        late = format_serial(1)
        await _hear(till, late)
        serials = await till.opened.stock(2)
        states = [await _state(till, serial) for serial in serials]
    assert (serials[0], states) == (late, ["revoked", "available"])
