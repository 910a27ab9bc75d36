"""The verifier's own reading of the formats agrees with those who write them."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uuid6 import uuid7

from kiosk_contracts.money import Money
from kiosk_contracts.serials import SERIAL_BITS, format_serial
from kiosk_contracts.transactions import FIRST_PREV_HASH, Envelope
from kiosk_contracts.typed_code import ALPHABET
from kiosk_contracts.wire import canonical_hash as contracts_hash
from verifier.canonical import (
    FormatError,
    canonical_hash,
    envelope_hash,
    is_serial,
    read_money,
    read_time,
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(st.dictionaries(st.text(), json_values, max_size=5))
def test_hashes_are_the_contracts_hashes(value: dict[str, Any]) -> None:
    assert canonical_hash(value) == contracts_hash(value)


@pytest.mark.parametrize("value", [1.0, {"a": [1.5]}, {"a": {"b": 0.1}}, "\ud800"])
def test_what_has_no_canonical_form_has_no_hash(value: Any) -> None:
    assert canonical_hash(value) is None


def test_an_envelopes_hash_is_the_contracts_hash() -> None:
    envelope = Envelope.seal(
        txn_id=uuid7(),
        journal_id=uuid4(),
        epoch=1,
        sequence=1,
        kind="sale",
        payload={"a": 1},
        prev_hash=FIRST_PREV_HASH,
    )
    assert envelope_hash(envelope.to_json()) == envelope.hash


@given(st.integers(min_value=0, max_value=2**SERIAL_BITS - 1))
def test_every_serial_is_recognised(number: int) -> None:
    assert is_serial(format_serial(number))


@given(
    st.integers(min_value=0, max_value=2**SERIAL_BITS - 1),
    st.integers(min_value=0, max_value=9),
    st.sampled_from(ALPHABET),
)
def test_one_wrong_character_is_no_serial(number: int, place: int, char: str) -> None:
    serial = format_serial(number)
    changed = serial[:place] + char + serial[place + 1 :]
    assert is_serial(changed) == (changed == serial)


@pytest.mark.parametrize("text", ["", "00000000", "OOOOOOOOOO", "0000000000000"])
def test_other_words_are_no_serials(text: str) -> None:
    assert not is_serial(text)


def test_money_is_read_from_both_forms() -> None:
    amount = Money(amount=Decimal("12.5"), currency="EUR")
    assert read_money(amount.to_json()) == read_money(str(amount)) == (Decimal("12.50"), "EUR")


@pytest.mark.parametrize(
    "value", ["12.50", "12.50 EUR x", {"amount": "1"}, None, "x EUR", "NaN EUR"]
)
def test_what_is_no_money_is_refused(value: Any) -> None:
    with pytest.raises(FormatError):
        read_money(value)


def test_times_need_their_offset() -> None:
    expected = datetime(2026, 11, 23, 19, 0, 0, 5, tzinfo=UTC)
    assert read_time("2026-11-23T19:00:00.000005Z") == expected
    assert read_time("2026-11-23T20:00:00.000005+01:00") == expected
    for wrong in ("2026-11-23T19:00:00", "yesterday", None):
        with pytest.raises(FormatError):
            read_time(wrong)
