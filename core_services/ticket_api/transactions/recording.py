"""What is kept of every item: the transaction, its place, its journal's counts, its attention."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core_services.ticket_api.records import (
    AttentionRecord,
    JournalRecord,
    RawRecord,
    SequenceRecord,
    TransactionRecord,
    TransactionStatus,
)
from core_services.ticket_api.store.workspace import Draft
from core_services.ticket_api.transactions.domain.decision import Asker, Refuse, Settle
from core_services.ticket_api.transactions.reading import ATTENTION, BatchItem, place_key
from kiosk_contracts.transactions import Transaction


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
        flags=decision.flags if isinstance(decision, Settle) else (),
        received_at=received_at,
        settled_at=arrival.now if settled else None,
        attention=f"{received_at.isoformat()}/{envelope.txn_id}",
    )
    if not record.code and not record.flags:
        record = record.model_copy(update={"attention": None})
    _draw_attention(draft, previous, record, transaction, decision)
    draft.put(record, envelope.txn_id)
    _count(draft, transaction, previous, record)
    return record


def record_raw(draft: Draft, item: BatchItem, refusal: Refuse, arrival: Arrival) -> None:
    """Keep an item aside, as it came; idempotent."""
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
    journal = _journal(draft, arrival.journal_id)
    draft.put(journal.model_copy(update={"unreadable": journal.unreadable + 1}), arrival.journal_id)
    cursor = f"{arrival.now.isoformat()}/{digest}"
    entry = AttentionRecord(
        cursor=cursor,
        txn_id=raw.txn_id,
        journal_id=arrival.journal_id,
        kiosk_id=arrival.asker.kiosk_id,
        sequence=None,
        kind="",
        status=TransactionStatus.QUARANTINED,
        code=refusal.code,
        detail=refusal.detail,
        hint=refusal.hint,
        flags=(),
        received_at=arrival.now,
    )
    draft.is_new(AttentionRecord, ATTENTION, cursor)
    draft.put(entry, ATTENTION, cursor)


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
    changes = _claim(draft, transaction, journal)
    if record.status is TransactionStatus.SETTLED:
        changes["settled"] = journal.settled + 1
        changes["kinds"] = _one_more(journal.kinds, record.kind)
        changes["flags"] = _one_more(journal.flags, *record.flags)
        changes["quarantined"] = journal.quarantined - int(previous is not None)
    elif previous is None:
        changes["quarantined"] = journal.quarantined + 1
    draft.put(journal.model_copy(update=changes), record.journal_id)


def _claim(draft: Draft, transaction: Transaction, journal: JournalRecord) -> dict[str, object]:
    """Take the transaction's place in its journal if it is free and the envelope is whole."""
    envelope = transaction.envelope
    key = place_key(envelope.sequence)
    if draft.get(SequenceRecord, envelope.journal_id, key) is not None:
        return {}
    if envelope.expected_hash() != envelope.hash:
        return {}
    place = SequenceRecord(txn_id=envelope.txn_id, hash=envelope.hash, prev_hash=envelope.prev_hash)
    draft.put(place, envelope.journal_id, key)
    changes: dict[str, object] = {"known": journal.known + 1}
    if envelope.sequence > journal.sequence:
        head = {"sequence": envelope.sequence, "epoch": envelope.epoch, "hash": envelope.hash}
        changes.update(head)
    return changes


def _journal(draft: Draft, journal_id: UUID) -> JournalRecord:
    journal = draft.get(JournalRecord, journal_id)
    if journal is None:
        raise LookupError(f"journal {journal_id} is bound before it is written to")
    return journal


def _one_more(counts: Mapping[str, int], *names: str) -> dict[str, int]:
    return {**counts, **{name: counts.get(name, 0) + 1 for name in names}}
