"""Requests on the three hops: their limits on both sides, and what they keep to themselves."""

import json
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from kiosk_contracts.admitting import AdmissionRecorded, Admit, PreviousAdmission, Verdict
from kiosk_contracts.allotments import MAX_SERIALS_PER_REQUEST, AllotmentRequest, SignedTicket
from kiosk_contracts.payloads import MAX_TICKETS_PER_LINE, MAX_TICKETS_PER_SALE
from kiosk_contracts.selling import MakeSale, MakeVoid, PutCart
from kiosk_contracts.sessions import EnrolmentSecretProof, KioskSession
from kiosk_contracts.staff import SignIn
from kiosk_contracts.uploads import MAX_BATCH_BYTES, MAX_BATCH_ITEMS, UploadBatch

TXN = "019ab3c4-d5e6-7f80-8123-456789abcdef"
SOME_ID = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
EUR_1 = {"amount": "1.00", "currency": "EUR"}
CARD = {"method": "card", "amount": EUR_1, "reference": "T42"}


def _fits(model: type[BaseModel], body: Any) -> bool:
    try:
        model.model_validate(body)
    except ValidationError:
        return False
    return True


def _wanted(*quantities: int) -> dict[str, Any]:
    lines = [
        {"event_id": "tempest", "ticket_type_id": f"t{number}", "quantity": quantity}
        for number, quantity in enumerate(quantities)
    ]
    return {"lines": lines}


def test_the_limits_of_a_sale_and_a_batch_are_these() -> None:
    assert (MAX_TICKETS_PER_LINE, MAX_TICKETS_PER_SALE) == (20, 40)
    assert (MAX_SERIALS_PER_REQUEST, MAX_BATCH_ITEMS) == (500, 200)
    assert MAX_BATCH_BYTES == 4 * 1024 * 1024


@pytest.mark.parametrize(
    ("quantity", "fits"),
    [(-1, False), (0, False), (1, True), (20, True), (21, False), (1.5, False), ("x", False)],
)
def test_a_line_of_a_cart_has_1_to_20_tickets(quantity: Any, *, fits: bool) -> None:
    assert _fits(PutCart, _wanted(quantity)) == fits


def test_a_cart_has_at_most_40_tickets() -> None:
    assert _fits(PutCart, _wanted(20, 20))
    with pytest.raises(ValidationError, match="one sale has at most 40 tickets"):
        PutCart.model_validate(_wanted(20, 20, 1))


def test_an_empty_cart_is_how_one_lets_go_of_its_tickets() -> None:
    assert PutCart.model_validate({"lines": []}).lines == ()


def test_a_ticket_type_stands_in_one_line_of_a_cart() -> None:
    line = _wanted(1)["lines"][0]
    with pytest.raises(ValidationError, match="a ticket type stands in one line"):
        PutCart.model_validate({"lines": [line, line]})
    assert _fits(PutCart, {"lines": [line, {**line, "event_id": "nordic"}]})


def test_a_sale_is_paid_in_1_to_10_ways() -> None:
    sale = {"txn_id": TXN, "total": EUR_1}
    assert not _fits(MakeSale, {**sale, "tender": []})
    assert _fits(MakeSale, {**sale, "tender": [CARD]})
    assert _fits(MakeSale, {**sale, "tender": [CARD] * 10})
    assert not _fits(MakeSale, {**sale, "tender": [CARD] * 11})


def test_a_void_needs_a_reason() -> None:
    void = {"txn_id": TXN, "sale_txn_id": TXN}
    assert _fits(MakeVoid, {**void, "reason": "typed twice"})
    assert not _fits(MakeVoid, {**void, "reason": ""})
    assert not _fits(MakeVoid, void)


@pytest.mark.parametrize(
    ("presented", "fits"),
    [
        ({"code": "EP1"}, True),
        ({"serial": "etfj-xcy8-dg"}, True),
        ({"code": "x" * 400}, True),
        ({"code": "x" * 401}, False),
        ({"serial": "x" * 40}, True),
        ({"serial": "x" * 41}, False),
    ],
)
def test_a_gate_takes_a_code_or_a_serial_as_it_came(
    presented: dict[str, str], *, fits: bool
) -> None:
    body = {"txn_id": TXN, "event_id": "tempest", "gate": "North", **presented}
    assert _fits(Admit, body) == fits


@pytest.mark.parametrize("presented", [{}, {"code": "EP1", "serial": "0000000000"}])
def test_a_gate_takes_one_of_code_and_serial(presented: dict[str, str]) -> None:
    body = {"txn_id": TXN, "event_id": "tempest", "gate": "North", **presented}
    with pytest.raises(ValidationError, match="the scanned code or the typed serial, one of them"):
        Admit.model_validate(body)


def test_an_admission_is_green_and_says_how_many_are_inside() -> None:
    body = {
        "txn_id": TXN,
        "kind": "admission",
        "sequence": 3,
        "recorded_at": "2026-11-23T18:00:00Z",
        "offline": True,
        "serial": "ETFJXCY8DG",
        "event_name": "The Tempest",
        "ticket_type_name": "Stalls",
        "inside": 12,
    }
    read = AdmissionRecorded.model_validate(body)
    assert read.to_json() == {**body, "verdict": "green", "replayed": False, "approved_by": None}
    assert {verdict.value for verdict in Verdict} == {"green", "amber", "red"}
    previous = {"gate": "North", "at": "2026-11-23T18:00:00Z"}
    assert PreviousAdmission.model_validate(previous).to_json() == previous


@pytest.mark.parametrize(("quantity", "fits"), [(0, False), (1, True), (500, True), (501, False)])
def test_a_request_for_stock_asks_for_1_to_500(quantity: int, *, fits: bool) -> None:
    body = {
        "request_id": SOME_ID,
        "journal_id": SOME_ID,
        "event_id": "tempest",
        "ticket_type_id": "adult",
        "quantity": quantity,
    }
    assert _fits(AllotmentRequest, body) == fits


def test_a_granted_ticket_has_a_code_of_121_characters_at_most() -> None:
    assert _fits(SignedTicket, {"serial": "ETFJXCY8DG", "code": "0" * 121})
    assert not _fits(SignedTicket, {"serial": "ETFJXCY8DG", "code": "0" * 122})


def test_a_batch_has_1_to_200_items_whatever_they_are() -> None:
    assert not _fits(UploadBatch, {"journal_id": SOME_ID, "items": []})
    assert _fits(UploadBatch, {"journal_id": SOME_ID, "items": ["?", None, {"a": [1.5]}, 7]})
    assert _fits(UploadBatch, {"journal_id": SOME_ID, "items": [{}] * 200})
    assert not _fits(UploadBatch, {"journal_id": SOME_ID, "items": [{}] * 201})


@pytest.mark.parametrize(("pin", "fits"), [("123", False), ("1234", True), ("1" * 12, True)])
def test_a_pin_has_4_to_12_characters(pin: str, *, fits: bool) -> None:
    assert _fits(SignIn, {"pin": pin}) == fits
    assert not _fits(SignIn, {"pin": "1" * 13})


@pytest.mark.parametrize(
    ("model", "body"),
    [
        (SignIn, {"pin": "90210"}),
        (MakeVoid, {"txn_id": TXN, "sale_txn_id": TXN, "reason": "a", "approval_pin": "90210"}),
        (
            Admit,
            {
                "txn_id": TXN,
                "event_id": "tempest",
                "gate": "North",
                "serial": "0",
                "reason": "a",
                "approval_pin": "90210",
            },
        ),
        (EnrolmentSecretProof, {"secret": "90210"}),
    ],
)
def test_a_secret_shows_in_no_log_and_no_json(model: type[BaseModel], body: dict[str, Any]) -> None:
    read = model.model_validate(body)
    assert "90210" not in f"{read!r} {read} {read.model_dump_json()}"


def test_a_sessions_token_shows_in_the_one_answer_that_hands_it_out() -> None:
    body = {
        "token": "abc.def.ghi",
        "expires_in_s": 60,
        "server_time": "2026-11-23T18:00:00Z",
        "kiosk": {
            "kiosk_id": "harbour-till-1",
            "kiosk_code": "HB1",
            "venue_id": "harbour-hall",
            "venue_name": "Harbour Hall",
        },
        "added": {"by": "a newer peer"},
    }
    session = KioskSession.model_validate(body)
    assert "abc.def.ghi" not in f"{session!r} {session.model_dump_json()}"
    assert json.loads(json.dumps(session.revealed())) == body
    assert not _fits(KioskSession, {**body, "expires_in_s": 0})
