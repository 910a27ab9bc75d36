"""Allotments: real inventory by a rule, asked for once however often, signed."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from cloud_store.port import Key, Put, Store, StoreError, VersionIs
from core_services.ticket_api.allotments.service import AllotmentService, random_number
from core_services.ticket_api.journals.service import JournalService
from core_services.ticket_api.runtime import open_keys
from kiosk_contracts.allotments import AllotmentRequest
from kiosk_contracts.serials import format_serial
from kiosk_contracts.ticket_code import TicketCode
from tests.support.faulty_store import FaultyStore
from tests.support.ticket_api import EVENT, VENUE, Caller, World, event, money, settings_of
from tests.support.till import Till


def rule(**changes: int) -> dict[str, Any]:
    return {"per_kiosk": 60, "keep_back": 0, "top_up_below": 10, **changes}


async def test_an_allotment_is_signed_serials_at_the_current_price_for_as_long_as_sales_are_open(
    kiosk: Caller, till: Till
) -> None:
    answer = await kiosk.grant(till.journal_id, 3)
    keys = (await kiosk.get("/v1/keys")).body["keys"]

    assert answer.status == 201
    granted = answer.body
    assert (granted["unit_price"], granted["price_list_version"]) == (money("20.00"), 1)
    assert granted["limited_by"] == ""
    # Two hours to the end of sales, and one of margin.
    assert granted["lease_s"] == 3 * 3600
    assert not {"asked", "kiosk_id", "state"} & set(granted)
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(keys[0]["public_key"]))
    for ticket in granted["tickets"]:
        code = TicketCode.decode(ticket["code"])
        public.verify(code.signature, code.facts.signed_bytes())
        facts = code.facts
        assert (facts.key_id, facts.event_no, facts.type_no) == (keys[0]["key_id"], 101, 1)
        assert facts.serial == ticket["serial"]
    assert len({ticket["serial"] for ticket in granted["tickets"]}) == 3


async def test_the_same_request_gets_the_same_answer_for_ever(
    api: World, kiosk: Caller, till: Till
) -> None:
    request_id = str(uuid4())
    first = await kiosk.grant(till.journal_id, 4, request_id=request_id)
    await kiosk.upload(till.journal_id, till.sale([first.body["tickets"][0]["serial"]]))
    await api.ops().post(f"/v1/ops/events/{EVENT}/cancel")
    api.clock.advance(days=90)

    again = await kiosk.grant(till.journal_id, 4, request_id=request_id)

    assert (again.status, again.body) == (201, first.body)
    assert (await api.line())["taken"] == 4


@pytest.mark.parametrize(
    "change",
    [
        {"quantity": 5},
        {"ticket_type_id": "box"},
        {"journal_id": "0d6ea4ce-24f7-4bd4-8d37-1c70dd4b1f5c"},
    ],
)
async def test_another_request_under_a_known_id_is_refused(
    api: World, kiosk: Caller, till: Till, change: dict[str, Any]
) -> None:
    request: dict[str, Any] = {"request_id": str(uuid4()), "quantity": 4}
    await kiosk.grant(till.journal_id, **request)

    wanted = {"journal_id": till.journal_id, **request, **change}
    answer = await kiosk.grant(**wanted)

    assert (answer.status, answer.code) == (422, "txn_payload_differs")
    assert (await api.line())["taken"] == 4


async def test_what_is_left_is_granted_and_then_nothing_also_for_ever(
    api: World, kiosk: Caller, till: Till
) -> None:
    box = {"ticket_type_id": "box"}
    part = await kiosk.grant(till.journal_id, 4, **box)
    rest = await api.kiosk("kiosk-b").grant(Till().journal_id, 4, **box)
    request_id = str(uuid4())
    none = await kiosk.grant(till.journal_id, 1, **box, request_id=request_id)
    sold = [ticket["serial"] for ticket in part.body["tickets"]]
    await kiosk.upload(till.journal_id, till.give_back(sold, **box))
    still_none = await kiosk.grant(till.journal_id, 1, **box, request_id=request_id)
    freed = await kiosk.grant(till.journal_id, 1, **box)

    counts = [len(each.body["tickets"]) for each in (part, rest, none, still_none, freed)]
    assert counts == [4, 1, 0, 0, 1]
    limits = [each.body["limited_by"] for each in (part, rest, none, still_none, freed)]
    assert limits == ["", "inventory", "inventory", "inventory", ""]
    assert none.status == 201


async def test_a_kiosk_holds_no_more_than_the_stock_rule_says_and_sales_make_room(
    api: World, kiosk: Caller, till: Till
) -> None:
    await api.ops().put(f"/v1/ops/events/{EVENT}", event(stock_rule=rule(per_kiosk=10)).to_json())
    first = await kiosk.grant(till.journal_id, 8)
    second = await kiosk.grant(till.journal_id, 8)
    serials = [ticket["serial"] for ticket in first.body["tickets"]]
    await kiosk.upload(till.journal_id, till.sale(serials[:3]), till.give_back(serials[3:4]))
    third = await kiosk.grant(till.journal_id, 8)
    other_type = await kiosk.grant(till.journal_id, 2, ticket_type_id="box")

    granted = [len(each.body["tickets"]) for each in (first, second, third, other_type)]
    assert granted == [8, 2, 4, 2]
    assert [each.body["limited_by"] for each in (first, second, third)] == [
        "",
        "stock_rule",
        "stock_rule",
    ]


async def test_places_that_are_kept_back_are_never_leased(
    api: World, kiosk: Caller, till: Till
) -> None:
    await api.ops().put(f"/v1/ops/events/{EVENT}", event(stock_rule=rule(keep_back=2)).to_json())

    answer = await kiosk.grant(till.journal_id, 5, ticket_type_id="box")

    assert (len(answer.body["tickets"]), answer.body["limited_by"]) == (3, "inventory")


async def test_nothing_is_granted_of_a_cancelled_or_closed_or_strange_event(
    api: World, kiosk: Caller, till: Till
) -> None:
    strange = event("strange", event_no=102, state="postponed")
    await api.ops().put("/v1/ops/events/strange", strange.to_json())
    unknown_state = await kiosk.grant(till.journal_id, 1, event_id="strange")
    api.clock.advance(hours=2)
    closed = await kiosk.grant(till.journal_id, 1)
    await api.ops().post(f"/v1/ops/events/{EVENT}/cancel")
    cancelled = await kiosk.grant(till.journal_id, 1)

    answers = (unknown_state, closed, cancelled)
    assert [each.body["tickets"] for each in answers] == [[], [], []]
    limits = [each.body["limited_by"] for each in answers]
    assert limits == ["cancelled", "sales_closed", "cancelled"]
    assert closed.body["lease_s"] == 3600
    assert (await api.line())["taken"] == 0


async def test_unknown_events_types_and_other_venues_events_are_refused(
    api: World, kiosk: Caller, till: Till
) -> None:
    no_event = await kiosk.grant(till.journal_id, 1, event_id="nothing")
    no_type = await kiosk.grant(till.journal_id, 1, ticket_type_id="nothing")
    far = await api.kiosk("kiosk-m", "old-mill").grant(Till().journal_id, 1)

    assert (no_event.status, no_event.code) == (404, "event_unknown")
    assert (no_type.status, no_type.code) == (404, "ticket_type_unknown")
    assert (far.status, far.code) == (404, "event_unknown")
    assert all(each.body["hint"] for each in (no_event, no_type, far))


@pytest.mark.parametrize("quantity", [0, -1, 501, True, "2", "many", None])
async def test_a_quantity_that_can_not_be_is_refused(
    api: World, kiosk: Caller, till: Till, quantity: Any
) -> None:
    answer = await kiosk.grant(till.journal_id, quantity)

    assert (answer.status, answer.code) == (422, "body_invalid")
    assert "quantity" in answer.body["detail"]
    assert (await api.line())["taken"] == 0


async def test_a_journal_of_another_kiosk_is_refused_everywhere(
    api: World, kiosk: Caller, till: Till
) -> None:
    await kiosk.grant(till.journal_id, 1)
    thief = api.kiosk("kiosk-b")

    answers = [
        await thief.grant(till.journal_id, 1),
        await thief.post(
            "/v1/transactions", {"journal_id": str(till.journal_id), "items": [till.shift()]}
        ),
        await thief.get(f"/v1/journals/{till.journal_id}"),
    ]

    assert [(each.status, each.code) for each in answers] == [(403, "journal_of_another_kiosk")] * 3
    assert (await api.line())["taken"] == 1


async def test_a_large_grant_takes_several_commits_and_is_whole(
    api: World, kiosk: Caller, till: Till
) -> None:
    big = event("stadium", event_no=103, stock_rule=rule(per_kiosk=1000))
    types = [{**big.ticket_types[0].to_json(), "capacity": 1000}, big.ticket_types[1].to_json()]
    body = {**big.to_json(), "ticket_types": types}
    await api.ops().put("/v1/ops/events/stadium", body)

    serials = await kiosk.serials(till.journal_id, 500, event_id="stadium")
    (outcome,) = await kiosk.upload(till.journal_id, till.give_back(serials, event_id="stadium"))

    assert len(set(serials)) == 500
    assert (outcome["status"], outcome["flags"]) == ("settled", [])
    assert (await api.line("adult", "stadium"))["taken"] == 0


async def test_a_grant_that_breaks_off_is_finished_by_the_same_request(
    api: World, till: Till
) -> None:
    """The places are taken once, and every serial that was ever signed is known."""
    faulty = FaultyStore(api.store)
    service = _service(api, faulty)
    request = _request(till.journal_id, 60)
    await service.grant(_request(till.journal_id, 1), "kiosk-a", VENUE)
    faulty.fail_commits_after(1)

    with pytest.raises(StoreError):
        await service.grant(request, "kiosk-a", VENUE)
    assert faulty.failed == 1
    assert (await api.body("allotment", request.request_id))["state"] == "pending"
    faulty.heal()
    allotment = await service.grant(request, "kiosk-a", VENUE)

    assert len(allotment.tickets) == 59
    line = await api.line()
    assert line["taken"] == 60
    items = await api.store.get_many([Key("serial", each.serial) for each in allotment.tickets])
    assert all(item is not None and item.body["state"] == "leased" for item in items)


async def test_a_serial_that_exists_is_drawn_again(api: World, till: Till) -> None:
    numbers = iter([1, 2, 2, 3, 4, 5, 6])
    service = _service(api, api.store, numbers.__next__)

    first = await service.grant(_request(till.journal_id, 2), "kiosk-a", VENUE)
    numbers = iter([1, 7, 2, 7, 8, 9])
    second = await _service(api, api.store, numbers.__next__).grant(
        _request(till.journal_id, 3), "kiosk-a", VENUE
    )

    assert [each.serial for each in first.tickets] == [format_serial(1), format_serial(2)]
    assert {each.serial for each in second.tickets} == {format_serial(n) for n in (7, 8, 9)}
    assert (await api.line())["taken"] == 5
    for ticket in second.tickets:
        owner = await api.body("serial", ticket.serial)
        assert owner["allotment_id"] == str(second.allotment_id)


async def test_the_same_request_twice_at_once_is_one_grant(api: World, till: Till) -> None:
    service = _service(api, api.store)
    request = _request(till.journal_id, 50)

    answers = await asyncio.gather(*(service.grant(request, "kiosk-a", VENUE) for _ in range(4)))

    assert len({each.allotment_id for each in answers}) == 1
    assert len({each.tickets for each in answers}) == 1
    assert (await api.line())["taken"] == 50


async def test_a_grant_that_a_slow_rival_finishes_once_more_takes_no_sale_back(
    api: World, kiosk: Caller, till: Till
) -> None:
    request = _request(till.journal_id, 2)
    allotment = await _service(api, api.store).grant(request, "kiosk-a", VENUE)
    sold = allotment.tickets[0].serial
    await kiosk.upload(till.journal_id, till.sale([sold]))
    # What the rival has read: the grant before it was finished.
    at = Key("allotment", str(request.request_id))
    item = await api.store.get(at)
    assert item is not None
    pending = {**item.body, "state": "pending"}
    await api.store.commit([Put(at, pending, VersionIs(item.version))])

    again = await _service(api, api.store).grant(request, "kiosk-a", VENUE)

    assert again == allotment
    assert (await api.body("serial", sold))["state"] == "sold"


async def test_a_grant_of_nothing_is_one_write(api: World, kiosk: Caller, till: Till) -> None:
    await kiosk.serials(till.journal_id, 60)
    faulty = FaultyStore(api.store)

    allotment = await _service(api, faulty).grant(_request(till.journal_id, 1), "kiosk-a", VENUE)

    assert (allotment.tickets, faulty.commits) == ((), [1])


def _service(
    api: World, store: Store, numbers: Callable[[], int] = random_number
) -> AllotmentService:
    keys = open_keys(settings_of(api.folder), api.clock)
    journals = JournalService(store)
    margin = timedelta(hours=1)
    return AllotmentService(store, journals, keys, api.clock, margin=margin, numbers=numbers)


def _request(journal_id: UUID, quantity: int) -> AllotmentRequest:
    return AllotmentRequest(
        request_id=uuid4(),
        journal_id=journal_id,
        event_id=EVENT,
        ticket_type_id="adult",
        quantity=quantity,
    )


async def test_a_kiosk_that_holds_more_than_a_new_rule_allows_gets_nothing_more(
    api: World, kiosk: Caller, till: Till
) -> None:
    await kiosk.serials(till.journal_id, 8)
    await api.ops().put(f"/v1/ops/events/{EVENT}", event(stock_rule=rule(per_kiosk=5)).to_json())

    answer = await kiosk.grant(till.journal_id, 1)

    assert (answer.status, answer.body["tickets"], answer.body["limited_by"]) == (
        201,
        [],
        "stock_rule",
    )
    assert (await api.line())["taken"] == 8


async def test_where_rule_and_inventory_end_together_the_inventory_is_said(
    api: World, kiosk: Caller, till: Till
) -> None:
    await api.ops().put(f"/v1/ops/events/{EVENT}", event(stock_rule=rule(per_kiosk=5)).to_json())

    answer = await kiosk.grant(till.journal_id, 6, ticket_type_id="box")

    assert (len(answer.body["tickets"]), answer.body["limited_by"]) == (5, "inventory")


async def test_another_journal_of_the_same_kiosk_gets_no_second_roll(
    api: World, kiosk: Caller
) -> None:
    await api.ops().put(f"/v1/ops/events/{EVENT}", event(stock_rule=rule(per_kiosk=10)).to_json())
    first = await kiosk.grant(Till().journal_id, 20)
    more = await kiosk.grant(Till().journal_id, 1)
    others = await api.kiosk("kiosk-b").grant(Till().journal_id, 20)
    assert [len(each.body["tickets"]) for each in (first, more, others)] == [10, 0, 10]
    assert more.body["limited_by"] == "stock_rule"
