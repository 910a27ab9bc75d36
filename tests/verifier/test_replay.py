"""What is read off a terminal: redraws don't count twice, half-written lines aren't believed."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier.replay import REDRAW_S, Replay, Sightings, replay
from verifier.wording import Acknowledgement

SALE = "✔ #23 sale HA1-1-000017 recorded offline"
NEXT = "✔ #24 sale HA1-1-000018 recorded offline"
SHIFT = "✔ #1 shift opened recorded online"
SOLD_OUT = "✖ Sold out at this kiosk"
A_SALE = Acknowledgement(23, "sale", "HA1-1-000017", offline=True)
SERIAL = "000001YG0H"


def frame(message: str, *, y: int = 24) -> str:
    """Return a screen's update: styled, as wide as the screen."""
    sign, words = message[:2], message[2:]
    return f"\x1b[?25l\x1b[{y};1H\x1b[1;38;5;2m {sign}\x1b[0;48;2;1;2;3m{words:<77}\x1b[0m"


def seen(*pieces: tuple[float, str], columns: int = 80) -> Sightings:
    """Replay pieces of output."""
    return replay(columns, 24, ((at, "o", text) for at, text in pieces))


def test_an_acknowledgement_is_read_with_its_time() -> None:
    sightings = seen((1.5, frame(SALE)))
    assert sightings.acknowledgements == {A_SALE: [1.5]}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (SHIFT, Acknowledgement(1, "shift_opened", "", offline=False)),
        (
            "✔ #7 admission 000001YG0H recorded online",
            Acknowledgement(7, "admission", SERIAL, offline=False),
        ),
        (
            "✔ #8 void HA1-1-000018 recorded offline",
            Acknowledgement(8, "void", "HA1-1-000018", offline=True),
        ),
    ],
)
def test_each_form_is_read(line: str, expected: Acknowledgement) -> None:
    assert list(seen((0, frame(line))).acknowledgements) == [expected]


def test_a_redraw_adds_nothing() -> None:
    sightings = seen(
        (1, frame(SALE)), (2, frame(SALE)), (3, "\x1b[1;1Hclock 20:14"), (4, frame(SALE))
    )
    assert sightings.acknowledgements == {A_SALE: [1]}


def test_one_that_moves_to_another_line_adds_nothing() -> None:
    sightings = seen((1, frame(SALE)), (2, frame("", y=24) + frame(SALE, y=20)))
    assert sightings.acknowledgements == {A_SALE: [1]}


def test_one_that_comes_back_after_another_message_has_two_times() -> None:
    sightings = seen((1, frame(SALE)), (2, frame("… asking")), (3, frame(SALE)))
    assert sightings.acknowledgements == {A_SALE: [1, 3]}


def test_one_that_wraps_is_read_whole() -> None:
    first = "\x1b[10;1H│ ✔ #23 sale HA1-1-000017 recorded   │"
    second = "\x1b[11;1H│ offline                            │\x1b[1;1H"
    assert seen((1, first + second), columns=38).acknowledgements == {A_SALE: [1]}


def test_one_that_wraps_and_is_half_written_waits_for_its_rest() -> None:
    first = "\x1b[10;1H✔ #23 sale HA1-1-000017 recorded \x1b[11;1Hon"
    sightings = seen((1, first), (2, "line  \x1b[1;1H"), columns=38)
    assert {each.offline for each in sightings.acknowledgements} == {False}
    assert list(sightings.acknowledgements.values()) == [[2]]


def test_what_begins_like_one_and_is_none_is_noted() -> None:
    sightings = seen((1, frame("✔ #23 sold to a friend")))
    assert (sightings.garbled, sightings.acknowledgements) == ({"✔ #23 sold to a friend"}, {})


@pytest.mark.parametrize("words", ["recorded offline-ish", "recorded onlinex", "recorded"])
def test_words_that_only_resemble_it_are_none(words: str) -> None:
    assert not seen((1, frame(f"✔ #23 sale HA1-1-000017 {words}"))).acknowledgements


def test_a_half_written_line_is_not_believed() -> None:
    """The new number before the cursor, the old receipt behind it."""
    new = frame(NEXT)
    cut = new.index("#24") + 3
    sightings = seen((1, frame(SALE)), (2, new[:cut]), (3, new[cut:]))
    assert sightings.acknowledgements == {
        A_SALE: [1],
        Acknowledgement(24, "sale", "HA1-1-000018", offline=True): [3],
    }


def test_a_refusal_counts_once_however_often_it_is_drawn() -> None:
    assert len(seen((1, frame(SOLD_OUT)), (2, frame(SOLD_OUT))).refusals) == 1


def test_a_refusal_given_again_counts_again() -> None:
    pieces = [(1, frame(SOLD_OUT)), (2, frame("… asking")), (3, frame(SOLD_OUT))]
    assert [title for _, title in seen(*pieces).refusals] == ["Sold out at this kiosk"] * 2


def test_a_refusal_that_only_flickers_counts_once() -> None:
    pieces = [(1, frame(SOLD_OUT)), (2, "\x1b[2J"), (2 + REDRAW_S / 2, frame(SOLD_OUT))]
    assert len(seen(*pieces).refusals) == 1


def test_a_refusal_is_read_when_its_title_is_whole() -> None:
    new = frame(SOLD_OUT)
    cut = new.index("Sold out") + len("Sold out")
    sightings = seen((1, new[:cut]), (2, new[cut:]))
    assert sightings.refusals == [(2, "Sold out at this kiosk")]


def test_a_list_that_quotes_a_refusal_is_none() -> None:
    assert not seen((1, frame("20:14 ✖ Sold out"))).refusals


def test_a_ticket_stands_under_the_only_receipt_number_of_its_screen() -> None:
    ticket = frame(f"serial {SERIAL}", y=5)
    assert seen((1, frame(SALE)), (2, ticket)).handed_over == {("HA1-1-000017", SERIAL)}
    list_above = frame("#20 sale HA1-1-000016", y=3)
    assert not seen((1, list_above), (2, frame(SALE)), (3, ticket)).handed_over


def test_words_without_the_check_character_are_no_serials() -> None:
    assert not seen((1, frame(SALE)), (2, frame("serial 000001YG0Z", y=5))).handed_over


def test_a_new_size_keeps_reading() -> None:
    events = [(1.0, "o", frame(SALE)), (2.0, "r", "120x40"), (3.0, "o", f"\x1b[40;1H{NEXT}")]
    assert [each.sequence for each in replay(80, 24, iter(events)).acknowledgements] == [23, 24]


def test_a_smaller_size_forgets_the_lines_that_are_gone() -> None:
    events = [(1.0, "o", frame(SALE)), (2.0, "r", "80x10"), (3.0, "o", f"\x1b[10;1H\x1b[2K{SALE}")]
    assert list(replay(80, 24, iter(events)).acknowledgements) == [A_SALE]


MESSAGES = [
    SALE,
    NEXT,
    SHIFT,
    SOLD_OUT,
    "… asking",
    "",
    "✔ #22 admission 000001YG0H recorded online",
]


@given(
    st.lists(st.sampled_from(MESSAGES), min_size=1, max_size=8),
    st.lists(st.integers(min_value=0, max_value=2000), max_size=30),
)
def test_wherever_the_chunks_end_the_same_is_read(messages: list[str], cuts: list[int]) -> None:
    stream = "".join(frame(message) for message in messages)
    whole = Replay(80, 24)
    for number, message in enumerate(messages):
        whole.feed(frame(message), number)
    ends = sorted({min(cut, len(stream)) for cut in cuts} | {0, len(stream)})
    pieces = Replay(80, 24)
    for start, end in pairwise(ends):
        pieces.feed(stream[start:end], start)
    last = {message for message in messages if "recorded" in message}
    assert len(whole.sightings.acknowledgements) == len(last)
    assert pieces.sightings.acknowledgements.keys() == whole.sightings.acknowledgements.keys() or (
        # Messages that one chunk both showed and replaced were on no screen that anybody saw.
        pieces.sightings.acknowledgements.keys() < whole.sightings.acknowledgements.keys()
    )
    assert not pieces.sightings.garbled


@given(
    st.lists(st.sampled_from(MESSAGES), min_size=1, max_size=8),
    st.lists(st.integers(min_value=0, max_value=2000), max_size=30),
)
def test_a_chunk_ending_after_each_frame_misses_nothing(
    messages: list[str], cuts: list[int]
) -> None:
    frames = [frame(message) for message in messages]
    bounds = [sum(len(each) for each in frames[:n]) for n in range(len(frames) + 1)]
    ends = sorted({min(cut, bounds[-1]) for cut in cuts} | set(bounds))
    stream = "".join(frames)
    pieces = Replay(80, 24)
    for start, end in pairwise(ends):
        pieces.feed(stream[start:end], start)
    shown = {message for message in messages if message.startswith("✔")}
    refused = [
        message for before, message in pairwise(["", *messages]) if message == SOLD_OUT != before
    ]
    assert len(pieces.sightings.acknowledgements) == len(shown)
    assert len(pieces.sightings.refusals) == len(refused)
    assert not pieces.sightings.garbled
