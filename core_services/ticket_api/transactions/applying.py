"""Effects of a settled transaction, written into a draft."""

from collections.abc import Iterable

from cloud_store.workspace import Draft
from core_services.ticket_api.records import (
    FeedHeadRecord,
    FeedRecord,
    HoldingRecord,
    InventoryRecord,
    TakingsRecord,
    TransactionRecord,
    takings_key,
)
from core_services.ticket_api.transactions.domain.decision import (
    AdmissionBecomes,
    Effect,
    HeldByKiosk,
    PlacesTaken,
    SaleNeverCounts,
    SerialBecomes,
    Takings,
    TellGates,
)


def apply(draft: Draft, effects: Iterable[Effect], kiosk_id: str) -> None:
    """Write `effects` into the draft; every record they touch was loaded."""
    for effect in effects:
        match effect:
            case SerialBecomes(serial=serial, record=record):
                draft.put(record, serial)
            case PlacesTaken():
                _take_places(draft, effect)
            case HeldByKiosk():
                _hold(draft, effect)
            case Takings():
                _take_money(draft, effect)
            case TellGates():
                tell_gates(draft, effect, kiosk_id)
            case AdmissionBecomes(event_id=event_id, serial=serial, record=admission):
                draft.put(admission, event_id, serial)
            case SaleNeverCounts():
                _strike(draft, effect)


def _take_places(draft: Draft, effect: PlacesTaken) -> None:
    inventory = draft.get(InventoryRecord, effect.event_id, effect.ticket_type_id)
    if inventory is not None:
        changed = inventory.model_copy(update={"taken": inventory.taken + effect.change})
        draft.put(changed, effect.event_id, effect.ticket_type_id)


def _hold(draft: Draft, effect: HeldByKiosk) -> None:
    sort_key = f"{effect.event_id}/{effect.ticket_type_id}"
    holding = draft.get(HoldingRecord, effect.kiosk_id, sort_key) or HoldingRecord()
    held = holding.journals.get(str(effect.journal_id))
    if held is None:
        changed = holding.model_copy(update={"leased": holding.leased + effect.change})
    else:
        changed = holding.with_journal(effect.journal_id, held.changed(effect.change))
    draft.put(changed, effect.kiosk_id, sort_key)
    inventory = draft.get(InventoryRecord, effect.event_id, effect.ticket_type_id)
    if held is not None and held.sealed and inventory is not None:
        reserved = max(0, inventory.reserved + effect.change)
        changed_places = inventory.model_copy(update={"reserved": reserved})
        draft.put(changed_places, effect.event_id, effect.ticket_type_id)


def _take_money(draft: Draft, effect: Takings) -> None:
    key = (effect.event_id, takings_key(effect.ticket_type_id, effect.journal_id))
    before = draft.get(TakingsRecord, *key) or TakingsRecord(gross=f"0 {effect.money.currency}")
    more = TakingsRecord(
        sold=effect.sold,
        voided=effect.voided,
        refunded=effect.refunded,
        gross=f"{effect.money.amount} {effect.money.currency}",
    )
    draft.put(before.plus(more), *key)


def _strike(draft: Draft, effect: SaleNeverCounts) -> None:
    sale = draft.get(TransactionRecord, effect.sale_txn_id)
    if sale is not None:
        struck = sale.model_copy(update={"voided_by": effect.voided_by})
        draft.put(struck, effect.sale_txn_id)


def tell_gates(draft: Draft, effect: TellGates, kiosk_id: str) -> None:
    """Append a fact to the venue's feed."""
    head = draft.get(FeedHeadRecord, effect.venue_id) or FeedHeadRecord()
    cursor = head.cursor + 1
    entry = FeedRecord(
        cursor=cursor,
        fact=effect.fact,
        serial=effect.serial,
        event_id=effect.event_id,
        at=effect.at,
        gate=effect.gate,
        kiosk_id=kiosk_id,
        reason=effect.reason,
    )
    draft.put(FeedHeadRecord(cursor=cursor), effect.venue_id)
    draft.is_new(FeedRecord, effect.venue_id, f"{cursor:012d}")
    draft.put(entry, effect.venue_id, f"{cursor:012d}")
