"""Voids and refunds: money and place go back once."""

import asyncio
from typing import Any

import pytest

from tests.support.ticket_api import EVENT, Caller, World, money
from tests.support.till import Till, cash


@pytest.fixture
async def sale(kiosk: Caller, till: Till) -> dict[str, Any]:
    """Settle a sale of two tickets."""
    serials = await kiosk.serials(till.journal_id, 2)
    sale = till.sale(serials)
    (outcome,) = await kiosk.upload(till.journal_id, sale)
    assert outcome["status"] == "settled"
    return sale


def serials_of(sale: dict[str, Any]) -> list[str]:
    serials: list[str] = sale["payload"]["lines"][0]["serials"]
    return serials


async def test_a_void_gives_back_money_and_places_and_revokes_the_tickets(
    api: World, kiosk: Caller, till: Till, sale: dict[str, Any]
) -> None:
    (outcome,) = await kiosk.upload(till.journal_id, till.void(sale))

    assert (outcome["status"], outcome["flags"]) == ("settled", [])
    line = await api.line()
    assert (line["taken"], line["sold"], line["voided"]) == (0, 2, 2)
    assert line["gross"] == money("0.00")
    feed = (await kiosk.get("/v1/gate-feed")).body["entries"]
    assert [(each["fact"], each["serial"], each["reason"]) for each in feed] == [
        ("revoked", serial, "voided") for serial in serials_of(sale)
    ]


async def test_a_freed_place_gets_a_new_serial_never_the_old_one(api: World, kiosk: Caller) -> None:
    till, box = Till(), {"ticket_type_id": "box"}
    serials = await kiosk.serials(till.journal_id, 5, **box)
    sale = till.sale(serials, "box")
    await kiosk.upload(till.journal_id, sale, till.void(sale))

    fresh = await kiosk.serials(till.journal_id, 5, **box)
    (again,) = await kiosk.upload(till.journal_id, till.sale(serials[:1], "box"))

    assert not set(serials) & set(fresh)
    assert (again["status"], again["code"]) == ("quarantined", "serial_already_sold")
    assert (await api.line("box"))["taken"] == 5


async def test_a_void_waits_for_its_sale(api: World, kiosk: Caller, till: Till) -> None:
    sale = till.sale(await kiosk.serials(till.journal_id, 1))
    void = till.void(sale)

    (before,) = await kiosk.upload(till.journal_id, void)
    assert (before["status"], before["code"]) == ("retry", "sale_not_known_yet")
    assert before["retry_after_s"] > 0
    assert "has not arrived" in before["detail"]

    outcomes = await kiosk.upload(till.journal_id, sale, void)
    assert [each["status"] for each in outcomes] == ["settled", "settled"]
    assert (await api.line())["voided"] == 1


async def test_a_refund_waits_while_its_sale_is_quarantined(
    api: World, kiosk: Caller, till: Till
) -> None:
    sale = till.sale(await kiosk.serials(till.journal_id, 1))
    damaged = {**sale, "payload": {**sale["payload"], "receipt_number": "HB1-1-999999"}}
    refund = till.refund(sale)

    _, meanwhile = await kiosk.upload(till.journal_id, damaged, refund)
    assert (meanwhile["status"], meanwhile["code"]) == ("retry", "sale_not_known_yet")
    assert "quarantined" in meanwhile["detail"]

    outcomes = await kiosk.upload(till.journal_id, sale, refund)
    assert [each["status"] for each in outcomes] == ["settled", "settled"]
    assert (await api.line())["refunded"] == 1


async def test_what_is_given_back_once_is_not_given_back_again(
    api: World, kiosk: Caller, till: Till, sale: dict[str, Any]
) -> None:
    serials = serials_of(sale)
    part = {"serials": serials[:1], "total": money("20.00"), "tender": [cash("20.00")]}
    other = {"serials": serials[1:], "total": money("20.00"), "tender": [cash("20.00")]}
    outcomes = await kiosk.upload(
        till.journal_id,
        till.refund(sale, **part),
        till.refund(sale),
        till.void(sale, **part),
        till.void(sale, **other),
        till.refund(sale, **other),
        till.void(sale, **other),
    )

    assert [(each["status"], each["code"]) for each in outcomes] == [
        ("settled", ""),
        ("quarantined", "sale_already_refunded"),
        ("quarantined", "sale_already_refunded"),
        ("settled", ""),
        ("quarantined", "sale_already_voided"),
        ("quarantined", "sale_already_voided"),
    ]
    line = await api.line()
    assert (line["voided"], line["refunded"], line["taken"]) == (1, 1, 0)
    assert line["gross"] == money("0.00")


async def test_only_the_kiosk_that_sold_may_void_but_another_of_the_venue_may_refund(
    api: World, sale: dict[str, Any]
) -> None:
    other = Till()
    kiosk_b = api.kiosk("kiosk-b")
    void, refund = await kiosk_b.upload(other.journal_id, other.void(sale), other.refund(sale))

    assert (void["status"], void["code"]) == ("quarantined", "sale_not_ours")
    assert refund["status"] == "settled"
    assert (await api.line())["refunded"] == 2


async def test_a_kiosk_of_another_venue_may_not_refund(api: World, sale: dict[str, Any]) -> None:
    other = Till()
    far = api.kiosk("kiosk-m", "old-mill")

    (refund,) = await far.upload(other.journal_id, other.refund(sale))

    assert (refund["status"], refund["code"]) == ("quarantined", "sale_not_ours")
    assert (await api.line())["refunded"] == 0


async def test_a_ticket_that_is_not_part_of_the_sale_can_not_be_given_back(
    api: World, kiosk: Caller, till: Till, sale: dict[str, Any]
) -> None:
    stranger = await kiosk.serials(till.journal_id, 1)
    both = [*serials_of(sale), *stranger]

    outcomes = await kiosk.upload(
        till.journal_id, till.void(sale, serials=both), till.void(sale, serials=[])
    )

    assert {each["code"] for each in outcomes} == {"serial_not_in_sale"}
    assert stranger[0] in outcomes[0]["detail"]
    assert (await api.line())["voided"] == 0


async def test_a_void_of_something_that_is_no_sale_is_quarantined(
    kiosk: Caller, till: Till, sale: dict[str, Any]
) -> None:
    shift = till.shift()
    void = till.void(sale, sale_txn_id=shift["envelope"]["txn_id"])

    _, outcome = await kiosk.upload(till.journal_id, shift, void)

    assert (outcome["status"], outcome["code"]) == ("quarantined", "txn_unknown")


async def test_a_void_of_a_used_ticket_or_of_another_sum_settles_and_is_flagged(
    kiosk: Caller, till: Till, sale: dict[str, Any]
) -> None:
    admission = till.admission(serials_of(sale)[0])
    void = till.void(sale, total=money("39.00"))

    _, outcome = await kiosk.upload(till.journal_id, admission, void)

    assert outcome["status"] == "settled"
    assert outcome["flags"] == ["tender_differs", "ticket_already_used", "total_differs"]


async def test_of_two_refunds_at_once_one_settles(api: World, sale: dict[str, Any]) -> None:
    tills = [Till() for _ in range(4)]
    kiosks = [api.kiosk(f"kiosk-{number}") for number in range(4)]
    results = await asyncio.gather(
        *(
            kiosk.upload(till.journal_id, till.refund(sale))
            for kiosk, till in zip(kiosks, tills, strict=True)
        )
    )

    codes = sorted(outcome["code"] for (outcome,) in results)
    assert codes == ["", *["sale_already_refunded"] * 3]
    assert (await api.line())["refunded"] == 2


async def test_a_refund_of_a_used_ticket_is_refused_and_says_where_it_was_used(
    api: World, kiosk: Caller, till: Till, sale: dict[str, Any]
) -> None:
    used, fresh = serials_of(sale)
    part = {"total": money("20.00"), "tender": [cash("20.00")]}

    _, whole, first, second = await kiosk.upload(
        till.journal_id,
        till.admission(used, "North"),
        till.refund(sale),
        till.refund(sale, serials=[fresh], **part),
        till.refund(sale, serials=[used], **part),
    )

    assert (whole["status"], whole["code"]) == ("quarantined", "ticket_already_used")
    assert (first["status"], first["flags"]) == ("settled", [])
    assert (second["status"], second["code"]) == ("quarantined", "ticket_already_used")
    assert f"{used} was used at North on 20" in second["detail"]
    assert "no money" in second["hint"]
    line = await api.line()
    assert (line["refunded"], line["gross"]) == (1, money("20.00"))


async def test_a_used_ticket_of_a_cancelled_event_is_refunded_and_flagged(
    api: World, kiosk: Caller, till: Till, sale: dict[str, Any]
) -> None:
    await kiosk.upload(till.journal_id, till.admission(serials_of(sale)[0]))
    assert (await api.ops().post(f"/v1/ops/events/{EVENT}/cancel")).status == 200

    (refund,) = await kiosk.upload(till.journal_id, till.refund(sale))

    assert (refund["status"], refund["flags"]) == ("settled", ["ticket_already_used"])


async def test_who_left_again_has_used_the_ticket(
    kiosk: Caller, till: Till, sale: dict[str, Any]
) -> None:
    one = serials_of(sale)[0]
    *_, refund = await kiosk.upload(
        till.journal_id, till.admission(one), till.exit(one), till.refund(sale)
    )

    assert (refund["status"], refund["code"]) == ("quarantined", "ticket_already_used")


async def test_a_refund_that_settled_stays_so_when_somebody_is_admitted_afterwards(
    kiosk: Caller, till: Till, sale: dict[str, Any]
) -> None:
    refund = till.refund(sale)
    _, admission, again = await kiosk.upload(
        till.journal_id, refund, till.admission(serials_of(sale)[0]), refund
    )

    assert admission["status"] == "settled"
    assert admission["flags"], "a person hears of who went in with it"
    assert (again["status"], again["replayed"]) == ("settled", True)


async def test_what_was_paid_is_given_back_also_where_it_was_not_the_granted_price(
    api: World, kiosk: Caller, till: Till
) -> None:
    serials = await kiosk.serials(till.journal_id, 2)
    sale = till.sale(serials, price="15.00")

    _, void = await kiosk.upload(till.journal_id, sale, till.void(sale))

    assert (void["status"], void["flags"]) == ("settled", [])
    line = await api.line()
    assert (line["sold"], line["voided"], line["gross"]) == (2, 2, money("0.00"))


@pytest.mark.parametrize("kind", ["void", "refund"])
async def test_a_ticket_that_is_listed_twice_is_given_back_once(
    api: World, kiosk: Caller, till: Till, sale: dict[str, Any], kind: str
) -> None:
    twice = [*serials_of(sale), serials_of(sale)[0]]
    undo = till.void if kind == "void" else till.refund

    (outcome,) = await kiosk.upload(till.journal_id, undo(sale, serials=twice))

    assert (outcome["status"], outcome["flags"]) == ("settled", [])
    line = await api.line()
    assert (line["taken"], line["voided"] + line["refunded"]) == (0, 2)
    assert line["gross"] == money("0.00")
    assert len((await kiosk.get("/v1/gate-feed")).body["entries"]) == 2
