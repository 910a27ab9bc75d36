"""No float and no key that is not a text gets into a hash, however deep it stands."""

from typing import Any

import pytest

from kiosk_contracts.wire import NotCanonicalError, canonical_json


@pytest.mark.parametrize(
    "value",
    [1.5, {"a": 1.5}, ["x", 1.5], ("x", 1.5), {"a": [{"b": [0, 1.0]}]}, {1: "x"}, [{None: 1}]],
)
def test_what_has_no_canonical_form_is_refused(value: Any) -> None:
    with pytest.raises(NotCanonicalError):
        canonical_json(value)


def test_texts_that_look_like_floats_are_texts() -> None:
    assert canonical_json({"b": ["1.5", True, None], "a": 2}) == b'{"a":2,"b":["1.5",true,null]}'
