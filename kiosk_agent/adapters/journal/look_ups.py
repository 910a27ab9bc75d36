"""Finding sales again: reads by receipt and buyer."""

import json
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from kiosk_agent.adapters.journal.reads import Reads

_BY_RECEIPT: Final = (
    "SELECT txn_id, sequence FROM transactions WHERE receipt_number LIKE ?1 ESCAPE '\\'"
    " AND sequence < ?2 ORDER BY sequence DESC LIMIT ?3"
)
_ARCHIVED_BY_RECEIPT: Final = (
    "SELECT txn_id, sequence FROM archived WHERE receipt_number LIKE ?1 ESCAPE '\\'"
    " AND sequence < ?2 ORDER BY sequence DESC LIMIT ?3"
)
_WITH_BUYER: Final = (
    "SELECT txn_id, sequence, CAST(personal AS BLOB) AS personal FROM transactions"
    " WHERE personal IS NOT NULL AND sequence < ? ORDER BY sequence DESC"
)
Found = tuple[int, UUID]
"""Sequence and txn_id."""


class LookUpReads(Reads):
    """Transactions by what people know of them."""

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


def _buyer_of(personal: bytes) -> str:
    """Return the name; none where the text is damaged."""
    try:
        said = json.loads(personal)
    except ValueError:
        return ""
    buyer = said.get("buyer") if isinstance(said, dict) else None
    name = buyer.get("name") if isinstance(buyer, dict) else None
    return name if isinstance(name, str) else ""
