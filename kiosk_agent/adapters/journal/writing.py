"""Writes of the journal by SQL, inside the transaction that the group commit has open."""

import hashlib
import sqlite3
from collections.abc import Sequence
from datetime import UTC
from typing import Any
from uuid import UUID

from kiosk_agent.adapters.journal.archiving import ArchiveWrites
from kiosk_agent.adapters.journal.codec import (
    foreign_json_text,
    json_or_null,
    json_text,
    prices_text,
    tender_text,
    time_text,
)
from kiosk_agent.adapters.journal.prints import PrintWrites
from kiosk_agent.adapters.journal.reading import SqliteReader, identity_of
from kiosk_agent.adapters.journal.reads import CatalogueMemory
from kiosk_agent.adapters.journal.writing_epochs import FOR_SALE, EpochWrites
from kiosk_agent.adapters.journal.writing_gates import GateWrites
from kiosk_agent.adapters.journal.writing_history import HistoryWrites
from kiosk_agent.adapters.journal.writing_moves import MoveWrites
from kiosk_agent.adapters.journal.writing_uploads import UploadWrites
from kiosk_agent.domain.records import (
    JournalIdentity,
    JournalRow,
    NewTransaction,
    StoredCart,
)
from kiosk_agent.ports.clock import Clock
from kiosk_contracts.allotments import Allotment
from kiosk_contracts.catalogue import Catalogue
from kiosk_contracts.ids import receipt_number
from kiosk_contracts.kiosk_status import JournalState
from kiosk_contracts.transactions import Envelope, Transaction
from kiosk_contracts.wire import canonical_json

_WITHDRAWN = "withdrawn"
"""The state of an event that the catalogue no longer has; it sells nothing."""
_INSERT_TRANSACTION = (
    "INSERT INTO transactions (sequence, txn_id, epoch, kind, receipt_number, envelope, payload,"
    " personal, request_hash, recorded_at, offline, depends_on, state, attempts)"
    " SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0"
    " WHERE NOT EXISTS (SELECT 1 FROM archived WHERE txn_id = ?)"
)


class SqliteWriter(
    EpochWrites,
    GateWrites,
    UploadWrites,
    HistoryWrites,
    ArchiveWrites,
    MoveWrites,
    PrintWrites,
    SqliteReader,
):
    """All reads and writes on the one writing connection: a JournalWriter."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        clock: Clock,
        catalogues: CatalogueMemory | None = None,
    ) -> None:
        super().__init__(connection, catalogues)
        self._clock = clock

    def append(self, new: NewTransaction) -> JournalRow:
        """Record a transaction: next sequence, receipt number, chain link; state QUEUED."""
        meta = self._all_meta()
        identity = identity_of(meta)
        sequence = int(meta["last_sequence"]) + 1
        payload, receipt, counters = dict(new.payload), None, {"last_sequence": str(sequence)}
        if new.numbered:
            counters["receipt_counter"] = str(int(meta["receipt_counter"]) + 1)
            receipt = _receipt(identity, int(counters["receipt_counter"]))
            payload["receipt_number"] = receipt
        payload_json = canonical_json(payload)
        envelope = Envelope.seal_hashed(
            txn_id=new.txn_id,
            journal_id=identity.journal_id,
            epoch=identity.epoch,
            sequence=sequence,
            kind=new.kind,
            payload_hash=hashlib.sha256(payload_json).hexdigest(),
            prev_hash=meta["head_hash"],
        )
        transaction = Transaction.model_construct(
            envelope=envelope, payload=payload, personal=new.personal
        )
        try:
            row = self._insert(new, transaction, payload_json.decode(), receipt)
        except sqlite3.IntegrityError as error:
            msg = f"transaction {new.txn_id} is in the journal already: {error}"
            raise ValueError(msg) from error
        # Counted only now, so that work which goes on after a refusal leaves no gap.
        self._set_metas({**counters, "head_hash": envelope.hash})
        return row

    def keep_answer(self, txn_id: UUID, answer: dict[str, Any]) -> None:
        """Store the first answer of a transaction, to give it again."""
        changed = self._change(
            "UPDATE transactions SET answer = ? WHERE txn_id = ? AND answer IS NULL",
            json_text(answer),
            str(txn_id),
        )
        if not changed:
            msg = f"transaction {txn_id} is unknown or has an answer already"
            raise ValueError(msg)

    def put_cart(self, cart: StoredCart) -> None:
        """Make a cart or change it."""
        self._change(
            "INSERT INTO carts (txn_id, state, cashier_id, opened_at, hold_boot_id,"
            " hold_ends_boottime_ms, taken, prices) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (txn_id) DO UPDATE SET state = excluded.state,"
            " cashier_id = excluded.cashier_id, hold_boot_id = excluded.hold_boot_id,"
            " hold_ends_boottime_ms = excluded.hold_ends_boottime_ms, taken = excluded.taken,"
            " prices = excluded.prices",
            str(cart.txn_id),
            cart.state,
            cart.cashier_id,
            time_text(cart.opened_at),
            cart.hold_boot_id,
            cart.hold_ends_boottime_ms,
            tender_text(cart.taken),
            prices_text(cart.prices),
        )

    def hold(self, txn_id: UUID, serials: Sequence[str]) -> None:
        """Available items become held for this cart; ValueError if one is not available."""
        for serial in serials:
            changed = self._change(
                "UPDATE stock SET state = 'held', cart_txn_id = ?"
                " WHERE serial = ? AND state = 'available'",
                str(txn_id),
                serial,
            )
            if not changed:
                msg = f"serial {serial} is not available"
                raise ValueError(msg)

    def release(self, txn_id: UUID, serials: Sequence[str]) -> None:
        """Items held by this cart become available again, unless they were revoked meanwhile.

        ValueError if one is not held by it.
        """
        for serial in serials:
            changed = self._change(
                f"UPDATE stock SET state = {FOR_SALE}, cart_txn_id = NULL"  # noqa: S608  constants
                " WHERE serial = ?1 AND state = 'held' AND cart_txn_id = ?2",
                serial,
                str(txn_id),
            )
            if not changed:
                msg = f"serial {serial} is not held by cart {txn_id}"
                raise ValueError(msg)

    def let_go(self, txn_id: UUID) -> None:
        """Take a cart's name off the frozen items that it still shows."""
        self._change(
            "UPDATE stock SET cart_txn_id = NULL WHERE cart_txn_id = ? AND state != 'sold'",
            str(txn_id),
        )

    def set_stock_state(self, serials: Sequence[str], state: str) -> None:
        """Set the state of leased serials; a sold one keeps its cart's txn_id, the sale's own."""
        for serial in serials:
            if not self._change("UPDATE stock SET state = ? WHERE serial = ?", state, serial):
                msg = f"serial {serial} is not in the stock"
                raise ValueError(msg)

    def put_allotment(self, allotment: Allotment) -> None:
        """Complete the lease of the same request id and add its serials; a repeat adds nothing."""
        known = self._one(
            "SELECT allotment_id FROM leases WHERE request_id = ?", str(allotment.request_id)
        )
        if known is None:
            msg = f"allotment request {allotment.request_id} was never asked"
            raise ValueError(msg)
        if known["allotment_id"] is not None:
            return
        self._change(
            "UPDATE leases SET allotment_id = ?, lease_s = ?, limited_by = ? WHERE request_id = ?",
            str(allotment.allotment_id),
            allotment.lease_s,
            allotment.limited_by,
            str(allotment.request_id),
        )
        self._add_stock(allotment)

    def drop_lease_request(self, request_id: UUID) -> None:
        """Forget a request that was refused for good before anything was granted."""
        self._change(
            "DELETE FROM leases WHERE request_id = ? AND allotment_id IS NULL", str(request_id)
        )

    def put_identity(self, kiosk_code: str, venue_id: str, venue_name: str) -> None:
        """Remember who the fleet service says this kiosk is."""
        self._set_meta("kiosk_code", kiosk_code)
        self._set_meta("venue_id", venue_id)
        self._set_meta("venue_name", venue_name)

    def put_catalogue(self, catalogue: Catalogue) -> None:
        """Keep the catalogue in place of the one before; events with stock stay known."""
        before = self.catalogue()
        named = {event.event_id for event in catalogue.events}
        withdrawn = tuple(
            event.model_copy(update={"state": _WITHDRAWN})
            for event in (before.events if before else ())
            if event.event_id not in named and self._has_unsold(event.event_id)
        )
        kept = catalogue.model_copy(update={"events": catalogue.events + withdrawn})
        body = foreign_json_text(kept.to_json())
        self._change(
            "INSERT INTO catalogue (id, body) VALUES (1, ?)"
            " ON CONFLICT (id) DO UPDATE SET body = excluded.body",
            body,
        )
        self._set_meta("catalogue_hash", hashlib.sha256(body.encode()).hexdigest())

    def _has_unsold(self, event_id: str) -> bool:
        sql = "SELECT 1 FROM stock WHERE state IN ('available', 'held') AND event_id = ? LIMIT 1"
        return self._one(sql, event_id) is not None

    def _insert(
        self, new: NewTransaction, transaction: Transaction, payload_json: str, receipt: str | None
    ) -> JournalRow:
        """Insert a sealed transaction; return the row as a read of it would."""
        envelope = transaction.envelope
        recorded_at = self._clock.now().astimezone(UTC)
        inserted = self._change(
            _INSERT_TRANSACTION,
            envelope.sequence,
            str(new.txn_id),
            envelope.epoch,
            new.kind,
            receipt,
            foreign_json_text(envelope.to_json()),
            payload_json,
            json_or_null(None if new.personal is None else new.personal.to_json()),
            new.request_hash,
            time_text(recorded_at),
            int(new.offline),
            None if new.depends_on is None else str(new.depends_on),
            JournalState.QUEUED,
            new.txn_id.bytes,
        )
        if not inserted:
            msg = f"transaction {new.txn_id} is in the journal already, in an archive"
            raise ValueError(msg)
        return JournalRow(
            sequence=envelope.sequence,
            txn_id=new.txn_id,
            kind=new.kind,
            transaction=transaction,
            state=JournalState.QUEUED,
            receipt_number=receipt,
            recorded_at=recorded_at,
            offline=new.offline,
            request_hash=new.request_hash,
            answer=None,
            depends_on=new.depends_on,
            attempts=0,
            first_refused_at=None,
            settled_at=None,
            outcome=None,
        )


def _receipt(identity: JournalIdentity, counter: int) -> str:
    if not identity.kiosk_code:
        msg = "a kiosk without a code has no receipt numbers"
        raise ValueError(msg)
    return receipt_number(identity.kiosk_code, identity.epoch, counter)
