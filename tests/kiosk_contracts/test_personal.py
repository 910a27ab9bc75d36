"""Buyers' data: outside the hashed payload, so that erasing it changes no hash."""

from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError
from uuid6 import uuid7

from kiosk_contracts.personal import Buyer, PersonalData
from kiosk_contracts.transactions import FIRST_PREV_HASH, Envelope, Transaction
from kiosk_contracts.wire import NotCanonicalError

TXN = UUID("019ab3c4-d5e6-7f80-8123-456789abcdef")
SALT = "00112233445566778899aabbccddeeff"


def _data(salt: str = SALT, **buyer: Any) -> PersonalData:
    return PersonalData.model_validate({"salt": salt, "buyer": buyer})


def _sale(personal: PersonalData) -> Transaction:
    payload: dict[str, Any] = {"total": "1.00", "personal_hash": personal.salted_hash(TXN)}
    envelope = Envelope.seal(
        txn_id=TXN,
        journal_id=uuid7(),
        epoch=1,
        sequence=1,
        kind="sale",
        payload=payload,
        prev_hash=FIRST_PREV_HASH,
    )
    return Transaction(envelope=envelope, payload=payload, personal=personal)


def test_the_format_of_the_salted_hash_is_the_one_that_is_written_here() -> None:
    data = _data(name="Zoë O'Brien", email="zoe@example.com")
    assert (
        data.salted_hash(TXN) == "90aac22916a007a37c9b80ce7048286009009421d8a1585a312abc82d396a31a"
    )
    assert (
        _data().salted_hash(TXN)
        == "b6754a1bb67a939b232cbc8c3cbda7d1516aacc873d7290d38b036e9961efa59"
    )


def test_erasing_personal_data_leaves_every_hash_as_it_was() -> None:
    sale = _sale(_data(name="Zoë", address="Kaistraße 1, Hamburg"))
    erased = Transaction.model_validate({**sale.to_json(), "personal": None})
    assert erased.payload_matches()
    assert erased.envelope == sale.envelope
    assert "Zoë" not in str(erased.to_json())


def test_neither_payload_nor_envelope_tells_who_bought() -> None:
    sale = _sale(_data(name="Zoë", email="zoe@example.com", address="Kaistraße 1"))
    told = f"{sale.payload} {sale.envelope.to_json()}"
    for secret in ("Zoë", "zoe@example.com", "Kaistraße", SALT):
        assert secret not in told


def test_the_salt_and_the_sale_keep_equal_buyers_from_having_equal_hashes() -> None:
    hashes = {
        _data(name="Zoë").salted_hash(TXN),
        _data(salt="f" * 32, name="Zoë").salted_hash(TXN),
        _data(name="Zoë").salted_hash(uuid7()),
        _data(name="Zoe").salted_hash(TXN),
        _data(email="Zoë").salted_hash(TXN),
    }
    assert len(hashes) == 5


def test_data_matches_the_hash_that_was_made_of_it_and_no_other() -> None:
    data = _data(name="Zoë")
    assert data.matches(TXN, data.salted_hash(TXN))
    assert not data.matches(TXN, _data(name="Zoe").salted_hash(TXN))
    assert not data.matches(TXN, None)


def test_a_peer_that_knows_more_fields_gets_the_same_hash() -> None:
    written = _data(name="Zoë")
    assert written.to_json()["buyer"] == {"name": "Zoë", "email": None, "address": None}
    older = _data(name="Zoë", email=None)
    newer = _data(name="Zoë", email=None, address=None, phone=None)
    assert written.salted_hash(TXN) == older.salted_hash(TXN) == newer.salted_hash(TXN)


def test_a_newer_peers_field_is_kept_and_hashed() -> None:
    data = _data(name="Zoë", phone={"country": "DE", "number": None})
    again = PersonalData.model_validate(data.to_json())
    assert again.to_json()["buyer"]["phone"] == {"country": "DE", "number": None}
    assert again.matches(TXN, data.salted_hash(TXN))
    assert not again.matches(TXN, _data(name="Zoë").salted_hash(TXN))


def test_a_field_that_cannot_be_hashed_matches_nothing_and_raises_nothing() -> None:
    data = _data(height=1.75)
    with pytest.raises(NotCanonicalError):
        data.salted_hash(TXN)
    assert not data.matches(TXN, "0" * 64)


@pytest.mark.parametrize("salt", ["", "0" * 31, "0" * 33, "G" * 32, SALT.upper()])
def test_a_salt_is_128_bits_in_hexadecimal(salt: str) -> None:
    with pytest.raises(ValidationError, match="salt"):
        _data(salt)


@pytest.mark.parametrize("field", ["name", "email", "address"])
def test_buyers_fields_are_names_without_control_characters(field: str) -> None:
    assert Buyer.model_validate({field: "Jürgen O'Brien 山田"})
    with pytest.raises(ValidationError, match=field):
        Buyer.model_validate({field: "Tom\x1b[2J"})
