"""What the screen says of refunds and of what was found."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from uuid6 import uuid7

from kiosk_contracts.look_up import FoundTicket
from kiosk_contracts.money import Money
from kiosk_contracts.refunds import RefundStanding
from kiosk_contracts.tender import CardTender, CashTender, ComplimentaryTender, TenderLine
from kiosk_ui.refund_words import (
    give_back_words,
    refund_details,
    refund_headline,
    standing_words,
    waiting_refunds,
)
from tests.support.ui_till import StandingClock


def _euros(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="EUR")


def _cash(amount: str) -> TenderLine:
    return CashTender(amount=_euros(amount), given=_euros(amount), change=_euros("0"))


def _refund(**changes: Any) -> RefundStanding:
    fields = {
        "txn_id": UUID(bytes=uuid7().bytes),
        "sequence": 4,
        "receipt_number": "HB1-1-000002",
        "sale_txn_id": UUID(bytes=uuid7().bytes),
        "serials": ("0000000012",),
        "total": _euros("12.50"),
        "tender": (_cash("12.50"),),
        "reason": "ill",
        "cashier_id": "ana",
        "recorded_at": datetime(2026, 11, 26, tzinfo=UTC),
        "decision": "asking",
        "state": "queued",
        **changes,
    }
    return RefundStanding.model_validate(fields)


def test_each_part_says_where_it_goes_and_no_money_goes_for_what_was_given_away() -> None:
    card = CardTender(amount=_euros("2.50"), reference="A1")
    away = ComplimentaryTender(amount=_euros("5.00"), reason="press")
    assert give_back_words([card, _cash("10.00")]) == (
        "give back 2.50 EUR to the card of A1, 10.00 EUR in cash"
    )
    assert give_back_words([away]) == "give back nothing for 5.00 EUR that was given away"


@pytest.mark.parametrize(
    ("decision", "words"),
    [
        ("asking", "… asking the ticket API: give no money yet"),
        ("give_back", "✔ give back 12.50 EUR in cash"),
        ("given", "✔ 12.50 EUR given back"),
        ("refused", "✖ refused: give no money"),
        ("thought about", "… asking the ticket API: give no money yet"),
    ],
)
def test_only_a_decision_that_is_known_gives_money(decision: str, words: str) -> None:
    assert refund_headline(_refund(decision=decision)) == words


def test_what_is_open_without_a_line_or_set_aside_says_what_to_tell_the_customer() -> None:
    assert list(refund_details(_refund(), online=True)) == []
    down = list(refund_details(_refund(), online=False))
    assert down[0] == "The line is down."
    assert "give no money" in down[1]
    assert "comes back" in down[2]
    aside = list(refund_details(_refund(state="parked", why="busy"), online=True))
    assert "busy" in aside[0]
    assert "give no money" in aside[1]


def test_words_from_elsewhere_can_not_write_on_the_screen() -> None:
    refused = _refund(decision="refused", why="\x1b[2Jgone", hint="ask\nme")
    shown = "".join(refund_details(refused, online=True))
    assert "\x1b" not in shown
    assert "\n" not in shown
    ticket = FoundTicket.model_validate(
        {
            "serial": "0000000012",
            "event_id": "tide",
            "event_name": "Tide",
            "ticket_type_id": "adult",
            "ticket_type_name": "Adult",
            "unit_price": _euros("12.50"),
            "standing": "used",
            "gate": "No\x07rth",
        }
    )
    assert "\x07" not in standing_words(ticket, StandingClock())


def test_nothing_is_said_where_nothing_waits() -> None:
    assert waiting_refunds(None) == ""
