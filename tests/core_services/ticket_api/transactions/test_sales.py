"""Sales: what must settle, with which flags, and what can't be true."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from uuid6 import uuid7

from cloud_store.port import Absent, Key, Put
from kiosk_contracts.personal import Buyer, PersonalData
from kiosk_contracts.serials import format_serial
from tests.support.ticket_api import EVENT, NOW, Caller, World, event, money
from tests.support.till import Till, cash, stamp

UNISSUED = "0000000000"


async def sell(kiosk: Caller, till: Till, sale: dict[str, Any]) -> dict[str, Any]:
    (outcome,) = await kiosk.upload(till.journal_id, sale)
    return outcome


async def test_a_sale_of_leased_serials_settles_and_is_counted_once(
    api: World, kiosk: Caller, till: Till
) -> None:
    serials = await kiosk.serials(till.journal_id, 5)

    outcome = await sell(kiosk, till, till.sale(serials[:2]))

    assert (outcome["status"], outcome["flags"], outcome["code"]) == ("settled", [], "")
    line = await api.line()
    assert (line["taken"], line["sold"], line["gross"]) == (5, 2, money("40.00"))
    assert (await api.body("serial", serials[0]))["state"] == "sold"
    assert (await api.body("serial", serials[2]))["state"] == "leased"
    holding = await api.body("holding", "kiosk-a", f"{EVENT}/adult")
    assert holding["leased"] == 3


async def test_it_settles_at_the_price_that_was_granted_whatever_the_price_is_now(
    api: World, kiosk: Caller, till: Till
) -> None:
    serials = await kiosk.serials(till.journal_id, 2)
    dearer = {"version": 2, "prices": {"adult": money("99.00"), "box": money("50.00")}}
    await api.ops().put(f"/v1/ops/events/{EVENT}", event(price_list=dearer).to_json())

    granted = await sell(kiosk, till, till.sale(serials[:1]))
    other = await sell(kiosk, till, till.sale(serials[1:], price="99.00"))

    assert (granted["status"], granted["flags"]) == ("settled", [])
    assert (other["status"], other["flags"]) == ("settled", ["price_differs"])
    # What was paid is what counts, so that ledger and drawer agree.
    assert (await api.line())["gross"] == money("119.00")


@pytest.mark.parametrize(
    ("changes", "flags"),
    [
        ({"total": money("19.00")}, ["tender_differs", "total_differs"]),
        ({"total": money("20.00", "USD")}, ["tender_differs", "total_differs"]),
        ({"tender": [cash("20.00"), cash("0.01")]}, ["tender_differs"]),
        (
            {"recorded": stamp(NOW + timedelta(hours=3, seconds=1))},
            ["clock_ahead", "sold_after_close"],
        ),
        ({"recorded": stamp(NOW + timedelta(hours=3), -10_800_000)}, []),
        ({"recorded": stamp(NOW + timedelta(seconds=300))}, []),
        ({"recorded": stamp(NOW + timedelta(seconds=301))}, ["clock_ahead"]),
        ({"recorded": stamp(NOW - timedelta(seconds=301))}, ["clock_behind"]),
        ({"recorded": {**stamp(NOW), "clock_confirmed_by": "mia"}}, ["clock_confirmed"]),
        ({"recorded": stamp(NOW, 10**18)}, []),
    ],
)
async def test_what_is_off_is_flagged_and_settles(
    kiosk: Caller, till: Till, changes: dict[str, Any], flags: list[str]
) -> None:
    serials = await kiosk.serials(till.journal_id, 1)

    outcome = await sell(kiosk, till, till.sale(serials, **changes))

    assert (outcome["status"], outcome["flags"]) == ("settled", flags)


async def test_a_sale_that_comes_late_but_was_made_in_time_is_not_flagged(
    api: World, kiosk: Caller, till: Till
) -> None:
    serials = await kiosk.serials(till.journal_id, 2)
    in_time = till.sale(serials[:1], at=NOW + timedelta(hours=2, minutes=59))
    too_late = till.sale(serials[1:], at=NOW + timedelta(hours=3, minutes=1))
    api.clock.advance(days=30)

    outcomes = await kiosk.upload(till.journal_id, in_time, too_late)

    assert [each["flags"] for each in outcomes] == [[], ["sold_after_close"]]
    assert [each["status"] for each in outcomes] == ["settled", "settled"]


async def test_a_sale_of_a_cancelled_event_settles_and_is_flagged(
    api: World, kiosk: Caller, till: Till
) -> None:
    serials = await kiosk.serials(till.journal_id, 1)
    await api.ops().post(f"/v1/ops/events/{EVENT}/cancel")

    outcome = await sell(kiosk, till, till.sale(serials))

    assert (outcome["status"], outcome["flags"]) == ("settled", ["event_cancelled"])


async def test_a_sale_in_another_currency_counts_at_the_granted_price(
    api: World, kiosk: Caller, till: Till
) -> None:
    serials = await kiosk.serials(till.journal_id, 1)
    sale = till.sale(serials, price="30.00")
    payload = {**sale["payload"]}
    payload["lines"] = [{**payload["lines"][0], "unit_price": money("30.00", "USD")}]
    other = Till(till.journal_id)

    outcome = await sell(kiosk, other, other.transaction("sale", payload))

    assert (outcome["status"], "price_differs" in outcome["flags"]) == ("settled", True)
    assert (await api.line())["gross"] == money("20.00")


async def test_a_sale_under_another_ticket_type_counts_as_what_the_serial_is(
    api: World, kiosk: Caller, till: Till
) -> None:
    serials = await kiosk.serials(till.journal_id, 1)
    sale = till.sale(serials)
    line = {**sale["payload"]["lines"][0], "ticket_type_id": "box"}
    other = Till(till.journal_id)

    outcome = await sell(
        kiosk, other, other.transaction("sale", {**sale["payload"], "lines": [line]})
    )

    assert (outcome["status"], outcome["flags"]) == ("settled", ["type_differs"])
    assert ((await api.line())["sold"], (await api.line("box"))["sold"]) == (1, 0)


async def test_a_serial_of_another_journal_is_quarantined_and_names_its_holder(
    api: World, kiosk: Caller, till: Till
) -> None:
    other = Till()
    serials = await api.kiosk("kiosk-b").serials(other.journal_id, 1)

    outcome = await sell(kiosk, till, till.sale(serials))

    assert (outcome["status"], outcome["code"]) == ("quarantined", "serial_leased_elsewhere")
    assert "kiosk-b" in outcome["detail"]
    assert outcome["hint"]
    assert (await api.line())["sold"] == 0
    kept = await api.body("transaction", outcome["txn_id"])
    assert (kept["status"], kept["payload"]["total"]) == ("quarantined", money("20.00"))


async def test_a_serial_that_was_never_issued_is_quarantined(
    api: World, kiosk: Caller, till: Till
) -> None:
    serials = await kiosk.serials(till.journal_id, 1)

    outcome = await sell(kiosk, till, till.sale([*serials, UNISSUED]))

    assert (outcome["status"], outcome["code"]) == ("quarantined", "serial_never_issued")
    assert UNISSUED in outcome["detail"]
    # Nothing of a refused sale happens, not even for its good serial.
    assert (await api.body("serial", serials[0]))["state"] == "leased"
    assert (await api.line())["sold"] == 0


@pytest.mark.parametrize(("count", "rest"), [(5, ""), (7, " and 2 more")])
async def test_many_serials_are_named_as_far_as_a_person_reads_them(
    kiosk: Caller, till: Till, count: int, rest: str
) -> None:
    serials = [format_serial(number) for number in range(count)]

    outcome = await sell(kiosk, till, till.sale(serials))

    assert outcome["detail"] == f"{', '.join(serials[:5])}{rest} was never issued"


async def test_a_serial_is_sold_once(api: World, kiosk: Caller, till: Till) -> None:
    serials = await kiosk.serials(till.journal_id, 2)
    first, second = till.sale(serials[:1]), till.sale(serials)
    twice = till.sale([serials[1], serials[1]])

    outcomes = await kiosk.upload(till.journal_id, first, second, twice)

    assert [each["status"] for each in outcomes] == ["settled", "quarantined", "quarantined"]
    assert {each["code"] for each in outcomes[1:]} == {"serial_already_sold"}
    assert (await api.line())["sold"] == 1


async def test_a_refused_sale_may_settle_once_its_cause_is_gone(
    api: World, kiosk: Caller, till: Till
) -> None:
    sale = till.sale([UNISSUED])
    refused = await sell(kiosk, till, sale)
    again = await sell(kiosk, till, sale)
    assert [refused["code"], again["code"]] == ["serial_never_issued"] * 2
    await _issue(api, UNISSUED, till)

    settled = await sell(kiosk, till, sale)
    replay = await sell(kiosk, till, sale)

    assert (settled["status"], settled["replayed"]) == ("settled", False)
    assert (replay["status"], replay["replayed"]) == ("settled", True)
    ledger = await api.ledger()
    assert ledger["transactions"] == {"settled": 1, "quarantined": 0, "unreadable": 0}
    assert ledger["attention"] == []
    assert ledger["journals"][0]["missing"] == 0


async def _issue(api: World, serial: str, till: Till) -> None:
    body = {
        "event_id": EVENT,
        "ticket_type_id": "adult",
        "journal_id": str(till.journal_id),
        "kiosk_id": "kiosk-a",
        "allotment_id": str(uuid4()),
        "granted_at": NOW.isoformat(),
        "price_list_version": 1,
        "unit_price": money("20.00"),
        "state": "leased",
    }
    await api.store.commit([Put(Key("serial", serial), body, Absent())])


async def test_a_written_off_serial_that_was_sold_settles_flagged_and_takes_its_place_again(
    api: World, kiosk: Caller, till: Till
) -> None:
    serials = await kiosk.serials(till.journal_id, 2)
    order = {
        "request_id": str(uuid4()),
        "journal_id": str(till.journal_id),
        "operator": "olga",
        "reason": "kiosk stolen",
        "risk_accepted": True,
    }
    await api.ops().post("/v1/ops/write-offs", order)
    assert (await api.line())["taken"] == 0

    outcome = await sell(kiosk, till, till.sale(serials[:1]))

    assert (outcome["status"], outcome["flags"]) == ("settled", ["serial_written_off"])
    line = await api.line()
    assert (line["taken"], line["sold"]) == (1, 1)
    assert (await api.body("holding", "kiosk-a", f"{EVENT}/adult"))["leased"] == 0


async def test_a_returned_serial_that_was_sold_settles_and_over_capacity_is_said(
    api: World, kiosk: Caller, till: Till
) -> None:
    box = {"ticket_type_id": "box"}
    serials = await kiosk.serials(till.journal_id, 5, **box)
    await kiosk.upload(till.journal_id, till.give_back(serials[:1], **box))
    await api.kiosk("kiosk-b").serials(Till().journal_id, 5, **box)

    outcome = await sell(kiosk, till, till.sale(serials[:1], "box"))

    assert outcome["status"] == "settled"
    assert outcome["flags"] == ["over_capacity", "serial_returned"]
    assert (await api.line("box"))["taken"] == 6


async def test_a_buyers_data_is_kept_beside_the_payload_and_checked_against_its_hash(
    api: World, kiosk: Caller, till: Till
) -> None:
    serials = await kiosk.serials(till.journal_id, 1)
    sale = till.sale(serials, personal_hash="0" * 64)
    sale["personal"] = {"salt": "ab" * 16, "buyer": {"name": "Ada", "phone": "+44"}}

    outcome = await sell(kiosk, till, sale)

    assert (outcome["status"], outcome["flags"]) == ("settled", ["personal_differs"])
    kept = await api.body("transaction", outcome["txn_id"])
    # A field of a newer peer is kept too.
    assert kept["personal"]["buyer"]["phone"] == "+44"


@pytest.mark.parametrize("erased", [False, True])
async def test_a_buyers_data_that_fits_its_hash_or_is_erased_is_not_flagged(
    api: World,
    kiosk: Caller,
    till: Till,
    erased: bool,  # noqa: FBT001
) -> None:
    serials = await kiosk.serials(till.journal_id, 1)
    personal = PersonalData(salt="ab" * 16, buyer=Buyer(name="Ada"))
    txn_id = uuid7()
    first = till.sale(serials)
    payload = {**first["payload"], "personal_hash": personal.salted_hash(txn_id)}
    sale = till.transaction("sale", payload, txn_id=txn_id)
    sale["personal"] = None if erased else personal.to_json()

    outcome = await sell(kiosk, till, sale)

    assert (outcome["status"], outcome["flags"]) == ("settled", [])
    kept = await api.body("transaction", outcome["txn_id"])
    assert "Ada" not in str(kept["payload"])
    assert ("Ada" in str(kept["personal"])) is not erased


async def test_a_price_list_version_that_was_not_granted_is_flagged_though_the_price_is_right(
    kiosk: Caller, till: Till
) -> None:
    serials = await kiosk.serials(till.journal_id, 1)
    sale = till.sale(serials)
    line = {**sale["payload"]["lines"][0], "price_list_version": 2}

    outcome = await sell(
        kiosk, till, till.transaction("sale", {**sale["payload"], "lines": [line]})
    )

    assert (outcome["status"], outcome["flags"]) == ("settled", ["price_differs"])


async def test_a_sale_at_the_last_moment_of_the_margin_is_not_flagged(
    api: World, kiosk: Caller, till: Till
) -> None:
    serials = await kiosk.serials(till.journal_id, 2)
    last = till.sale(serials[:1], at=NOW + timedelta(hours=3))
    earliest = till.sale(serials[1:], at=NOW - timedelta(seconds=300))
    api.clock.advance(hours=3)

    outcomes = await kiosk.upload(till.journal_id, last, earliest)

    assert [each["flags"] for each in outcomes] == [[], []]


async def test_several_written_off_serials_of_one_sale_are_over_capacity_together(
    api: World, kiosk: Caller, till: Till
) -> None:
    box = {"ticket_type_id": "box"}
    serials = await kiosk.serials(till.journal_id, 5, **box)
    await api.write_off(till.journal_id)
    await api.kiosk("kiosk-b").serials(Till().journal_id, 4, **box)

    outcome = await sell(kiosk, till, till.sale(serials[:2], "box"))

    assert outcome["flags"] == ["over_capacity", "serial_written_off"]
    assert (await api.line("box"))["taken"] == 6
