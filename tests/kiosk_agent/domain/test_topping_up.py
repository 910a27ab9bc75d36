"""Which ticket types are asked for, and how many."""

from datetime import datetime, timedelta
from typing import Any

from kiosk_agent.domain.topping_up import TopUp, TypeStock, plan_top_ups
from kiosk_contracts.allotments import MAX_SERIALS_PER_REQUEST
from kiosk_contracts.catalogue import Catalogue
from tests.support.far_side import event

KEY = ("tide", "adult")


def _catalogue(**changes: Any) -> Catalogue:
    return Catalogue.model_validate(
        {
            "venue_id": "harbour-hall",
            "venue_name": "Harbour Hall",
            "version": 1,
            "events": [event(**changes)],
        }
    )


def _plan(
    catalogue: Catalogue,
    stock: dict[tuple[str, str], TypeStock] | None = None,
    *,
    waiting: bool = False,
    late: timedelta = timedelta(0),
) -> list[TopUp]:
    now = datetime.now().astimezone() + late
    return plan_top_ups(catalogue, stock or {}, {KEY} if waiting else set(), now)


def test_an_empty_roll_is_filled_to_what_the_rule_allows() -> None:
    assert _plan(_catalogue()) == [TopUp("tide", "adult", 40)]


def test_nothing_is_asked_for_until_fewer_than_the_rule_says_are_left() -> None:
    assert _plan(_catalogue(), {KEY: TypeStock(sellable=10, unsold=10)}) == []
    assert _plan(_catalogue(), {KEY: TypeStock(sellable=9, unsold=9)}) == [
        TopUp("tide", "adult", 31)
    ]


def test_what_carts_hold_and_ended_leases_keep_counts_against_the_rule() -> None:
    assert _plan(_catalogue(), {KEY: TypeStock(sellable=5, unsold=30)}) == [
        TopUp("tide", "adult", 10)
    ]
    assert _plan(_catalogue(), {KEY: TypeStock(sellable=0, unsold=40)}) == []
    assert _plan(_catalogue(), {KEY: TypeStock(sellable=0, unsold=45)}) == []


def test_a_cancelled_event_and_one_of_an_unknown_state_get_no_stock() -> None:
    assert _plan(_catalogue(state="cancelled")) == []
    assert _plan(_catalogue(state="moved_to_the_moon")) == []


def test_an_event_whose_sales_have_closed_gets_no_stock() -> None:
    assert _plan(_catalogue(), late=timedelta(hours=19)) == []
    closing = _catalogue().events[0].sales_close_at
    assert plan_top_ups(_catalogue(sales_close_at=closing.isoformat()), {}, set(), closing) == []


def test_a_type_that_waits_is_left_out() -> None:
    assert _plan(_catalogue(), waiting=True) == []


def test_one_request_asks_for_no_more_than_the_protocol_allows() -> None:
    rule = {"per_kiosk": 2000, "keep_back": 0, "top_up_below": 10}
    assert _plan(_catalogue(stock_rule=rule)) == [TopUp("tide", "adult", MAX_SERIALS_PER_REQUEST)]
