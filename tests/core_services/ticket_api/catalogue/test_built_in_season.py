"""The built-in season is one that two venues could really play."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from core_services.ticket_api.allotments.domain import Asked, LimitedBy, Places, plan_grant
from core_services.ticket_api.catalogue.domain import check_event
from core_services.ticket_api.catalogue.season import read_season
from core_services.ticket_api.records import HoldingRecord, InventoryRecord
from kiosk_contracts.catalogue import Event, TicketType
from tests.support.ticket_api import run_cli, write_config

TODAY = date(2026, 11, 25)
MORNING = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
SEASON = read_season(None, TODAY)
EVENTS = [event for venue in SEASON.venues for event in venue.events]
TYPES = [(event, kind) for event in EVENTS for kind in event.ticket_types]


def test_two_venues_play_nine_shows() -> None:
    assert [(venue.venue_id, len(venue.events)) for venue in SEASON.venues] == [
        ("harbour-hall", 5),
        ("old-mill", 4),
    ]


def test_ids_and_numbers_are_of_one_event_each() -> None:
    assert len({event.event_id for event in EVENTS}) == len(EVENTS)
    assert len({event.event_no for event in EVENTS}) == len(EVENTS)
    for event in EVENTS:
        check_event(event)


def test_no_show_has_more_places_than_its_house() -> None:
    houses = {"harbour-hall": 872, "old-mill": 268}
    for event in EVENTS:
        places = sum(kind.capacity for kind in event.ticket_types)
        assert 100 <= places <= houses[event.venue_id], event.event_id


def test_every_venue_plays_tonight_and_everything_is_on_sale_this_morning() -> None:
    for venue in SEASON.venues:
        assert min(event.starts_at for event in venue.events).date() == TODAY
    for event in EVENTS:
        assert timedelta(0) < event.sales_close_at - event.starts_at <= timedelta(hours=1)
        assert MORNING < event.starts_at < MORNING + timedelta(days=60)
        assert event.state == "on_sale"


@pytest.mark.parametrize(("event", "kind"), TYPES, ids=lambda each: getattr(each, "name", ""))
def test_a_kiosk_gets_stock_of_every_type(event: Event, kind: TicketType) -> None:
    grant = plan_grant(
        event,
        Places(InventoryRecord(capacity=kind.capacity), HoldingRecord(), epochs={}),
        Asked(uuid4(), event.stock_rule.per_kiosk, MORNING, timedelta(hours=1)),
    )
    assert grant.quantity > 0
    assert grant.limited_by in {LimitedBy.NOTHING, LimitedBy.INVENTORY}
    assert 0 < event.stock_rule.top_up_below < event.stock_rule.per_kiosk


def test_prices_are_what_people_pay_in_euros() -> None:
    for event in EVENTS:
        for price in event.price_list.prices.values():
            assert price.currency == "EUR"
            assert 0 <= price.amount <= 200


async def test_it_seeds_by_the_command_that_is_documented(tmp_path: Path) -> None:
    status, said, _ = await run_cli("seed", "--config", str(write_config(tmp_path)))
    assert status == 0
    assert said.startswith("9 events at 2 venues")
