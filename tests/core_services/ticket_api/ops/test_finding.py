"""Operators find transactions by what a customer or a colleague tells them."""

from typing import Any

import pytest

from tests.support.ticket_api import Answer, Caller, World
from tests.support.till import Till

BUYER = {"salt": "0" * 32, "buyer": {"name": "Grace Hopper"}}


async def find(api: World, **query: Any) -> Answer:
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    return await api.ops().get(f"/v1/ops/transactions?{asked}")


async def found(api: World, **query: Any) -> list[dict[str, Any]]:
    told = await find(api, **query)
    assert told.status == 200, told.body
    transactions: list[dict[str, Any]] = told.body["transactions"]
    return transactions


def ids(*transactions: dict[str, Any]) -> list[str]:
    return [one["envelope"]["txn_id"] for one in transactions]


async def test_a_sale_is_found_by_its_receipt(api: World, kiosk: Caller, till: Till) -> None:
    serials = await kiosk.serials(till.journal_id, 2)
    sale = till.sale(serials)
    await kiosk.upload(till.journal_id, till.shift(), sale)
    receipt = sale["payload"]["receipt_number"]
    [one] = await found(api, receipt=receipt)
    assert (one["txn_id"], one["kind"], one["status"]) == (*ids(sale), "sale", "settled")
    assert (one["receipt_number"], one["kiosk_id"]) == (receipt, "kiosk-a")
    assert (one["serials"], one["total"]["amount"]) == (serials, "40.00")
    assert (one["sequence"], one["recorded_at"]) == (1, "2026-11-23T18:00:00Z")
    assert await found(api, receipt=receipt[:-1]) == []


async def test_two_kiosks_that_say_the_same_receipt_are_both_found(api: World) -> None:
    tills, sales = [Till(), Till()], []
    for till, kiosk in zip(tills, (api.kiosk(), api.kiosk("kiosk-b")), strict=True):
        serials = await kiosk.serials(till.journal_id, 1)
        sales.append(till.sale(serials))
        await kiosk.upload(till.journal_id, sales[-1])
    receipt = sales[0]["payload"]["receipt_number"]
    first = await find(api, receipt=receipt, limit=1)
    rest = await found(api, receipt=receipt, limit=1, after=first.body["next_after"])
    told = [*first.body["transactions"], *rest]
    assert {one["kiosk_id"] for one in told} == {"kiosk-a", "kiosk-b"}


async def test_a_ticket_is_found_with_its_sale_and_what_closed_it(
    api: World, kiosk: Caller, till: Till
) -> None:
    serials = await kiosk.serials(till.journal_id, 2)
    sale = till.sale(serials[:1])
    void = till.void(sale)
    await kiosk.upload(till.journal_id, sale, void)
    told = await found(api, serial=serials[0])
    assert [one["txn_id"] for one in told] == ids(sale, void)
    assert told[1]["sale_txn_id"] == told[0]["txn_id"]
    assert await found(api, serial=serials[1]) == [], "nobody bought it"
    assert await found(api, serial="nothing") == []


async def test_what_was_quarantined_is_found_with_why_and_once(
    api: World, kiosk: Caller, till: Till
) -> None:
    sale = till.sale(["0000000000"])
    for _ in range(2):
        [outcome] = await kiosk.upload(till.journal_id, sale)
        assert outcome["status"] == "quarantined"
    [one] = await found(api, receipt=sale["payload"]["receipt_number"])
    assert (one["status"], one["code"]) == ("quarantined", "serial_never_issued")
    assert one["hint"]


async def test_a_kiosks_transactions_come_newest_first_over_all_its_journals(
    api: World, kiosk: Caller
) -> None:
    first, second = Till(), Till()
    old = [first.shift(), *(first.shift("shift_paid_in") for _ in range(4))]
    await kiosk.upload(first.journal_id, *old)
    new = [second.transaction("shift_paid_in", one["payload"], epoch=2) for one in old[1:4]]
    await kiosk.upload(second.journal_id, *new)
    other = Till()
    await api.kiosk("kiosk-b").upload(other.journal_id, other.shift())
    told: list[str] = []
    after = ""
    while True:
        page = (await find(api, kiosk="kiosk-a", limit=2, after=after)).body
        assert len(page["transactions"]) <= 2
        told += [one["txn_id"] for one in page["transactions"]]
        if page["next_after"] is None:
            break
        after = page["next_after"]
    assert told == ids(*reversed(new), *reversed(old))
    assert await found(api, kiosk="nobody") == []


async def test_a_gap_in_a_journal_hides_nothing_below_it(
    api: World, kiosk: Caller, till: Till
) -> None:
    before = till.shift()
    till.sequence = 500
    after = till.shift("shift_paid_in")
    await kiosk.upload(till.journal_id, before, after)
    told: list[str] = []
    cursor, pages = "", 0
    while cursor is not None:
        pages += 1
        page = (await find(api, kiosk="kiosk-a", limit=10, after=cursor)).body
        told += [one["txn_id"] for one in page["transactions"]]
        cursor = page["next_after"]
    assert told == ids(after, before)
    assert pages > 2, "no page reads on and on for what is not there"


async def test_who_bought_is_told_to_who_asks_for_it_alone(
    api: World, kiosk: Caller, till: Till
) -> None:
    serials = await kiosk.serials(till.journal_id, 1)
    sale = {**till.sale(serials), "personal": BUYER}
    await kiosk.upload(till.journal_id, sale)
    receipt = sale["payload"]["receipt_number"]
    plain = await find(api, receipt=receipt)
    assert "Hopper" not in str(plain.body)
    assert plain.body["transactions"][0]["buyer"] is None
    [one] = await found(api, receipt=receipt, personal="yes")
    assert one["buyer"]["name"] == "Grace Hopper"
    assert "salt" not in str(one)


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"receipt": ""},
        {"receipt": "x", "serial": "y"},
        {"colour": "blue", "receipt": "x"},
        {"kiosk": "kiosk-a", "limit": 0},
        {"kiosk": "kiosk-a", "limit": 101},
        {"kiosk": "kiosk-a", "after": "nonsense"},
        {"receipt": "x" * 201},
    ],
)
async def test_a_question_that_makes_no_sense_is_refused(api: World, query: Any) -> None:
    told = await find(api, **query)
    assert (told.status, told.code) == (422, "body_invalid")


async def test_kiosks_do_not_search(kiosk: Caller) -> None:
    assert (await kiosk.get("/v1/ops/transactions?kiosk=kiosk-a")).status == 401
