"""Canonical JSON: one value, one byte string, on every machine and in every version."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk_contracts.wire import NotCanonicalError, canonical_hash, canonical_json

_scalars = st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8"))
_values = st.recursive(
    _scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=4)
    ),
)


def test_the_bytes_are_sorted_without_spaces_in_utf_8() -> None:
    value = {
        "b": [1, -2, True, False, None],
        "a": {"z": "Zoë \u2013 🎉", "A": "", "10": '"\\/\n\u007f\u2028'},
        "": [],
        "ä": {},
    }
    assert (
        canonical_json(value)
        == (
            '{"":[],"a":{"10":"\\"\\\\/\\n\u007f\u2028","A":"","z":"Zoë \u2013 🎉"},'
            '"b":[1,-2,true,false,null],"ä":{}}'
        ).encode()
    )


def test_keys_sort_by_code_point_also_beyond_the_basic_plane() -> None:
    assert canonical_json({"\U0001f389": 1, "\uffee": 2}) == '{"\uffee":2,"\U0001f389":1}'.encode()


def test_the_hash_is_the_sha_256_of_those_bytes() -> None:
    assert canonical_hash({}) == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    assert canonical_hash({"b": 1, "a": "ä"}) == (
        "507aab815f2bdfce1c740c0b1ae7b1c874f56b9aa5b9ab109a07b57365148233"
    )


@given(st.dictionaries(st.text(st.characters(codec="utf-8")), _values, max_size=6))
def test_the_order_in_which_keys_were_written_does_not_count(value: dict[str, Any]) -> None:
    assert canonical_json(dict(reversed(value.items()))) == canonical_json(value)


@pytest.mark.parametrize("number", [0.0, 1.0, 0.1, 1e300, float("nan"), float("inf")])
@pytest.mark.parametrize("wrap", [lambda x: x, lambda x: [x], lambda x: {"a": ({"b": x},)}])
def test_a_float_is_refused_at_any_depth(number: float, wrap: Any) -> None:
    with pytest.raises(NotCanonicalError, match="is a float; send amounts as strings"):
        canonical_json(wrap(number))


@pytest.mark.parametrize("key", [1, None, True, 1.5])
def test_a_key_is_a_string(key: Any) -> None:
    with pytest.raises(NotCanonicalError, match="is not a string"):
        canonical_json({"a": {key: 1}})


@pytest.mark.parametrize("value", ["\ud800", {"\udfff": 1}, ["a\udc00b"]])
def test_half_of_a_surrogate_pair_is_refused(value: Any) -> None:
    with pytest.raises(NotCanonicalError, match="half of a surrogate pair"):
        canonical_json(value)


def test_a_refusal_is_a_value_error_so_that_models_report_it() -> None:
    assert issubclass(NotCanonicalError, ValueError)
