"""Sales over the real UI socket on a real journal."""

import sqlite3
from contextlib import closing
from pathlib import Path

from uuid6 import uuid7

from tests.support.tickets import euros, season
from tests.support.ui_socket import PINS, cash, sale_of, till_in


async def test_two_adults_for_exact_cash_are_tickets_that_admit(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        serials = await till.opened.stock(5)
        await till.open_shift()
        sold = await till.sell(adult=2)
        assert sold.status == 201
        assert sold.body["receipt_number"] == "HB1-1-000001"
        assert sold.body["total"] == {"amount": "25.00", "currency": "EUR"}
        assert [ticket["serial"] for ticket in sold.body["tickets"]] == serials[:2]
        assert sold.body["tickets"][0]["event_name"] == "Tide & Timber"
        assert (sold.body["offline"], sold.body["replayed"]) == (False, False)
        for ticket in sold.body["tickets"]:
            assert (await till.admit(ticket["code"])).status == 201
        stock = await till.stock()
        assert stock["tide", "adult"] == (3, 0)


async def test_a_sale_sells_offline_just_the_same_and_says_so(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(1)
        await till.open_shift()
        till.line.up = False
        assert (await till.sell(adult=1)).body["offline"] is True


async def test_the_same_sale_again_gets_the_first_answer_again(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(5)
        await till.open_shift()
        first = await till.sell(adult=2)
        request = sale_of(first.body["txn_id"], first.body["total"])
        till.clock.advance(3600)
        again = await till.ask("POST", "/v1/sales", request)
        assert again.status == 201
        assert again.body == {**first.body, "replayed": True}
        request["tender"] = [{"method": "card", "amount": first.body["total"], "reference": "X"}]
        other = await till.ask("POST", "/v1/sales", request)
        assert (other.status, other.code) == (422, "txn_payload_differs")
        sequence, stock = await till.recorded()
        assert (sequence, stock["tide", "adult"]) == (2, (3, 0))


async def test_the_buyer_is_kept_apart_and_compared_on_a_repeat(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(1)
        await till.open_shift()
        txn_id = uuid7()
        total = (await till.put_cart(txn_id, adult=1)).body["total"]
        await till.ask("POST", f"/v1/carts/{txn_id}/payment")
        request = sale_of(txn_id, total, buyer={"name": "Zoë"})
        assert (await till.ask("POST", "/v1/sales", request)).status == 201
        row = await till.opened.journal.read(lambda reader: reader.row(txn_id))
        assert row is not None
        assert row.transaction.personal is not None
        assert "Zoë" not in str(row.transaction.payload)
        hashed = row.transaction.personal.salted_hash(row.transaction.envelope.txn_id)
        assert row.transaction.payload["personal_hash"] == hashed
        assert (await till.ask("POST", "/v1/sales", request)).body["replayed"] is True
        request["buyer"] = {"name": "Zoe"}
        assert (await till.ask("POST", "/v1/sales", request)).code == "txn_payload_differs"


async def test_a_sale_must_fit_its_cart(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(3)
        await till.open_shift()
        txn_id = uuid7()
        total = (await till.put_cart(txn_id, adult=2)).body["total"]
        cheap = euros("1.00").to_json()
        dollars = {"amount": "25.00", "currency": "USD"}
        short = {**cash(total), "amount": cheap, "given": cheap}
        refusals = [
            (sale_of(uuid7(), total), "cart_unknown"),
            (sale_of(txn_id, total), "payment_not_started"),
            (sale_of(txn_id, cheap), "price_differs"),
            (sale_of(txn_id, dollars), "price_differs"),
            (sale_of(txn_id, total, tender=[short]), "tender_differs"),
            (sale_of(txn_id, total, tender=[cash(dollars)]), "tender_differs"),
            (sale_of(txn_id, total, tender=[cash(total), cash(total)]), "tender_differs"),
            (
                sale_of(txn_id, total, tender=[{"method": "barter", "amount": total}]),
                "tender_differs",
            ),
            (sale_of(txn_id, total, tender=[]), "body_invalid"),
            (sale_of(txn_id, total, tender=[{**cash(total), "given": cheap}]), "body_invalid"),
        ]
        before = await till.recorded()
        for request, code in refusals:
            refused = await till.ask("POST", "/v1/sales", request)
            assert refused.code == code, refused.body
        assert await till.recorded() == before


async def test_less_than_nothing_is_no_payment(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(1)
        await till.open_shift()
        txn_id = uuid7()
        total = (await till.put_cart(txn_id, adult=1)).body["total"]
        await till.ask("POST", f"/v1/carts/{txn_id}/payment")
        tender = [cash(euros("20.00").to_json()), cash(euros("-7.50").to_json())]
        refused = await till.ask("POST", "/v1/sales", sale_of(txn_id, total, tender=tender))
        assert refused.code == "tender_differs"
        assert "less than nothing" in refused.body["detail"]


async def test_complimentary_tickets_need_no_payment_and_split_tender_adds_up(
    tmp_path: Path,
) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(3)
        await till.open_shift()
        free, split = uuid7(), uuid7()
        total = (await till.put_cart(free, adult=1)).body["total"]
        tender = [{"method": "complimentary", "amount": total, "reason": "press"}]
        sale = sale_of(free, total, tender=tender, approval_pin=PINS["mia"])
        assert (await till.ask("POST", "/v1/sales", sale)).status == 201
        total = (await till.put_cart(split, adult=2)).body["total"]
        await till.ask("POST", f"/v1/carts/{split}/payment")
        tender = [
            cash(euros("10.00").to_json()),
            {"method": "card", "amount": euros("15.00").to_json(), "reference": "A 77"},
        ]
        assert (
            await till.ask("POST", "/v1/sales", sale_of(split, total, tender=tender))
        ).status == 201


async def test_an_event_that_the_catalogue_lost_still_sells_what_is_held(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(2)
        await till.open_shift()
        held = uuid7()
        total = (await till.put_cart(held, adult=1)).body["total"]
        await till.ask("POST", f"/v1/carts/{held}/payment")
        fewer = season().model_copy(update={"events": season().events[1:]})
        await till.opened.journal.write(lambda writer: writer.put_catalogue(fewer))
        refused = await till.put_cart(uuid7(), adult=1)
        assert (refused.code, refused.body["title"]) == ("event_cancelled", "Not on sale")
        sold = await till.ask("POST", "/v1/sales", sale_of(held, total))
        assert sold.body["tickets"][0]["event_name"] == "Tide & Timber"


async def test_the_catalogue_says_what_sells_and_why_not(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(2, price="13.00")
        answer = await till.ask("GET", "/v1/catalogue")
    events = {event["event_id"]: event for event in answer.body["events"]}
    assert list(events) == ["tide", "quay", "gone"]
    adult, child = events["tide"]["ticket_types"]
    assert (adult["left"], adult["selling"], adult["unit_price"]["amount"]) == (2, True, "13.00")
    assert (child["left"], child["why_not"], child["unit_price"]["amount"]) == (
        0,
        "sold out here",
        "6.00",
    )
    assert events["gone"]["ticket_types"][0]["why_not"] == "cancelled"


async def test_the_txn_id_of_a_cart_is_its_sales_alone(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(3)
        await till.open_shift("ana")
        first, second = (await till.sell(adult=1)).body, (await till.sell(adult=1)).body
        txn_id = uuid7()
        total = (await till.put_cart(txn_id, adult=1)).body["total"]
        await till.sign_in("mia")
        gate = {"event_id": "tide", "gate": "North", "code": first["tickets"][0]["code"]}
        assert (await till.admit(second["tickets"][0]["code"])).status == 201
        inside = {**gate, "code": second["tickets"][0]["code"]}
        requests = [
            ("shifts", {"opening_float": euros("100.00").to_json()}),
            ("admissions", gate),
            ("exits", inside),
        ]
        before = await till.recorded()
        for path, body in requests:
            refused = await till.ask("POST", f"/v1/{path}", {"txn_id": str(txn_id), **body})
            assert (refused.status, refused.code) == (422, "txn_payload_differs"), path
        await till.open_shift("mia")
        void = {"txn_id": str(txn_id), "sale_txn_id": first["txn_id"], "reason": "wrong evening"}
        refused = await till.ask("POST", "/v1/voids", void)
        assert (refused.status, refused.code) == (422, "txn_payload_differs")
        assert await till.recorded() == (before[0] + 1, before[1]), "only the shift came to it"
        await till.sign_in("ana")
        await till.ask("POST", f"/v1/carts/{txn_id}/payment")
        assert (await till.ask("POST", "/v1/sales", sale_of(txn_id, total))).status == 201


async def test_a_buyer_is_not_added_by_a_repeat_but_an_erased_one_may_repeat(
    tmp_path: Path,
) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(2)
        await till.open_shift()
        without = (await till.sell(adult=1)).body
        repeat = sale_of(without["txn_id"], without["total"])
        added = await till.ask("POST", "/v1/sales", {**repeat, "buyer": {"name": "Zoë"}})
        assert (added.status, added.code) == (422, "txn_payload_differs")
        assert (await till.ask("POST", "/v1/sales", repeat)).body["replayed"] is True
        txn_id = uuid7()
        total = (await till.put_cart(txn_id, adult=1)).body["total"]
        await till.ask("POST", f"/v1/carts/{txn_id}/payment")
        named = sale_of(txn_id, total, buyer={"name": "Zoë"})
        assert (await till.ask("POST", "/v1/sales", named)).status == 201
        with closing(sqlite3.connect(till.opened.path)) as plain, plain:
            plain.execute("UPDATE transactions SET personal = NULL")
        assert (await till.ask("POST", "/v1/sales", named)).body["replayed"] is True


async def test_tickets_in_a_currency_that_the_drawer_does_not_hold_are_not_sold(
    tmp_path: Path,
) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(1)
        with closing(sqlite3.connect(till.opened.path)) as plain, plain:
            plain.execute("UPDATE stock SET unit_price = '12.50 USD'")
        await till.open_shift()
        refused = await till.put_cart(uuid7(), adult=1)
        assert (refused.status, refused.code) == (409, "price_differs")
        assert "US$12.50" in refused.body["detail"]
