"""The ledger: totals, and what a person should look at. For operators; not on a hot path."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cloud_store.port import Store
from cloud_store.workspace import Workspace, key_of
from core_services.ticket_api.catalogue.service import VENUES
from core_services.ticket_api.journals.service import JOURNALS
from core_services.ticket_api.records import (
    AttentionRecord,
    DirectoryRecord,
    EventRecord,
    HoldingRecord,
    InventoryRecord,
    JournalRecord,
    TakingsRecord,
    VenueRecord,
)
from core_services.ticket_api.transactions.reading import ATTENTION
from kiosk_contracts.catalogue import TicketType
from kiosk_contracts.ledger import Ledger, LedgerEntry, LedgerJournal, LedgerLine
from kiosk_contracts.money import Money

_PAGE: Final = 500


@dataclass(slots=True)
class _Unsold:
    """What a journal holds of all types."""

    unsold: int = 0
    frozen: int = 0
    sealed: int = 0

    def add(self, leased: int, *, sealed: bool, frozen: bool) -> None:
        self.unsold += leased
        self.sealed += leased if sealed else 0
        self.frozen += leased if frozen else 0


class LedgerService:
    """Reads the ledger."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def ledger(self, after: str, limit: int) -> Ledger:
        """Return totals over everything, and up to `limit` entries after a cursor."""
        journals = await self._journals()
        unsold = await self._unsold(dict(journals))
        items = await self._store.query(
            AttentionRecord.store_kind, ATTENTION, after=after, limit=limit + 1
        )
        entries = tuple(LedgerEntry.model_validate(item.body) for item in items[:limit])
        return Ledger(
            lines=tuple(await self._lines()),
            transactions={
                "settled": sum(journal.settled for _, journal in journals),
                "quarantined": sum(journal.quarantined for _, journal in journals),
                "unreadable": sum(journal.unreadable for _, journal in journals),
            },
            kinds=_added_up(journal.kinds for _, journal in journals),
            flags=_added_up(journal.flags for _, journal in journals),
            replays=sum(journal.replays for _, journal in journals),
            journals=tuple(
                _journal_line(key, journal, unsold.get(key, _Unsold())) for key, journal in journals
            ),
            attention=entries,
            next_after=entries[-1].cursor if len(items) > limit else None,
        )

    async def _names(self, partition: str) -> list[str]:
        names: list[str] = []
        while True:
            after = names[-1] if names else ""
            page = await self._store.query(
                DirectoryRecord.store_kind, partition, after=after, limit=_PAGE
            )
            names += [item.key.sk for item in page]
            if len(page) < _PAGE:
                return names

    async def _journals(self) -> list[tuple[str, JournalRecord]]:
        names = await self._names(JOURNALS)
        workspace = Workspace(self._store)
        await workspace.load(key_of(JournalRecord, name) for name in names)
        found = [(name, workspace.get(JournalRecord, name)) for name in names]
        return [(name, journal) for name, journal in found if journal is not None]

    async def _unsold(self, journals: Mapping[str, JournalRecord]) -> dict[str, _Unsold]:
        """Return what each journal holds; one that is not named holds nothing."""
        highest: dict[str, int] = {}
        for journal in journals.values():
            highest[journal.kiosk_id] = max(highest.get(journal.kiosk_id, 0), journal.epoch)
        found: dict[str, _Unsold] = {}
        for kiosk_id, newest in highest.items():
            for holding in await self._holdings(kiosk_id):
                for key, held in holding.journals.items():
                    epoch = journals[key].epoch if key in journals else 0
                    sealed = held.sealed and not epoch
                    frozen = not sealed and epoch < newest
                    found.setdefault(key, _Unsold()).add(held.leased, sealed=sealed, frozen=frozen)
        return found

    async def _holdings(self, kiosk_id: str) -> list[HoldingRecord]:
        holdings: list[HoldingRecord] = []
        after = ""
        while True:
            page = await self._store.query(
                HoldingRecord.store_kind, kiosk_id, after=after, limit=_PAGE
            )
            holdings += [HoldingRecord.model_validate(item.body) for item in page]
            if len(page) < _PAGE:
                return holdings
            after = page[-1].key.sk

    async def _lines(self) -> list[LedgerLine]:
        workspace = Workspace(self._store)
        lines = []
        for venue_id in await self._names(VENUES):
            venue = await workspace.fetch(VenueRecord, venue_id)
            event_ids = venue.event_ids if venue else ()
            await workspace.load(key_of(EventRecord, event_id) for event_id in event_ids)
            events = [workspace.get(EventRecord, event_id) for event_id in event_ids]
            for event in events:
                if event is not None:
                    lines += await self._event_lines(workspace, event)
        return lines

    async def _event_lines(self, workspace: Workspace, event: EventRecord) -> list[LedgerLine]:
        kinds = [(event.event_id, kind.ticket_type_id) for kind in event.ticket_types]
        await workspace.load(key_of(InventoryRecord, *kind) for kind in kinds)
        takings = await self._takings(event.event_id)
        return [_line(workspace, event, kind, takings) for kind in event.ticket_types]

    async def _takings(self, event_id: str) -> dict[str, TakingsRecord]:
        """Return what each ticket type has taken, in all journals."""
        sums: dict[str, TakingsRecord] = {}
        after = ""
        while True:
            page = await self._store.query(
                TakingsRecord.store_kind, event_id, after=after, limit=_PAGE
            )
            for item in page:
                # Without a journal: of a store that kept one for each type.
                type_id = item.key.sk.partition("/")[0]
                takings = TakingsRecord.model_validate(item.body)
                before = sums.get(type_id)
                sums[type_id] = takings if before is None else before.plus(takings)
            if len(page) < _PAGE:
                return sums
            after = page[-1].key.sk


def _line(
    workspace: Workspace,
    event: EventRecord,
    kind: TicketType,
    all_takings: Mapping[str, TakingsRecord],
) -> LedgerLine:
    inventory = workspace.get(InventoryRecord, event.event_id, kind.ticket_type_id)
    currency = event.price_list.prices[kind.ticket_type_id].currency
    takings = all_takings.get(kind.ticket_type_id)
    takings = takings or TakingsRecord(gross=str(Money.zero(currency)))
    return LedgerLine(
        venue_id=event.venue_id,
        event_id=event.event_id,
        event_name=event.name,
        ticket_type_id=kind.ticket_type_id,
        ticket_type_name=kind.name,
        capacity=inventory.capacity if inventory else kind.capacity,
        taken=inventory.taken if inventory else 0,
        sold=takings.sold,
        voided=takings.voided,
        refunded=takings.refunded,
        gross=takings.money(),
    )


def _journal_line(journal_id: str, journal: JournalRecord, unsold: _Unsold) -> LedgerJournal:
    return LedgerJournal.model_validate(
        {
            "journal_id": journal_id,
            "kiosk_id": journal.kiosk_id,
            "epoch": journal.epoch,
            "sequence": journal.sequence,
            "missing": _numbers(journal) - journal.known,
            "settled": journal.settled,
            "quarantined": journal.quarantined,
            "unreadable": journal.unreadable,
            "replays": journal.replays,
            "unsold": unsold.unsold,
            "frozen": unsold.frozen,
            "sealed": unsold.sealed,
        }
    )


def _numbers(journal: JournalRecord) -> int:
    """Return how many numbers there are up to the highest that is known."""
    return journal.sequence - journal.first + 1 if journal.known else 0


def _added_up(counts: Any) -> dict[str, int]:
    totals: dict[str, int] = {}
    for part in counts:
        for name, count in part.items():
            totals[name] = totals.get(name, 0) + count
    return totals
