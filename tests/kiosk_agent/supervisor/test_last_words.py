"""What may be passed on of a terminal's output: no picture, no escapes, one bounded line."""

from hypothesis import given
from hypothesis import strategies as st

from kiosk_agent.supervisor.domain.last_words import SaidOnTerminal, plain
from kiosk_agent.supervisor.domain.memory import LAST_WORDS

PAINTING = b"\x1b[?1049h\x1b[?25l\x1b[2JBuyer: Erika Mustermann\r\n"
GIVEN_BACK = b"\x1b[?25h\x1b[?1049l"
FATAL = b"Traceback\r\n  line 1\r\n\x1b[31mMemoryError: no\x1b[0m\r\n\r\n"


def said(*pieces: bytes) -> str:
    terminal = SaidOnTerminal()
    for piece in pieces:
        terminal.heard(piece)
    return plain(terminal.last_line())


def test_the_last_line_is_what_was_written_without_a_picture() -> None:
    assert said(b"kiosk-ui: a setting is wrong\nlook: no look 'tiny'\n") == "look: no look 'tiny'"
    assert said(PAINTING, GIVEN_BACK, FATAL) == "MemoryError: no"
    assert said() == ""


def test_what_stood_on_the_screen_is_not_passed_on() -> None:
    assert said(b"begins\n", PAINTING) == ""
    assert said(PAINTING, b"x" * 100_000, b"Erika") == ""
    assert said(PAINTING, GIVEN_BACK, b"one\n", PAINTING) == ""


@given(st.integers(1, 40), st.integers(0, 3))
def test_however_it_comes_in_pieces(size: int, painted: int) -> None:
    whole = (PAINTING + b"y" * 50 + GIVEN_BACK) * painted + FATAL
    pieces = [whole[at : at + size] for at in range(0, len(whole), size)]
    assert said(*pieces) == "MemoryError: no"


def test_it_is_bounded_and_moves_no_terminal() -> None:
    terminal = SaidOnTerminal()
    for _ in range(100):
        terminal.heard(b"z" * 65_536)
    assert len(terminal._kept) <= 16_384
    assert plain(terminal.last_line()) == "z" * LAST_WORDS
    assert plain("a\x1b]0;title\x07b\x00\x9b\u202ec\td") == "ab c d"
