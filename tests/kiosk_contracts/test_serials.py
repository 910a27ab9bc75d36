"""Serials: what a person types wrong is found, and what only looks different is taken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from kiosk_contracts.serials import (
    SERIAL_BITS,
    SERIAL_LENGTH,
    Serial,
    SerialError,
    format_serial,
    normalise_serial,
    parse_serial,
)
from kiosk_contracts.typed_code import ALPHABET

_WIRE = TypeAdapter[str](Serial)
numbers = st.integers(min_value=0, max_value=2**SERIAL_BITS - 1)
SOME = (0, 1, 1234567890, 16303256926477, 2**45 - 1)


def _is_serial(text: str) -> bool:
    try:
        normalise_serial(text)
    except SerialError:
        return False
    return True


def test_the_alphabet_is_crockfords_without_i_l_o_u() -> None:
    assert ALPHABET == "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@given(numbers)
def test_a_number_survives_being_written_and_read(number: int) -> None:
    serial = format_serial(number)
    assert len(serial) == SERIAL_LENGTH == 10
    assert set(serial) <= set(ALPHABET)
    assert parse_serial(serial) == number
    assert normalise_serial(serial) == serial == _WIRE.validate_python(serial)


@pytest.mark.parametrize("number", SOME)
def test_every_single_wrong_character_is_found(number: int) -> None:
    serial = format_serial(number)
    for place in range(SERIAL_LENGTH):
        for char in ALPHABET:
            changed = serial[:place] + char + serial[place + 1 :]
            assert _is_serial(changed) == (changed == serial)


def test_every_swap_of_neighbours_is_found_for_every_pair_of_characters() -> None:
    # Swaps depend on the state before the pair: each of the 32 states and 1024 pairs comes up.
    for before in ALPHABET:
        for first in ALPHABET:
            for second in ALPHABET:
                serial = _completed(f"0{before}{first}{second}00000")
                swapped = serial[:2] + second + first + serial[4:]
                assert _is_serial(swapped) == (first == second)


def _completed(nine: str) -> str:
    """Return nine characters with the check character that fits."""
    (fitting,) = [char for char in ALPHABET if _is_serial(nine + char)]
    return nine + fitting


@given(numbers, st.integers(0, SERIAL_LENGTH - 2))
def test_a_swap_anywhere_is_found_also_with_the_check_character(number: int, place: int) -> None:
    serial = format_serial(number)
    swapped = serial[:place] + serial[place + 1] + serial[place] + serial[place + 2 :]
    assert _is_serial(swapped) == (swapped == serial)


@given(numbers, st.integers(0, SERIAL_LENGTH - 3))
def test_a_swap_across_one_character_is_found(number: int, place: int) -> None:
    serial = format_serial(number)
    one, middle, other = serial[place : place + 3]
    swapped = serial[:place] + other + middle + one + serial[place + 3 :]
    assert _is_serial(swapped) == (swapped == serial)


@given(st.text(ALPHABET, min_size=9, max_size=9), st.integers(0, 7), st.sampled_from(ALPHABET))
def test_a_doubled_character_typed_as_another_double_is_found(
    nine: str, place: int, char: str
) -> None:
    serial = _completed(nine[:place] + nine[place] * 2 + nine[place + 2 :])
    changed = serial[:place] + char * 2 + serial[place + 2 :]
    assert _is_serial(changed) == (changed == serial)


@given(numbers, st.data())
def test_it_is_taken_as_people_type_it(number: int, data: st.DataObject) -> None:
    serial = format_serial(number)
    looks = {"0": "0oO", "1": "1iIlL"}
    typed = "".join(
        data.draw(st.sampled_from(looks.get(char, char + char.lower())))
        + data.draw(st.sampled_from(["", " ", "-", " - "]))
        for char in serial
    )
    assert normalise_serial(f"  {typed}\n") == serial
    assert parse_serial(typed) == number


@pytest.mark.parametrize("typed", ["OOOO OOOO OO", "oooo-oooo-oo", "  0000000000  "])
def test_letters_that_look_like_digits_are_those_digits(typed: str) -> None:
    assert normalise_serial(typed) == "0000000000"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "a serial has 10 characters, this has 0"),
        ("ETFJXCY8D", "a serial has 10 characters, this has 9"),
        ("ETFJXCY8DG0", "a serial has 10 characters, this has 11"),
        ("ETFJ-XCY8-D", "a serial has 10 characters, this has 9"),
        ("ETFJXCY8UG", "a serial has no 'U'"),
        ("ETFJXCY8!G", "a serial has no '!'"),
        ("ETFJXCYÄDG", "a serial has no 'Ä'"),
        ("ETFJXCY8DH", "one character is wrong or two are swapped"),
        ("TEFJXCY8DG", "one character is wrong or two are swapped"),
    ],
)
def test_a_refusal_says_in_words_what_is_wrong(typed: str, words: str) -> None:
    with pytest.raises(SerialError, match=words):
        normalise_serial(typed)


@pytest.mark.parametrize("number", [-1, 2**45, 2**48])
def test_numbers_beyond_45_bits_have_no_serial(number: int) -> None:
    with pytest.raises(SerialError, match=r"below 2\*\*45"):
        format_serial(number)


@pytest.mark.parametrize("text", ["etfjxcy8dg", "ETFJ-XCY8DG", " ETFJXCY8DG", "OOOOOOOOOO"])
def test_on_the_wire_a_serial_is_canonical(text: str) -> None:
    with pytest.raises(ValidationError, match="ten capitals and digits, without spaces"):
        _WIRE.validate_python(text)


def test_on_the_wire_a_wrong_serial_says_what_is_wrong() -> None:
    with pytest.raises(ValidationError, match="one character is wrong"):
        _WIRE.validate_python("ETFJXCY8DH")
