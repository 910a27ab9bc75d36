"""The judgement of one transaction: pure, from the transaction and what is known."""

from dataclasses import replace

from pydantic import ValidationError

from core_services.ticket_api.records import TransactionRecord, TransactionStatus
from core_services.ticket_api.transactions.domain import clocks
from core_services.ticket_api.transactions.domain.decision import (
    Again,
    Case,
    Decision,
    Known,
    Later,
    Refuse,
    Settle,
)
from core_services.ticket_api.transactions.domain.gates import judge_admission, judge_exit
from core_services.ticket_api.transactions.domain.sales import judge_sale
from core_services.ticket_api.transactions.domain.stock import judge_return
from core_services.ticket_api.transactions.domain.undoing import judge_refund, judge_void
from kiosk_contracts.flags import Flag
from kiosk_contracts.payloads import (
    AdmissionPayload,
    ExitPayload,
    Payload,
    RefundPayload,
    ReturnOfStockPayload,
    SalePayload,
    UnknownPayload,
    VoidPayload,
)
from kiosk_contracts.problem import ProblemCode
from kiosk_contracts.transactions import FIRST_PREV_HASH, Envelope, Transaction
from kiosk_contracts.wire import NotCanonicalError

_ASK_OPERATORS = "Nothing to do at the kiosk: the operators compare it with the kiosk's journal."


def judge(
    transaction: Transaction, known: Known, payload: Payload | UnknownPayload | None = None
) -> Decision:
    """Say what becomes of a transaction, given all that is known of what it touches.

    `payload` is its own, if that was read before: to read it takes as long as to judge it.
    """
    case = Case(transaction, known)
    try:
        intact = transaction.payload_matches()
    except NotCanonicalError as error:
        return unreadable(str(error), keep_raw=True)
    by_envelope = _by_its_id(case, intact=intact) or _by_its_seal(case, intact=intact)
    if by_envelope is not None:
        return by_envelope
    try:
        payload = payload or transaction.read_payload()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        return unreadable(f"{where}: {first['msg']}")
    return _with_common_flags(case, payload, _by_kind(case, payload))


def unreadable(detail: str, *, keep_raw: bool = False) -> Refuse:
    """Return the refusal of an item that cannot be read."""
    return Refuse(ProblemCode.PAYLOAD_UNREADABLE, detail[:300], _ASK_OPERATORS, keep_raw)


def _by_its_id(case: Case, *, intact: bool) -> Decision | None:
    """Answer for a txn_id that is known; None if the transaction is to be judged (afresh)."""
    previous = case.known.previous
    if previous is None:
        return None
    same = intact and _is_same(previous, case.transaction.envelope)
    if previous.status is TransactionStatus.SETTLED:
        return Again(previous) if same else _differs("is settled")
    damaged_before = (
        previous.code == ProblemCode.PAYLOAD_HASH_DIFFERS and previous.journal_id == case.journal_id
    )
    return None if same or damaged_before else _differs("is quarantined")


def _by_its_seal(case: Case, *, intact: bool) -> Decision | None:
    """Answer what needs no payload; None if that decides."""
    known = case.known
    if not intact:
        return Refuse(
            ProblemCode.PAYLOAD_HASH_DIFFERS,
            "its content is not what was sealed when it was recorded",
            _ASK_OPERATORS,
        )
    if known.previous is not None and known.previous.voided_by is not None:
        return Settle(flags=(Flag.SALE_NEVER_COUNTED,))
    if known.place is not None and known.place.txn_id != case.txn_id:
        return Refuse(
            ProblemCode.SEQUENCE_TAKEN,
            f"transaction {known.place.txn_id} has number "
            f"{case.transaction.envelope.sequence} of this journal",
            "The journal may have been copied or restored: the operators compare both.",
        )
    return None


def _is_same(previous: TransactionRecord, envelope: Envelope) -> bool:
    return (previous.journal_id, previous.kind, previous.envelope["payload_hash"]) == (
        envelope.journal_id,
        envelope.kind,
        envelope.payload_hash,
    )


def _differs(what: str) -> Refuse:
    return Refuse(
        ProblemCode.TXN_PAYLOAD_DIFFERS,
        f"another content {what} under its id",
        _ASK_OPERATORS,
        keep_raw=True,
    )


def _by_kind(  # noqa: PLR0911  one line for each kind
    case: Case, payload: Payload | UnknownPayload
) -> Settle | Refuse | Later:
    match payload:
        case SalePayload():
            return judge_sale(case, payload)
        case VoidPayload():
            return judge_void(case, payload)
        case RefundPayload():
            return judge_refund(case, payload)
        case AdmissionPayload():
            return judge_admission(case, payload)
        case ExitPayload():
            return judge_exit(case, payload)
        case ReturnOfStockPayload():
            return judge_return(case, payload)
        case UnknownPayload():
            return Settle(flags=(Flag.KIND_UNKNOWN,))
        case _:
            # Shifts and cash movements are facts.
            return Settle()


def _with_common_flags(
    case: Case, payload: Payload | UnknownPayload, decision: Settle | Refuse | Later
) -> Decision:
    if not isinstance(decision, Settle):
        return decision
    flags = {*decision.flags}
    if isinstance(payload, Payload):
        flags.update(clocks.of_stamp(payload.recorded, case.known))
    if _chain_is_broken(case.transaction.envelope, case.known):
        flags.add(Flag.CHAIN_BROKEN)
    return replace(decision, flags=tuple(sorted(flags)))


def _chain_is_broken(envelope: Envelope, known: Known) -> bool:
    """Say whether a neighbour in the journal that we know does not link with this one.

    A neighbour that is missing breaks nothing: it may be parked, and come later.
    """
    if envelope.sequence == 1 and envelope.prev_hash != FIRST_PREV_HASH:
        return True
    if known.before is not None and known.before.hash != envelope.prev_hash:
        return True
    return known.after is not None and known.after.prev_hash != envelope.hash
