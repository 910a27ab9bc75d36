"""Finding a sale again over the real socket: by receipt, ticket or name; it needs no line."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from uuid6 import uuid7

from tests.support.after_sale import (
    ask_refund,
    decide,
    give_back,
    serials,
    settled_sale,
)
from tests.support.archiving import AFTER_S, DAY_S, tidying
from tests.support.journal import damage
from tests.support.ui_socket import Answer, Till, sale_of, till_in


@asynccontextmanager
async def _till(folder: Path) -> AsyncIterator[Till]:
    async with till_in(folder) as till:
        await till.opened.stock(12)
        await till.open_shift()
        yield till


async def _find(till: Till, text: str, **query: Any) -> Answer:
    more = "".join(f"&{name}={value}" for name, value in query.items())
    return await till.ask("GET", f"/v1/look-up?text={quote(text)}{more}")


def _receipts(found: Answer) -> list[str]:
    assert found.status == 200, found.body
    return [one["sale"]["receipt_number"] for one in found.body["sales"]]


async def _sell_to(till: Till, name: str) -> Answer:
    txn_id = str(uuid7())
    cart = await till.put_cart(txn_id, adult=1)
    assert (await till.ask("POST", f"/v1/carts/{txn_id}/payment")).status == 200
    return await till.ask(
        "POST", "/v1/sales", sale_of(txn_id, cart.body["total"], buyer={"name": name})
    )


@pytest.mark.parametrize(
    "text", ["HB1-1-000002", "hb1-1-000002", "1-2", "000002", "2", " 2 ", "HB1-2"]
)
async def test_a_receipt_is_found_by_its_number_or_its_end(tmp_path: Path, text: str) -> None:
    async with _till(tmp_path) as till:
        for _ in range(3):
            await till.sell(adult=1)
        found = await _find(till, text)
        expected = [] if text == "HB1-2" else ["HB1-1-000002"]
        assert _receipts(found) == expected
        assert found.body["found_by"] == (["receipt"] if expected else [])


async def test_a_number_that_no_receipt_has_finds_those_that_end_so(tmp_path: Path) -> None:
    async with _till(tmp_path) as till:
        for _ in range(11):
            await till.sell(adult=1)
        assert _receipts(await _find(till, "11")) == ["HB1-1-000011"]
        assert _receipts(await _find(till, "0001")) == ["HB1-1-000001"]
        assert _receipts(await _find(till, "00011")) == ["HB1-1-000011"]


async def test_signs_of_the_query_language_are_letters_like_others(tmp_path: Path) -> None:
    async with _till(tmp_path) as till:
        await till.sell(adult=1)
        await _sell_to(till, "100% Olga_X")
        for text in ("%", "_", "HB1-1-00000_", "HB%"):
            assert _receipts(await _find(till, text)) == []
        assert _receipts(await _find(till, "0% ol")) == ["HB1-1-000002"]
        found = await till.opened.journal.read(
            lambda reader: [reader.by_receipt(end, 99, 9) for end in ("%", "00000_", "2")]
        )
        assert [len(one) for one in found] == [0, 0, 1]


async def test_a_sale_is_found_by_a_scanned_or_typed_ticket(tmp_path: Path) -> None:
    async with _till(tmp_path) as till:
        await till.sell(adult=1)
        sale = await till.sell(adult=2)
        ticket = sale.body["tickets"][1]
        serial = ticket["serial"]
        swapped = ticket["code"].translate(str.maketrans("YZ", "ZY"))
        for text in (ticket["code"], swapped, serial, f"{serial[:5]}-{serial[5:].lower()}"):
            found = await _find(till, text)
            assert _receipts(found) == ["HB1-1-000002"], text
            assert found.body["found_by"] == ["ticket"]
        assert _receipts(await _find(till, serial, before=2)) == [], "that page is behind it"
        forged = ticket["code"][:-4] + "AAAA"
        assert (await _find(till, forged)).code == "ticket_forged"


async def test_a_buyer_is_found_by_part_of_the_name_in_any_case(tmp_path: Path) -> None:
    async with _till(tmp_path) as till:
        await _sell_to(till, "Jürgen Groß")
        await _sell_to(till, "Nora Quay")
        await _sell_to(till, "JÜRGEN Klein")
        found = await _find(till, "jürgen")
        assert _receipts(found) == ["HB1-1-000003", "HB1-1-000001"]
        assert [one["buyer"] for one in found.body["sales"]] == ["JÜRGEN Klein", "Jürgen Groß"]
        assert _receipts(await _find(till, "GROSS")) == ["HB1-1-000001"]
        assert found.body["found_by"] == ["name"]
        assert _receipts(await _find(till, "nobody")) == []


async def test_many_are_given_page_by_page_newest_first(tmp_path: Path) -> None:
    async with _till(tmp_path) as till:
        for number in range(5):
            await _sell_to(till, f"Kim {number}")
        first = await _find(till, "kim", limit=2)
        assert _receipts(first) == ["HB1-1-000005", "HB1-1-000004"]
        second = await _find(till, "kim", limit=2, before=first.body["next_before"])
        assert _receipts(second) == ["HB1-1-000003", "HB1-1-000002"]
        last = await _find(till, "kim", limit=2, before=second.body["next_before"])
        assert _receipts(last) == ["HB1-1-000001"]
        assert last.body["next_before"] is None


async def test_what_can_be_done_is_said_and_what_the_outage_changes(tmp_path: Path) -> None:
    async with _till(tmp_path) as till:
        sale = await till.sell(adult=2)
        till.line.up = False
        [found] = (await _find(till, "1")).body["sales"]
        assert (found["can"], found["why_not"]) == (["void"], "")
        await decide(till, sale, "settled")
        [found] = (await _find(till, "1")).body["sales"]
        assert found["can"] == []
        assert "needs the line" in found["why_not"]
        till.line.up = True
        [found] = (await _find(till, "1")).body["sales"]
        assert (found["can"], found["why_not"]) == (["refund"], "")


async def test_each_ticket_says_what_it_is_worth(tmp_path: Path) -> None:
    async with _till(tmp_path) as till:
        sale = await settled_sale(till, adult=4)
        used, refunded, asked, _ = serials(sale)
        code = sale.body["tickets"][0]["code"]
        assert (await till.admit(code)).status == 201
        done = await ask_refund(till, sale, tickets=[refunded])
        await decide(till, done, "settled")
        assert (await give_back(till, done)).status == 201
        assert (await ask_refund(till, sale, tickets=[asked])).status == 202
        [found] = (await _find(till, used)).body["sales"]
        standings = [ticket["standing"] for ticket in found["tickets"]]
        assert standings == ["used", "refunded", "refund_asked", "valid"]
        assert found["tickets"][0]["gate"] == "North"
        assert found["sale"]["refunded"] == 1
        # The receipt of a refund leads to its sale.
        assert _receipts(await _find(till, done.body["receipt_number"])) == ["HB1-1-000001"]


async def test_a_voided_sale_says_so(tmp_path: Path) -> None:
    async with _till(tmp_path) as till:
        sale = await till.sell(adult=1)
        void = {"txn_id": str(uuid7()), "sale_txn_id": sale.body["txn_id"], "reason": "wrong"}
        await till.ask("POST", "/v1/voids", {**void, "approval_pin": "9999"})
        [found] = (await _find(till, "1")).body["sales"]
        assert [ticket["standing"] for ticket in found["tickets"]] == ["voided"]
        assert (found["can"], found["sale"]["voided"]) == ([], True)


async def test_archived_sales_are_found_by_receipt_and_ticket_without_a_name(
    tmp_path: Path,
) -> None:
    async with _till(tmp_path) as till:
        sale = await _sell_to(till, "Nora Quay")
        await decide(till, sale, "settled")
        await till.sell(adult=1)
        till.clock.advance(AFTER_S + DAY_S)
        assert await tidying(till, tmp_path)._archive_some()
        for text in ("HB1-1-000001", sale.body["tickets"][0]["serial"]):
            [found] = (await _find(till, text)).body["sales"]
            assert (found["archived"], found["buyer"]) == (True, "")
        assert _receipts(await _find(till, "nora")) == []


async def test_what_is_damaged_is_counted_not_shown(tmp_path: Path) -> None:
    async with _till(tmp_path) as till:
        await till.sell(adult=1)
        damage(till.opened.path, "payload", b"{")
        found = await _find(till, "1")
        assert (_receipts(found), found.body["unreadable"]) == ([], 1)


async def test_a_gate_keeper_looks_nothing_up_and_nothing_is_no_text(tmp_path: Path) -> None:
    async with _till(tmp_path) as till:
        assert (await _find(till, " ")).code == "body_invalid"
        assert (await _find(till, "x" * 401)).code == "body_invalid"
        await till.sign_in("gus")
        assert (await _find(till, "1")).code == "role_too_low"
