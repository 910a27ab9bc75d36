"""What is typed at the technician's screen, and the one key that calls it."""

import pytest

from kiosk_agent.supervisor.console.technician.keys import keys_in, split_at_call
from kiosk_agent.supervisor.console.technician.pages import Pages, plain_lines


@pytest.mark.parametrize(
    ("typed", "parts"),
    [
        (b"12", None),
        (b"\x14", (b"", b"")),
        (b"12\x1434", (b"12", b"34")),
        (b"\x1b[116;5u", (b"", b"")),
        (b"\x1b[116;69u", (b"", b"")),
        (b"\x1b[116;1u", None),
        (b"t", None),
    ],
)
def test_ctrl_t_calls_it_in_whatever_way_a_terminal_says_so(
    typed: bytes, parts: tuple[bytes, bytes] | None
) -> None:
    assert split_at_call(typed) == parts


def test_keys_have_their_names_and_what_means_nothing_here_is_left_out() -> None:
    typed = b"1a\x1b[A\x1b[6~\x1b[<0;3;4M\x03\x1a\x1bOP\xc3\xbc\r\x7f\x1b"
    assert list(keys_in(typed)) == ["1", "a", "up", "pagedown", "enter", "backspace", "escape"]
    assert list(keys_in(b"\x1b[49;;49u\x1b[27u")) == ["1", "escape"]


def test_a_report_is_shown_in_pieces_that_fit_and_moves_no_further_than_its_ends() -> None:
    pages = Pages(tuple(str(number) for number in range(10)))
    assert pages.shown(80, 4) == (["0", "1", "2", "3"], 0, 10)
    pages = pages.moved(4, 80, 4).moved(4, 80, 4)
    assert pages.shown(80, 4) == (["6", "7", "8", "9"], 6, 10)
    assert pages.moved(-99, 80, 4).shown(80, 4)[1] == 0
    assert pages.shown(80, 40)[1] == 0, "a screen that has grown shows all of it"
    long = Pages((" word" * 12,)).wrapped(20)
    assert len(long) > 2
    assert all(len(line) <= 20 for line in long)


def test_nothing_of_a_report_can_do_anything_to_the_terminal() -> None:
    assert plain_lines("a\x1b[2Jb\n\tc\x07\n✖ →") == ("a?[2Jb", "        c?", "x >")
