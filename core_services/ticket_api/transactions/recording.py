"""What is kept of every item: the transaction, its place, its journal's counts, its attention."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from cloud_store.workspace import Draft
from core_services.ticket_api.records import (
    AttentionRecord,
    JournalRecord,
    KioskRecord,
    RawRecord,
    ReceiptRecord,
    SequenceRecord,
    TransactionRecord,
    TransactionStatus,
)
from core_services.ticket_api.transactions.domain.decision import Asker, Refuse, Settle
from core_services.ticket_api.transactions.reading import ATTENTION, BatchItem, place_key
from kiosk_contracts.transactions import Envelope, Transaction

_RECEIPT: Final = re.compile(r"[A-Z][A-Z0-9]{1,5}-[0-9]{1,6}-[0-9]{6,12}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Arrival:
    """How items came: in a batch of this journal, from this kiosk, at this time."""

    journal_id: UUID
    asker: Asker
    now: datetime


def record_again(draft: Draft, first: TransactionRecord, txn_id: UUID) -> None:
    """Count that a settled transaction was answered again."""
    draft.put(first.model_copy(update={"replays": first.replays + 1}), txn_id)
    journal = _journal(draft, first.journal_id)
    draft.put(journal.model_copy(update={"replays": journal.replays + 1}), first.journal_id)


def record_transaction(
    draft: Draft, transaction: Transaction, decision: Settle | Refuse, arrival: Arrival
) -> TransactionRecord:
    """Keep a transaction whole, with its judgement; return what is kept."""
    envelope = transaction.envelope
    previous = draft.get(TransactionRecord, envelope.txn_id)
    received_at = previous.received_at if previous else arrival.now
    settled = isinstance(decision, Settle)
    flags = decision.flags if isinstance(decision, Settle) else ()
    cursor = f"{received_at.isoformat()}/{envelope.txn_id}"
    record = TransactionRecord(
        journal_id=envelope.journal_id,
        kiosk_id=arrival.asker.kiosk_id,
        epoch=envelope.epoch,
        sequence=envelope.sequence,
        kind=envelope.kind,
        envelope=envelope.to_json(),
        payload=transaction.payload,
        personal=transaction.personal.to_json() if transaction.personal else None,
        status=TransactionStatus.SETTLED if settled else TransactionStatus.QUARANTINED,
        code="" if isinstance(decision, Settle) else decision.code,
        detail=decision.detail,
        hint="" if isinstance(decision, Settle) else decision.hint,
        flags=flags,
        received_at=received_at,
        settled_at=arrival.now if settled else None,
        attention=cursor if flags or not settled else None,
        voided_by=previous.voided_by if previous else None,
    )
    _draw_attention(draft, previous, record, transaction, decision)
    draft.put(record, envelope.txn_id)
    if previous is None:
        _let_be_found(draft, transaction)
    _count(draft, transaction, previous, record)
    return record


def _let_be_found(draft: Draft, transaction: Transaction) -> None:
    """Index a transaction by its receipt number, which operators are told by a customer.

    By what it says, whether or not all of it can be read.
    """
    receipt, txn_id = transaction.payload.get("receipt_number"), transaction.envelope.txn_id
    if isinstance(receipt, str) and _RECEIPT.fullmatch(receipt):
        # Its transaction is new, and nobody else writes of it.
        draft.is_new(ReceiptRecord, receipt, txn_id)
        draft.put(ReceiptRecord(), receipt, txn_id)


def record_raw(draft: Draft, item: BatchItem, refusal: Refuse, arrival: Arrival) -> None:
    """Keep an item aside, as it came, in its place if that can be told; idempotent."""
    digest = item.digest()
    if draft.get(RawRecord, arrival.journal_id, digest) is not None:
        return
    raw = RawRecord(
        item=item.text(),
        reason=refusal.code,
        detail=refusal.detail,
        txn_id=item.txn_id(),
        kiosk_id=arrival.asker.kiosk_id,
        received_at=arrival.now,
    )
    draft.put(raw, arrival.journal_id, digest)
    _draw_attention_to_raw(draft, item, refusal, arrival)
    _count_raw(draft, item, arrival)


def _draw_attention_to_raw(
    draft: Draft, item: BatchItem, refusal: Refuse, arrival: Arrival
) -> None:
    place = item.place_in(arrival.journal_id)
    cursor = f"{arrival.now.isoformat()}/{arrival.journal_id}/{item.digest()}"
    entry = AttentionRecord(
        cursor=cursor,
        txn_id=item.txn_id(),
        journal_id=arrival.journal_id,
        kiosk_id=arrival.asker.kiosk_id,
        sequence=place.sequence if place else None,
        kind=place.kind if place else "",
        status=TransactionStatus.QUARANTINED,
        code=refusal.code,
        detail=refusal.detail,
        hint=refusal.hint,
        flags=(),
        received_at=arrival.now,
    )
    draft.is_new(AttentionRecord, ATTENTION, cursor)
    draft.put(entry, ATTENTION, cursor)


def _count_raw(draft: Draft, item: BatchItem, arrival: Arrival) -> None:
    """Count an item kept aside; it waits for a person like any other, unless it is a second copy.

    A second copy has another content than the transaction of this journal that holds its id (and
    its number), which is counted already.
    """
    journal = _journal(draft, arrival.journal_id)
    place, txn_id = item.place_in(arrival.journal_id), item.txn_id()
    changes = _claim(draft, place, journal) if place else {}
    known = draft.get(TransactionRecord, txn_id) if txn_id else None
    is_copy = not changes and known is not None and known.journal_id == arrival.journal_id
    changes["unreadable"] = journal.unreadable + 1
    changes["quarantined"] = journal.quarantined + int(not is_copy)
    draft.put(journal.model_copy(update=changes), arrival.journal_id)


def _draw_attention(
    draft: Draft,
    previous: TransactionRecord | None,
    record: TransactionRecord,
    transaction: Transaction,
    decision: Settle | Refuse,
) -> None:
    if record.attention is None:
        if previous is not None and previous.attention:
            draft.delete(AttentionRecord, ATTENTION, previous.attention)
        return
    entry = AttentionRecord(
        cursor=record.attention,
        txn_id=transaction.envelope.txn_id,
        journal_id=record.journal_id,
        kiosk_id=record.kiosk_id,
        sequence=record.sequence,
        kind=record.kind,
        status=record.status,
        code=record.code,
        detail=record.detail,
        hint=record.hint,
        flags=record.flags,
        conflict=decision.conflict if isinstance(decision, Settle) else None,
        received_at=record.received_at,
    )
    draft.is_new(AttentionRecord, ATTENTION, record.attention)
    draft.put(entry, ATTENTION, record.attention)


def _count(
    draft: Draft,
    transaction: Transaction,
    previous: TransactionRecord | None,
    record: TransactionRecord,
) -> None:
    journal = _journal(draft, record.journal_id)
    envelope = transaction.envelope
    place = draft.get(SequenceRecord, envelope.journal_id, place_key(envelope.sequence))
    # Without a record, what holds its number is an item of its id that could not be read.
    waited = previous is not None or (place is not None and place.txn_id == envelope.txn_id)
    is_settled = record.status is TransactionStatus.SETTLED
    # Nothing settles whose seal was not found whole.
    changes = _claim(draft, envelope, journal) if is_settled or envelope.is_intact() else {}
    if is_settled:
        changes["settled"] = journal.settled + 1
        changes["kinds"] = _one_more(journal.kinds, record.kind)
        changes["flags"] = _one_more(journal.flags, *record.flags)
        changes["quarantined"] = journal.quarantined - int(waited)
    elif not waited:
        changes["quarantined"] = journal.quarantined + 1
    draft.put(journal.model_copy(update=changes), record.journal_id)


def _claim(draft: Draft, envelope: Envelope, journal: JournalRecord) -> dict[str, object]:
    """Take the place of a whole envelope in its journal; return what that changes of the journal.

    Nothing, if the place is taken.
    """
    key = place_key(envelope.sequence)
    if draft.get(SequenceRecord, envelope.journal_id, key) is not None:
        return {}
    place = SequenceRecord(txn_id=envelope.txn_id, hash=envelope.hash, prev_hash=envelope.prev_hash)
    draft.put(place, envelope.journal_id, key)
    kiosk = draft.get(KioskRecord, journal.kiosk_id) or KioskRecord()
    if envelope.epoch > kiosk.epoch:
        draft.put(kiosk.model_copy(update={"epoch": envelope.epoch}), journal.kiosk_id)
    changes: dict[str, object] = {"known": journal.known + 1, "first": _first(envelope, journal)}
    if envelope.sequence > journal.sequence:
        # What it asked stock for may be of a higher epoch than what it sends first.
        epoch = max(journal.epoch, envelope.epoch)
        changes.update({"sequence": envelope.sequence, "epoch": epoch, "hash": envelope.hash})
    return changes


def _first(envelope: Envelope, journal: JournalRecord) -> int:
    """Return where the journal's numbers begin, as far as it can be told.

    A kiosk's first journal begins with 1. One of a later epoch goes on from a number that only the
    kiosk knows: the lowest that has come stands for it.
    """
    if envelope.epoch == 1:
        return 1
    return min(journal.first, envelope.sequence) if journal.known else envelope.sequence


def _journal(draft: Draft, journal_id: UUID) -> JournalRecord:
    journal = draft.get(JournalRecord, journal_id)
    if journal is None:
        raise LookupError(f"journal {journal_id} is bound before it is written to")
    return journal


def _one_more(counts: Mapping[str, int], *names: str) -> dict[str, int]:
    return {**counts, **{name: counts.get(name, 0) + 1 for name in names}}
