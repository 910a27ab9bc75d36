"""When a kiosk may be powered off or reinstalled, and which receipts count."""

from collections.abc import Callable, Sequence
from typing import Final

from kiosk_agent.domain.records import JournalIdentity
from kiosk_contracts.gates import VerifyKey
from kiosk_contracts.moving_out import SignedReceipt
from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_texts import trn

Verify = Callable[[bytes, bytes, bytes], bool]
"""(public key, signature, message) -> whether the key's holder signed the message."""

POWER_OFF: Final = (
    "always: what was answered is on disk, and what is being recorded counts whole or not at all"
)


def why_not_reinstall(*, uncovered: int, in_payment: int, unread: int = 0) -> tuple[str, ...]:
    """Return what would be lost with the journal's file, in words.

    `uncovered` transactions are neither settled nor covered by a receipt; that some were handed
    over changes nothing, for their files go with the disk. `unread` ones could not be salvaged,
    and nobody has acknowledged that: who can read more of the damaged file needs the disk.
    """
    reasons = []
    if uncovered:
        reasons.append(
            trn(
                "{count} transaction is not settled, and no receipt covers that",
                "{count} transactions are not settled, and no receipt covers that",
                uncovered,
            )
        )
    if unread:
        reasons.append(
            trn(
                "{count} transaction is missing or damaged since a new epoch began, which nobody"
                " has acknowledged: the damaged file may hold the only copy",
                "{count} transactions are missing or damaged since a new epoch began, which nobody"
                " has acknowledged: the damaged file may hold the only copy",
                unread,
            )
        )
    if in_payment:
        reasons.append(
            trn("{count} cart is in payment", "{count} carts are in payment", in_payment)
        )
    return tuple(reasons)


def check_receipt(
    signed: SignedReceipt,
    identity: JournalIdentity,
    head: tuple[int, str],
    keys: Sequence[VerifyKey],
    verify: Verify,
) -> None:
    """Raise ProblemError `receipt_refused` unless it covers this journal up to its newest."""
    receipt = signed.receipt
    key = next((one for one in keys if one.key_id == receipt.key_id), None)
    if key is None:
        raise _refused(
            f"it is signed with key {receipt.key_id}, which this kiosk does not know",
            "Let the kiosk reach the line once, so that it learns the keys, or ask for another.",
        )
    signature = bytes.fromhex(signed.signature)
    if not verify(bytes.fromhex(key.public_key), signature, receipt.signed_bytes()):
        raise _refused("its signature does not fit: it was changed, or is no receipt of ours")
    if receipt.kiosk_id != identity.kiosk_id:
        raise _refused(f"it is of journal {receipt.journal_id} of {receipt.kiosk_id}")
    if receipt.journal_id != identity.journal_id:
        raise _refused(
            f"it is of journal {receipt.journal_id}, and this kiosk is in {identity.journal_id}",
            "If a new epoch began since the export: export again, into a new folder, and import"
            " that.",
        )
    sequence, _ = head
    if receipt.sequence < sequence:
        raise _refused(
            f"it covers up to #{receipt.sequence}, and this journal has #{sequence} by now",
            "Export again, into a new folder, and import that.",
        )
    if (receipt.sequence, receipt.hash) != head:
        raise _refused(
            f"it covers #{receipt.sequence}, which is not this journal's newest transaction",
            "Run `kiosk-agent journal verify`: this journal may be an older copy.",
        )


def _refused(
    why: str, hint: str = "Take the receipt that the ticket API wrote for this export."
) -> ProblemError:
    return ProblemError(
        409,
        ProblemCode.RECEIPT_REFUSED,
        "The receipt does not count here",
        detail=f"{why[0].upper()}{why[1:]}. Nothing was changed.",
        hint=hint,
    )
