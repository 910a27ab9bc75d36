"""Text that a kiosk sent is harmless wherever it is shown, and still says what it said."""

import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from kiosk_contracts import shown_text
from kiosk_contracts.plain_text import is_plain_text
from kiosk_contracts.shown_text import LONGEST_SHOWN, MOST_SHOWN, ShownText, shown, shown_json

ROUGH = st.text(
    st.one_of(st.characters(), st.sampled_from("\x1b\x9b\x9d[]m0;<>&#x\u202e\u200b\u200d\x07\\"))
)


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("the printer is out of paper", "the printer is out of paper"),
        ("[Errno 28] No space left on device", "[Errno 28] No space left on device"),
        ("R&B night, Tom & Jerry's", "R&B night, Tom & Jerry's"),
        ("Größe 5 €, 日本語, 👩‍👩‍👧, می‌خواهم", "Größe 5 €, 日本語, 👩‍👩‍👧, می‌خواهم"),
        ("a\tb\r\nc  d\u2028e", "a b c d e"),
        # Terminals: colours, the title, a cursor that goes back, 8-bit forms, half of one.
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;owned\x07title", "title"),
        ("\x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("fine\x1b[2K\x1b[1Gall well", "fineall well"),
        ("\x9b31mred", "red"),
        ("\x9d0;owned\x9ctitle", "title"),
        ("\x1bP+q\x1b\\x", "x"),
        ("\x1bcreset", "reset"),
        ("half\x1b", "half"),
        ("half\x1b[3", "half"),
        ("\x1b[31", ""),
        ("bell\x07\x00\x7f", "bell"),
        # Pages.
        ("<script>alert(1)</script>", "\u2039script\u203aalert(1)\u2039/script\u203a"),
        ("<img src=x onerror=alert(1)>", "\u2039img src=x onerror=alert(1)\u203a"),
        ("&lt;b&gt; &#60; &#x3c;", "\uff06lt;b\uff06gt; \uff06#60; \uff06#x3c;"),
        # Directions, and what is not seen.
        ("photo\u202egpj.exe", "photo gpj.exe"),
        ("\u2066a\u2069 \u200fb\u061cc", "a b c"),
        ("ad\u200bmin\ufeff\u00ad", "ad min"),
        ("\U000e0041tag", "tag"),
        ("half \ud800 pair", "half pair"),
    ],
)
def test_what_does_harm_goes_and_the_rest_stays(said: str, read: str) -> None:
    assert shown(said) == read


@given(ROUGH)
def test_any_text_is_one_harmless_line_and_the_same_when_made_so_again(text: str) -> None:
    read = shown(text)
    assert is_plain_text(read)
    assert not set(read) & set("<>\x1b\n\t")
    assert not any(
        unicodedata.category(char) == "Cf" and char not in "\u200c\u200d" for char in read
    )
    assert len(read) <= LONGEST_SHOWN
    assert shown(read) == read


@given(st.text(st.characters(categories=["L", "N", "Zs", "Po"], exclude_characters="&")))
def test_plain_words_stay_as_they_are_but_for_blanks(text: str) -> None:
    words = " ".join(text.split())[:LONGEST_SHOWN]
    assert shown(words).removesuffix("…") == words or len(words) == LONGEST_SHOWN


def test_a_long_text_is_cut_and_says_so() -> None:
    assert shown("x" * 500) == "x" * 500
    assert shown("x" * 501) == "x" * 499 + "…"
    assert shown("abc def", 5) == "abc…"
    assert len(shown("\x1b[31m" * 10_000_000 + "x")) <= 1


def test_json_is_made_so_in_every_text_and_name() -> None:
    said = {"why": ["<b>", {"\x1b[1mname": "\u202ex"}], "n": 1, "on": True, "none": None}
    assert shown_json(said) == {
        "why": ["\u2039b\u203a", {"name": "x"}],
        "n": 1,
        "on": True,
        "none": None,
    }


JSON = st.recursive(
    st.one_of(ROUGH, st.integers(), st.floats(), st.booleans(), st.none(), st.dates())
    | st.text(st.sampled_from("ab &<\x7f"), max_size=6)
    | st.sampled_from(["x" * 500, "x" * 501, "a b", "Z" * 3]),
    lambda within: st.one_of(
        st.lists(within, max_size=4),
        st.dictionaries(st.sampled_from(["a", "b c", " d", "e<", "f" * 501]) | ROUGH, within),
        st.just(["x"] * (MOST_SHOWN + 1)),
        within.map(lambda one: [[[[[[[[[one]]]]]]]]]),
    ),
    max_leaves=12,
)


@pytest.mark.parametrize(
    "harm",
    ["a  b", " a", "a ", "a\x7f", "&lt;", "<", ">", "\x1b[0m", "\u202e", "\n", "x" * 501],
)
def test_json_with_one_harm_in_it_is_made_anew(harm: str) -> None:
    for said in ({"on": ["fine", harm]}, {harm: 1}, harm, [[{"a": (harm,)}]]):
        told = shown_json(said)
        assert told == shown_text._made_harmless(said, shown_text._DEEPEST)
        assert told != said


@settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None)
@given(JSON)
def test_json_as_a_whole_is_told_as_text_by_text(said: object) -> None:
    assert repr(shown_json(said)) == repr(shown_text._made_harmless(said, shown_text._DEEPEST))


def test_json_that_is_harmless_is_not_made_anew() -> None:
    said = {"why": ["R and B", {"n": 1.5, "at": datetime.now(UTC), "said": ""}], "on": True}
    assert shown_json(said) is said


def test_json_has_no_more_of_it_than_anybody_reads() -> None:
    assert len(shown_json(["x"] * (MOST_SHOWN + 1))) == MOST_SHOWN
    assert len(shown_json({str(number): 1 for number in range(MOST_SHOWN + 1)})) == MOST_SHOWN
    deep: object = "bottom"
    for _ in range(5000):
        deep = [deep]
    assert "bottom" not in str(shown_json(deep))


def test_a_field_of_that_type_refuses_nothing_for_what_is_in_it() -> None:
    adapter = TypeAdapter(ShownText)
    assert adapter.validate_python("<b>\x1b[31m") == "\u2039b\u203a"
    with pytest.raises(ValueError, match="string"):
        adapter.validate_python(5)
