"""Codes that are no tickets: no part of one acts, and no key of a person is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk_contracts.scanning import CALIBRATION_TEXT
from kiosk_ui.key_press import KeyPress, Replay
from kiosk_ui.keyboard_layout import learn
from kiosk_ui.other_codes import (
    FOLLOWS_WITHIN_S,
    LATE_ENTER_S,
    LEAST_DIGITS,
    LEAST_OTHER,
    LEAST_PART,
    LEAST_SPACED,
    RUN_GAP_S,
    SURE_MEAN_GAP_S,
    OtherCode,
)
from kiosk_ui.scanner import Outcome, Scan, Scanner
from kiosk_ui.typing_pace import MAX_GAP_S, MAX_MEAN_GAP_S
from tests.support.keyboards import layouts, scan_at

CODE = "EP1" + "0123456789ABCDEFGH" * 6 + "0123456789"
FAST = 0.005
CODES = {
    "EAN-8": "40123455",
    "UPC-A": "036000291452",
    "EAN-13": "4006381333931",
    "a membership card": "1029384756",
    "one with a letter before": "M12345678",
    "an ISBN with hyphens": "978-3-16-1484100",
    "letters": "BAGGAGEDROP12",
    "a web address": "https://tickets.example/e?a=b&c=%20#top",
    "a short web address": "http://x.co",
    "a wireless network": "WIFI:S:Foyer;T:WPA;P:secret;;",
    "an address on a German kiosk": "httpsÖ--tickets.example-e_aßb",
    "a ticket's code without its beginning": CODE[30:],
}

ODD_CODES = {
    "a bottle and a space": "4006381333931 \n",
    "a padded membership card": "MEMBER-0012345-A  \n",
    "GS1 with a separator": "0109506000134352\x1d105\n",
    "an account with spaces": "DE89 3704 0044 0532 0130 00\n",
    "a sentence with an address": "Visit https://hall.example/abc now\n",
    "a network with a space": "WIFI:S:Hall Guest;T:WPA;P:showtime;;\n",
    "a place": "geo:53.54,9.98?q=Harbour Hall\n",
}

Outcomes = list[Outcome[int]]


def presses(text: str, gap: float = FAST, start: float = 0.0) -> list[KeyPress[int]]:
    """Return one key press for each character, a line feed being Enter."""
    return [
        KeyPress(number, None if char == "\n" else char, start + number * gap, char == "\n")
        for number, char in enumerate(text)
    ]


def feed(scanner: Scanner[int], *keys: KeyPress[int]) -> Outcomes:
    return [outcome for key in keys for outcome in scanner.press(key)]


def replayed(outcomes: Outcomes) -> list[int]:
    return [e for outcome in outcomes if isinstance(outcome, Replay) for e in outcome.events]


def codes(outcomes: Outcomes) -> list[tuple[int, ...]]:
    """Return of each other code what of it had been given back."""
    return [outcome.typed for outcome in outcomes if isinstance(outcome, OtherCode)]


@pytest.mark.parametrize("text", CODES.values(), ids=CODES)
@pytest.mark.parametrize("gap", [0.001, 0.01, 0.03])
def test_of_another_code_nothing_is_typed_but_its_first_key_which_is_named(
    text: str, gap: float
) -> None:
    outcomes = feed(Scanner(), *presses(f"{text}\n", gap))
    assert outcomes == [Replay((0,)), OtherCode((0,))]


@pytest.mark.parametrize("text", CODES.values(), ids=CODES)
def test_a_code_without_enter_is_known_after_a_silence_and_its_late_enter_swallowed(
    text: str,
) -> None:
    scanner: Scanner[int] = Scanner()
    outcomes, last = feed(scanner, *presses(text)), FAST * (len(text) - 1)
    assert scanner.holds_typing
    assert scanner.due_in(last) == pytest.approx(RUN_GAP_S)
    assert scanner.expire(last + 0.9 * RUN_GAP_S) == []
    outcomes += scanner.expire(last + 1.01 * RUN_GAP_S)
    assert (codes(outcomes), replayed(outcomes)) == ([(0,)], [0])
    assert not scanner.holding
    assert scanner.press(KeyPress(90, None, last + 0.9 * LATE_ENTER_S, is_enter=True)) == []
    enter = KeyPress(91, None, last + 0.96 * LATE_ENTER_S, is_enter=True)
    assert replayed(scanner.press(enter)) == [91]


@pytest.mark.parametrize(
    ("between", "late", "comes"),
    [("2", 0.2, [90, 91]), ("\t", 0.2, [90, 91]), ("", 1.01 * LATE_ENTER_S, [91])],
)
def test_the_enter_of_a_person_behind_a_code_is_theirs(
    between: str, late: float, comes: list[int]
) -> None:
    scanner: Scanner[int] = Scanner()
    feed(scanner, *presses("4006381333931"))
    last = 12 * FAST
    assert codes(scanner.expire(last + 1.01 * RUN_GAP_S)) == [(0,)]
    outcomes = feed(scanner, *(KeyPress(90, char, last + 0.15) for char in between))
    outcomes += feed(scanner, KeyPress(91, None, last + late, is_enter=True))
    assert replayed(outcomes) == comes


@pytest.mark.parametrize(
    "text",
    [
        "customer waits at the box office",
        "0123456",
        "40.00",
        "24680",
        "12,50",
        "HB1-1-000017",
        "7K2M4QX9TB",
        "A1B2C3D4E5F6",
    ],
)
@pytest.mark.parametrize("end", ["\n", "\t", ""])
def test_quick_text_that_is_no_code_comes_whole_and_in_order(text: str, end: str) -> None:
    scanner: Scanner[int] = Scanner()
    outcomes = feed(scanner, *presses(f"{text}{end}", 1.2 * SURE_MEAN_GAP_S))
    outcomes += scanner.expire(99.0)
    assert (codes(outcomes), replayed(outcomes)) == ([], list(range(len(text) + len(end))))


@pytest.mark.parametrize("text", ["24680", "40.00", "sponsor", "1234567", "a b c d"])
@pytest.mark.parametrize("end", ["\n", "\t", ""])
def test_few_keys_come_whole_however_quick_they_are(text: str, end: str) -> None:
    scanner: Scanner[int] = Scanner()
    outcomes = feed(scanner, *presses(f"{text}{end}", 0.001))
    outcomes += scanner.expire(99.0)
    assert (codes(outcomes), replayed(outcomes)) == ([], list(range(len(text) + len(end))))


@pytest.mark.parametrize("text", ODD_CODES.values(), ids=ODD_CODES)
@pytest.mark.parametrize("gap", [0.001, 0.01, 0.02])
def test_of_a_code_with_spaces_or_separators_nothing_is_typed_but_its_first_key(
    text: str, gap: float
) -> None:
    scanner: Scanner[int] = Scanner()
    outcomes = feed(scanner, *presses(text, gap)) + scanner.expire(99.0)
    assert (codes(outcomes), replayed(outcomes)) == ([(0,)], [0])


def test_a_space_that_is_typed_is_typed() -> None:
    scanner: Scanner[int] = Scanner()
    outcomes = feed(scanner, *presses("a b  c ", 0.03)) + scanner.expire(99.0)
    assert replayed(outcomes) == list(range(7))
    assert feed(scanner, *presses(" ", start=200.0)) == [Replay((0,))]
    keys = presses("4006381333931", start=300.0)
    feed(scanner, *keys)
    later = KeyPress(90, " ", keys[-1].at + 1.01 * RUN_GAP_S)
    assert replayed(feed(scanner, later)) == [90]


def test_the_limits_between_a_code_and_typing_are_these() -> None:
    def is_code(text: str, gap: float = FAST) -> bool:
        return bool(codes(feed(Scanner(), *presses(f"{text}\n", gap))))

    assert not is_code("01234567"[: LEAST_DIGITS - 1])
    assert is_code("01234567"[:LEAST_DIGITS])
    slower = 1.1 * SURE_MEAN_GAP_S
    assert not is_code("A0" * 6, slower)
    assert is_code("A0" * 6 + "A", slower)
    assert not is_code("A0 " * 6 + "A0", slower)
    assert is_code("A0 " * 6 + "A0")
    assert not is_code("A0 " * 6 + "A")
    assert (LEAST_DIGITS, LEAST_OTHER, LEAST_SPACED) == (8, 13, 20)
    assert is_code("01" * 100, 0.99 * MAX_MEAN_GAP_S)
    assert not is_code("01" * 100, 1.05 * MAX_MEAN_GAP_S)


@pytest.mark.parametrize("key", ["+", "-", "2"])
def test_a_key_that_is_held_down_is_no_code(key: str) -> None:
    scanner: Scanner[int] = Scanner()
    outcomes = feed(scanner, *presses(key * 40, 1 / 30))
    outcomes += scanner.expire(99.0)
    assert (codes(outcomes), replayed(outcomes)) == ([], list(range(40)))


def test_a_person_on_a_keypad_waits_for_nothing_at_ten_digits_a_second() -> None:
    scanner: Scanner[int] = Scanner()
    for key in presses("4006381333931" * 3, 0.1):
        assert scanner.press(key) == [Replay((key.event,))]


def test_a_digit_that_came_soon_behind_another_waits_no_longer_than_a_moment() -> None:
    scanner: Scanner[int] = Scanner()
    keys = presses("12", 0.9 * FOLLOWS_WITHIN_S)
    assert feed(scanner, *keys) == [Replay((0,))]
    assert scanner.expire(keys[1].at + RUN_GAP_S) == [Replay((1,))]
    assert RUN_GAP_S <= 0.08
    late = KeyPress(2, "3", keys[1].at + 1.01 * FOLLOWS_WITHIN_S)
    assert scanner.press(late) == [Replay((2,))]


def test_a_jitter_in_the_middle_of_a_code_does_not_hide_it() -> None:
    first, second = presses("4006"), presses("381333931\n", start=3 * FAST + 0.9 * RUN_GAP_S)
    assert codes(feed(Scanner(), *first, *second)) == [(0,)]


@pytest.mark.parametrize("pause", [1.1 * RUN_GAP_S, 0.9 * MAX_GAP_S])
@pytest.mark.parametrize("code", ["40123455", "036000291452", "4006381333931"])
def test_a_code_that_stalls_in_its_middle_is_no_typing_either(code: str, pause: float) -> None:
    begun, whole = presses(code[:LEAST_PART]), presses(f"{code}\n")
    rest = [
        KeyPress(key.event, key.character, key.at + pause, key.is_enter)
        for key in whole[LEAST_PART:]
    ]
    outcomes = feed(Scanner(), *begun, *rest)
    assert outcomes[-1] == OtherCode((0, 1, 2, 3, 4))
    assert replayed(outcomes) == [0, 1, 2, 3, 4]


def test_what_a_person_typed_a_while_before_is_no_part_of_a_code() -> None:
    typed, code = presses("2468", 0.1), presses("4012345\n", start=0.3 + 1.1 * MAX_GAP_S)
    assert codes(feed(Scanner(), *typed, *code)) == []
    quick, later = presses("2468"), presses("4012345\n", start=3 * FAST + 1.1 * MAX_GAP_S)
    assert codes(feed(Scanner(), *quick, *later)) == []
    slow, at_once = presses("2468", 0.1), presses("4012345\n", start=0.3 + 0.2)
    assert codes(feed(Scanner(), *slow, *at_once)) == []


def test_a_ticket_behind_another_code_is_a_scan_of_its_own() -> None:
    outcomes = feed(Scanner(), *presses(f"4006381333931{CODE}\n"))
    assert outcomes == [Replay((0,)), OtherCode((0,)), Scan(CODE)]


def test_quick_digits_before_a_ticket_come_before_it() -> None:
    outcomes = feed(Scanner(), *presses(f"123{CODE}\n"))
    assert outcomes == [Replay((0,)), Replay((1, 2)), Scan(CODE)]


def test_a_calibrated_kiosk_knows_digits_that_arrive_as_other_keys() -> None:
    french, us = layouts()["French (AZERTY)"], layouts()["English (US)"]
    arrives = scan_at(french, us, "4006381333931")
    assert arrives is not None
    assert not any(char.isdecimal() for char in arrives)
    scanner: Scanner[int] = Scanner()
    scanner.layout = learn(scan_at(french, us, CALIBRATION_TEXT) or "")
    assert feed(scanner, *presses(f"{arrives}\n")) == [Replay((0,)), OtherCode((0,))]
    # Digits that a person types there are digits.
    assert codes(feed(scanner, *presses("40123455\n", start=9.0))) == [(0,)]


def test_quick_digits_behind_an_enter_are_no_part_of_what_a_person_types_next() -> None:
    first, second = presses("4021\n123"), presses("45678", start=7 * FAST + 0.2)
    scanner: Scanner[int] = Scanner()
    outcomes = feed(scanner, *first, *second) + scanner.expire(99.0)
    assert (codes(outcomes), replayed(outcomes)) == ([], [*range(8), *range(5)])


def test_two_codes_are_told_twice() -> None:
    outcomes = feed(Scanner(), *presses("40123455\n"), *presses("40123455\n", start=0.5))
    assert codes(outcomes) == [(0,), (0,)]
    assert replayed(outcomes) == [0, 0]


@pytest.mark.parametrize("end", ["\t", "\t\n", "\n\t", "\n\n", "\n\n\t\n"])
@pytest.mark.parametrize("text", CODES.values(), ids=CODES)
def test_whatever_a_scanner_sends_behind_another_code_is_no_persons(text: str, end: str) -> None:
    scanner: Scanner[int] = Scanner()
    keys = presses(f"{text}{end}", 0.6 * FOLLOWS_WITHIN_S)
    assert feed(scanner, *keys) == [Replay((0,)), OtherCode((0,))]
    later = keys[-1].at + 1.01 * FOLLOWS_WITHIN_S
    outcomes = feed(scanner, KeyPress(90, "\t", later), KeyPress(91, None, later, is_enter=True))
    assert replayed(outcomes) == [90, 91]


@pytest.mark.parametrize("text", ["40123455", "4006381333931", "M12345678"])
def test_a_code_split_in_two_by_an_enter_is_one_wherever_it_is_split(text: str) -> None:
    for cut in range(1, len(text)):
        outcomes = feed(Scanner(), *presses(f"{text[:cut]}\n{text[cut:]}\n"))
        assert (codes(outcomes), replayed(outcomes)) == ([(0,)], [0]), cut


@pytest.mark.parametrize("cut", [1, 4, 9, 12, 20])
def test_a_web_address_split_by_an_enter_is_one_where_a_part_tells_it(cut: int) -> None:
    text = "https://tickets.example/e"
    outcomes = feed(Scanner(), *presses(f"{text[:cut]}\n{text[cut:]}\n"))
    assert (codes(outcomes), replayed(outcomes)) == ([(0,)], [0])


def test_a_code_in_three_pieces_is_one() -> None:
    outcomes = feed(Scanner(), *presses("400\n638\n1333931\n"))
    assert (codes(outcomes), replayed(outcomes)) == ([(0,)], [0])


def test_words_typed_ahead_are_no_code_for_the_enter_between_them() -> None:
    scanner: Scanner[int] = Scanner()
    outcomes = feed(scanner, *presses("sponsor\nevening\n2\n\n123\n4567\n"))
    outcomes += scanner.expire(99.0)
    assert (codes(outcomes), replayed(outcomes)) == ([], list(range(28)))


def test_an_enter_soon_behind_a_digit_waits_no_longer_than_a_moment() -> None:
    scanner: Scanner[int] = Scanner()
    keys = presses("2\n", 0.9 * FOLLOWS_WITHIN_S)
    assert feed(scanner, *keys) == [Replay((0,))]
    assert scanner.expire(keys[1].at + RUN_GAP_S) == [Replay((1,))]
    scanner.press(KeyPress(2, "2", 1.0))
    late = KeyPress(3, None, 1.0 + 1.01 * FOLLOWS_WITHIN_S, is_enter=True)
    assert scanner.press(late) == [Replay((3,))]


def test_an_enter_that_is_held_down_is_given_back_as_it_comes() -> None:
    scanner: Scanner[int] = Scanner()
    outcomes = feed(scanner, *presses("2\n\n\n", 1 / 30))
    assert replayed(outcomes) == [0, 1, 2, 3]
    assert not scanner.holding


def test_what_comes_as_quickly_behind_a_code_is_a_part_of_it() -> None:
    scanner: Scanner[int] = Scanner()
    code = presses("4006381333931\n33\n5")
    assert feed(scanner, *code) == [Replay((0,)), OtherCode((0,))]
    last = code[-1].at
    assert scanner.press(KeyPress(90, "2", last + 1.01 * FOLLOWS_WITHIN_S)) == [Replay((90,))]
    scanner = Scanner()
    feed(scanner, *code)
    between = KeyPress(90, " ", last + 0.9 * FOLLOWS_WITHIN_S)
    enter = KeyPress(91, None, last + 0.95 * FOLLOWS_WITHIN_S, is_enter=True)
    assert feed(scanner, between, enter) == []
    scanner = Scanner()
    feed(scanner, *code)
    between = KeyPress(90, " ", last + 1.01 * FOLLOWS_WITHIN_S)
    enter = KeyPress(91, None, last + 1.05 * FOLLOWS_WITHIN_S, is_enter=True)
    assert replayed(feed(scanner, between, enter)) == [90, 91]


@given(
    st.lists(
        st.tuples(
            st.sampled_from("0123456789EP1A-+x\t\n"),
            st.sampled_from([0.001, 0.03, 0.06, 0.1, 0.3, 1.5]),
        ),
        max_size=80,
    )
)
def test_every_key_comes_back_in_order_or_is_of_a_code(typed: list[tuple[str, float]]) -> None:
    scanner: Scanner[int] = Scanner()
    at, outcomes = 0.0, []
    for number, (char, gap) in enumerate(typed):
        at += gap
        outcomes += scanner.press(KeyPress(number, char, at, char == "\n"))
    outcomes += scanner.expire(at + 10)
    assert not scanner.holding
    back = replayed(outcomes)
    assert back == sorted(set(back))
    if not any(not isinstance(one, Replay) for one in outcomes):
        assert back == list(range(len(typed)))
    for first in (one[0] for one in codes(outcomes) if one):
        assert first in back
