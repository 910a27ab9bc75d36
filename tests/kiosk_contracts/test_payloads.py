"""Payloads of every kind survive being read, written and read again, known or not."""

import json
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from kiosk_contracts.payloads import (
    MAX_TICKETS_PER_LINE,
    PAYLOAD_TYPES,
    Payload,
    SalePayload,
    TransactionKind,
    UnknownPayload,
    parse_payload,
)
from kiosk_contracts.transactions import FIRST_PREV_HASH, Envelope, Transaction

TXN = "019ab3c4-d5e6-7f80-8123-456789abcdef"
SHIFT = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
A, B = "ETFJXCY8DG", "0014SC0PJ6"


def _eur(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "EUR"}


BY: dict[str, Any] = {
    "cashier_id": "ana",
    "shift_id": SHIFT,
    "recorded": {
        "device_time": "2026-11-23T18:00:00Z",
        "boot_id": "b0",
        "boottime_ms": 0,
        "server_offset_ms": -12,
        "clock_confirmed_by": "mia",
    },
}
CARD = {"method": "card", "amount": _eur("40.00"), "reference": "T42"}
LINE = {
    "event_id": "tempest",
    "ticket_type_id": "adult",
    "price_list_version": 1,
    "unit_price": _eur("20.00"),
    "concession_id": "student",
    "rule_id": "",
    "rules_version": 2,
    "serials": [A, B],
}
UNDONE = {
    "receipt_number": "HB1-1-000018",
    "sale_txn_id": TXN,
    "serials": [A],
    "total": _eur("20.00"),
    "tender": [CARD],
    "reason": "ill",
    "approved_by": "mara",
}
AT_GATE = {"serial": A, "event_id": "tempest", "gate": "North"}
PAYLOADS: dict[str, dict[str, Any]] = {
    "sale": {
        **BY,
        "receipt_number": "HB1-1-000017",
        "lines": [LINE],
        "total": _eur("40.00"),
        "tender": [CARD],
        "personal_hash": "ab" * 32,
        "approved_by": "mara",
    },
    "void": {**BY, **UNDONE},
    "refund": {**BY, **UNDONE},
    "admission": {
        **BY,
        **AT_GATE,
        "by_hand": True,
        "approved_by": "mara",
        "reason": "her name is on the list",
    },
    "exit": {**BY, **AT_GATE},
    "return_of_stock": {
        **BY,
        "allotment_id": SHIFT,
        "event_id": "tempest",
        "ticket_type_id": "adult",
        "serials": [A],
        "reason": "closing",
    },
    "shift_opened": {**BY, "opening_float": _eur("150.00"), "taken_over_from": SHIFT},
    "shift_paid_in": {**BY, "amount": _eur("50.00"), "reason": "coins"},
    "shift_paid_out": {
        **BY,
        "amount": _eur("7.90"),
        "reason": "refund HB1-1-000017",
        "approved_by": "mara",
        "refund_txn_id": TXN,
        "tender": [CARD],
    },
    "shift_closed": {
        **BY,
        "expected": _eur("190.00"),
        "counted": _eur("189.50"),
        "over_short": _eur("-0.50"),
        "pieces": [{"value": _eur("50.00"), "pieces": 3}, {"value": _eur("0.50"), "pieces": 79}],
        "reason": "a coin rolled away",
        "approved_by": "mara",
        "cancelled": {
            "payments": 2,
            "given_back": [{"method": "cash", "amount": _eur("30.00")}],
        },
    },
}
EVERY_KIND = pytest.mark.parametrize("kind", PAYLOADS)
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab"), inner, max_size=3),
)


def _through_json(payload: Payload | UnknownPayload) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(json.dumps(payload.to_json()))
    return read


def test_every_kind_of_the_words_is_known() -> None:
    assert set(TransactionKind) == set(PAYLOAD_TYPES) == set(PAYLOADS)


@EVERY_KIND
def test_a_payload_survives_being_read_and_written(kind: str) -> None:
    read = parse_payload(kind, PAYLOADS[kind])
    assert type(read) is PAYLOAD_TYPES[TransactionKind(kind)]
    assert read.to_json() == PAYLOADS[kind]
    assert parse_payload(kind, _through_json(read)) == read


@EVERY_KIND
@given(name=st.text("xyz_", min_size=1, max_size=8), value=_json)
def test_a_newer_peers_fields_are_kept_at_the_top_and_nested(
    kind: str, name: str, value: Any
) -> None:
    payload = json.loads(json.dumps(PAYLOADS[kind]))
    for place in _objects(payload):
        place[name] = value
    assert _through_json(parse_payload(kind, payload)) == payload


def _objects(value: Any) -> list[dict[str, Any]]:
    """Return every object in a JSON value, itself included."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    found = [each for child in inner for each in _objects(child)]
    return [value, *found] if isinstance(value, dict) else found


@EVERY_KIND
def test_a_field_left_out_is_named(kind: str) -> None:
    for field, info in PAYLOAD_TYPES[TransactionKind(kind)].model_fields.items():
        partial = {name: value for name, value in PAYLOADS[kind].items() if name != field}
        if info.is_required():
            with pytest.raises(ValidationError, match=rf"\n{field}\n"):
                parse_payload(kind, partial)
        else:
            parse_payload(kind, partial)


def test_only_what_may_be_missing_may_be_missing() -> None:
    may = {
        (str(kind), field)
        for kind, model in PAYLOAD_TYPES.items()
        for field, info in model.model_fields.items()
        if not info.is_required()
    }
    assert may == {
        *((kind, "shift_id") for kind in PAYLOADS if not kind.startswith("shift_")),
        ("sale", "personal_hash"),
        ("sale", "approved_by"),
        *(("admission", field) for field in ("by_hand", "approved_by", "reason")),
        ("shift_opened", "taken_over_from"),
        *(("shift_paid_out", field) for field in ("approved_by", "refund_txn_id", "tender")),
        *(("shift_closed", field) for field in ("pieces", "reason", "approved_by", "cancelled")),
    }


@given(st.dictionaries(st.text(max_size=8), _json, max_size=4))
def test_the_payload_of_an_unknown_kind_is_kept_whole(payload: dict[str, Any]) -> None:
    read = parse_payload("lost_and_found", payload)
    assert isinstance(read, UnknownPayload)
    assert _through_json(read) == payload


@given(st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=8), _json, max_size=4))
def test_a_transaction_of_an_unknown_kind_crosses_with_its_seal_unbroken(
    payload: dict[str, Any],
) -> None:
    envelope = Envelope.seal(
        txn_id=UUID(TXN),
        journal_id=UUID(SHIFT),
        epoch=1,
        sequence=1,
        kind="lost_and_found",
        payload=payload,
        prev_hash=FIRST_PREV_HASH,
    )
    sent = Transaction(envelope=envelope, payload=payload).model_dump_json()
    got = Transaction.model_validate_json(sent)
    assert got.payload == payload
    assert got.payload_matches()


def test_the_serials_of_a_sale_are_those_of_all_lines_in_order() -> None:
    sale = {**PAYLOADS["sale"], "lines": [LINE, {**LINE, "serials": ["0000000012"]}]}
    read = parse_payload("sale", sale)
    assert isinstance(read, SalePayload)
    assert read.serials() == (A, B, "0000000012")


def test_a_sale_of_more_than_a_cart_takes_can_be_read() -> None:
    line = {**LINE, "serials": [A] * (MAX_TICKETS_PER_LINE + 1)}
    assert parse_payload("sale", {**PAYLOADS["sale"], "lines": [line]})


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("sale", {"lines": []}),
        ("sale", {"lines": [{**LINE, "serials": []}]}),
        ("sale", {"lines": [{**LINE, "serials": ["ETFJXCY8DH"]}]}),
        ("sale", {"lines": [{**LINE, "serials": ["etfjxcy8dg"]}]}),
        ("sale", {"lines": [{**LINE, "price_list_version": 0}]}),
        ("sale", {"lines": [{**LINE, "rules_version": "new"}]}),
        ("sale", {"tender": []}),
        ("sale", {"total": {"amount": 40.0, "currency": "EUR"}}),
        ("sale", {"receipt_number": "17"}),
        ("sale", {"personal_hash": "ab"}),
        ("sale", {"cashier_id": "Ana"}),
        ("sale", {"recorded": {**BY["recorded"], "device_time": "2026-11-23T18:00:00"}}),
        ("sale", {"recorded": {**BY["recorded"], "boottime_ms": -1}}),
        ("void", {"sale_txn_id": SHIFT}),
        ("void", {"reason": "a\nb"}),
        ("refund", {"serials": []}),
        ("admission", {"gate": "No\x1brth"}),
        ("admission", {"gate": ""}),
        ("return_of_stock", {"serials": []}),
        ("shift_opened", {"shift_id": None}),
        ("shift_closed", {"counted": _eur("1.005")}),
        ("shift_closed", {"cancelled": {"payments": 0, "given_back": []}}),
    ],
)
def test_what_cannot_be_true_is_refused(kind: str, change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        parse_payload(kind, {**PAYLOADS[kind], **change})


def test_a_void_may_list_no_serials_because_the_sale_names_them() -> None:
    assert parse_payload("void", {**PAYLOADS["void"], "serials": []})
