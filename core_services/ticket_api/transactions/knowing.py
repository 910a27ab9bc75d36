"""What the store has of everything that items touch: read in few reads, then looked up."""

from collections.abc import Iterator
from datetime import datetime

from cloud_store.port import Key
from cloud_store.workspace import Workspace, key_of
from core_services.ticket_api.records import (
    AdmissionRecord,
    AttentionRecord,
    EventRecord,
    FeedHeadRecord,
    HoldingRecord,
    InventoryRecord,
    JournalRecord,
    PriceListRecord,
    SequenceRecord,
    SerialRecord,
    TakingsRecord,
    TransactionRecord,
    price_list_key,
    takings_key,
)
from core_services.ticket_api.transactions.domain.decision import Asker, Known, Rules
from core_services.ticket_api.transactions.reading import ATTENTION, BatchItem, place_key
from kiosk_contracts.payloads import AdmissionPayload, ExitPayload, SalePayload


async def load(workspace: Workspace, items: list[BatchItem], venue_id: str) -> None:
    """Read everything that `items` touch, in few reads."""
    await workspace.load([key for item in items for key in _keys_by_item(item)])
    await workspace.load([key for item in items for key in _keys_by_serial(workspace, item)])
    venues = {venue_id, *_venues(workspace, items)}
    await workspace.load([key_of(FeedHeadRecord, venue) for venue in venues])


def _event_ids(workspace: Workspace, item: BatchItem) -> set[str]:
    """Return the events that an item touches: its serials', and the one that a gate lets in."""
    records = [workspace.get(SerialRecord, serial) for serial in item.serials()]
    ids = {record.event_id for record in records if record is not None}
    if isinstance(item.payload, AdmissionPayload | ExitPayload):
        ids.add(item.payload.event_id)
    return ids


def _price_lists(item: BatchItem) -> set[tuple[str, int]]:
    """Return event and version of the price lists that a sale says it was priced by."""
    lines = item.payload.lines if isinstance(item.payload, SalePayload) else ()
    return {(line.event_id, line.rules_version) for line in lines if line.rules_version is not None}


def _keys_by_item(item: BatchItem) -> Iterator[Key]:
    if txn_id := item.txn_id():
        yield key_of(TransactionRecord, txn_id)
    if item.envelope is None:
        return
    envelope = item.envelope
    yield key_of(JournalRecord, envelope.journal_id)
    for sequence in (envelope.sequence - 1, envelope.sequence, envelope.sequence + 1):
        yield key_of(SequenceRecord, envelope.journal_id, place_key(sequence))
    for serial in item.serials():
        yield key_of(SerialRecord, serial)
    for event_id, version in _price_lists(item):
        yield key_of(PriceListRecord, event_id, price_list_key(version))
    if sale := item.sale_txn_id():
        yield key_of(TransactionRecord, sale)
    if isinstance(item.payload, AdmissionPayload | ExitPayload):
        yield key_of(AdmissionRecord, item.payload.event_id, item.payload.serial)


def _keys_by_serial(workspace: Workspace, item: BatchItem) -> Iterator[Key]:
    if item.transaction is None:
        return
    journal_id = item.transaction.envelope.journal_id
    previous = workspace.get(TransactionRecord, item.transaction.envelope.txn_id)
    if previous is not None and previous.attention:
        yield key_of(AttentionRecord, ATTENTION, previous.attention)
    for event_id in _event_ids(workspace, item):
        yield key_of(EventRecord, event_id)
    for serial in item.serials():
        record = workspace.get(SerialRecord, serial)
        if record is None:
            continue
        event_id, type_id = record.event_id, record.ticket_type_id
        yield key_of(InventoryRecord, event_id, type_id)
        yield key_of(TakingsRecord, event_id, takings_key(type_id, journal_id))
        yield key_of(HoldingRecord, record.kiosk_id, f"{event_id}/{type_id}")
        yield key_of(AdmissionRecord, event_id, serial)


def _venues(workspace: Workspace, items: list[BatchItem]) -> Iterator[str]:
    for item in items:
        if item.transaction is not None:
            for event_id in _event_ids(workspace, item):
                event = workspace.get(EventRecord, event_id)
                if event is not None:
                    yield event.venue_id


def known_of(
    workspace: Workspace, item: BatchItem, asker: Asker, rules: Rules, now: datetime
) -> Known:
    """Return what is known of an item; everything that it touches was loaded."""
    if item.transaction is None:
        raise LookupError("an item that cannot be read touches nothing")
    envelope = item.transaction.envelope
    before, place, after = (
        workspace.get(SequenceRecord, envelope.journal_id, place_key(envelope.sequence + step))
        for step in (-1, 0, 1)
    )
    sale = item.sale_txn_id()
    serials = _found(workspace, item)
    return Known(
        asker=asker,
        rules=rules,
        now=now,
        previous=workspace.get(TransactionRecord, envelope.txn_id),
        before=before,
        place=place,
        after=after,
        sale=workspace.get(TransactionRecord, sale) if sale else None,
        serials=serials,
        events={
            event_id: event
            for event_id in _event_ids(workspace, item)
            if (event := workspace.get(EventRecord, event_id)) is not None
        },
        inventories={
            kind: inventory
            for kind in {(record.event_id, record.ticket_type_id) for record in serials.values()}
            if (inventory := workspace.get(InventoryRecord, *kind)) is not None
        },
        price_lists={
            (event_id, version): price_list
            for event_id, version in _price_lists(item)
            if (price_list := workspace.get(PriceListRecord, event_id, price_list_key(version)))
        },
        admissions=_admissions(workspace, item, serials),
    )


def _found(workspace: Workspace, item: BatchItem) -> dict[str, SerialRecord]:
    return {
        serial: record
        for serial in item.serials()
        if (record := workspace.get(SerialRecord, serial)) is not None
    }


def _admissions(
    workspace: Workspace, item: BatchItem, serials: dict[str, SerialRecord]
) -> dict[tuple[str, str], AdmissionRecord]:
    keys = {(record.event_id, serial) for serial, record in serials.items()}
    if isinstance(item.payload, AdmissionPayload | ExitPayload):
        keys.add((item.payload.event_id, item.payload.serial))
    return {
        key: admission
        for key in keys
        if (admission := workspace.get(AdmissionRecord, *key)) is not None
    }
