"""What a serial scanner's bytes say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk_agent.domain.scanning import ScannedLines, scanner_warning
from kiosk_contracts.scanning import LONGEST_SCAN, ScannerState, codes_apart
from kiosk_contracts.ticket_code import CODE_LENGTH

CODE = "EP1" + "0" * (CODE_LENGTH - 3)


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n", b"\n\n\r"])
def test_each_end_ends_a_text_and_empty_ones_are_none(end: bytes) -> None:
    lines = ScannedLines()
    assert lines.take(b"EP1A" + end + b"EP1B" + end) == ["EP1A", "EP1B"]
    assert not lines.begun


def test_a_text_may_come_in_pieces_and_end_by_silence() -> None:
    lines = ScannedLines()
    assert lines.take(b"EP") == []
    assert lines.begun
    assert lines.take(b"1A") == []
    assert lines.end() == ["EP1A"]
    assert lines.end() == []


def test_control_bytes_and_blanks_around_are_left_out() -> None:
    assert ScannedLines().take(b"\x02 EP1A\x00\x1b\xff\x7f \x03\r") == ["EP1A"]


def test_a_text_that_never_ends_is_noise_and_the_next_one_is_read() -> None:
    lines = ScannedLines()
    assert lines.take(b"x" * 100_000 + b"\rEP1A\r") == ["EP1A"]
    assert lines.noise == 1
    assert lines.take(b"y" * LONGEST_SCAN + b"\r") == ["y" * LONGEST_SCAN]


@given(st.lists(st.binary(max_size=40)))
def test_whatever_comes_each_text_is_one_printable_line(pieces: list[bytes]) -> None:
    lines = ScannedLines()
    found = [text for piece in pieces for text in lines.take(piece)] + lines.end()
    assert all(text.isascii() and text.isprintable() and text for text in found)
    whole = ScannedLines()
    assert whole.take(b"".join(pieces)) + whole.end() == found


def test_only_a_scanner_that_is_away_is_spoken_of() -> None:
    assert [scanner_warning(state) is not None for state in ScannerState] == [False, False, True]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        (CODE, [CODE]),
        (CODE * 3, [CODE] * 3),
        (CODE + CODE[:-1], [CODE + CODE[:-1]]),
        (CODE + "X" + CODE, [CODE + "X" + CODE]),
        ("", [""]),
    ],
)
def test_codes_pasted_together_are_told_apart_if_each_is_whole(text: str, codes: list[str]) -> None:
    assert codes_apart(text) == codes
