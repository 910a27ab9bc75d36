"""Envelopes and the chain: whatever is changed, dropped or swapped shows."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from uuid6 import uuid7

from kiosk_contracts.transactions import FIRST_PREV_HASH, Envelope, Transaction
from kiosk_contracts.wire import NotCanonicalError, canonical_hash

GOLDEN_PAYLOAD = {
    "cashier_id": "ana",
    "gate": "North",
    "note": "Zoë's \u2013 🎉",
    "list": [1, -2, True, None, {"b": "", "a": "12.50"}],
}
GOLDEN_ENVELOPE = {
    "txn_id": "019ab3c4-d5e6-7f80-8123-456789abcdef",
    "journal_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
    "epoch": 2,
    "sequence": 41,
    "kind": "sale",
    "payload_hash": "e4af8e791b3c2dd66439d343e6367a5d131b5b126eeea7b8505bdf6c20b794cb",
    "prev_hash": "0123456789abcdef" * 4,
    "hash": "dcec1bf647e6506d85fa4e47f368787c6d34e36e2ff2296514c43287c38388b2",
}
JOURNAL = uuid4()


def _seal(sequence: int, prev_hash: str, payload: dict[str, Any]) -> Transaction:
    envelope = Envelope.seal(
        txn_id=uuid7(),
        journal_id=JOURNAL,
        epoch=1,
        sequence=sequence,
        kind="sale",
        payload=payload,
        prev_hash=prev_hash,
    )
    return Transaction(envelope=envelope, payload=payload)


def _journal(length: int) -> list[Transaction]:
    chain: list[Transaction] = []
    for sequence in range(1, length + 1):
        before = chain[-1].envelope.hash if chain else FIRST_PREV_HASH
        chain.append(_seal(sequence, before, {"number": sequence}))
    return chain


def _is_whole(chain: list[Transaction]) -> bool:
    """Say whether every transaction is as sealed and linked with the one before."""
    before = FIRST_PREV_HASH
    for sequence, one in enumerate(chain, start=1):
        linked = one.envelope.prev_hash == before and one.envelope.sequence == sequence
        if not (linked and one.payload_matches()):
            return False
        before = one.envelope.hash
    return True


def test_the_format_of_hashes_is_the_one_that_is_written_here() -> None:
    sealed = Envelope.seal(
        txn_id=UUID("019ab3c4-d5e6-7f80-8123-456789abcdef"),
        journal_id=UUID("7c9e6679-7425-40de-944b-e07fc1f90ae7"),
        epoch=2,
        sequence=41,
        kind="sale",
        payload=GOLDEN_PAYLOAD,
        prev_hash="0123456789abcdef" * 4,
    )
    assert sealed.to_json() == GOLDEN_ENVELOPE
    assert sealed.expected_hash() == sealed.hash


def test_a_journal_begins_with_64_zeros() -> None:
    assert FIRST_PREV_HASH == "0" * 64


def test_a_journal_as_it_was_sealed_is_whole() -> None:
    assert _is_whole(_journal(5))


@given(st.integers(0, 3))
def test_a_dropped_transaction_shows(place: int) -> None:
    chain = _journal(5)
    del chain[place]
    assert not _is_whole(chain)


@given(st.permutations(range(4)))
def test_swapped_transactions_show(order: list[int]) -> None:
    chain = _journal(4)
    assert _is_whole([chain[place] for place in order]) == (order == sorted(order))


def test_a_transaction_that_was_put_in_shows() -> None:
    chain = _journal(3)
    chain.insert(1, _seal(2, chain[0].envelope.hash, {"number": 99}))
    assert not _is_whole(chain)


@pytest.mark.parametrize(
    "payload", [{"number": 2}, {"number": "1"}, {"number": True}, {}, {"number": 1, "more": None}]
)
def test_a_changed_payload_shows(payload: dict[str, Any]) -> None:
    (sealed,) = _journal(1)
    assert sealed.payload_matches()
    assert not sealed.model_copy(update={"payload": payload}).payload_matches()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("txn_id", uuid7()),
        ("journal_id", uuid4()),
        ("epoch", 2),
        ("sequence", 2),
        ("kind", "void"),
        ("payload_hash", canonical_hash({})),
        ("prev_hash", "1" * 64),
        ("hash", "1" * 64),
        ("added", "x"),
    ],
)
def test_a_changed_field_of_the_envelope_shows(field: str, value: object) -> None:
    (sealed,) = _journal(1)
    changed = Envelope.model_validate({**sealed.envelope.to_json(), field: value})
    assert not sealed.model_copy(update={"envelope": changed}).payload_matches()


def test_a_newer_peers_envelope_field_is_kept_and_hashed() -> None:
    (sealed,) = _journal(1)
    fields = {**sealed.envelope.to_json(), "shop": {"id": "a", "till": None}}
    del fields["hash"]
    newer = {"envelope": {**fields, "hash": canonical_hash(fields)}, "payload": sealed.payload}
    read = Transaction.model_validate(newer)
    assert read.payload_matches()
    assert read.envelope.to_json() == newer["envelope"]


class _LaterEnvelope(Envelope):
    """An envelope as a later version may have it."""

    shop: str | None = None


def test_a_field_that_a_later_version_adds_leaves_older_seals_unbroken() -> None:
    (sealed,) = _journal(1)
    later = _LaterEnvelope.model_validate(sealed.envelope.to_json())
    assert later.expected_hash() == sealed.envelope.hash


@pytest.mark.parametrize("place", ["payload", "envelope"])
@pytest.mark.parametrize("other_is_wrong", [False, True])
def test_a_float_in_either_is_told_apart_from_tampering(
    place: str, *, other_is_wrong: bool
) -> None:
    body = _journal(1)[0].to_json()
    body[place]["added"] = 1.5
    if other_is_wrong:
        body["envelope"]["payload_hash"] = "1" * 64
    with pytest.raises(NotCanonicalError):
        Transaction.model_validate(body).payload_matches()


@pytest.mark.parametrize("field", ["epoch", "sequence"])
def test_epochs_and_sequences_count_from_1(field: str) -> None:
    fields = _journal(1)[0].envelope.to_json()
    with pytest.raises(ValidationError, match=field):
        Envelope.model_validate({**fields, field: 0})


@pytest.mark.parametrize("kind", ["a", "lost_and_found", "k" + "9" * 40])
def test_a_kind_that_only_a_newer_peer_knows_is_sealed_too(kind: str) -> None:
    fields = _journal(1)[0].envelope.to_json()
    assert Envelope.model_validate({**fields, "kind": kind}).kind == kind


@pytest.mark.parametrize("kind", ["", "Sale", "9sale", "a b", "sale\n", "k" + "9" * 41])
def test_a_kind_is_a_small_snake_case_word(kind: str) -> None:
    fields = _journal(1)[0].envelope.to_json()
    with pytest.raises(ValidationError, match="kind"):
        Envelope.model_validate({**fields, "kind": kind})
