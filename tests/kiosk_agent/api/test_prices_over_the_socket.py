"""Concessions and price rules over the real UI socket on a real journal."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from uuid6 import uuid7

from kiosk_contracts.payloads import SalePayload
from tests.support.journal import journal_in
from tests.support.prices import FAMILY, STUDENT, eur, priced_season
from tests.support.ui_socket import Answer, Till, sale_of, till_at, till_in

WANTED = {"adult": 2, "adult/student": 1, "child": 2}


@asynccontextmanager
async def _priced(folder: Path, **changes: Any) -> AsyncIterator[Till]:
    """Open a shift at a kiosk with tickets to sell, and with terms."""
    async with till_in(folder) as till:
        await _sync(till, **changes)
        await till.opened.stock(20)
        await till.opened.stock(10, ticket_type_id="child", price="6.00")
        await till.open_shift()
        yield till


async def _sync(till: Till, **changes: Any) -> None:
    catalogue = priced_season(**changes)
    await till.opened.journal.write(lambda writer: writer.put_catalogue(catalogue))


async def _put(till: Till, txn_id: str, wanted: dict[str, int]) -> Answer:
    lines = []
    for key, quantity in wanted.items():
        kind, _, concession = key.partition("/")
        one = {"event_id": "tide", "ticket_type_id": kind, "quantity": quantity}
        lines.append({**one, "concession_id": concession} if concession else one)
    return await till.ask("PUT", f"/v1/carts/{txn_id}", {"lines": lines})


async def _sell(till: Till, wanted: dict[str, int]) -> Answer:
    txn_id = str(uuid7())
    cart = await _put(till, txn_id, wanted)
    assert cart.status == 200, cart.body
    assert (await till.ask("POST", f"/v1/carts/{txn_id}/payment")).status == 200
    return await till.ask("POST", "/v1/sales", sale_of(txn_id, cart.body["total"]))


def _told(cart: dict[str, Any]) -> list[tuple[str, str, str, str, int]]:
    return [
        (
            line["ticket_type_id"],
            line["reduced_by"],
            line["list_price"]["amount"],
            line["unit_price"]["amount"],
            len(line["serials"]),
        )
        for line in cart["lines"]
    ]


async def test_a_cart_says_of_each_line_what_reduced_its_price(tmp_path: Path) -> None:
    async with _priced(tmp_path) as till:
        cart = await _put(till, str(uuid7()), WANTED)
        assert cart.status == 200
        assert _told(cart.body) == [
            ("adult", "Family price", "12.50", "10.13", 2),
            ("adult", "Student", "12.50", "8.75", 1),
            ("child", "Family price", "6.00", "4.86", 1),
            ("child", "Family price", "6.00", "4.87", 1),
        ]
        assert cart.body["total"] == eur("38.74")


async def test_the_sale_says_by_which_price_list_and_adds_up_to_the_cent(tmp_path: Path) -> None:
    async with _priced(tmp_path) as till:
        sold = await _sell(till, WANTED)
        assert sold.status == 201, sold.body
        rows = await till.opened.journal.read(lambda reader: reader.rows_after(0, 9))
        sale = rows[-1].read_payload()
        assert isinstance(sale, SalePayload)
        assert {(one.concession_id, one.rule_id) for one in sale.lines} == {
            ("student", ""),
            ("", "family"),
        }
        assert {(one.price_list_version, one.rules_version) for one in sale.lines} == {(1, 4)}
        paid = sum(one.unit_price.amount * len(one.serials) for one in sale.lines)
        assert paid == sale.total.amount
        tickets = [(one["reduced_by"], one["unit_price"]) for one in sold.body["tickets"]]
        assert ("Student", eur("8.75")) in tickets


async def test_the_catalogue_offers_each_types_concessions_at_their_price(tmp_path: Path) -> None:
    async with _priced(tmp_path) as till:
        catalogue = (await till.ask("GET", "/v1/catalogue")).body
        adult, child = catalogue["events"][0]["ticket_types"]
        assert [(one["name"], one["proof"], one["unit_price"]) for one in adult["concessions"]] == [
            ("Student", "a student card", eur("8.75")),
            ("Companion", "a pass with the letter B", eur("0.00")),
        ]
        assert child["concessions"] == []


async def test_what_the_customer_was_told_is_paid_though_prices_changed_meanwhile(
    tmp_path: Path,
) -> None:
    async with _priced(tmp_path) as till:
        txn_id = str(uuid7())
        cart = await _put(till, txn_id, WANTED)
        await _sync(till, version=5, concessions=[], rules=[])
        assert (await till.ask("GET", f"/v1/carts/{txn_id}")).body["total"] == eur("38.74")
        assert (await till.ask("POST", f"/v1/carts/{txn_id}/payment")).status == 200
        sold = await till.ask("POST", "/v1/sales", sale_of(txn_id, cart.body["total"]))
        assert sold.status == 201, sold.body


async def test_a_concession_that_is_not_offered_any_more_is_refused_and_the_cart_stays(
    tmp_path: Path,
) -> None:
    async with _priced(tmp_path) as till:
        txn_id = str(uuid7())
        before = await _put(till, txn_id, WANTED)
        await _sync(till, version=5, concessions=[], rules=[FAMILY])
        refused = await _put(till, txn_id, {**WANTED, "adult": 3})
        assert (refused.status, refused.code) == (404, "concession_unknown")
        assert "student" in refused.body["detail"]
        after = await till.ask("GET", f"/v1/carts/{txn_id}")
        assert after.body["total"] == before.body["total"]


async def test_a_concession_of_another_type_is_refused(tmp_path: Path) -> None:
    async with _priced(tmp_path) as till:
        refused = await _put(till, str(uuid7()), {"child/student": 1})
        assert (refused.status, refused.code) == (404, "concession_unknown")
        stock = await till.stock()
        assert stock["tide", "child"] == (10, 0)


async def test_a_cart_in_payment_keeps_its_prices_over_a_restart(tmp_path: Path) -> None:
    txn_id = str(uuid7())
    async with _priced(tmp_path) as till:
        cart = await _put(till, txn_id, WANTED)
        assert (await till.ask("POST", f"/v1/carts/{txn_id}/payment")).status == 200
        clock = till.clock
    async with journal_in(tmp_path, clock) as opened, till_at(opened, tmp_path) as till:
        await till.sign_in("ana")
        (kept,) = (await till.ask("GET", "/v1/carts")).body["carts"]
        assert kept["lines"] == cart.body["lines"]
        sold = await till.ask("POST", "/v1/sales", sale_of(txn_id, cart.body["total"]))
        assert sold.status == 201, sold.body


async def test_a_group_begins_and_ends_with_its_tenth_ticket(tmp_path: Path) -> None:
    async with _priced(tmp_path) as till:
        txn_id = str(uuid7())
        totals = [
            (await _put(till, txn_id, {"adult": count})).body["total"] for count in (9, 10, 9)
        ]
        assert totals == [eur("112.50"), eur("112.50"), eur("112.50")]
        eleven = await _put(till, txn_id, {"adult": 11})
        assert eleven.body["total"] == eur("123.75")
        assert (await till.ask("GET", f"/v1/carts/{txn_id}")).body["lines"] == eleven.body["lines"]


async def test_a_cart_of_an_older_ui_has_rules_and_no_concession(tmp_path: Path) -> None:
    async with _priced(tmp_path) as till:
        sold = await till.sell(adult=2, child=2)
        assert sold.status == 201, sold.body
        assert sold.body["total"] == eur("29.99")


async def test_a_free_companion_is_sold_for_nothing(tmp_path: Path) -> None:
    async with _priced(tmp_path) as till:
        sold = await _sell(till, {"adult": 1, "adult/companion": 1})
        assert (sold.status, sold.body["total"]) == (201, eur("12.50"))
        alone = await _sell(till, {"adult/companion": 1})
        assert (alone.status, alone.body["total"]) == (201, eur("0.00"))


async def test_report_and_look_up_name_the_concession_and_what_was_paid(tmp_path: Path) -> None:
    async with _priced(tmp_path) as till:
        sold = await _sell(till, WANTED)
        report = (await till.ask("GET", "/v1/shifts/current")).body
        sums = [(one["reduced_by"], one["unit_price"], one["sold"]) for one in report["by_type"]]
        assert ("Student", eur("8.75"), 1) in sums
        assert ("Family price", eur("10.13"), 2) in sums
        paid = sum(Decimal(one[1]["amount"]) * one[2] for one in sums)
        assert paid == Decimal(sold.body["total"]["amount"])
        (found,) = (await till.ask("GET", "/v1/look-up?text=000001")).body["sales"]
        assert {one["serial"]: one["unit_price"] for one in found["tickets"]} == {
            one["serial"]: one["unit_price"] for one in sold.body["tickets"]
        }
        assert {one["reduced_by"] for one in found["tickets"]} == {"Student", "Family price"}


async def test_terms_that_nobody_can_use_are_told_and_sales_go_on(tmp_path: Path) -> None:
    broken = {**STUDENT, "reduction": {"kind": "percent_off", "percent": 101}}
    ghost = {**FAMILY, "parts": [{"ticket_type_ids": ["ghost"], "quantity": 2}]}
    async with _priced(tmp_path, concessions=[broken, "?"], rules=[ghost]) as till:
        status = (await till.ask("GET", "/v1/status")).body
        told = [one["text"] for one in status["warnings"] if one["code"] == "price_terms_ignored"]
        assert len(told) == 3
        assert told[0].startswith("Tide & Timber: concession student: reduction")
        assert (
            told[2] == "Tide & Timber: price rule family: the price list has no ticket type ghost."
        )
        sold = await till.sell(adult=2, child=2)
        assert (sold.status, sold.body["total"]) == (201, eur("37.00"))
