"""Texts that people typed: real names pass, what a terminal or a reader obeys does not."""

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from kiosk_contracts.plain_text import is_plain_text
from kiosk_contracts.text import PlainName, PlainText

_NAME = TypeAdapter[str](PlainName)
_TEXT = TypeAdapter[str](PlainText)


@pytest.mark.parametrize(
    "name",
    [
        "Jürgen Größmann",
        "Conor O'Brien",
        "Zoë-Ann d\u2019Arcy",
        "Nguyễn Thị Minh",
        "山田 太郎",
        "王小明",
        "김민준",
        "محمد علي",
        "אבי כהן",
        "Σωκράτης",
        "Così fan tutte",
        "e\u0301",
        "Party 🎉 \U0001f469\u200d\U0001f680 \U0001f1e9\U0001f1ea",
    ],
)
def test_names_of_people_and_shows_pass(name: str) -> None:
    assert is_plain_text(name)
    assert _NAME.validate_python(name) == name


@pytest.mark.parametrize(
    "char",
    [
        *"\x00\x07\b\t\n\r\x1b\x1f\x7f\x80\x9b\u0085",
        *"\u2028\u2029",
        *"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
        *"\ud800\udfff\ue000\U0010fffd",
    ],
)
@pytest.mark.parametrize("place", ["{}Tom", "To{}m", "Tom{}"])
def test_controls_line_ends_overrides_and_halves_are_refused(char: str, place: str) -> None:
    text = place.format(char)
    assert not is_plain_text(text)
    for kind in (_NAME, _TEXT):
        with pytest.raises(ValidationError):
            kind.validate_python(text)


def test_the_refusal_says_what_to_do() -> None:
    with pytest.raises(ValidationError, match="control characters; type it again without them"):
        _NAME.validate_python("Tom\x1b[31m")


def test_a_character_younger_than_the_readers_unicode_passes() -> None:
    unassigned = "\U0001fbfd"
    assert unicodedata.category(unassigned) == "Cn"
    assert is_plain_text(f"Tom {unassigned}")


@given(st.characters(categories=["L", "M", "N", "P", "S", "Zs"]))
def test_every_letter_mark_digit_and_sign_passes(char: str) -> None:
    assert is_plain_text(char)


@given(st.text(), st.characters(categories=["Cc", "Cs", "Co", "Zl", "Zp"]), st.text())
def test_every_control_is_found_wherever_it_stands(before: str, char: str, after: str) -> None:
    assert not is_plain_text(before + char + after)


@pytest.mark.parametrize(("kind", "least", "most"), [(_NAME, 1, 120), (_TEXT, 0, 500)])
def test_lengths_are_bounded_on_both_sides(kind: Any, least: int, most: int) -> None:
    assert kind.validate_python("ä" * least) == "ä" * least
    assert kind.validate_python("ä" * most) == "ä" * most
    with pytest.raises(ValidationError):
        kind.validate_python("ä" * (most + 1))


def test_a_name_is_not_empty() -> None:
    with pytest.raises(ValidationError):
        _NAME.validate_python("")


@pytest.mark.parametrize("blank", [" ", "   ", "\u00a0", "\u3000 "])
def test_blanks_alone_are_neither_a_name_nor_a_reason(blank: str) -> None:
    for kind in (_NAME, _TEXT):
        with pytest.raises(ValidationError, match="blanks only"):
            kind.validate_python(blank)
    assert not _TEXT.validate_python("")
