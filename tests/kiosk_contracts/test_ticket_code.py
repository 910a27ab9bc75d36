"""Ticket codes are as `docs/ticket-code.md` says, byte by byte; its tables are read here."""

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from kiosk_contracts.serials import (
    SERIAL_BITS,
    SerialError,
    format_serial,
    normalise_serial,
    parse_serial,
)
from kiosk_contracts.ticket_code import (
    CODE_BYTES,
    CODE_LENGTH,
    TicketCode,
    TicketCodeError,
    TicketFacts,
)
from kiosk_contracts.typed_code import ALPHABET
from tests.support.documents import table

DOCUMENT = "ticket-code.md"
KEYS = dict(table(DOCUMENT, "Key"))
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(KEYS["private"]))
PUBLIC = Ed25519PublicKey.from_public_bytes(bytes.fromhex(KEYS["public"]))
CODES = table(DOCUMENT, "Ticket codes")
REFUSED = table(DOCUMENT, "Refused texts")
BASE36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

facts = st.builds(
    TicketFacts,
    key_id=st.integers(1, 2**16 - 1),
    event_no=st.integers(1, 2**24 - 1),
    type_no=st.integers(1, 2**8 - 1),
    serial=st.integers(0, 2**SERIAL_BITS - 1).map(format_serial),
)
codes = st.builds(TicketCode, facts, st.binary(min_size=64, max_size=64))


def _is_signed(code: TicketCode) -> bool:
    try:
        PUBLIC.verify(code.signature, code.facts.signed_bytes())
    except InvalidSignature:
        return False
    return True


def _refusal(text: str) -> str:
    """Return the problem code of a text that a gate which knows keys 1, 2 and 65535 refuses."""
    try:
        code = TicketCode.decode(text)
    except TicketCodeError as error:
        return error.code
    if code.facts.key_id not in {1, 2, 65535}:
        return "ticket_key_unknown"
    return "" if _is_signed(code) else "ticket_forged"


def test_the_documents_key_is_rfc_8032s_first() -> None:
    assert PRIVATE.public_key().public_bytes_raw().hex() == KEYS["public"]
    empty = PRIVATE.sign(b"").hex()
    assert empty.startswith("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155")


@pytest.mark.parametrize("row", CODES)
def test_a_ticket_of_the_document_has_the_code_that_is_written_there(row: tuple[str, ...]) -> None:
    key_id, event, kind, serial, signed, text = row
    ticket = TicketFacts(int(key_id), int(event), int(kind), serial)
    assert ticket.signed_bytes().hex() == signed
    assert TicketCode(ticket, PRIVATE.sign(ticket.signed_bytes())).encode() == text
    read = TicketCode.decode(text)
    assert read.facts == ticket
    assert _is_signed(read)


@pytest.mark.parametrize(("text", "why", "code"), REFUSED)
def test_a_text_of_the_document_is_refused_for_the_reason_written_there(
    text: str, why: str, code: str
) -> None:
    assert _refusal(text) == code, why


def test_the_document_has_a_text_for_every_refusal_of_a_code() -> None:
    assert {code for _, _, code in REFUSED} == {
        "ticket_foreign",
        "ticket_truncated",
        "ticket_code_unreadable",
        "ticket_key_unknown",
        "ticket_forged",
    }


@pytest.mark.parametrize(("number", "serial"), table(DOCUMENT, "Serials"))
def test_a_number_of_the_document_has_the_serial_that_is_written_there(
    number: str, serial: str
) -> None:
    assert format_serial(int(number)) == serial
    assert parse_serial(serial) == int(number)


@pytest.mark.parametrize(("typed", "serial"), table(DOCUMENT, "Serials as typed"))
def test_a_serial_typed_as_in_the_document_is_read_as_it_says(typed: str, serial: str) -> None:
    if serial == "refused":
        with pytest.raises(SerialError):
            normalise_serial(typed)
    else:
        assert normalise_serial(typed) == serial


def test_the_check_character_by_hand_is_right_line_by_line() -> None:
    interim, serial = 0, ""
    for char, *figures in table(DOCUMENT, "The check character by hand"):
        value, added, doubled, following = (int(text) for text in figures)
        assert (value, added, doubled) == (ALPHABET.index(char), interim ^ value, 2 * added)
        assert following == (doubled ^ 0b100101 if doubled >= 32 else doubled)
        interim, serial = following, serial + char
    assert normalise_serial(serial + ALPHABET[interim]) == "0014SC0PJ6"


@given(codes)
def test_a_code_survives_being_written_and_read(code: TicketCode) -> None:
    text = code.encode()
    assert len(text) == CODE_LENGTH == 121
    assert text.startswith("EP1")
    assert set(text[3:]) <= set(BASE36)
    assert len(code.facts.pack() + code.signature) == CODE_BYTES == 76
    assert TicketCode.decode(text) == code


@given(codes)
def test_small_letters_and_blanks_around_are_taken(code: TicketCode) -> None:
    assert TicketCode.decode(f" {code.encode().lower()}\r\n") == code


@given(codes, st.integers(0, 120))
def test_a_scan_that_broke_off_says_how_much_came(code: TicketCode, length: int) -> None:
    with pytest.raises(TicketCodeError) as refusal:
        TicketCode.decode(code.encode()[:length])
    if length < 3:
        assert refusal.value.code == "ticket_foreign"
    else:
        assert refusal.value.code == "ticket_truncated"
        assert f"{length} of 121 characters" in str(refusal.value)


@given(facts, st.integers(0, 120), st.sampled_from(BASE36))
def test_no_single_changed_character_passes(ticket: TicketFacts, place: int, char: str) -> None:
    text = TicketCode(ticket, PRIVATE.sign(ticket.signed_bytes())).encode()
    changed = text[:place] + char + text[place + 1 :]
    try:
        passes = _is_signed(TicketCode.decode(changed))
    except TicketCodeError:
        passes = False
    assert passes == (changed == text)


@given(st.text() | st.text(BASE36, min_size=118, max_size=118).map("EP1".__add__))
def test_any_text_is_read_or_refused_with_a_code_of_the_document(text: str) -> None:
    code = _refusal(text)
    assert code in {row[2] for row in REFUSED}


@pytest.mark.parametrize("char", ["-", " ", "$", "Ä", "\u0661", "\uff11", "\x00"])
def test_a_character_outside_base36_is_not_read(char: str) -> None:
    text = CODES[0][-1]
    with pytest.raises(TicketCodeError, match="spells no ticket"):
        TicketCode.decode(text[:60] + char + text[61:])
