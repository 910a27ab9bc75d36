"""A manager voids a sale that could not settle: both settle, and nothing of them counts."""

from typing import Any

import pytest

from cloud_store.port import StoreError
from core_services.ticket_api.transactions.domain.decision import Asker
from kiosk_contracts.uploads import UploadBatch
from tests.core_services.ticket_api.transactions.test_large_ones import RULE, service_on
from tests.support.faulty_store import FaultyStore
from tests.support.ticket_api import EVENT, VENUE, Caller, World, event, money, world
from tests.support.till import Till


@pytest.fixture
async def foreign(api: World) -> str:
    """Lease a serial to another kiosk's journal."""
    (serial,) = await api.kiosk("kiosk-b").serials(Till().journal_id, 1)
    return serial


@pytest.fixture
async def sale(kiosk: Caller, till: Till, foreign: str) -> dict[str, Any]:
    """Quarantine a sale of two own serials and one of another journal."""
    own = await kiosk.serials(till.journal_id, 2)
    sale = till.sale([*own, foreign])
    (outcome,) = await kiosk.upload(till.journal_id, sale)
    assert (outcome["status"], outcome["code"]) == ("quarantined", "serial_leased_elsewhere")
    return sale


def serials_of(sale: dict[str, Any]) -> list[str]:
    serials: list[str] = sale["payload"]["lines"][0]["serials"]
    return serials


async def test_the_void_settles_and_then_the_sale_does_and_no_money_was_counted(
    api: World, kiosk: Caller, till: Till, sale: dict[str, Any]
) -> None:
    void = till.void(sale)
    outcomes = await kiosk.upload(till.journal_id, void, sale)
    again = await kiosk.upload(till.journal_id, sale, void)

    assert [(each["status"], each["flags"]) for each in outcomes] == [
        ("settled", ["sale_never_counted"])
    ] * 2
    assert [(each["status"], each["replayed"]) for each in again] == [("settled", True)] * 2
    line = await api.line()
    assert (line["sold"], line["voided"], line["refunded"], line["gross"]) == (
        0,
        0,
        0,
        money("0.00"),
    )
    ledger = await api.ledger()
    assert ledger["transactions"] == {"settled": 2, "quarantined": 0, "unreadable": 0}
    assert ledger["flags"] == {"sale_never_counted": 2}


async def test_only_the_serials_leased_to_that_journal_are_closed_freed_and_told_to_gates(
    api: World, kiosk: Caller, till: Till, sale: dict[str, Any], foreign: str
) -> None:
    before = (await api.line())["taken"]
    void = till.void(sale)
    await kiosk.upload(till.journal_id, void)

    own = serials_of(sale)[:2]
    assert (await api.line())["taken"] == before - 2
    bodies = [await api.body("serial", serial) for serial in own]
    assert [(body["state"], body["closed_by"], body["txn_id"]) for body in bodies] == [
        ("voided", void["envelope"]["txn_id"], None)
    ] * 2
    assert (await api.body("serial", foreign))["state"] == "leased"
    holding = await api.body("holding", "kiosk-a", f"{EVENT}/adult")
    assert holding["leased"] == 0
    feed = (await kiosk.get("/v1/gate-feed")).body["entries"]
    assert [(each["fact"], each["serial"], each["reason"]) for each in feed] == [
        ("revoked", serial, "voided") for serial in own
    ]


async def test_a_serial_that_another_sale_sold_stays_sold(
    api: World, kiosk: Caller, till: Till
) -> None:
    sold, fresh = await kiosk.serials(till.journal_id, 2)
    second = till.sale([sold, fresh])
    await kiosk.upload(till.journal_id, till.sale([sold]), second)

    (void,) = await kiosk.upload(till.journal_id, till.void(second))

    assert void["status"] == "settled"
    line = await api.line()
    assert (line["taken"], line["sold"], line["voided"]) == (1, 1, 0)
    assert (await api.body("serial", sold))["state"] == "sold"


async def test_the_right_content_that_comes_after_the_void_settles_and_counts_nothing(
    api: World, kiosk: Caller, till: Till
) -> None:
    sale = till.sale(await kiosk.serials(till.journal_id, 1))
    damaged = {**sale, "payload": {**sale["payload"], "receipt_number": "HB1-1-999999"}}
    _, _, still, right = await kiosk.upload(
        till.journal_id, damaged, till.void(sale), damaged, sale
    )

    assert (still["status"], still["code"]) == ("quarantined", "payload_hash_differs")
    assert (right["status"], right["flags"]) == ("settled", ["sale_never_counted"])
    line = await api.line()
    assert (line["taken"], line["sold"], line["voided"]) == (0, 0, 0)


async def test_it_is_given_back_once(
    api: World, kiosk: Caller, till: Till, sale: dict[str, Any]
) -> None:
    outcomes = await kiosk.upload(
        till.journal_id,
        till.void(sale),
        till.void(sale),
        till.refund(sale),
        sale,
        till.refund(sale),
    )

    assert [each["code"] for each in outcomes] == [
        "",
        "sale_already_voided",
        "sale_already_voided",
        "",
        "sale_already_voided",
    ]
    assert (await api.line())["refunded"] == 0


async def test_another_kiosk_may_not_void_it(api: World, sale: dict[str, Any]) -> None:
    other, kiosk_b = Till(), api.kiosk("kiosk-b")
    (void,) = await kiosk_b.upload(other.journal_id, other.void(sale))
    assert (void["status"], void["code"]) == ("quarantined", "sale_not_ours")
    assert (await api.body("serial", serials_of(sale)[0]))["state"] == "leased"


async def test_only_a_sale_is_struck(api: World, kiosk: Caller, till: Till) -> None:
    shift = till.shift()
    bad = {**shift, "payload": {**shift["payload"], "opening_float": money("1.00")}}
    sale = till.sale(await kiosk.serials(till.journal_id, 1))
    void = till.void(sale, sale_txn_id=shift["envelope"]["txn_id"])
    _, outcome, settles = await kiosk.upload(till.journal_id, bad, void, shift)
    assert (outcome["status"], outcome["code"]) == ("retry", "sale_not_known_yet")
    assert (settles["status"], settles["flags"]) == ("settled", [])
    assert (await api.line())["taken"] == 1


async def test_a_ticket_that_was_admitted_meanwhile_is_flagged(
    kiosk: Caller, till: Till, sale: dict[str, Any]
) -> None:
    _, void = await kiosk.upload(
        till.journal_id, till.admission(serials_of(sale)[0]), till.void(sale)
    )
    assert void["flags"] == ["sale_never_counted", "ticket_already_used"]


async def test_a_serial_closed_by_such_a_void_and_sold_all_the_same_settles_flagged(
    api: World, kiosk: Caller, till: Till, sale: dict[str, Any]
) -> None:
    await kiosk.upload(till.journal_id, till.void(sale))
    before = (await api.line())["taken"]
    (outcome,) = await kiosk.upload(till.journal_id, till.sale(serials_of(sale)[:1]))
    assert (outcome["status"], outcome["flags"]) == ("settled", ["serial_voided"])
    line = await api.line()
    assert (line["taken"], line["sold"]) == (before + 1, 1)


async def test_a_large_one_that_breaks_off_is_finished_by_its_repetition(tmp_path: Any) -> None:
    async with world(tmp_path, None, event(stock_rule=RULE)) as api:
        till, kiosk = Till(), api.kiosk()
        serials = await kiosk.serials(till.journal_id, 90)
        foreign = await api.kiosk("kiosk-b").serials(Till().journal_id, 1)
        sale = till.sale([*serials, *foreign])
        await kiosk.upload(till.journal_id, sale)
        void = till.void(sale)
        batch = UploadBatch(journal_id=till.journal_id, items=[void])
        faulty = FaultyStore(api.store)
        faulty.fail_commits_after(1)
        with pytest.raises(StoreError):
            await service_on(api, faulty).upload(batch, Asker("kiosk-a", VENUE))
        assert faulty.failed == 1
        struck = await api.body("transaction", sale["envelope"]["txn_id"])
        assert struck["voided_by"] == void["envelope"]["txn_id"], "the first step was written"

        settles, then = await kiosk.upload(till.journal_id, sale, void)

        assert (settles["status"], then["status"]) == ("settled", "settled")
        assert (await api.line())["taken"] == 1
        assert len((await kiosk.get("/v1/gate-feed")).body["entries"]) == 90
