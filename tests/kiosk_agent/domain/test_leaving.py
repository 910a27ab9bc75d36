"""When a kiosk may be reinstalled, and which receipts count."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk_agent.adapters.ed25519 import verify_ed25519
from kiosk_agent.domain.leaving import check_receipt, why_not_reinstall
from kiosk_agent.domain.records import JournalIdentity
from kiosk_contracts.gates import VerifyKey
from kiosk_contracts.moving_out import Receipt, SignedReceipt
from kiosk_contracts.problem import ProblemError
from tests.support.journal import KIOSK_ID, at

KEY = Ed25519PrivateKey.generate()
JOURNAL = UUID("0197a000-0000-7000-8000-000000000001")
IDENTITY = JournalIdentity(JOURNAL, 1, KIOSK_ID, "HB1", "harbour-hall", "Harbour Hall")
HEAD = (7, "a" * 64)
KEYS = [
    VerifyKey(
        key_id=3,
        public_key=KEY.public_key().public_bytes_raw().hex(),
        published_at=at("10:00:00"),
        signs_from=at("10:00:00"),
    )
]


def signed(**changes: Any) -> SignedReceipt:
    receipt = Receipt.model_validate(
        {
            "journal_id": JOURNAL,
            "kiosk_id": KIOSK_ID,
            "export_id": uuid4(),
            "epoch": 1,
            "sequence": 7,
            "hash": "a" * 64,
            "counts": {"settled": 2},
            "set_hash": "b" * 64,
            "issued_at": at("20:00:00"),
            "key_id": 3,
            **changes,
        }
    )
    return SignedReceipt(receipt=receipt, signature=KEY.sign(receipt.signed_bytes()).hex())


def check(receipt: SignedReceipt) -> None:
    check_receipt(receipt, IDENTITY, HEAD, KEYS, verify_ed25519)


def test_a_receipt_of_this_journal_up_to_its_newest_counts() -> None:
    check(signed())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"journal_id": uuid4()}, "It is of journal"),
        ({"kiosk_id": "harbour-till-2"}, "of harbour-till-2"),
        ({"sequence": 6}, "It covers up to #6, and this journal has #7 by now"),
        ({"sequence": 8}, "which is not this journal's newest"),
        ({"hash": "c" * 64}, "which is not this journal's newest"),
        ({"key_id": 4}, "It is signed with key 4, which this kiosk does not know"),
    ],
)
def test_any_other_receipt_is_refused_in_words(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ProblemError) as refused:
        check(signed(**changes))
    assert refused.value.code == "receipt_refused"
    assert words in refused.value.problem.detail
    assert refused.value.problem.detail.endswith("Nothing was changed.")
    assert refused.value.problem.hint


def test_a_receipt_from_before_a_new_epoch_is_refused_with_what_helps() -> None:
    with pytest.raises(ProblemError) as refused:
        check(signed(journal_id=uuid4()))
    assert "export again, into a new folder" in refused.value.problem.hint


@pytest.mark.parametrize("change", [{"counts": {"settled": 3}}, {"later": True}])
def test_a_receipt_that_was_changed_does_not_fit_its_signature(change: dict[str, Any]) -> None:
    sound = signed()
    receipt = Receipt.model_validate({**sound.receipt.to_json(), **change})
    with pytest.raises(ProblemError) as refused:
        check(SignedReceipt(receipt=receipt, signature=sound.signature))
    assert "signature does not fit" in refused.value.problem.detail


def test_a_signature_over_the_bare_receipt_is_none() -> None:
    sound = signed()
    bare = sound.receipt.signed_bytes().split(b"\n", 1)[1]
    with pytest.raises(ProblemError):
        check(SignedReceipt(receipt=sound.receipt, signature=KEY.sign(bare).hex()))


def test_what_would_be_lost_is_told_in_words() -> None:
    assert why_not_reinstall(uncovered=0, in_payment=0) == ()
    assert why_not_reinstall(uncovered=1, in_payment=0) == (
        "1 transaction is not settled, and no receipt covers that",
    )
    assert why_not_reinstall(uncovered=2, in_payment=3) == (
        "2 transactions are not settled, and no receipt covers that",
        "3 carts are in payment",
    )
    [unread] = why_not_reinstall(uncovered=0, in_payment=0, unread=2)
    assert unread.startswith("2 transactions are missing or damaged since a new epoch began")
    assert why_not_reinstall(uncovered=0, in_payment=1) == ("1 cart is in payment",)
