"""What the seed decides: a season and a plan, the same for the same seed."""

from datetime import UTC, datetime
from random import Random

import pytest

from demo.plan import FEWEST_OFFLINE_SALES, OfflineAct, Plan, make_plan, small_type_index
from demo.season import SMALL_TYPE, Season, make_season, season_file

NOW = datetime(2026, 11, 23, 18, 20, 7, tzinfo=UTC)
SEEDS = range(40)


def _season(seed: int) -> Season:
    return make_season(Random(seed), NOW)  # noqa: S311  seeded on purpose


def _plan(seed: int) -> Plan:
    return make_plan(seed, _season(seed), Random(seed))  # noqa: S311  the same


def test_the_same_seed_gives_the_same_season_and_plan() -> None:
    assert _season(3) == _season(3)
    assert _plan(3) == _plan(3)


def test_seeds_give_other_baskets_and_another_order_of_acts() -> None:
    plans = [_plan(seed) for seed in SEEDS]
    assert len({plan.offline for plan in plans}) == len(plans)
    assert len({plan.acts for plan in plans}) > 10
    assert {plan.answer_lost_at for plan in plans} == {0, 1}


@pytest.mark.parametrize("seed", SEEDS)
def test_every_plan_shows_all_that_the_main_job_must_show(seed: int) -> None:
    plan = _plan(seed)
    assert set(plan.acts) == set(OfflineAct)
    # The killed sale, the killed cart, the voided sale, and one at the second till while the
    # first has no agent; the sales of the small type come on top.
    sales = sum(len(baskets) for baskets in plan.offline) + 4
    assert sales >= FEWEST_OFFLINE_SALES
    assert plan.answer_lost_at < len(plan.online[0])
    assert 2 * plan.admitted + 1 >= 5


@pytest.mark.parametrize("seed", SEEDS)
def test_there_are_enough_tickets_of_tonight_for_the_gates(seed: int) -> None:
    plan = _plan(seed)
    assert any(basket.event == 0 for basket in plan.online[0])
    assert plan.voided.event == 0
    for baskets in plan.offline:
        tonight = sum(basket.tickets for basket in baskets if basket.event == 0)
        assert tonight > plan.admitted


@pytest.mark.parametrize("seed", SEEDS)
def test_no_plan_sells_more_of_a_type_than_a_kiosk_may_hold(seed: int) -> None:
    season, plan = _season(seed), _plan(seed)
    for number in (0, 1):
        baskets = [*plan.online[number], *plan.offline[number], *plan.after[number]]
        baskets += [plan.killed_sale, plan.killed_cart] if number == 0 else []
        baskets += [*plan.between, plan.voided] if number == 1 else []
        for index, event in enumerate(season.events):
            for type_index in range(len(event.ticket_types)):
                wanted = sum(
                    quantity
                    for basket in baskets
                    if basket.event == index
                    for wanted_type, quantity in basket.quantities
                    if wanted_type == type_index
                )
                assert wanted <= event.stock_rule.per_kiosk


@pytest.mark.parametrize("seed", SEEDS)
def test_two_kiosks_shares_of_the_small_type_exceed_its_places(seed: int) -> None:
    season = _season(seed)
    small = season.small_event
    places = small.ticket_types[small_type_index(season)]
    assert places.ticket_type_id == SMALL_TYPE
    assert small.stock_rule.per_kiosk < places.capacity < 2 * small.stock_rule.per_kiosk
    plan = _plan(seed)
    every = [*plan.online[0], *plan.online[1], *plan.offline[0], *plan.offline[1]]
    assert all(season.events[basket.event] is not small for basket in every)


def test_the_season_file_has_every_event_and_nothing_that_is_not_json() -> None:
    season = _season(1)
    (venue,) = season_file(season)["venues"]
    assert [event["event_id"] for event in venue["events"]] == [e.event_id for e in season.events]
    assert [e.starts_at for e in season.events] == sorted(e.starts_at for e in season.events)
    assert all(event.starts_at > NOW for event in season.events)
