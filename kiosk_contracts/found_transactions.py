"""Transactions as operators find them, by receipt, by ticket or by kiosk."""

from pydantic import AwareDatetime

from kiosk_contracts.ids import JournalId, KioskId, TxnId
from kiosk_contracts.money import Money
from kiosk_contracts.personal import Buyer
from kiosk_contracts.wire import WireModel


class FoundTransaction(WireModel):
    """One transaction, and what the ticket API made of it."""

    txn_id: TxnId
    kiosk_id: KioskId
    journal_id: JournalId
    epoch: int
    sequence: int
    kind: str
    status: str
    """`settled`, or `quarantined` with why."""
    code: str
    detail: str
    hint: str
    flags: tuple[str, ...]
    received_at: AwareDatetime
    settled_at: AwareDatetime | None
    recorded_at: AwareDatetime | None
    """By the kiosk's clock; None where its payload can't be read."""
    receipt_number: str
    """Empty: it has none."""
    serials: tuple[str, ...]
    total: Money | None
    sale_txn_id: TxnId | None
    """Of a void or a refund."""
    buyer: Buyer | None = None
    """Told only to who asks for it and may; None also where nobody said who bought."""


class FoundTransactions(WireModel):
    """A page: of a kiosk the newest first, else in order of their ids."""

    transactions: tuple[FoundTransaction, ...]
    next_after: str | None
    """What to ask behind for the next page; None at the end."""

    def without_buyers(self) -> "FoundTransactions":
        """Return the same, with nothing of a person in it."""
        told = (one.model_copy(update={"buyer": None}) for one in self.transactions)
        return self.model_copy(update={"transactions": tuple(told)})
