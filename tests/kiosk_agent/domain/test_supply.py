"""How a cart's wish is met: exactly, from what may be sold, or refused with what is left."""

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk_agent.domain.leases import LeaseState
from kiosk_agent.domain.records import StockItem
from kiosk_agent.domain.supply import Shortage, Supply, plan_hold, sort_supply
from kiosk_contracts.allotments import LimitedBy
from kiosk_contracts.problem import ProblemError
from kiosk_contracts.serials import format_serial
from tests.support.tickets import euros

ALLOTMENTS = {state: uuid4() for state in LeaseState}
STATES = {allotment: state for state, allotment in ALLOTMENTS.items()}


def _items(count: int, first: int = 0, state: LeaseState = LeaseState.LIVE) -> list[StockItem]:
    return [
        StockItem(
            serial=format_serial(number),
            code="",
            allotment_id=ALLOTMENTS[state],
            event_id="tide",
            ticket_type_id="adult",
            price_list_version=1,
            unit_price=euros("12.50"),
            state="available",
            cart_txn_id=None,
        )
        for number in range(first, first + count)
    ]


def _short(
    *, offline: bool = False, elsewhere: int = 0, less: bool = False, frozen: int = 0
) -> Shortage:
    limited_by = LimitedBy.INVENTORY if less else LimitedBy.STOCK_RULE
    return Shortage("Tide, Adult", offline, elsewhere, limited_by=limited_by, frozen=frozen)


@given(wanted=st.integers(1, 20), held=st.integers(0, 20), live=st.integers(0, 20))
def test_the_cart_ends_with_exactly_what_it_wants_or_nothing_changes(
    wanted: int, held: int, live: int
) -> None:
    in_cart, free = _items(held), _items(live, first=100)
    supply = Supply(tuple(free), 0, 0)
    if wanted > held + live:
        with pytest.raises(ProblemError) as caught:
            plan_hold(wanted, in_cart, supply, _short)
        assert caught.value.problem.model_extra == {"left": held + live}
        return
    change = plan_hold(wanted, in_cart, supply, _short)
    after = {item.serial for item in in_cart} - set(change.release) | set(change.hold)
    assert len(after) == wanted
    assert not (change.release and change.hold), "no serial is swapped without need"
    assert set(change.hold) <= {item.serial for item in free}


def test_the_last_ticket_is_sold_too() -> None:
    free = _items(2)
    change = plan_hold(2, [], Supply(tuple(free), 0, 0), _short())
    assert change.hold == tuple(item.serial for item in free)


def test_only_live_leases_sell() -> None:
    items = [
        *_items(2, 0, LeaseState.ENDED),
        *_items(3, 10, LeaseState.CLOCK_BEHIND),
        *_items(1, 20),
    ]
    supply = sort_supply(items, STATES)
    assert ([item.serial for item in supply.live], supply.ended, supply.clock_behind) == (
        [format_serial(20)],
        2,
        3,
    )
    assert sort_supply(_items(2), {}).ended == 2, "stock without a lease sells nothing"


@pytest.mark.parametrize(
    ("supply", "shortage", "code"),
    [
        (Supply((), 0, 0), _short(), "stock_used_up"),
        (Supply((), 0, 0), _short(less=True), "sold_out"),
        (Supply((), 0, 0), _short(less=True, offline=True), "stock_used_up"),
        (Supply((), 0, 0), _short(less=True, elsewhere=1), "stock_used_up"),
        (Supply((), 0, 0), _short(less=True, frozen=7), "stock_used_up"),
        (Supply((), 2, 0), _short(less=True), "lease_ended"),
        (Supply((), 2, 2), _short(), "clock_behind"),
        (Supply(tuple(_items(1)), 2, 2), _short(), "stock_used_up"),
    ],
)
def test_the_refusal_names_the_true_reason(supply: Supply, shortage: Shortage, code: str) -> None:
    with pytest.raises(ProblemError) as caught:
        plan_hold(2, [], supply, lambda: shortage)
    assert caught.value.code == code
    assert caught.value.problem.hint
    if code in {"sold_out", "stock_used_up"}:
        none_left = not supply.live
        assert caught.value.problem.title.startswith("Sold out") is none_left


def test_frozen_tickets_are_told_and_who_can_free_their_places() -> None:
    with pytest.raises(ProblemError) as caught:
        plan_hold(1, [], Supply((), 0, 0), lambda: _short(frozen=7))
    problem = caught.value.problem
    assert "7 are frozen" in problem.detail
    assert "control room has written the frozen ones off" in problem.hint
