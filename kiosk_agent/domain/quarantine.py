"""Why a transaction is quarantined, in words for staff, and which acts make sense then."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from kiosk_agent.domain.uploading import HINT_UNREADABLE
from kiosk_contracts.payloads import TransactionKind
from kiosk_contracts.problem import ProblemCode
from kiosk_contracts.quarantine import QuarantineAct
from kiosk_contracts.uploads import ItemOutcome
from kiosk_texts import mark, tr

_RETRY, _VOID, _HAND_OVER = QuarantineAct.RETRY, QuarantineAct.VOID, QuarantineAct.HAND_OVER


@dataclass(frozen=True, slots=True)
class Advice:
    """What a code means at the till. The ticket API's own words, where it sent any, come first."""

    words: str
    hint: str
    acts: tuple[QuarantineAct, ...]


_ANY: Final = (_RETRY, _VOID, _HAND_OVER)
_NO_VOID: Final = (_RETRY, _HAND_OVER)
_TELL: Final = mark(
    "Hand it over with a note; the control room compares it with the kiosk's journal."
)
_OFFICE: Final = mark("Hand it over with the receipt; the box office settles it with the customer.")
_ADVICE: Final[Mapping[str, Advice]] = {
    ProblemCode.PAYLOAD_UNREADABLE: Advice(
        mark("The ticket API cannot read what was recorded."), _TELL, _NO_VOID
    ),
    ProblemCode.PAYLOAD_HASH_DIFFERS: Advice(
        mark("The record was changed or damaged after it was made."), _TELL, _ANY
    ),
    ProblemCode.TXN_PAYLOAD_DIFFERS: Advice(
        mark("The ticket API has something else under the same id."), _TELL, _NO_VOID
    ),
    ProblemCode.SEQUENCE_TAKEN: Advice(
        mark("Another transaction has its number: the journal may have been copied or restored."),
        _TELL,
        _ANY,
    ),
    ProblemCode.JOURNAL_OF_ANOTHER_KIOSK: Advice(
        mark("It was recorded in another journal."), _TELL, (_HAND_OVER,)
    ),
    ProblemCode.SERIAL_LEASED_ELSEWHERE: Advice(
        mark("A ticket of it belongs to the stock of another kiosk."),
        mark("Give the money back and void it, or hand it over."),
        _ANY,
    ),
    ProblemCode.SERIAL_NEVER_ISSUED: Advice(
        mark("A ticket of it was never issued."),
        mark("Keep ticket and receipt; void it or hand it over."),
        _ANY,
    ),
    ProblemCode.SERIAL_ALREADY_SOLD: Advice(
        mark("A ticket of it was sold by another transaction."),
        mark("Compare both receipts; void the sale that the customer did not keep."),
        _ANY,
    ),
    ProblemCode.SERIAL_NOT_IN_SALE: Advice(
        mark("A ticket given back is not part of the sale."), _OFFICE, _NO_VOID
    ),
    ProblemCode.TXN_UNKNOWN: Advice(mark("What it undoes is no sale."), _OFFICE, _NO_VOID),
    ProblemCode.SALE_NOT_OURS: Advice(mark("The sale is another kiosk's."), _OFFICE, _NO_VOID),
    ProblemCode.SALE_ALREADY_VOIDED: Advice(
        mark("The sale was voided before: money may have been given back twice."),
        mark("Count the drawer, then hand it over with a note."),
        _NO_VOID,
    ),
    ProblemCode.SALE_ALREADY_REFUNDED: Advice(
        mark("The sale was refunded before: money may have been given back twice."),
        mark("Count the drawer, then hand it over with a note."),
        _NO_VOID,
    ),
    ProblemCode.TICKET_ALREADY_USED: Advice(
        mark("Somebody went in with a ticket of it."), _OFFICE, (_HAND_OVER,)
    ),
    ProblemCode.QUANTITY_INVALID: Advice(
        mark("It gives back more tickets than can be given back together."), _OFFICE, _NO_VOID
    ),
}


_NO_MONEY: Final = mark("Give no money. Hand it over with the receipt if the customer insists.")
_REFUNDS: Final[Mapping[str, Advice]] = {
    ProblemCode.SALE_ALREADY_VOIDED: Advice(
        mark("A ticket was given back before, by a void."), _NO_MONEY, (_HAND_OVER,)
    ),
    ProblemCode.SALE_ALREADY_REFUNDED: Advice(
        mark("A ticket was given back before."), _NO_MONEY, (_HAND_OVER,)
    ),
    ProblemCode.TICKET_ALREADY_USED: Advice(
        mark("Somebody went in with a ticket of it."), _NO_MONEY, (_HAND_OVER,)
    ),
}
"""Of a refund no money was given: it asks first."""


def advice_for(code: str, kind: str = "") -> Advice:
    """Return what a code means; a code of a newer ticket API stands for itself."""
    known = (_REFUNDS.get(code) if kind == TransactionKind.REFUND else None) or _ADVICE.get(code)
    if known is None:
        return Advice(tr("The ticket API refuses it ({code}).", code=code), tr(_TELL), _NO_VOID)
    return Advice(tr(known.words), tr(known.hint), known.acts)


def hint_of(outcome: ItemOutcome) -> str:
    """Return what an outcome advises: as the ticket API said it, or in words of ours."""
    return tr(outcome.hint) if outcome.hint == HINT_UNREADABLE else outcome.hint


def acts_for(code: str, kind: str, *, voided: bool) -> tuple[QuarantineAct, ...]:
    """Return what can be done with a quarantined transaction now: only a sale is voided, once."""
    voidable = kind == TransactionKind.SALE and not voided
    return tuple(act for act in advice_for(code, kind).acts if voidable or act is not _VOID)
