"""Ids: what each may look like, on both sides of every bound."""

from typing import Any
from uuid import UUID, uuid1, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from uuid6 import uuid6, uuid7, uuid8

from kiosk_contracts.ids import KioskCode, KioskId, ReceiptNumber, Sha256, TxnId, receipt_number

_SLUG = TypeAdapter[str](KioskId)
_CODE = TypeAdapter[str](KioskCode)
_RECEIPT = TypeAdapter[str](ReceiptNumber)
_HASH = TypeAdapter[str](Sha256)
_TXN_ID = TypeAdapter[UUID](TxnId)


def _fits(kind: TypeAdapter[Any], value: object) -> bool:
    try:
        kind.validate_python(value)
    except ValidationError:
        return False
    return True


@given(st.integers(min_value=0, max_value=2**122 - 1))
def test_a_txn_id_is_any_uuid_of_version_7(bits: int) -> None:
    high, low = bits >> 62, bits & ((1 << 62) - 1)
    value = (high >> 12) << 80 | 7 << 76 | (high & 0xFFF) << 64 | 2 << 62 | low
    assert _TXN_ID.validate_python(str(UUID(int=value))) == UUID(int=value)


@pytest.mark.parametrize("make", [uuid1, uuid4, uuid6, uuid8])
def test_a_txn_id_is_no_uuid_of_another_version(make: Any) -> None:
    with pytest.raises(ValidationError, match="version 7, made once when the cart opens"):
        _TXN_ID.validate_python(make())


def test_a_version_7_of_a_foreign_variant_is_no_txn_id() -> None:
    assert not _fits(_TXN_ID, UUID(int=uuid7().int ^ 1 << 63))


@pytest.mark.parametrize("text", ["", "1", "not-a-uuid", f"{UUID(int=7)}0", None, 7])
def test_what_is_no_uuid_is_no_txn_id(text: object) -> None:
    assert not _fits(_TXN_ID, text)


@pytest.mark.parametrize("text", ["a", "0", "harbour-till-1", "a" * 63, "9-"])
def test_a_slug_has_1_to_63_small_letters_digits_and_hyphens(text: str) -> None:
    assert _fits(_SLUG, text)


@pytest.mark.parametrize("text", ["", "-a", "A", "a b", "a_b", "ä", "a" * 64, "a\n", "a/b", 1])
def test_what_could_break_a_path_or_a_label_is_no_slug(text: object) -> None:
    assert not _fits(_SLUG, text)


@pytest.mark.parametrize("text", ["HB", "HB1", "A23456"])
def test_a_kiosk_code_has_2_to_6_capitals_and_digits(text: str) -> None:
    assert _fits(_CODE, text)


@pytest.mark.parametrize("text", ["", "H", "1HB", "hb1", "H-1", "A234567", "HÄ"])
def test_other_texts_are_no_kiosk_code(text: str) -> None:
    assert not _fits(_CODE, text)


@pytest.mark.parametrize(
    ("epoch", "counter", "text"),
    [
        (1, 1, "HB1-1-000001"),
        (1, 17, "HB1-1-000017"),
        (12, 999_999, "HB1-12-999999"),
        (999_999, 1_000_000, "HB1-999999-1000000"),
        (1, 999_999_999_999, "HB1-1-999999999999"),
    ],
)
def test_a_receipt_number_is_kiosk_code_epoch_and_counter(
    epoch: int, counter: int, text: str
) -> None:
    assert receipt_number("HB1", epoch, counter) == text
    assert _fits(_RECEIPT, text)


@pytest.mark.parametrize(
    "text",
    [
        "HB1-1-00017",
        "HB1-1-1234567890123",
        "HB1-1234567-000017",
        "HB1--000017",
        "HB1-1",
        "hb1-1-000017",
        "H-1-000017",
        "HB1-1-00001\u0667",
        "HB1-\u0661-000017",
        "HB1-1-000017 ",
        "HB1-1-000017\n",
    ],
)
def test_other_texts_are_no_receipt_number(text: str) -> None:
    assert not _fits(_RECEIPT, text)


def test_a_hash_is_64_small_hexadecimal_digits() -> None:
    assert _fits(_HASH, "0123456789abcdef" * 4)
    for wrong in ("0123456789ABCDEF" * 4, "0" * 63, "0" * 65, "g" * 64):
        assert not _fits(_HASH, wrong)
