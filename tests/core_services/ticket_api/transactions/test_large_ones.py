"""Transactions that change more than one commit holds: in steps, or refused whole."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from cloud_store.port import Store, StoreError
from core_services.ticket_api.journals.service import JournalService
from core_services.ticket_api.transactions.domain.decision import Asker, Rules
from core_services.ticket_api.transactions.service import TransactionService
from kiosk_contracts.uploads import ItemOutcome, UploadBatch
from tests.support.faulty_store import FaultyStore
from tests.support.ticket_api import EVENT, VENUE, Caller, World, event, money, world
from tests.support.till import Till, cash

RULE = {"per_kiosk": 300, "keep_back": 0, "top_up_below": 10}


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[World]:
    """Run a ticket API whose kiosks may hold every ticket."""
    async with world(tmp_path, None, event(stock_rule=RULE)) as running:
        yield running


async def big_sale(kiosk: Caller, till: Till, tickets: int) -> dict[str, Any]:
    """Return a sale of many lines."""
    serials = await kiosk.serials(till.journal_id, tickets)
    line = {"event_id": EVENT, "ticket_type_id": "adult", "price_list_version": 1}
    line["unit_price"] = money("20.00")
    lines = [{**line, "serials": serials[at : at + 20]} for at in range(0, tickets, 20)]
    return till.sale(serials, lines=lines)


async def test_a_sale_and_a_void_larger_than_a_commit_settle_in_steps(
    api: World, kiosk: Caller, till: Till
) -> None:
    sale = await big_sale(kiosk, till, 100)

    outcomes = await kiosk.upload(till.journal_id, sale, till.void(sale), sale)

    assert [(each["status"], each["flags"]) for each in outcomes] == [("settled", [])] * 3
    line = await api.line()
    assert (line["taken"], line["sold"], line["voided"], line["gross"]) == (
        0,
        100,
        100,
        money("0.00"),
    )
    assert len((await kiosk.get("/v1/gate-feed")).body["entries"]) == 100


async def test_a_refund_larger_than_a_commit_is_refused_whole_and_settles_in_parts(
    api: World, kiosk: Caller, till: Till
) -> None:
    sale = await big_sale(kiosk, till, 60)
    serials = [serial for line in sale["payload"]["lines"] for serial in line["serials"]]
    await kiosk.upload(till.journal_id, sale)
    before = await api.line()

    (whole,) = await kiosk.upload(till.journal_id, till.refund(sale))

    assert (whole["status"], whole["code"]) == ("quarantined", "quantity_invalid")
    assert "smaller parts" in whole["hint"]
    assert await api.line() == before
    assert (await kiosk.get("/v1/gate-feed")).body["entries"] == []
    half = {"total": money("600.00"), "tender": [cash("600.00")]}
    parts = [till.refund(sale, serials=part, **half) for part in (serials[:30], serials[30:])]
    outcomes = await kiosk.upload(till.journal_id, *parts)
    assert [(each["status"], each["flags"]) for each in outcomes] == [("settled", [])] * 2
    assert (await api.line())["refunded"] == 60


def service_on(api: World, store: Store) -> TransactionService:
    """Return the service on a store that may fail."""
    rules = Rules(*[api.clock.now() - api.clock.now()] * 2)
    return TransactionService(store, JournalService(store), rules, api.clock, lambda _: None)


async def sent(service: TransactionService, till: Till, *items: Any) -> tuple[ItemOutcome, ...]:
    batch = UploadBatch(journal_id=till.journal_id, items=list(items))
    return (await service.upload(batch, Asker("kiosk-a", VENUE))).outcomes


@pytest.mark.parametrize("steps", [0, 1])
@pytest.mark.parametrize("kind", ["sale", "void", "return"])
async def test_a_large_one_that_breaks_off_between_its_steps_is_finished_when_it_comes_again(
    api: World, kiosk: Caller, till: Till, kind: str, steps: int
) -> None:
    sale = await big_sale(kiosk, till, 100)
    serials = [serial for line in sale["payload"]["lines"] for serial in line["serials"]]
    item = sale
    if kind == "void":
        await kiosk.upload(till.journal_id, sale)
        item = till.void(sale)
    elif kind == "return":
        item = till.give_back(serials)
    faulty = FaultyStore(api.store)
    faulty.fail_commits_after(steps)
    service = service_on(api, faulty)

    with pytest.raises(StoreError):
        await sent(service, till, item)
    assert faulty.failed == 1
    faulty.heal()
    (outcome,) = await sent(service, till, item)

    assert (outcome.status, outcome.replayed, outcome.flags) == ("settled", False, ())
    line = await api.line()
    assert (line["taken"], line["sold"], line["voided"]) == {
        "sale": (100, 100, 0),
        "void": (0, 100, 100),
        "return": (0, 0, 0),
    }[kind]
    assert (await api.body("holding", "kiosk-a", f"{EVENT}/adult"))["leased"] == 0


async def test_a_full_batch_is_written_in_several_commits_and_counted_once(
    api: World, kiosk: Caller, till: Till
) -> None:
    serials = await kiosk.serials(till.journal_id, 100)
    items = [till.sale([serial]) for serial in serials]
    faulty = FaultyStore(api.store)
    faulty.lose_answers(1)
    service = service_on(api, faulty)

    with pytest.raises(StoreError):
        await sent(service, till, *items)
    outcomes = await sent(service, till, *items)

    assert {outcome.status for outcome in outcomes} == {"settled"}
    assert 0 < sum(outcome.replayed for outcome in outcomes) < 100
    assert max(faulty.commits) <= 100
    assert len(faulty.commits) > 2
    assert (await api.line())["sold"] == 100


@pytest.mark.parametrize("good", [0, 1, 2])
async def test_nothing_is_told_of_a_batch_of_which_a_part_was_not_written(
    api: World, kiosk: Caller, till: Till, good: int
) -> None:
    serials = await kiosk.serials(till.journal_id, 80)
    items = [till.sale([serial]) for serial in serials]
    faulty = FaultyStore(api.store)
    faulty.fail_commits_after(good)
    service = service_on(api, faulty)

    with pytest.raises(StoreError):
        await sent(service, till, *items)
    assert (faulty.failed, len(faulty.commits)) == (1, good)
    written = (await api.line())["sold"]
    faulty.heal()
    outcomes = await sent(service, till, *items)

    assert [outcome.replayed for outcome in outcomes].count(True) == written
    assert (await api.line())["sold"] == 80


@pytest.mark.parametrize("good", [0, 1, 2, 3])
async def test_a_part_that_is_beaten_starts_over_with_what_came_after_it_and_not_with_the_rest(
    api: World, kiosk: Caller, till: Till, good: int
) -> None:
    serials = await kiosk.serials(till.journal_id, 80)
    items = [till.sale([serial]) for serial in serials]
    faulty = FaultyStore(api.store)
    faulty.beat(1, after=good)

    outcomes = await sent(service_on(api, faulty), till, *items)

    assert faulty.failed == 1
    assert len(faulty.commits) == 4
    assert [(outcome.status, outcome.replayed) for outcome in outcomes] == [("settled", False)] * 80
    assert [str(outcome.txn_id) for outcome in outcomes] == [
        item["envelope"]["txn_id"] for item in items
    ]
    assert (await api.line())["sold"] == 80


async def test_what_was_written_before_a_large_one_is_beaten_is_not_judged_again(
    api: World, kiosk: Caller, till: Till
) -> None:
    (serial,) = await kiosk.serials(till.journal_id, 1)
    items = [till.sale([serial]), await big_sale(kiosk, till, 99)]
    faulty = FaultyStore(api.store)
    faulty.beat(1, after=1)

    outcomes = await sent(service_on(api, faulty), till, *items)

    assert faulty.failed == 1
    assert [(outcome.status, outcome.replayed) for outcome in outcomes] == [("settled", False)] * 2
    assert (await api.line())["sold"] == 100


@pytest.mark.parametrize("beaten", [1, 2, 5])
async def test_a_batch_that_is_beaten_starts_over_on_fresh_reads(
    api: World, kiosk: Caller, till: Till, beaten: int
) -> None:
    serials = await kiosk.serials(till.journal_id, 3)
    faulty = FaultyStore(api.store)
    faulty.beat(beaten)

    outcomes = await sent(
        service_on(api, faulty), till, *(till.sale([serial]) for serial in serials)
    )

    assert faulty.failed == beaten
    assert [(outcome.status, outcome.replayed) for outcome in outcomes] == [("settled", False)] * 3
    assert len(faulty.commits) == (1 if beaten == 1 else 3)
    assert (await api.line())["sold"] == 3


async def test_what_is_always_beaten_is_asked_to_come_again_and_the_rest_stands(
    api: World, kiosk: Caller, till: Till
) -> None:
    serials = await kiosk.serials(till.journal_id, 2)
    faulty = FaultyStore(api.store)
    faulty.beat(1000)

    outcomes = await sent(
        service_on(api, faulty), till, *(till.sale([serial]) for serial in serials)
    )

    assert {(each.status, each.code) for each in outcomes} == {("retry", "upstream_busy")}
    assert all(each.retry_after_s and each.detail and each.hint for each in outcomes)
    assert (await api.line())["sold"] == 0


async def test_a_rival_that_writes_first_is_seen_before_it_is_judged_again(
    api: World, kiosk: Caller, till: Till
) -> None:
    (serial,) = await kiosk.serials(till.journal_id, 1)
    faulty = FaultyStore(api.store)

    async def rival() -> None:
        await api.write_off(till.journal_id)

    faulty.let_rival_in(rival)
    (outcome,) = await sent(service_on(api, faulty), till, till.sale([serial]))

    assert (outcome.status, outcome.flags) == ("settled", ("serial_written_off",))
    assert (await api.line())["taken"] == 1
