"""How digits become a quantity."""

from kiosk_ui.quantity_entry import TOGETHER_S, QuantityEntry


def test_digits_close_together_are_one_number() -> None:
    entry = QuantityEntry()
    assert [entry.digit("adult", "1", 0.0), entry.digit("adult", "2", 0.4)] == [1, 12]


def test_a_digit_after_a_pause_begins_a_new_number() -> None:
    entry = QuantityEntry()
    entry.digit("adult", "2", 0.0)
    assert entry.digit("adult", "3", TOGETHER_S + 0.1) == 3


def test_another_type_begins_a_new_number() -> None:
    entry = QuantityEntry()
    entry.digit("adult", "2", 0.0)
    assert entry.digit("child", "1", 0.1) == 1


def test_forgetting_begins_a_new_number() -> None:
    entry = QuantityEntry()
    entry.digit("adult", "2", 0.0)
    entry.forget()
    assert entry.digit("adult", "1", 0.1) == 1


def test_a_key_that_is_stuck_makes_a_number_that_is_too_large_and_no_trouble() -> None:
    entry = QuantityEntry()
    numbers = [entry.digit("adult", "9", at / 100) for at in range(5000)]
    assert numbers[-1] == 999_999
