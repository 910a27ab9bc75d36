"""How digits become a quantity."""

from kiosk_ui.quantity_entry import TOGETHER_S, NumberEntry, QuickEntry


def test_digits_close_together_are_one_number_of_tickets() -> None:
    entry = QuickEntry()
    numbers = [entry.digit("adult", one, at=at, now=0) for one, at in (("1", 0.0), ("2", 0.4))]
    assert numbers == [1, 12]


def test_a_digit_after_a_pause_is_another_number_of_tickets() -> None:
    entry = QuickEntry()
    entry.digit("adult", "2", at=0.0, now=0)
    assert entry.digit("adult", "3", at=TOGETHER_S + 0.1, now=2) == 3


def test_another_type_begins_a_new_number() -> None:
    entry = QuickEntry()
    entry.digit("adult", "2", at=0.0, now=0)
    assert entry.digit("child", "1", at=0.1, now=0) == 1


def test_forgetting_begins_a_new_number() -> None:
    entry = QuickEntry()
    entry.digit("adult", "2", at=0.0, now=0)
    entry.forget()
    assert entry.digit("adult", "1", at=0.1, now=2) == 1


def test_backspace_takes_all_tickets_of_a_type_away() -> None:
    entry = QuickEntry()
    entry.digit("adult", "1", at=0.0, now=0)
    assert entry.backspace("adult", now=1) == 0
    assert entry.digit("adult", "2", at=0.1, now=0) == 2


def test_a_key_that_is_stuck_makes_a_number_that_is_too_large_and_no_trouble() -> None:
    entry = QuickEntry()
    numbers = [entry.digit("adult", "9", at=at / 100, now=0) for at in range(5000)]
    assert numbers[-1] == 999_999


def test_notes_are_counted_digit_after_digit_however_slowly() -> None:
    entry = NumberEntry()
    assert entry.digit("€5", "1", at=0.0, now=7) == 1
    assert entry.digit("€5", "2", at=60.0, now=1) == 12
    assert entry.digit("€5", "0", at=600.0, now=12) == 120


def test_another_note_or_one_that_was_left_begins_a_new_number() -> None:
    entry = NumberEntry()
    entry.digit("€5", "1", at=0.0, now=0)
    assert entry.digit("€10", "2", at=0.1, now=4) == 2
    entry.forget()
    assert entry.digit("€10", "3", at=0.2, now=2) == 3


def test_backspace_takes_the_last_digit_of_a_count_away_and_typing_goes_on_there() -> None:
    entry = NumberEntry()
    assert entry.backspace("€5", now=128) == 12
    assert entry.digit("€5", "0", at=9.0, now=12) == 120
    assert entry.backspace("€5", now=0) == 0
