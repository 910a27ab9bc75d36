"""Finding sales again, and what followed them: reads by receipt, buyer and what depends on what."""

import json
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from kiosk_agent.adapters.journal.reads import Reads
from kiosk_contracts.payloads import TransactionKind

_OPEN_REFUNDS: Final = (
    "SELECT txn_id FROM transactions AS t WHERE t.kind = 'refund' AND NOT EXISTS (SELECT 1 FROM"
    " transactions AS p WHERE p.depends_on = t.txn_id AND p.kind = 'shift_paid_out')"
    " AND +t.state IN ({states}) ORDER BY t.sequence DESC LIMIT ?"
)
"""The plus keeps SQLite from looking through all that is settled, to find the few refunds."""
_ASKING: Final = "'queued', 'uploading', 'parked'"
_BY_RECEIPT: Final = (
    "SELECT txn_id, sequence FROM transactions WHERE sequence IN (SELECT sequence FROM transactions"
    " WHERE receipt_number LIKE ?1 ESCAPE '\\' AND +sequence < ?2 ORDER BY +sequence DESC LIMIT ?3)"
)
"""The inner part needs the index of receipt numbers alone, and no row."""
_ARCHIVED_BY_RECEIPT: Final = (
    "SELECT txn_id, sequence FROM archived WHERE receipt_number LIKE ?1 ESCAPE '\\'"
    " AND sequence < ?2 ORDER BY sequence DESC LIMIT ?3"
)
_WITH_BUYER: Final = (
    "SELECT txn_id, sequence, CAST(personal AS BLOB) AS personal FROM transactions"
    " WHERE personal IS NOT NULL AND sequence < ? ORDER BY sequence DESC"
)
_LAST_SETTLED_SALE: Final = (
    "SELECT sequence FROM transactions WHERE +kind = 'sale' AND +state = 'settled' AND sequence >"
    " (SELECT max(sequence) FROM transactions) - ? ORDER BY sequence DESC LIMIT 1"
)
"""From the end: mostly the first rows have one. The plus keeps SQLite from other indexes."""
_MOST_LOOKED_AT: Final = 500
Found = tuple[int, UUID]
"""Sequence and txn_id."""


class LookUpReads(Reads):
    """Transactions by what people know of them."""

    def dependents(self, txn_id: UUID, kind: TransactionKind) -> Sequence[UUID]:
        """Return what of a kind depends on a transaction, archived or not, in any order."""
        here = self._all(
            "SELECT txn_id FROM transactions WHERE depends_on = ? AND kind = ?", str(txn_id), kind
        )
        archived = self._all(
            "SELECT txn_id FROM archived WHERE depends_on = ? AND kind = ?", txn_id.bytes, kind
        )
        # What was salvaged may be in both.
        found = [UUID(row["txn_id"]) for row in here]
        return list(dict.fromkeys([*found, *(UUID(bytes=row["txn_id"]) for row in archived)]))

    def last_settled_sale(self) -> int | None:
        """Return the sequence of the newest sale that settled, of the last 500 transactions."""
        rows = self._all(_LAST_SETTLED_SALE, _MOST_LOOKED_AT)
        return int(rows[0]["sequence"]) if rows else None

    def refunds_asking(self, limit: int) -> Sequence[UUID]:
        """Return refunds that the ticket API has not decided, newest first."""
        return self._refunds(_ASKING, limit)

    def refunds_to_give(self, limit: int) -> Sequence[UUID]:
        """Return refunds that settled and whose money was not given back, newest first."""
        return self._refunds("'settled'", limit)

    def _refunds(self, states: str, limit: int) -> Sequence[UUID]:
        rows = self._all(_OPEN_REFUNDS.format(states=states), limit)
        ids = [_id_of(row["txn_id"]) for row in rows]
        return [txn_id for txn_id in ids if txn_id is not None]

    def by_receipt(self, end: str, before: int, limit: int) -> Sequence[Found]:
        """Return what has a receipt number that ends so, archived or not, newest first."""
        like = "%" + end.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        here = self._all(_BY_RECEIPT, like, before, limit)
        archived = self._all(_ARCHIVED_BY_RECEIPT, like, before, limit)
        found = {row["sequence"]: UUID(bytes=row["txn_id"]) for row in archived}
        found |= {row["sequence"]: UUID(row["txn_id"]) for row in here}
        return sorted(found.items(), reverse=True)[:limit]

    def by_buyer(self, name: str, before: int, limit: int) -> Sequence[Found]:
        """Return sales whose buyer's name has these letters, newest first.

        Of those in the journal itself: archives keep no names. Case does not count.
        """
        wanted, found = name.casefold(), list[Found]()
        for row in self._connection.execute(_WITH_BUYER, (before,)):
            if wanted in _buyer_of(row["personal"]).casefold():
                found.append((row["sequence"], UUID(row["txn_id"])))
            if len(found) == limit:
                break
        return found


def _id_of(text: str) -> UUID | None:
    """Return the id; None where it was damaged, which must not keep the status from being told."""
    try:
        return UUID(text)
    except ValueError:
        return None


def _buyer_of(personal: bytes) -> str:
    """Return the name; none where the text is damaged."""
    try:
        said = json.loads(personal)
    except ValueError:
        return ""
    buyer = said.get("buyer") if isinstance(said, dict) else None
    name = buyer.get("name") if isinstance(buyer, dict) else None
    return name if isinstance(name, str) else ""
