"""A kiosk whose journal began anew gets a roll once more; its sealed reserve has its own bound."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.support.ticket_api import EVENT, Answer, Caller, World, event
from tests.support.till import Till

ROLL = 10


@pytest.fixture
async def ruled(api: World) -> World:
    await _set(api, capacity=200)
    return api


async def _set(api: World, *, capacity: int, per_kiosk: int = ROLL, keep_back: int = 0) -> None:
    kinds = [one.to_json() for one in event().ticket_types]
    kinds[0]["capacity"] = capacity
    rule = {"per_kiosk": per_kiosk, "keep_back": keep_back, "top_up_below": 3}
    changed = event(ticket_types=kinds, stock_rule=rule)
    answer = await api.ops().put(f"/v1/ops/events/{EVENT}", changed.to_json())
    assert answer.status == 200, answer.body


def _count(answer: Answer) -> int:
    assert answer.status == 201, answer.body
    return len(answer.body["tickets"])


async def test_the_next_epoch_gets_a_roll_once_and_the_one_after_only_after_a_write_off(
    ruled: World, kiosk: Caller
) -> None:
    first, second, third = Till(), Till(), Till()
    got = [
        _count(await kiosk.grant(till.journal_id, 30, epoch=epoch))
        for epoch, till in enumerate((first, second, third), start=1)
    ]
    assert got == [ROLL, ROLL, 0]
    assert (await ruled.line())["taken"] == 2 * ROLL, "frozen places stay taken"

    await ruled.write_off(first.journal_id)
    assert _count(await kiosk.grant(third.journal_id, 30, epoch=3)) == ROLL
    assert (await ruled.line())["taken"] == 2 * ROLL


@pytest.mark.usefixtures("ruled")
async def test_a_frozen_part_of_a_roll_leaves_the_rest_for_the_next_time(kiosk: Caller) -> None:
    quantities = [(4, 4), (30, ROLL), (30, 6)]
    for epoch, (asked, granted) in enumerate(quantities, start=1):
        assert _count(await kiosk.grant(uuid4(), asked, epoch=epoch)) == granted


@pytest.mark.parametrize("epochs", [(0, 0), (1, 0), (1, 1), (2, 1)])
async def test_no_epoch_or_none_above_the_others_is_no_reason_for_a_second_roll(
    ruled: World, kiosk: Caller, epochs: tuple[int, int]
) -> None:
    got = [_count(await kiosk.grant(uuid4(), 30, epoch=epoch)) for epoch in epochs]
    assert got == [ROLL, 0]
    assert (await ruled.line())["taken"] == ROLL


async def test_whatever_epochs_a_kiosk_claims_it_holds_two_rolls_and_a_reserve_at_most(
    ruled: World, kiosk: Caller
) -> None:
    journals = [uuid4() for _ in range(5)]
    for turn in range(25):
        journal_id, quantity = journals[turn * 3 % 5], 1 + turn % 7
        await kiosk.grant(journal_id, quantity, epoch=turn)
        await kiosk.grant(uuid4(), 4, reserve=True)
        await kiosk.grant(journal_id, 4, reserve=True, epoch=turn)
    assert (await ruled.body("holding", "kiosk-a", f"{EVENT}/adult"))["leased"] <= 2 * ROLL + 4


@pytest.mark.usefixtures("ruled")
async def test_an_epoch_that_a_transaction_told_counts_as_well(kiosk: Caller, till: Till) -> None:
    await kiosk.serials(till.journal_id, ROLL)
    later = Till()
    item = later.transaction("shift_opened", till.shift()["payload"], epoch=2)
    await kiosk.upload(later.journal_id, item)
    assert _count(await kiosk.grant(later.journal_id, 30)) == ROLL


@pytest.mark.usefixtures("ruled")
async def test_asking_for_stock_takes_the_epoch_so_that_no_receipt_number_repeats(
    kiosk: Caller, till: Till
) -> None:
    async def epochs(journal_id: Any) -> tuple[int, int]:
        head = (await kiosk.get(f"/v1/journals/{journal_id}")).body
        return head["epoch"], head["kiosk_epoch"]

    twin = uuid4()
    await kiosk.grant(till.journal_id, 1, epoch=2)
    await kiosk.grant(twin, 1, epoch=2)
    assert await epochs(till.journal_id) == (2, 2)
    assert await epochs(twin) == (0, 2), "it takes the next one, as nobody knows it"
    await kiosk.upload(till.journal_id, till.shift())
    assert await epochs(till.journal_id) == (2, 2), "what was recorded before is of a lower epoch"


@pytest.mark.parametrize("reserve_first", [True, False])
@pytest.mark.usefixtures("ruled")
async def test_reserve_and_roll_do_not_take_each_others_room(
    kiosk: Caller, *, reserve_first: bool
) -> None:
    asks: list[dict[str, Any]] = [
        {"journal_id": uuid4(), "quantity": 4, "reserve": True},
        {"journal_id": uuid4(), "quantity": 30, "epoch": 1},
    ]
    got = {}
    for ask in asks if reserve_first else reversed(asks):
        got[ask["quantity"]] = _count(await kiosk.grant(**ask))
    again = _count(await kiosk.grant(uuid4(), 4, reserve=True))
    assert (got, again) == ({4: 4, 30: ROLL}, 0)


async def test_a_reserve_that_was_opened_is_part_of_its_journals_roll(
    ruled: World, kiosk: Caller, till: Till
) -> None:
    await kiosk.serials(uuid4(), ROLL, epoch=1)
    opened = await kiosk.serials(till.journal_id, 4, reserve=True)
    sold = till.sale(opened[:1])
    await kiosk.upload(till.journal_id, sold)
    inventory = await ruled.body("inventory", EVENT, "adult")
    assert inventory["reserved"] == 3

    assert _count(await kiosk.grant(uuid4(), 4, reserve=True)) == 4, "it is not sealed any more"
    assert _count(await kiosk.grant(till.journal_id, 30, epoch=2)) == ROLL - 3
    assert (await ruled.body("inventory", EVENT, "adult"))["reserved"] == 4


async def test_what_is_sealed_stays_known_when_operators_change_the_event(
    ruled: World, kiosk: Caller
) -> None:
    assert _count(await kiosk.grant(uuid4(), 4, reserve=True)) == 4
    before = await ruled.body("inventory", EVENT, "adult")
    await _set(ruled, capacity=210)
    after = await ruled.body("inventory", EVENT, "adult")
    assert after == {**before, "capacity": 210}
    assert after["reserved"] == 4
    assert _count(await kiosk.grant(uuid4(), 4, reserve=True)) == 0, "it has its reserve"


@pytest.mark.parametrize(
    ("capacity", "reserves"), [(6, [0, 0]), (19, [0]), (20, [1] * 4 + [0]), (40, [2] * 4 + [0])]
)
async def test_a_small_type_does_not_vanish_into_reserves(
    api: World, capacity: int, reserves: list[int]
) -> None:
    await _set(api, capacity=capacity)
    got = [
        _count(await api.kiosk(f"kiosk-{number}").grant(uuid4(), 4, reserve=True))
        for number in range(len(reserves))
    ]
    assert got == reserves


async def test_the_last_fifth_is_sold_and_not_sealed_and_nobody_hears_that_it_is_sold_out(
    api: World, kiosk: Caller
) -> None:
    await _set(api, capacity=100, per_kiosk=100)
    await kiosk.serials(uuid4(), 78)
    answer = await api.kiosk("kiosk-b").grant(uuid4(), 4, reserve=True)
    assert (_count(answer), answer.body["limited_by"]) == (2, "stock_rule")


@pytest.mark.usefixtures("ruled")
async def test_a_reserve_for_a_journal_that_has_begun_is_a_part_of_the_roll(
    kiosk: Caller, till: Till
) -> None:
    await kiosk.serials(till.journal_id, ROLL, epoch=1)
    assert _count(await kiosk.grant(till.journal_id, 4, reserve=True)) == 0


async def test_the_ledger_tells_what_is_frozen_and_what_is_sealed(
    ruled: World, kiosk: Caller
) -> None:
    old, new, sealed = uuid4(), uuid4(), uuid4()
    await kiosk.grant(old, 7, epoch=1)
    await kiosk.grant(sealed, 4, reserve=True)
    await kiosk.grant(new, 5, epoch=2)
    assert await _told(ruled) == {old: (7, 7, 0), new: (5, 0, 0), sealed: (4, 0, 4)}
    for journal_id in (old, sealed):
        await ruled.write_off(journal_id)
    assert await _told(ruled) == {old: (0, 0, 0), new: (5, 0, 0), sealed: (0, 0, 0)}
    assert (await ruled.body("inventory", EVENT, "adult"))["reserved"] == 0
    assert _count(await kiosk.grant(uuid4(), 4, reserve=True)) == 4


async def _told(api: World) -> dict[UUID, tuple[int, int, int]]:
    journals = (await api.ledger())["journals"]
    return {
        UUID(one["journal_id"]): (one["unsold"], one["frozen"], one["sealed"]) for one in journals
    }
