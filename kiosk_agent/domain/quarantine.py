"""Why a transaction is quarantined, in words for staff, and which acts make sense then."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from kiosk_contracts.payloads import TransactionKind
from kiosk_contracts.problem import ProblemCode
from kiosk_contracts.quarantine import QuarantineAct

_RETRY, _VOID, _HAND_OVER = QuarantineAct.RETRY, QuarantineAct.VOID, QuarantineAct.HAND_OVER


@dataclass(frozen=True, slots=True)
class Advice:
    """What a code means at the till. The ticket API's own words, where it sent any, come first."""

    words: str
    hint: str
    acts: tuple[QuarantineAct, ...]


_ANY: Final = (_RETRY, _VOID, _HAND_OVER)
_NO_VOID: Final = (_RETRY, _HAND_OVER)
_TELL: Final = "Hand it over with a note; the control room compares it with the kiosk's journal."
_OFFICE: Final = "Hand it over with the receipt; the box office settles it with the customer."
_ADVICE: Final[Mapping[str, Advice]] = {
    ProblemCode.PAYLOAD_UNREADABLE: Advice(
        "The ticket API cannot read what was recorded.", _TELL, _NO_VOID
    ),
    ProblemCode.PAYLOAD_HASH_DIFFERS: Advice(
        "The record was changed or damaged after it was made.", _TELL, _ANY
    ),
    ProblemCode.TXN_PAYLOAD_DIFFERS: Advice(
        "The ticket API has something else under the same id.", _TELL, _NO_VOID
    ),
    ProblemCode.SEQUENCE_TAKEN: Advice(
        "Another transaction has its number: the journal may have been copied or restored.",
        _TELL,
        _ANY,
    ),
    ProblemCode.JOURNAL_OF_ANOTHER_KIOSK: Advice(
        "It was recorded in another journal.", _TELL, (_HAND_OVER,)
    ),
    ProblemCode.SERIAL_LEASED_ELSEWHERE: Advice(
        "A ticket of it belongs to the stock of another kiosk.",
        "Give the money back and void it, or hand it over.",
        _ANY,
    ),
    ProblemCode.SERIAL_NEVER_ISSUED: Advice(
        "A ticket of it was never issued.",
        "Keep ticket and receipt; void it or hand it over.",
        _ANY,
    ),
    ProblemCode.SERIAL_ALREADY_SOLD: Advice(
        "A ticket of it was sold by another transaction.",
        "Compare both receipts; void the sale that the customer did not keep.",
        _ANY,
    ),
    ProblemCode.SERIAL_NOT_IN_SALE: Advice(
        "A ticket given back is not part of the sale.", _OFFICE, _NO_VOID
    ),
    ProblemCode.TXN_UNKNOWN: Advice("What it undoes is no sale.", _OFFICE, _NO_VOID),
    ProblemCode.SALE_NOT_OURS: Advice("The sale is another kiosk's.", _OFFICE, _NO_VOID),
    ProblemCode.SALE_ALREADY_VOIDED: Advice(
        "The sale was voided before: money may have been given back twice.",
        "Count the drawer, then hand it over with a note.",
        _NO_VOID,
    ),
    ProblemCode.SALE_ALREADY_REFUNDED: Advice(
        "The sale was refunded before: money may have been given back twice.",
        "Count the drawer, then hand it over with a note.",
        _NO_VOID,
    ),
    ProblemCode.TICKET_ALREADY_USED: Advice(
        "Somebody went in with a ticket of it.", _OFFICE, (_HAND_OVER,)
    ),
    ProblemCode.QUANTITY_INVALID: Advice(
        "It gives back more tickets than can be given back together.", _OFFICE, _NO_VOID
    ),
}


_NO_MONEY: Final = "Give no money. Hand it over with the receipt if the customer insists."
_REFUNDS: Final[Mapping[str, Advice]] = {
    ProblemCode.SALE_ALREADY_VOIDED: Advice(
        "A ticket was given back before, by a void.", _NO_MONEY, (_HAND_OVER,)
    ),
    ProblemCode.SALE_ALREADY_REFUNDED: Advice(
        "A ticket was given back before.", _NO_MONEY, (_HAND_OVER,)
    ),
    ProblemCode.TICKET_ALREADY_USED: Advice(
        "Somebody went in with a ticket of it.", _NO_MONEY, (_HAND_OVER,)
    ),
}
"""Of a refund no money was given: it asks first."""


def advice_for(code: str, kind: str = "") -> Advice:
    """Return what a code means; a code of a newer ticket API stands for itself."""
    known = (_REFUNDS.get(code) if kind == TransactionKind.REFUND else None) or _ADVICE.get(code)
    return known or Advice(f"The ticket API refuses it ({code}).", _TELL, _NO_VOID)


def acts_for(code: str, kind: str, *, voided: bool) -> tuple[QuarantineAct, ...]:
    """Return what can be done with a quarantined transaction now: only a sale is voided, once."""
    voidable = kind == TransactionKind.SALE and not voided
    return tuple(act for act in advice_for(code, kind).acts if voidable or act is not _VOID)
