"""The operators' ledger: totals that add up, and pages of what a person should look at."""

from typing import Any
from uuid import UUID

import pytest

from cloud_store.port import Absent, Key, Put
from tests.support.ticket_api import EVENT, Caller, World, event, money
from tests.support.till import Till


async def test_an_empty_ledger_lists_what_is_on_sale(api: World) -> None:
    ledger = await api.ledger()

    assert [(line["ticket_type_id"], line["capacity"]) for line in ledger["lines"]] == [
        ("adult", 100),
        ("box", 5),
    ]
    assert {(line["taken"], line["sold"], line["gross"]["amount"]) for line in ledger["lines"]} == {
        (0, 0, "0.00")
    }
    assert ledger["transactions"] == {"settled": 0, "quarantined": 0, "unreadable": 0}
    assert (ledger["journals"], ledger["attention"], ledger["next_after"]) == ([], [], None)


async def test_totals_add_up_over_events_types_journals_and_kiosks(api: World) -> None:
    other = event("macbeth", event_no=102)
    await api.ops().put("/v1/ops/events/macbeth", other.to_json())
    tills = [Till(), Till()]
    for till, kiosk in zip(tills, (api.kiosk(), api.kiosk("kiosk-b")), strict=True):
        adult = await kiosk.serials(till.journal_id, 4)
        box = await kiosk.serials(till.journal_id, 2, ticket_type_id="box")
        far = await kiosk.serials(till.journal_id, 1, event_id="macbeth")
        sale, in_the_box = till.sale(adult[:3]), till.sale(box, "box")
        items = [
            till.shift(),
            sale,
            in_the_box,
            till.sale(far, lines=_lines("macbeth", far)),
            till.void(in_the_box),
            till.refund(sale, serials=adult[:1], total=money("20.00")),
            till.sale(["0000000000"]),
            "not an item",
            till.admission(adult[1]),
        ]
        await kiosk.upload(till.journal_id, *items, items[0])

    ledger = await api.ledger()

    figures = {
        (line["event_id"], line["ticket_type_id"]): (
            line["taken"],
            line["sold"],
            line["voided"],
            line["refunded"],
            line["gross"]["amount"],
        )
        for line in ledger["lines"]
    }
    assert figures == {
        (EVENT, "adult"): (6, 6, 0, 2, "80.00"),
        (EVENT, "box"): (0, 4, 4, 0, "0.00"),
        ("macbeth", "adult"): (2, 2, 0, 0, "40.00"),
        ("macbeth", "box"): (0, 0, 0, 0, "0.00"),
    }
    names = {(line["venue_id"], line["event_name"]) for line in ledger["lines"]}
    assert names == {("harbour-hall", "The Tempest")}
    assert ledger["kinds"] == {
        "shift_opened": 2,
        "sale": 6,
        "void": 2,
        "refund": 2,
        "admission": 2,
    }
    assert ledger["flags"] == {"tender_differs": 2}
    assert ledger["transactions"] == {"settled": 14, "quarantined": 4, "unreadable": 2}
    assert ledger["replays"] == 2
    _journals_add_up(ledger, [till.journal_id for till in tills])


def _journals_add_up(ledger: dict[str, Any], journal_ids: list[UUID]) -> None:
    journals = ledger["journals"]
    assert {each["journal_id"] for each in journals} == {str(each) for each in journal_ids}
    assert {each["kiosk_id"] for each in journals} == {"kiosk-a", "kiosk-b"}
    for name in ("settled", "quarantined", "unreadable"):
        assert sum(each[name] for each in journals) == ledger["transactions"][name]
    assert sum(each["replays"] for each in journals) == ledger["replays"]
    for each in journals:
        assert (each["epoch"], each["sequence"], each["missing"]) == (1, 8, 0)


def _lines(event_id: str, serials: list[str]) -> list[dict[str, Any]]:
    return [
        {
            "event_id": event_id,
            "ticket_type_id": "adult",
            "price_list_version": 1,
            "unit_price": money("20.00"),
            "serials": serials,
        }
    ]


async def test_pages_of_what_to_look_at_join_without_gap_or_overlap(
    api: World, kiosk: Caller, till: Till
) -> None:
    items = []
    for _ in range(5):
        items.append(till.sale(["0000000000"]))
        await kiosk.upload(till.journal_id, items[-1])
        api.clock.advance(seconds=1)

    pages, after = [], ""
    while after is not None:
        page = (
            await api.ops().send("GET", "/v1/ops/ledger", params={"after": after, "limit": "2"})
        ).body
        pages.append([entry["txn_id"] for entry in page["attention"]])
        after = page["next_after"]

    assert [len(page) for page in pages] == [2, 2, 1]
    assert [txn_id for page in pages for txn_id in page] == [
        item["envelope"]["txn_id"] for item in items
    ]


async def test_a_page_that_ends_with_the_last_entry_says_that_it_is_the_end(
    api: World, kiosk: Caller, till: Till
) -> None:
    await kiosk.upload(till.journal_id, *(till.sale(["0000000000"]) for _ in range(2)))

    answer = await api.ops().get("/v1/ops/ledger?limit=2")

    assert (len(answer.body["attention"]), answer.body["next_after"]) == (2, None)


async def test_an_entry_says_who_what_why_and_what_to_do(
    api: World, kiosk: Caller, till: Till
) -> None:
    sale = till.sale(["0000000000"])
    await kiosk.upload(till.journal_id, sale)

    (entry,) = (await api.ledger())["attention"]

    assert entry["txn_id"] == sale["envelope"]["txn_id"]
    assert (entry["journal_id"], entry["kiosk_id"]) == (str(till.journal_id), "kiosk-a")
    assert (entry["sequence"], entry["kind"], entry["status"]) == (1, "sale", "quarantined")
    assert entry["code"] == "serial_never_issued"
    assert "0000000000" in entry["detail"]
    assert entry["hint"]


async def test_what_settled_and_is_flagged_stays_to_be_looked_at(
    api: World, kiosk: Caller, till: Till
) -> None:
    serials = await kiosk.serials(till.journal_id, 1)

    await kiosk.upload(till.journal_id, till.sale(serials, total=money("19.00")))

    (entry,) = (await api.ledger())["attention"]
    assert (entry["status"], entry["code"]) == ("settled", "")
    assert entry["flags"] == ["tender_differs", "total_differs"]


@pytest.mark.parametrize("journals", [1, 2, 3, 4])
async def test_more_journals_than_fit_a_page_are_all_in_the_ledger(
    api: World, kiosk: Caller, monkeypatch: pytest.MonkeyPatch, journals: int
) -> None:
    monkeypatch.setattr("core_services.ticket_api.ops.ledger._PAGE", 2)
    tills = [Till() for _ in range(journals)]
    for each in tills:
        await kiosk.upload(each.journal_id, each.shift())

    ledger = await api.ledger()

    assert {each["journal_id"] for each in ledger["journals"]} == {
        str(each.journal_id) for each in tills
    }
    assert ledger["transactions"]["settled"] == len(ledger["journals"]) == journals


@pytest.mark.parametrize("journals", [1, 2, 3])
async def test_takings_are_added_up_over_all_journals_of_a_type(
    api: World, kiosk: Caller, monkeypatch: pytest.MonkeyPatch, journals: int
) -> None:
    monkeypatch.setattr("core_services.ticket_api.ops.ledger._PAGE", 2)
    tills = [Till() for _ in range(journals)]
    for each in tills:
        await kiosk.upload(each.journal_id, each.sale(await kiosk.serials(each.journal_id, 2)))

    line = await api.line()

    assert (line["sold"], line["taken"]) == (2 * journals, 2 * journals)
    assert line["gross"] == money(f"{40 * journals}.00")


async def test_what_a_store_counted_for_all_journals_together_is_still_counted(
    api: World, kiosk: Caller, till: Till
) -> None:
    before = {"sold": 5, "voided": 1, "refunded": 2, "gross": "20.00 EUR"}
    await api.store.commit([Put(Key("takings", EVENT, "adult"), before, Absent())])
    sale = till.sale(await kiosk.serials(till.journal_id, 1))

    await kiosk.upload(till.journal_id, sale, till.void(sale))

    line = await api.line()
    assert (line["sold"], line["voided"], line["refunded"]) == (6, 2, 2)
    assert line["gross"] == money("20.00")


@pytest.mark.parametrize("limit", ["0", "-1", "1001", "ten", "1.5", "+5", "\uff11", ""])
async def test_a_page_length_that_can_not_be_is_refused(api: World, limit: str) -> None:
    answer = await api.ops().send("GET", "/v1/ops/ledger", params={"limit": limit})

    assert (answer.status, answer.code) == (422, "body_invalid")
    assert "limit" in answer.body["detail"]
    assert answer.body["hint"]
