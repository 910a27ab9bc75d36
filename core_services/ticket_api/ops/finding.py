"""Transactions found by receipt, by ticket, or by kiosk: each by an index, never by a scan."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final
from uuid import UUID

from pydantic import ValidationError

from cloud_store.port import Store
from cloud_store.workspace import Workspace, key_of
from core_services.ticket_api.api.bodies import invalid
from core_services.ticket_api.records import (
    JournalRecord,
    KioskJournalRecord,
    ReceiptRecord,
    SequenceRecord,
    SerialRecord,
    TransactionRecord,
)
from core_services.ticket_api.transactions.reading import place_key
from kiosk_contracts.found_transactions import FoundTransaction, FoundTransactions
from kiosk_contracts.payloads import (
    AdmissionPayload,
    ExitPayload,
    RefundPayload,
    ReturnOfStockPayload,
    SalePayload,
    VoidPayload,
)
from kiosk_contracts.personal import PersonalData
from kiosk_contracts.transactions import Transaction

_MOST_JOURNALS: Final = 100
"""A kiosk has a new one for each new epoch."""
_MOST_READS: Final = 20
"""Of places, for one page; a page may be short for it, and says where to go on."""
_PLACE: Final = re.compile(r"(?P<journal>[0-9a-f-]{36})/(?P<sequence>[0-9]{1,12})", re.ASCII)


class TransactionFinder:
    """Reads what is kept of transactions."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def by_receipt(self, receipt: str, after: str, limit: int) -> FoundTransactions:
        """Return the transactions with this receipt number: a sale, or what was made of it."""
        items = await self._store.query(
            ReceiptRecord.store_kind, receipt, after=after, limit=limit + 1
        )
        ids = [item.key.sk for item in items[:limit]]
        more = ids[-1] if len(items) > limit else None
        return FoundTransactions(transactions=await self._told(ids), next_after=more)

    async def by_serial(self, serial: str) -> FoundTransactions:
        """Return the sale of a ticket, and what closed it."""
        known = await Workspace(self._store).fetch(SerialRecord, serial)
        ids = () if known is None else (known.txn_id, known.closed_by)
        told = await self._told(str(one) for one in dict.fromkeys(ids) if one is not None)
        return FoundTransactions(transactions=told, next_after=None)

    async def by_kiosk(self, kiosk_id: str, after: str, limit: int) -> FoundTransactions:
        """Return a kiosk's transactions, the newest journal's first, each from its end.

        Raises ProblemError 422 for an `after` that no page said.
        """
        journals = await self._journals(kiosk_id)
        found: list[tuple[str, int, UUID]] = []
        reads = 0
        for journal_id, highest in _from(journals, after):
            top, first = highest, journals[journal_id].first
            while top >= first:
                places = await self._places(journal_id, top, limit)
                reads += 1
                for sequence, txn_id in places:
                    found.append((journal_id, sequence, txn_id))
                    if len(found) == limit:
                        return await self._page(found, f"{journal_id}/{sequence}")
                top -= limit
                if reads >= _MOST_READS:
                    return await self._page(found, f"{journal_id}/{top + 1}")
        return await self._page(found, None)

    async def _page(
        self, found: Sequence[tuple[str, int, UUID]], after: str | None
    ) -> FoundTransactions:
        told = await self._told(str(txn_id) for *_, txn_id in found)
        return FoundTransactions(transactions=told, next_after=after)

    async def _journals(self, kiosk_id: str) -> dict[str, JournalRecord]:
        """Return a kiosk's journals, the newest first."""
        items = await self._store.query(
            KioskJournalRecord.store_kind, kiosk_id, limit=_MOST_JOURNALS
        )
        workspace = Workspace(self._store)
        await workspace.load(key_of(JournalRecord, item.key.sk) for item in items)
        known = [(item.key.sk, workspace.get(JournalRecord, item.key.sk)) for item in items]
        there = [(key, journal) for key, journal in known if journal is not None]
        return dict(sorted(there, key=lambda one: (one[1].epoch, one[1].sequence), reverse=True))

    async def _places(self, journal_id: str, top: int, limit: int) -> list[tuple[int, UUID]]:
        """Return the places of up to `limit` numbers up to `top`, the highest first."""
        items = await self._store.query(
            SequenceRecord.store_kind,
            journal_id,
            after=place_key(max(0, top - limit)),
            limit=limit,
        )
        places = [
            (int(item.key.sk), SequenceRecord.model_validate(item.body).txn_id) for item in items
        ]
        return [place for place in reversed(places) if place[0] <= top]

    async def _told(self, ids: Iterable[str]) -> tuple[FoundTransaction, ...]:
        wanted = list(ids)
        workspace = Workspace(self._store)
        await workspace.load(key_of(TransactionRecord, one) for one in wanted)
        found = [(one, workspace.get(TransactionRecord, one)) for one in wanted]
        return tuple(_as_found(one, known) for one, known in found if known is not None)


def _from(journals: dict[str, JournalRecord], after: str) -> Iterator[tuple[str, int]]:
    """Return the journals from a place on, and the highest number wanted of each."""
    place = _PLACE.fullmatch(after)
    if after and (place is None or place["journal"] not in journals):
        raise invalid("after: it is what a page said as next_after")
    begun = place is None
    for journal_id, journal in journals.items():
        if begun:
            yield journal_id, journal.sequence
        elif place is not None and journal_id == place["journal"]:
            begun = True
            yield journal_id, int(place["sequence"]) - 1


def _as_found(txn_id: str, known: TransactionRecord) -> FoundTransaction:
    payload = _payload(known)
    personal = None if known.personal is None else PersonalData.model_validate(known.personal)
    return FoundTransaction(
        txn_id=UUID(txn_id),
        kiosk_id=known.kiosk_id,
        journal_id=known.journal_id,
        epoch=known.epoch,
        sequence=known.sequence,
        kind=known.kind,
        status=known.status,
        code=known.code,
        detail=known.detail,
        hint=known.hint,
        flags=known.flags,
        received_at=known.received_at,
        settled_at=known.settled_at,
        buyer=None if personal is None else personal.buyer,
        **_said(payload),
    )


def _payload(known: TransactionRecord) -> Any:
    whole = {"envelope": known.envelope, "payload": known.payload, "personal": known.personal}
    try:
        return Transaction.model_validate(whole).read_payload()
    except ValidationError:
        return None


def _said(payload: Any) -> dict[str, Any]:
    """Return what a payload says of itself, as far as it can be read."""
    serials: tuple[str, ...] = ()
    match payload:
        case SalePayload():
            serials = payload.serials()
        case VoidPayload() | RefundPayload() | ReturnOfStockPayload():
            serials = payload.serials
        case AdmissionPayload() | ExitPayload():
            serials = (payload.serial,)
        case _:
            pass
    stamp = getattr(payload, "recorded", None)
    return {
        "recorded_at": None if stamp is None else stamp.device_time,
        "receipt_number": getattr(payload, "receipt_number", ""),
        "serials": serials,
        "total": getattr(payload, "total", None),
        "sale_txn_id": getattr(payload, "sale_txn_id", None),
    }
