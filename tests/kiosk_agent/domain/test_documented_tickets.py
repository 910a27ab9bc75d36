"""A gate answers the texts of `docs/ticket-code.md` as it says there."""

from datetime import UTC, datetime

import pytest

from kiosk_agent.adapters.ed25519 import verify_ed25519
from kiosk_agent.domain.gates import Presented, read_code
from kiosk_contracts.gates import VerifyKey
from kiosk_contracts.problem import ProblemError
from kiosk_contracts.ticket_code import TicketCode
from tests.support.documents import table

DOCUMENT = "ticket-code.md"
VERDICTS = {code: verdict for code, verdict, *_ in table(DOCUMENT, "How a gate verifies")}
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
KEYS = {
    key_id: VerifyKey(
        key_id=key_id,
        public_key=dict(table(DOCUMENT, "Key"))["public"],
        published_at=LONG_AGO,
        signs_from=LONG_AGO,
    )
    for key_id in (1, 2, 65535)
}


def _present(text: str) -> Presented:
    return read_code(text, KEYS, verify_ed25519)


@pytest.mark.parametrize(
    ("serial", "text"), [(row[3], row[5]) for row in table(DOCUMENT, "Ticket codes")]
)
def test_a_good_ticket_of_the_document_is_proved(serial: str, text: str) -> None:
    assert _present(text).serial == serial


@pytest.mark.parametrize(
    ("serial", "text"), [(row[3], row[5]) for row in table(DOCUMENT, "Ticket codes")]
)
def test_a_good_ticket_is_proved_through_a_scanner_of_the_other_layout(
    serial: str, text: str
) -> None:
    swapped = text.translate(str.maketrans("YZ", "ZY"))
    assert _present(swapped).serial == serial
    assert _present(swapped.lower()).serial == serial


def test_a_refusal_speaks_of_the_text_as_it_came() -> None:
    forged = next(row[0] for row in table(DOCUMENT, "Refused texts") if row[2] == "ticket_forged")
    with pytest.raises(ProblemError) as refusal:
        _present(forged)
    assert TicketCode.decode(forged).facts.serial in refusal.value.problem.detail


@pytest.mark.parametrize(("text", "why", "code"), table(DOCUMENT, "Refused texts"))
def test_a_bad_text_of_the_document_gets_the_code_and_verdict_written_there(
    text: str, why: str, code: str
) -> None:
    with pytest.raises(ProblemError) as refusal:
        _present(text)
    told = refusal.value.problem.to_json()
    assert (told["code"], told["verdict"]) == (code, VERDICTS[code]), why


def test_every_refusal_of_a_gate_is_in_the_document() -> None:
    assert set(VERDICTS.values()) == {"red", "amber"}
    assert {code for code, verdict in VERDICTS.items() if verdict == "amber"} == {
        "ticket_key_unknown",
        "serial_unknown",
    }
