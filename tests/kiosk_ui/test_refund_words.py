"""What the screen says of refunds and of what was found."""

import pytest

from kiosk_contracts.tender import CardTender, ComplimentaryTender
from kiosk_ui.refund_words import (
    give_back_words,
    refund_details,
    refund_headline,
    refund_sign,
    standing_words,
    waiting_refunds,
)
from tests.support.refund_models import cash, euros, found_ticket, refund_standing
from tests.support.ui_till import StandingClock


def test_each_part_says_where_it_goes_and_no_money_goes_for_what_was_given_away() -> None:
    card = CardTender(amount=euros("2.50"), reference="A1")
    away = ComplimentaryTender(amount=euros("5.00"), reason="press")
    assert give_back_words([card, cash("10.00")]) == (
        "give back €2.50 to the card of A1, €10.00 in cash"
    )
    assert give_back_words([away]) == "give back nothing for €5.00 that was given away"


@pytest.mark.parametrize(
    ("decision", "words"),
    [
        ("asking", "… asking the ticket API: give no money yet"),
        ("give_back", "✔ give back €12.50 in cash"),
        ("given", "✔ €12.50 given back"),
        ("refused", "✖ refused: give no money"),
        ("thought about", "… asking the ticket API: give no money yet"),
    ],
)
def test_only_a_decision_that_is_known_gives_money(decision: str, words: str) -> None:
    refund = refund_standing(decision=decision)
    assert f"{refund_sign(refund)} {refund_headline(refund)}" == words


def test_what_is_open_without_a_line_or_set_aside_says_what_to_tell_the_customer() -> None:
    assert list(refund_details(refund_standing(), online=True)) == []
    down = list(refund_details(refund_standing(), online=False))
    assert down[0] == "The line is down."
    assert "give no money" in down[1]
    assert "comes back" in down[2]
    aside = list(refund_details(refund_standing(state="parked", why="busy"), online=True))
    assert "busy" in aside[0]
    assert "give no money" in aside[1]


def test_words_from_elsewhere_can_not_write_on_the_screen() -> None:
    refused = refund_standing(decision="refused", why="\x1b[2Jgone", hint="ask\nme")
    shown = "".join(refund_details(refused, online=True))
    assert "\x1b" not in shown
    assert "\n" not in shown
    ticket = found_ticket(standing="used", gate="No\x07rth")
    assert "\x07" not in standing_words(ticket, StandingClock())


def test_nothing_is_said_where_nothing_waits() -> None:
    assert waiting_refunds(None) == ""
