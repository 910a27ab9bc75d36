"""What the journal knows of refunds: of a sale, of a ticket, and whether the money was given."""

from typing import Final
from uuid import UUID

from kiosk_agent.domain.records import StockItem
from kiosk_agent.domain.refunding import Earlier, decision_of
from kiosk_agent.ports.journal import JournalReader, JournalRow
from kiosk_contracts.kiosk_status import JournalState
from kiosk_contracts.payloads import RefundPayload, TransactionKind
from kiosk_contracts.problem import ProblemError

MOST_OWED: Final = 20
"""A report names no more of them."""


def is_given(reader: JournalReader, refund_txn_id: UUID) -> bool:
    """Say whether a refund's money left a drawer."""
    return bool(reader.dependents(refund_txn_id, TransactionKind.SHIFT_PAID_OUT))


def owed(reader: JournalReader) -> tuple[str, ...]:
    """Return the refunds whose money nobody has given back, for operators: at most MOST_OWED."""
    rows = [reader.row(txn_id) for txn_id in reader.refunds_to_give(MOST_OWED)]
    return tuple(_owed(row) for row in rows if row is not None)


def _owed(row: JournalRow) -> str:
    """Return e.g. `HB1-1-000018: 30.00 EUR`; of one that can't be read its number."""
    try:
        payload = row.read_payload()
    except ProblemError:
        payload = None
    if not isinstance(payload, RefundPayload):
        return f"#{row.sequence}"
    return f"{payload.receipt_number}: {payload.total}"


def refunds_of(reader: JournalReader, sale_txn_id: UUID) -> list[Earlier]:
    """Return the refunds of a sale that are not refused.

    ProblemError `journal_damaged` where one can't be read: nobody can tell what it gave back.
    """
    found = []
    for txn_id in reader.dependents(sale_txn_id, TransactionKind.REFUND):
        row = reader.row(txn_id)
        if row is None or row.state is JournalState.QUARANTINED:
            continue
        payload = row.read_payload()
        if isinstance(payload, RefundPayload):
            settled = row.state is JournalState.SETTLED
            found.append(Earlier(payload.receipt_number, payload, settled))
    return found


def refund_asked(reader: JournalReader, own: StockItem) -> str:
    """Return the receipt number of a refund of a ticket that is not decided; else nothing."""
    if own.cart_txn_id is None:
        return ""
    try:
        earlier = refunds_of(reader, own.cart_txn_id)
    except ProblemError:
        # A gate goes on: if it settled, the ticket is revoked.
        return ""
    for one in earlier:
        if not one.is_settled and own.serial in one.payload.serials:
            return one.receipt_number
    return ""


def decision_words(reader: JournalReader, row: JournalRow) -> str:
    """Return a refund's decision for lists; nothing for what is none."""
    if row.kind != TransactionKind.REFUND:
        return ""
    return decision_of(row, is_given=is_given(reader, row.txn_id))


def refunded_tickets(reader: JournalReader, row: JournalRow) -> int:
    """Return how many tickets of a sale were taken back by refunds here; 0 where none can tell."""
    if row.kind != TransactionKind.SALE:
        return 0
    try:
        earlier = refunds_of(reader, row.txn_id)
    except ProblemError:
        return 0
    return sum(len(one.payload.serials) for one in earlier if one.is_settled)
