"""Carts over the real UI socket on a real journal."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from uuid6 import uuid7

from tests.support.ui_socket import Till, line, sale_of, till_in


async def _cart(till: Till, *, stock: int) -> tuple[UUID, dict[str, Any]]:
    """Open a cashier's shift and put one ticket of so many into a cart; return id and total."""
    await till.opened.stock(stock)
    await till.open_shift()
    txn_id = uuid7()
    cart = await till.put_cart(txn_id, adult=1)
    assert cart.status == 200, cart.body
    return txn_id, cart.body["total"]


async def test_a_cart_changes_in_place_and_keeps_its_serials(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        adults = await till.opened.stock(4)
        await till.opened.stock(2, ticket_type_id="child", price="6.00")
        await till.open_shift()
        txn_id = uuid7()
        three = await till.put_cart(txn_id, adult=3)
        assert three.body["lines"][0]["serials"] == adults[:3]
        mixed = await till.put_cart(txn_id, child=1, adult=1)
        assert [one["ticket_type_name"] for one in mixed.body["lines"]] == ["Adult", "Child"]
        assert mixed.body["lines"][0]["serials"] == adults[:1]
        assert mixed.body["total"]["amount"] == "18.50"
        stock = await till.stock()
        assert stock == {("tide", "adult"): (3, 1), ("tide", "child"): (1, 1)}
        assert (await till.put_cart(txn_id)).body["lines"] == []


async def test_a_line_splits_where_prices_differ(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(1, price="10.00")
        await till.opened.stock(2, price="12.50", version=2)
        await till.open_shift()
        sold = await till.sell(adult=2)
        row = await till.opened.journal.read(lambda reader: reader.row(sold.body["txn_id"]))
        assert row is not None
        lines: Any = row.transaction.payload["lines"]
        assert [one["unit_price"]["amount"] for one in lines] == ["10.00", "12.50"]
        assert [one["price_list_version"] for one in lines] == [1, 2]
        assert sold.body["total"]["amount"] == "22.50"


async def test_an_abandoned_cart_gives_its_serials_back_after_ten_minutes(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(2)
        await till.open_shift()
        first, second = uuid7(), uuid7()
        assert (await till.put_cart(first, adult=2)).body["hold_ends_in_s"] == 600
        refused = await till.put_cart(second, adult=1)
        assert refused.code == "stock_used_up"
        assert "2 more are held in open carts" in refused.body["detail"]
        till.clock.advance(600)
        assert (await till.put_cart(second, adult=1)).status == 200
        gone = await till.ask("GET", f"/v1/carts/{first}")
        assert (gone.body["state"], gone.body["lines"]) == ("expired", [])
        late = await till.ask("POST", f"/v1/carts/{first}/payment")
        assert (late.status, late.code) == (409, "cart_expired")
        assert "time ran out" in late.body["title"]


async def test_payment_that_started_holds_through_time_and_reboot(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(2)
        await till.open_shift()
        paid, abandoned = uuid7(), uuid7()
        total = (await till.put_cart(paid, adult=1)).body["total"]
        assert (await till.put_cart(abandoned, adult=1)).status == 200
        started = await till.ask("POST", f"/v1/carts/{paid}/payment")
        assert (started.body["state"], started.body["hold_ends_in_s"]) == ("payment_started", None)
        till.clock.reboot(away_s=7200)
        carts = (await till.ask("GET", "/v1/carts")).body["carts"]
        assert [cart["txn_id"] for cart in carts] == [str(paid)]
        assert await till.desk.carts.expire_overdue() == 1
        assert await till.desk.carts.expire_overdue() == 0
        stock = await till.stock()
        assert stock["tide", "adult"] == (1, 1)
        assert (await till.ask("POST", "/v1/sales", sale_of(paid, total))).status == 201


async def test_payment_can_be_cancelled_and_begun_again(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        txn_id, _ = await _cart(till, stock=2)
        payment = f"/v1/carts/{txn_id}/payment"
        assert (await till.ask("POST", payment)).status == 200
        assert (await till.ask("POST", payment)).status == 200, "a repeat changes nothing"
        assert (await till.put_cart(txn_id, adult=2)).code == "payment_started"
        assert (await till.ask("DELETE", f"/v1/carts/{txn_id}")).code == "payment_started"
        till.clock.advance(5000)
        opened = await till.ask("DELETE", payment)
        assert (opened.body["state"], opened.body["hold_ends_in_s"]) == ("open", 600)
        assert (await till.ask("DELETE", f"/v1/carts/{txn_id}")).status == 204
        assert (await till.ask("DELETE", f"/v1/carts/{txn_id}")).status == 204
        stock = await till.stock()
        assert stock["tide", "adult"] == (2, 0)


async def test_a_closed_cart_stays_closed(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(3)
        await till.open_shift()
        txn_id = (await till.sell(adult=1)).body["txn_id"]
        for method, path in [
            ("PUT", f"/v1/carts/{txn_id}"),
            ("DELETE", f"/v1/carts/{txn_id}"),
            ("POST", f"/v1/carts/{txn_id}/payment"),
            ("DELETE", f"/v1/carts/{txn_id}/payment"),
        ]:
            body = {"lines": [line("tide", "adult", 1)]} if method == "PUT" else None
            refused = await till.ask(method, path, body)
            assert (refused.status, refused.code) == (409, "cart_closed"), method
        assert (await till.ask("GET", f"/v1/carts/{txn_id}")).body["state"] == "closed"


@pytest.mark.parametrize(
    ("lines", "status", "code"),
    [
        ([line("nowhere", "adult", 1)], 404, "event_unknown"),
        ([line("tide", "royal", 1)], 404, "ticket_type_unknown"),
        ([line("gone", "adult", 1)], 409, "event_cancelled"),
        ([line("tide", "adult", 0)], 422, "quantity_invalid"),
        ([line("tide", "adult", -3)], 422, "quantity_invalid"),
        ([line("tide", "adult", 21)], 422, "quantity_invalid"),
        ([line("tide", "adult", "two")], 422, "quantity_invalid"),
        ([line("tide", "adult", 1.5)], 422, "quantity_invalid"),
        ([line("tide", "adult", quantity=True)], 422, "quantity_invalid"),
        ([line("tide", "adult", "2")], 422, "quantity_invalid"),
        (
            [line(e, t, 14) for e in ("tide", "quay") for t in ("adult", "child")],
            422,
            "quantity_invalid",
        ),
        ([line("tide", "adult", 1), line("tide", "adult", 1)], 422, "body_invalid"),
        ([line("TIDE", "adult", 1)], 422, "body_invalid"),
        ([line("tide", "adult", 6)], 409, "stock_used_up"),
        ("none", 422, "body_invalid"),
    ],
)
async def test_what_a_cart_cannot_hold_is_refused_and_changes_nothing(
    tmp_path: Path, lines: object, status: int, code: str
) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(5)
        await till.open_shift()
        txn_id = uuid7()
        await till.put_cart(txn_id, adult=2)
        before = await till.recorded()
        refused = await till.ask("PUT", f"/v1/carts/{txn_id}", {"lines": lines})
        assert (refused.status, refused.code) == (status, code)
        assert refused.body["title"]
        assert refused.body["hint"]
        assert await till.recorded() == before
        assert len((await till.ask("GET", f"/v1/carts/{txn_id}")).body["lines"][0]["serials"]) == 2


async def test_sold_out_says_what_is_left_and_what_to_do(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(3, asked=10)
        await till.open_shift()
        online = await till.put_cart(uuid7(), adult=4)
        assert (online.code, online.body["title"], online.body["left"]) == (
            "sold_out",
            "Not that many left",
            3,
        )
        assert "3 left, 4 wanted" in online.body["detail"]
        assert online.body["hint"].startswith("Sell 3 instead")
        till.line.up = False
        offline = await till.put_cart(uuid7(), adult=4)
        assert (offline.code, offline.body["title"]) == ("stock_used_up", "Not that many left")
        assert "when the line is back" in offline.body["hint"]
        assert (await till.sell(adult=3)).status == 201
        empty = await till.put_cart(uuid7(), adult=1)
        assert (empty.body["left"], empty.body["title"]) == (0, "Sold out at this kiosk")
        assert "none left" in empty.body["detail"]


async def test_a_lease_that_ended_stops_selling_and_says_so(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(3, lease_s=3600)
        await till.open_shift()
        held = uuid7()
        total = (await till.put_cart(held, adult=1)).body["total"]
        await till.ask("POST", f"/v1/carts/{held}/payment")
        till.clock.advance(3600)
        refused = await till.put_cart(uuid7(), adult=1)
        assert (refused.status, refused.code) == (409, "lease_ended")
        assert (refused.body["left"], "2 unsold" in refused.body["detail"]) == (0, True)
        sold = await till.ask("POST", "/v1/sales", sale_of(held, total))
        assert sold.status == 201, "who was charged gets the tickets"


async def test_after_a_reboot_with_a_clock_behind_the_journal_a_manager_is_asked(
    tmp_path: Path,
) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(3)
        await till.open_shift()
        till.clock.reboot(away_s=-60)
        assert (await till.put_cart(uuid7(), adult=1)).code == "clock_behind"
        till.clock.advance(61)
        assert (await till.put_cart(uuid7(), adult=1)).status == 200


async def test_no_new_carts_while_draining_but_the_one_at_hand_is_finished(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(3)
        await till.open_shift()
        open_cart = uuid7()
        await till.put_cart(open_cart, adult=1)
        till.agent.draining = True
        assert (await till.put_cart(uuid7(), adult=1)).code == "draining"
        assert (await till.put_cart(open_cart, adult=2)).status == 200


async def test_a_line_splits_where_the_price_differs_under_one_version(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(1, price="12.50")
        await till.opened.stock(1, price="13.00")
        await till.open_shift()
        cart = await till.put_cart(uuid7(), adult=2)
    prices = [one["unit_price"]["amount"] for one in cart.body["lines"]]
    assert (prices, cart.body["total"]["amount"]) == (["12.50", "13.00"], "25.50")


async def test_what_the_cart_itself_holds_is_not_held_elsewhere(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(3, asked=10)
        await till.open_shift()
        txn_id = uuid7()
        await till.put_cart(txn_id, adult=2)
        refused = await till.put_cart(txn_id, adult=4)
        assert (refused.code, refused.body["left"]) == ("sold_out", 3)
        other = await till.put_cart(uuid7(), adult=2)
        assert (other.code, other.body["left"]) == ("stock_used_up", 1)


async def test_a_txn_id_that_stands_for_something_else_opens_no_cart(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(1)
        await till.open_shift()
        [shift] = (await till.ask("GET", "/v1/transactions")).body["transactions"]
        refused = await till.put_cart(shift["txn_id"], adult=1)
        assert (refused.status, refused.code) == (422, "txn_payload_differs")
        assert (await till.ask("GET", "/v1/carts")).body["carts"] == []


async def test_nobody_is_charged_for_a_cart_whose_sale_would_be_refused(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        txn_id, total = await _cart(till, stock=1)
        await till.close_shift()
        refused = await till.ask("POST", f"/v1/carts/{txn_id}/payment")
        assert (refused.status, refused.code) == (409, "shift_not_open")
        assert (await till.ask("GET", f"/v1/carts/{txn_id}")).body["state"] == "open"
        await till.open_shift("ana")
        assert (await till.ask("POST", f"/v1/carts/{txn_id}/payment")).status == 200
        assert (await till.ask("POST", "/v1/sales", sale_of(txn_id, total))).status == 201


async def test_a_gate_person_releases_no_cart(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        txn_id, _ = await _cart(till, stock=1)
        await till.sign_in("gus")
        refused = await till.ask("DELETE", f"/v1/carts/{txn_id}")
        assert (refused.status, refused.code) == (403, "role_too_low")
        assert (await till.ask("GET", f"/v1/carts/{txn_id}")).body["state"] == "open"


async def test_a_cart_whose_txn_id_an_older_agent_gave_away_takes_no_money(
    tmp_path: Path,
) -> None:
    async with till_in(tmp_path) as till:
        txn_id, _ = await _cart(till, stock=1)
        await till.opened.append(txn_id=txn_id)
        paid = await till.ask("POST", f"/v1/carts/{txn_id}/payment")
        changed = await till.put_cart(txn_id, adult=1)
        assert (paid.status, paid.code) == (422, "txn_payload_differs")
        assert (changed.status, changed.code) == (422, "txn_payload_differs")


async def test_tickets_given_away_from_a_cart_whose_time_is_over_are_refused(
    tmp_path: Path,
) -> None:
    async with till_in(tmp_path) as till:
        txn_id, total = await _cart(till, stock=1)
        free = [{"method": "complimentary", "amount": total, "reason": "press"}]
        till.clock.advance(600)
        late = await till.ask("POST", "/v1/sales", sale_of(txn_id, total, tender=free))
        assert (late.status, late.code) == (409, "cart_expired")
        assert (await till.put_cart(uuid7(), adult=1)).status == 200, "the next one gets it"
