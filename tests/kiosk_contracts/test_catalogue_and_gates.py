"""What kiosks sync: catalogue, keys, gate feed, reports; figures at both sides of their bounds."""

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from kiosk_contracts.allotments import Allotment, WriteOff
from kiosk_contracts.catalogue import Catalogue, Event, PriceList, StockRule, TicketType
from kiosk_contracts.gates import GateFeed, GateFeedEntry, KeySet, VerifyKey
from kiosk_contracts.heartbeats import Heartbeat
from kiosk_contracts.kiosk_status import StockLine
from kiosk_contracts.selling import CatalogueType
from kiosk_contracts.uploads import ItemOutcome, UploadResult

ID = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
NOW = "2026-11-23T18:00:00Z"
EUR = {"amount": "20.00", "currency": "EUR"}
TYPE = {"ticket_type_id": "adult", "type_no": 1, "name": "Adult", "capacity": 100}
PRICES = {"version": 1, "prices": {"adult": EUR}, "concessions": [], "rules": []}
RULE = {"per_kiosk": 40, "keep_back": 0, "top_up_below": 10}
EVENT: dict[str, Any] = {
    "event_id": "tempest",
    "event_no": 101,
    "venue_id": "harbour-hall",
    "name": "The Tempest",
    "starts_at": NOW,
    "sales_close_at": NOW,
    "state": "on_sale",
    "ticket_types": [TYPE],
    "price_list": PRICES,
    "stock_rule": RULE,
}
KEY = {"key_id": 1, "public_key": "ab" * 32, "published_at": NOW, "signs_from": NOW}
FACT = {
    "cursor": 1,
    "fact": "revoked",
    "serial": "ETFJXCY8DG",
    "event_id": "tempest",
    "at": NOW,
    "gate": "",
    "kiosk_id": None,
    "reason": "voided",
}
ALLOTMENT: dict[str, Any] = {
    "allotment_id": ID,
    "request_id": ID,
    "journal_id": ID,
    "event_id": "tempest",
    "ticket_type_id": "adult",
    "price_list_version": 1,
    "unit_price": EUR,
    "granted_at": NOW,
    "lease_s": 0,
    "tickets": [],
    "limited_by": "inventory",
}
WRITE_OFF = {
    "request_id": ID,
    "journal_id": ID,
    "event_id": None,
    "operator": "Zoë O'Brien",
    "reason": "burnt",
    "risk_accepted": True,
}
BEAT: dict[str, Any] = {
    "kiosk_id": "harbour-till-1",
    "journal_id": ID,
    "epoch": 1,
    "agent_version": "0.1.0",
    "device_time": NOW,
    "last_sequence": 0,
    "queued": 0,
    "parked": 0,
    "quarantined": 0,
    "handed_over": 0,
    "oldest_queued_at": NOW,
    "offline_since": None,
    "free_bytes": 10**9,
    "room": "plenty",
    "epoch_reason": "older_copy",
    "epoch_acknowledged": False,
    "frozen": 3,
    "draining": True,
    "supervisor": "a word of a newer agent",
    "left": False,
    "left_at": 7,
    "why_not_left": ["1 cart is in payment"],
    "refunds_to_give": ["HB1-1-000018: 30.00 EUR"],
    "images": [
        {"image": "registry.example.com/a@sha256:b", "state": "ready", "why": "", "for_good": False}
    ],
    "repairs": [{"name": "clock", "why": "not set", "at": NOW, "outcome": "helped", "in_a_row": 2}],
    "ui": {
        "source": "standby",
        "image": "registry.example.com/a@sha256:b",
        "since": NOW,
        "crashing": [{"image": "b", "ends": 3, "last_exit": "status 1", "last_at": NOW}],
        "docker_away": "",
        "standby_ready": True,
    },
    "screen": {
        "holder": "0123456789ab",
        "busy": True,
        "why": "a sale",
        "stopping": False,
        "reported_ms_ago": 500,
        "screens": 2,
    },
    "last_settled_sale": 4,
    "stock": [{"event_id": "tide", "ticket_type_id": "adult", "left": 3, "held": 1}],
    "update_lock": {"until": NOW, "why": "doors", "by": "Max Manager", "by_id": "max"},
}
STOCK = {
    "event_id": "tempest",
    "event_name": "The Tempest",
    "ticket_type_id": "adult",
    "ticket_type_name": "Adult",
    "left": 0,
    "held": 0,
}
SELLS = {
    "ticket_type_id": "adult",
    "name": "Adult",
    "unit_price": EUR,
    "left": 0,
    "selling": False,
    "why_not": "sold out here",
}
OUTCOME = {
    "txn_id": None,
    "status": "retry",
    "code": "upstream_busy",
    "detail": "a",
    "hint": "b",
    "flags": ["gate_conflict"],
    "replayed": False,
    "settled_at": None,
    "retry_after_s": 2,
}
WHOLE: list[tuple[type[BaseModel], dict[str, Any]]] = [
    (Event, EVENT),
    (Catalogue, {"venue_id": "a", "venue_name": "A", "version": 3, "events": [EVENT]}),
    (KeySet, {"keys": [KEY]}),
    (GateFeed, {"entries": [FACT], "next_cursor": 1, "more": True}),
    (Allotment, ALLOTMENT),
    (WriteOff, WRITE_OFF),
    (Heartbeat, BEAT),
    (UploadResult, {"journal_id": ID, "outcomes": [OUTCOME]}),
]


def _fits(model: type[BaseModel], body: Any) -> bool:
    try:
        model.model_validate(body)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize(("model", "body"), WHOLE)
def test_what_is_synced_survives_with_fields_and_words_of_a_newer_peer(
    model: type[BaseModel], body: dict[str, Any]
) -> None:
    newer = {**body, "added": {"by": ["a", None]}}
    assert model.model_validate(newer).model_dump(mode="json") == newer


def test_a_fact_that_only_a_newer_peer_knows_is_read() -> None:
    assert GateFeedEntry.model_validate({**FACT, "fact": "lent"}).fact == "lent"


def test_an_events_state_that_only_a_newer_peer_knows_is_read() -> None:
    assert Event.model_validate({**EVENT, "state": "postponed"}).state == "postponed"


@pytest.mark.parametrize(
    ("model", "body", "field", "least", "most"),
    [
        (TicketType, TYPE, "type_no", 1, 255),
        (TicketType, TYPE, "capacity", 0, None),
        (Event, EVENT, "event_no", 1, 2**24 - 1),
        (PriceList, PRICES, "version", 1, None),
        (StockRule, RULE, "per_kiosk", 0, None),
        (StockRule, RULE, "keep_back", 0, None),
        (StockRule, RULE, "top_up_below", 0, None),
        (VerifyKey, KEY, "key_id", 1, 65535),
        (Allotment, ALLOTMENT, "price_list_version", 1, None),
        (Allotment, ALLOTMENT, "lease_s", 0, None),
        (Heartbeat, BEAT, "last_sequence", 0, None),
        (Heartbeat, BEAT, "queued", 0, None),
        (Heartbeat, BEAT, "parked", 0, None),
        (Heartbeat, BEAT, "quarantined", 0, None),
        (Heartbeat, BEAT, "handed_over", 0, None),
        (StockLine, STOCK, "left", 0, None),
        (StockLine, STOCK, "held", 0, None),
        (CatalogueType, SELLS, "left", 0, None),
    ],
)
def test_a_figure_is_within_its_bounds(
    model: type[BaseModel], body: dict[str, Any], field: str, least: int, most: int | None
) -> None:
    assert _fits(model, {**body, field: least})
    assert not _fits(model, {**body, field: least - 1})
    if most is None:
        assert _fits(model, {**body, field: 10**9})
    else:
        assert _fits(model, {**body, field: most})
        assert not _fits(model, {**body, field: most + 1})


@pytest.mark.parametrize("key", ["a" * 63, "ab" * 31, "ab" * 32 + "a", "AB" * 32, "xy" * 32, ""])
def test_a_public_key_is_32_bytes_in_small_hexadecimal(key: str) -> None:
    assert not _fits(VerifyKey, {**KEY, "public_key": key})


@pytest.mark.parametrize(
    ("model", "body"),
    [
        (Event, {**EVENT, "ticket_types": []}),
        (Event, {**EVENT, "name": "Tom\x1b[2J"}),
        (Event, {**EVENT, "starts_at": "2026-11-23T18:00:00"}),
        (PriceList, {**PRICES, "prices": {"Adult": EUR}}),
        (GateFeedEntry, {**FACT, "serial": "ETFJXCY8DH"}),
        (WriteOff, {**WRITE_OFF, "reason": ""}),
        (WriteOff, {**WRITE_OFF, "operator": "a\nb"}),
    ],
)
def test_what_cannot_be_is_refused(model: type[BaseModel], body: dict[str, Any]) -> None:
    assert not _fits(model, body)


def test_an_outcome_needs_a_status_only() -> None:
    read = ItemOutcome.model_validate({"txn_id": None, "status": "settled"})
    assert (read.replayed, read.flags, read.settled_at) == (False, (), None)
