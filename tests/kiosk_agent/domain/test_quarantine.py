"""Every reason for quarantine is told to staff in words, with the acts that make sense."""

import pytest

from kiosk_agent.domain.quarantine import acts_for, advice_for
from kiosk_contracts.quarantine import QuarantineAct
from tests.support.documents import table

RETRY, VOID, HAND_OVER = QuarantineAct.RETRY, QuarantineAct.VOID, QuarantineAct.HAND_OVER
CODES = [
    code for status, code, _ in table("protocol.md", "Outcomes of items") if status == "quarantined"
]


@pytest.mark.parametrize("code", CODES)
def test_a_documented_reason_has_words_a_hint_and_can_be_handed_over(code: str) -> None:
    advice = advice_for(code)
    assert code not in advice.words, "words, not codes"
    assert advice.words.endswith(".")
    assert advice.hint.endswith(".")
    assert HAND_OVER in advice.acts


def test_a_reason_of_a_newer_ticket_api_is_told_as_it_is() -> None:
    advice = advice_for("moon_phase_wrong")
    assert "moon_phase_wrong" in advice.words
    assert advice.acts == (RETRY, HAND_OVER)


def test_only_a_sale_is_voided_and_only_once() -> None:
    code = "serial_leased_elsewhere"
    assert acts_for(code, "sale", voided=False) == (RETRY, VOID, HAND_OVER)
    assert acts_for(code, "sale", voided=True) == (RETRY, HAND_OVER)
    assert acts_for(code, "return_of_stock", voided=False) == (RETRY, HAND_OVER)


def test_what_can_not_become_true_by_sending_it_again_is_not_retried() -> None:
    assert acts_for("journal_of_another_kiosk", "sale", voided=False) == (HAND_OVER,)


@pytest.mark.parametrize(
    "code", ["sale_already_voided", "sale_already_refunded", "ticket_already_used"]
)
def test_of_a_refused_refund_no_money_was_given_and_sending_it_again_changes_nothing(
    code: str,
) -> None:
    assert "no money" in advice_for(code, "refund").hint
    assert acts_for(code, "refund", voided=False) == (HAND_OVER,)


@pytest.mark.parametrize("code", ["payload_unreadable", "txn_payload_differs"])
def test_a_sale_that_the_ticket_api_has_not_as_such_is_not_voided(code: str) -> None:
    assert acts_for(code, "sale", voided=False) == (RETRY, HAND_OVER)
