"""The scanner's state machine: what is a scan, what is a person, and that no key is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk_contracts.scanning import CALIBRATION_TEXT
from kiosk_ui.key_press import KeyPress, Replay
from kiosk_ui.keyboard_layout import learn
from kiosk_ui.other_codes import FOLLOWS_WITHIN_S, RUN_GAP_S, OtherCode
from kiosk_ui.scanner import (
    BEYOND_DOUBT,
    BROKEN_GAP_S,
    LEAST_REST,
    REST_GAP_S,
    REST_WITHIN_S,
    Outcome,
    Rest,
    Scan,
    Scanner,
)
from kiosk_ui.typing_pace import MAX_GAP_S
from tests.support.keyboards import layouts, scan_at, xkb_caps_lock

CODE = "EP1" + "0123456789ABCDEFGH" * 6 + "0123456789"
ALPHABET = "EP1ep1 04AZaz?"
FAST = 0.005

Outcomes = list[Outcome[int]]
FRENCH, US = layouts()["French (AZERTY)"], layouts()["English (US)"]


def presses(text: str, gap: float, start: float = 0.0) -> list[KeyPress[int]]:
    """Return one key press for each character, a line feed being Enter; events are numbered."""
    return [
        KeyPress(number, None if char == "\n" else char, start + number * gap, char == "\n")
        for number, char in enumerate(text)
    ]


def feed(scanner: Scanner[int], keys: list[KeyPress[int]]) -> Outcomes:
    return [outcome for key in keys for outcome in scanner.press(key)]


def replayed(outcomes: Outcomes) -> list[int]:
    return [e for outcome in outcomes if isinstance(outcome, Replay) for e in outcome.events]


def scans(outcomes: Outcomes) -> list[str]:
    return [outcome.text for outcome in outcomes if isinstance(outcome, Scan)]


def test_a_fast_code_with_enter_is_one_scan_and_no_key() -> None:
    assert feed(Scanner(), presses(f"{CODE}\n", FAST)) == [Scan(CODE)]


def test_a_scanner_with_caps_lock_gives_capitals() -> None:
    assert scans(feed(Scanner(), presses(f"{CODE.lower()}\n", FAST))) == [CODE]


def test_garbage_after_the_prefix_is_a_scan_too_so_that_it_never_types() -> None:
    assert scans(feed(Scanner(), presses("EP1?? ÄÖ !\n", FAST))) == ["EP1?? ÄÖ !"]


def test_a_person_who_types_the_same_text_types_it() -> None:
    text = "EP1 row 5\n"
    outcomes = feed(Scanner(), presses(text, 2 * MAX_GAP_S))
    assert (scans(outcomes), replayed(outcomes)) == ([], list(range(len(text))))


def test_a_quick_typist_below_the_gap_but_above_the_mean_types_it() -> None:
    text = "EP1AB\n"
    outcomes = feed(Scanner(), presses(text, 0.9 * MAX_GAP_S))
    assert (scans(outcomes), replayed(outcomes)) == ([], list(range(len(text))))


def test_what_a_person_types_is_never_held_back() -> None:
    scanner: Scanner[int] = Scanner()
    for key in presses("2\n40\n1250.00\n24680024680\nlamp", 0.06):
        assert scanner.press(key) == [Replay((key.event,))]
        assert not scanner.holding


def test_held_keys_come_back_when_nothing_follows() -> None:
    scanner: Scanner[int] = Scanner()
    assert feed(scanner, presses("EP", FAST)) == []
    assert scanner.holding
    assert scanner.expire(FAST + 0.5 * MAX_GAP_S) == []
    assert replayed(scanner.expire(FAST + 1.01 * MAX_GAP_S)) == [0, 1]
    assert not scanner.holding


def test_a_scan_that_begins_while_a_person_types_leaves_their_keys() -> None:
    outcomes = feed(Scanner(), presses(f"12{CODE}\n", FAST))
    assert (scans(outcomes), replayed(outcomes)) == ([CODE], [0, 1])


def test_a_letter_before_the_prefix_does_not_hide_it() -> None:
    outcomes = feed(Scanner(), presses(f"EPE{CODE}\n", FAST))
    assert (scans(outcomes), replayed(outcomes)) == ([CODE], [0, 1, 2])


def test_a_scan_without_enter_is_taken_after_a_silence_and_its_late_enter_swallowed() -> None:
    scanner: Scanner[int] = Scanner()
    last = FAST * (len(CODE) - 1)
    assert feed(scanner, presses(CODE, FAST)) == []
    assert scanner.patience_s == BROKEN_GAP_S
    assert scanner.expire(last + 1.01 * BROKEN_GAP_S) == [Scan(CODE)]
    assert scanner.press(KeyPress(999, None, last + 1.5 * BROKEN_GAP_S, is_enter=True)) == []
    assert scanner.press(KeyPress(1000, None, last + 9.0, is_enter=True)) == [Replay((1000,))]


def test_a_key_between_gives_the_enter_back_to_the_person() -> None:
    scanner: Scanner[int] = Scanner()
    last = FAST * (len(CODE) - 1)
    feed(scanner, presses(CODE, FAST))
    scanner.expire(last + 1.01 * BROKEN_GAP_S)
    assert scanner.press(KeyPress(1, "2", last + 1.1 * BROKEN_GAP_S)) == [Replay((1,))]
    assert scanner.press(KeyPress(2, None, last + 1.2 * BROKEN_GAP_S, is_enter=True)) == [
        Replay((2,))
    ]


def test_a_hiccup_in_a_scan_beyond_doubt_does_not_break_it() -> None:
    cut = 3 + BEYOND_DOUBT
    late = presses(f"{CODE[cut:]}\n", FAST, start=cut * FAST + 0.8 * BROKEN_GAP_S)
    scanner: Scanner[int] = Scanner()
    outcomes = feed(scanner, presses(CODE[:cut], FAST)) + feed(scanner, late)
    assert outcomes == [Scan(CODE)]


@pytest.mark.parametrize("cut", [1, 2, 3, 10])
def test_a_scan_that_stalls_at_its_beginning_is_a_scan(cut: int) -> None:
    keys = [*presses(CODE[:cut], FAST), *presses(f"{CODE[cut:]}\n", FAST, start=0.35)]
    assert scans(feed(Scanner(), keys)) == [CODE]


def test_the_limits_between_a_scanner_and_a_person_are_what_was_measured() -> None:
    text = "EP1 a b c d e f"

    def ends_as(quick: int, silence: float) -> Outcomes:
        scanner: Scanner[int] = Scanner()
        feed(scanner, presses(text[:quick], FAST))
        return scanner.expire((quick - 1) * FAST + silence)

    assert ends_as(2, 0.399) == []
    assert replayed(ends_as(2, 0.401)) == [0, 1]
    assert replayed(ends_as(14, 0.401)) == list(range(14))
    assert ends_as(15, 0.999) == []
    assert ends_as(15, 1.001) == [Scan(text.upper())]


def test_the_late_enter_of_a_scan_is_waited_for_two_seconds() -> None:
    for late, outcome in ((1.99, []), (2.01, [Replay((999,))])):
        scanner: Scanner[int] = Scanner()
        assert scanner.paste(CODE, 10.0) == Scan(CODE)
        assert scanner.press(KeyPress(999, None, 10.0 + late, is_enter=True)) == outcome


def test_a_paste_between_two_keys_of_a_person_takes_neither() -> None:
    scanner: Scanner[int] = Scanner()
    assert feed(scanner, presses("EP", FAST)) == []
    assert scanner.paste(CODE, 2 * FAST) == Scan(CODE)
    enter = KeyPress(2, None, FAST + 1.01 * RUN_GAP_S, is_enter=True)
    assert replayed(scanner.press(enter)) == [0, 1, 2]


@pytest.mark.parametrize("end", ["\t", "\t\n", "\n\t", "\n\n", "\n\n\t\n"])
def test_whatever_a_scanner_sends_behind_a_code_is_no_persons(end: str) -> None:
    scanner: Scanner[int] = Scanner()
    keys = presses(f"{CODE}{end}", FAST)
    assert feed(scanner, keys) == [Scan(CODE)]
    later = keys[-1].at + 1.01 * FOLLOWS_WITHIN_S
    assert scanner.press(KeyPress(998, "\t", later)) == [Replay((998,))]
    assert scanner.press(KeyPress(999, None, later, is_enter=True)) == [Replay((999,))]


def feed_without_end(scanner: Scanner[int]) -> float:
    """Scan a code without Enter, and let the silence pass behind it; return when it ended."""
    last = FAST * (len(CODE) - 1)
    feed(scanner, presses(CODE, FAST))
    assert scanner.expire(last + 1.01 * BROKEN_GAP_S) == [Scan(CODE)]
    return last


def test_a_late_tab_is_a_persons_and_so_is_a_key_of_before() -> None:
    scanner: Scanner[int] = Scanner()
    last = feed_without_end(scanner)
    tab = KeyPress(998, "\t", last + 1.1 * BROKEN_GAP_S)
    assert scanner.press(tab) == [Replay((998,))]
    feed(scanner, presses(f"{CODE}\n", FAST, start=9.0))
    before = KeyPress(999, None, 9.0, is_enter=True)
    assert scanner.press(before) == [Replay((999,))]


@pytest.mark.parametrize("end", ["\t", "\t\n"])
def test_a_code_that_broke_off_is_whole_with_a_tab_behind_its_rest(end: str) -> None:
    outcomes = feed(Scanner(), presses(f"{CODE[:40]}{end}{CODE[40:]}{end}", FAST))
    assert (scans(outcomes), replayed(outcomes)) == ([CODE[:40], CODE], [])


@pytest.mark.parametrize("left", [1, 2])
def test_of_a_code_that_broke_off_just_before_its_end_nothing_is_typed(left: int) -> None:
    text = f"{CODE[:-left]}\n{CODE[-left:]}\n"
    outcomes = feed(Scanner(), presses(text, FAST))
    assert (scans(outcomes), replayed(outcomes)) == ([CODE[:-left], CODE], [])
    scanner: Scanner[int] = Scanner()
    broken = presses(f"{CODE[:-left]}\n", FAST)
    feed(scanner, broken)
    later = presses(f"{CODE[-left:]}\n", FAST, start=broken[-1].at + 1.1 * FOLLOWS_WITHIN_S)
    back = replayed(feed(scanner, later) + scanner.expire(99.0))
    assert back == list(range(left + 1)), "so late it may be a person"


def test_a_tab_of_a_person_is_theirs() -> None:
    scanner: Scanner[int] = Scanner()
    outcomes = feed(scanner, presses("EP\tE\tEP1\t", 0.1))
    assert (scans(outcomes), replayed(outcomes)) == ([], list(range(9)))


def test_two_scans_in_a_row_are_two() -> None:
    assert scans(feed(Scanner(), presses(f"{CODE}\n{CODE}\n", FAST))) == [CODE, CODE]


def test_a_function_key_ends_what_was_held() -> None:
    scanner: Scanner[int] = Scanner()
    feed(scanner, presses("EP", FAST))
    assert replayed(scanner.press(KeyPress(7, None, 2 * FAST))) == [0, 1, 7]


def test_a_pasted_code_is_a_scan_and_other_text_is_not() -> None:
    scanner: Scanner[int] = Scanner()
    assert scanner.paste(f" {CODE.lower()}\n", 1.0) == Scan(CODE)
    assert scanner.paste("wrong evening", 2.0) is None
    assert scanner.paste("EP1\nF8\n", 3.0) is None


def french(text: str, *, caps_lock: bool = False) -> str:
    """Return what arrives at a French kiosk of a US scanner's text, with its line ends."""
    locked = xkb_caps_lock if caps_lock else None
    lines = [scan_at(FRENCH, US, line, locked) or "" for line in text.split("\n")]
    return "\n".join(lines)


@pytest.mark.parametrize("caps_lock", [False, True])
def test_a_calibrated_scanner_is_known_by_what_its_prefix_has_become(*, caps_lock: bool) -> None:
    scanner: Scanner[int] = Scanner()
    scanner.layout = learn(french(CALIBRATION_TEXT))
    raw = french(f"{CODE}\n", caps_lock=caps_lock)
    assert raw[:3].upper() == "EP&"
    outcomes = feed(scanner, presses(f"12{raw}", FAST))
    assert (scans(outcomes), replayed(outcomes)) == ([CODE], [0, 1])
    assert [one.raw for one in outcomes if isinstance(one, Scan)] == [raw.strip()]


def test_a_calibrated_kiosk_takes_what_needs_no_calibration_too() -> None:
    scanner: Scanner[int] = Scanner()
    scanner.layout = learn(french(CALIBRATION_TEXT))
    assert scans(feed(scanner, presses("EP1000??\n", FAST))) == ["EP1000??"]
    assert scanner.paste(CODE, 9.0) == Scan(CODE)


def test_where_the_scanner_is_learnt_any_quick_text_is_a_scan_and_slow_keys_are_not() -> None:
    scanner: Scanner[int] = Scanner()
    scanner.learning = True
    raw = french(CALIBRATION_TEXT)
    outcomes = feed(scanner, presses(f"{raw}\n", FAST))
    assert [one.raw for one in outcomes if isinstance(one, Scan)] == [raw]
    assert replayed(feed(scanner, presses("no scan\n", 0.2, start=9.0))) == list(range(8))


@pytest.mark.parametrize("cut", [3, 20, 60, 118])
@pytest.mark.parametrize("pause", [0.01, 0.5, 1.5])
def test_a_code_split_in_two_by_an_enter_is_put_together(cut: int, pause: float) -> None:
    first = presses(f"{CODE[:cut]}\n", FAST)
    second = presses(f"{CODE[cut:]}\n", FAST, start=first[-1].at + pause)
    outcomes = feed(Scanner(), [*first, *second])
    assert scans(outcomes) == [CODE[:cut], CODE]
    assert replayed(outcomes) == []


def test_a_code_split_in_two_by_a_long_silence_is_put_together() -> None:
    scanner: Scanner[int] = Scanner()
    first = presses(CODE[:60], FAST)
    feed(scanner, first)
    scanner.expire(first[-1].at + 1.01 * BROKEN_GAP_S)
    second = presses(f"{CODE[60:]}\n", FAST, start=first[-1].at + 1.5 * BROKEN_GAP_S)
    assert feed(scanner, second) == [Rest(CODE[60:]), Scan(CODE)]


def test_the_rest_of_a_broken_code_that_stays_broken_types_nothing() -> None:
    outcomes = feed(Scanner(), presses(f"{CODE[:30]}\n{CODE[60:]}\n2", FAST))
    assert outcomes[:2] == [Scan(CODE[:30]), Rest(CODE[60:])]
    assert len(replayed(outcomes)) == 1


def test_a_person_who_types_after_a_broken_scan_types() -> None:
    scanner: Scanner[int] = Scanner()
    first = presses(f"{CODE[:30]}\n", FAST)
    feed(scanner, first)
    at = first[-1].at + 0.5
    assert scanner.press(KeyPress(100, "2", at)) == []
    assert scanner.expire(at + 1.01 * REST_GAP_S) == [Replay((100,))]
    assert feed(scanner, [KeyPress(101, "4", at + 0.3), KeyPress(102, None, at + 0.5, True)]) == [  # noqa: FBT003  an Enter
        Replay((101,)),
        Replay((102,)),
    ]
    late = at + REST_WITHIN_S
    assert scanner.press(KeyPress(103, "2", late)) == [Replay((103,))]
    assert LEAST_REST > 2


def test_a_new_code_after_a_broken_one_is_a_code_of_its_own() -> None:
    outcomes = feed(Scanner(), presses(f"{CODE[:30]}\n{CODE}\n", FAST))
    assert outcomes == [Scan(CODE[:30]), Scan(CODE)]


@given(
    st.lists(
        st.tuples(st.sampled_from(ALPHABET + "\n"), st.sampled_from([0.001, 0.03, 0.07, 0.2, 1.0])),
        max_size=60,
    )
)
def test_every_key_comes_back_once_in_order_or_is_in_a_scan(typed: list[tuple[str, float]]) -> None:
    scanner: Scanner[int] = Scanner()
    at, outcomes = 0.0, []
    for number, (char, gap) in enumerate(typed):
        at += gap
        outcomes += scanner.press(
            KeyPress(number, None if char == "\n" else char, at, char == "\n")
        )
    outcomes += scanner.expire(at + 10)
    assert not scanner.holding
    back = replayed(outcomes)
    assert back == sorted(set(back))
    swallowed = [typed[n][0] for n in range(len(typed)) if n not in set(back)]
    scanned = "".join(
        one.text if isinstance(one, Scan) else one.raw.upper()
        for one in outcomes
        if isinstance(one, Scan | Rest)
    )
    # So many quick keys may be another code, which is dropped (test_other_codes.py).
    if not any(isinstance(one, OtherCode) for one in outcomes):
        assert "".join(swallowed).replace("\n", "").upper() == scanned
    assert all(text.startswith("EP1") for text in scans(outcomes))


@given(st.text(st.characters(exclude_categories=["C"]), max_size=40))
def test_slow_typing_is_never_a_scan(text: str) -> None:
    keys = presses(f"EP1{text}\n", MAX_GAP_S * 1.01)
    scanner: Scanner[int] = Scanner()
    outcomes = feed(scanner, keys)
    assert scans(outcomes) == []
    assert replayed(outcomes) == list(range(len(keys)))
