"""Reads of the journal by SQL; each method sees the transaction its connection is in."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from kiosk_agent.adapters.journal import errors, rows
from kiosk_agent.adapters.journal.archiving import ArchiveReads
from kiosk_agent.adapters.journal.codec import (
    read_json,
    read_roster,
    read_time,
)
from kiosk_agent.adapters.journal.look_ups import LookUpReads
from kiosk_agent.adapters.journal.prints import PrintReads
from kiosk_agent.adapters.journal.reading_staff import StaffReads
from kiosk_agent.adapters.journal.reads import Reads
from kiosk_agent.domain.archiving import LostRange
from kiosk_agent.domain.epochs import EpochRecord, Standing
from kiosk_agent.domain.leases import ClockConfirmation
from kiosk_agent.domain.ranges import missing_from
from kiosk_agent.domain.records import (
    AllotmentStock,
    Counts,
    GateKnowledge,
    JournalIdentity,
    JournalRow,
    Lease,
    StockItem,
    StoredCart,
)
from kiosk_contracts.catalogue import Catalogue
from kiosk_contracts.gates import GateFact, VerifyKey
from kiosk_contracts.kiosk_status import JournalState
from kiosk_contracts.payloads import TransactionKind
from kiosk_contracts.roster import VenueRoster
from kiosk_contracts.transactions import Envelope

_UNSETTLED: Final[Sequence[JournalState]] = tuple(
    state for state in JournalState if state is not JournalState.SETTLED
)
_OLDEST_UNSENT = (
    "SELECT recorded_at FROM transactions WHERE sequence = (SELECT min(sequence)"
    " FROM transactions WHERE state IN ('queued', 'uploading', 'parked'))"
)
_UNCOVERED = """
    SELECT count(*) AS n FROM transactions
    WHERE state IN ('queued', 'uploading', 'parked', 'quarantined') AND sequence > (
        SELECT coalesce(max(min(r.sequence, coalesce((
            SELECT min(later.first_sequence) - 1 FROM epochs AS later
            WHERE (later.first_sequence, later.epoch) > (own.first_sequence, own.epoch)
        ), r.sequence))), 0)
        FROM receipts AS r JOIN epochs AS own ON own.journal_id
            = iif(json_valid(r.body), r.body, '{}') ->> '$.receipt.journal_id'
    )
"""
"""A receipt covers nothing of a later journal than its own, whatever its number."""
_HANDED_OVER = (
    "SELECT count(*) AS n FROM transactions WHERE state = 'quarantined'"
    " AND sequence IN (SELECT sequence FROM handed_over)"
)
_LAST_FACTS = """
    SELECT serial, fact, at, gate, row_number() OVER (
        PARTITION BY serial ORDER BY at DESC, cursor IS NULL DESC, rowid DESC
    ) AS place
    FROM gate_facts WHERE event_id = ? AND fact IN ('admitted', 'exited')
"""


_UNSETTLED_SERIALS = """
    SELECT event_id, ticket_type_id, count(*) AS n FROM (
        SELECT s.event_id, s.ticket_type_id
        FROM transactions AS t JOIN stock AS s ON s.cart_txn_id = t.txn_id
        WHERE t.state IN ('queued', 'uploading', 'parked', 'quarantined') AND t.kind = 'sale'
        UNION ALL
        SELECT s.event_id, s.ticket_type_id
        FROM transactions AS t,
            json_each(iif(json_valid(t.payload), t.payload, '{}'), '$.serials') AS returned
        JOIN stock AS s ON s.serial = returned.value
        WHERE t.state IN ('queued', 'uploading', 'parked', 'quarantined')
        AND t.kind = 'return_of_stock'
    ) GROUP BY event_id, ticket_type_id
"""
MAY_BE_SENT: Final = (
    "t.state = 'queued' AND NOT EXISTS ("
    "SELECT 1 FROM transactions AS d WHERE d.txn_id = t.depends_on"
    " AND (d.state = 'parked' OR (d.state = 'quarantined' AND t.kind != 'void')))"
)
"""Of a row `t` of transactions; what depends on a stuck one waits with it."""


def identity_of(meta: Mapping[str, str]) -> JournalIdentity:
    """Return which journal it is, by the rows of `meta`."""
    return JournalIdentity(
        journal_id=UUID(meta["journal_id"]),
        epoch=int(meta["epoch"]),
        kiosk_id=meta["kiosk_id"],
        kiosk_code=meta["kiosk_code"],
        venue_id=meta["venue_id"],
        venue_name=meta["venue_name"],
    )


class TransactionReads(ArchiveReads):
    """Identity and transactions."""

    def identity(self) -> JournalIdentity:
        """Return which journal this is."""
        return identity_of(self._all_meta())

    def row(self, txn_id: UUID) -> JournalRow | None:
        """Return a transaction, from its archive if it went to one, or None."""
        sql = f"SELECT {rows.TRANSACTION} FROM transactions WHERE txn_id = ?"  # noqa: S608  constants
        row = self._one(sql, str(txn_id))
        return self._archived(txn_id) if row is None else rows.journal_row(row)

    def rows_page(
        self, *, before: int | None, limit: int, states: Sequence[JournalState] = ()
    ) -> Sequence[JournalRow]:
        """Return rows newest first, below sequence `before`."""
        conditions, values = ["1"], list[object]()
        if before is not None:
            conditions.append("sequence < ?")
            values.append(before)
        if states:
            conditions.append(f"state IN ({_marks(states)})")
            values.extend(states)
        sql = (
            f"SELECT {rows.TRANSACTION} FROM transactions"  # noqa: S608  constants and marks
            f" WHERE {' AND '.join(conditions)}"
            " ORDER BY sequence DESC LIMIT ?"
        )
        return [rows.journal_row(row) for row in self._all(sql, *values, limit)]

    def rows_after(
        self, after: int, limit: int, states: Sequence[JournalState] = ()
    ) -> Sequence[JournalRow]:
        """Return rows oldest first, above sequence `after`; archived ones too, for no `states`."""
        if states:
            return self._rows_here(after, limit, states)
        found, lost = self.rows_to_verify(after, limit)
        if lost:
            raise errors.needs_archive(lost[0].why)
        return found

    def rows_to_verify(
        self, after: int, limit: int
    ) -> tuple[Sequence[JournalRow], Sequence[LostRange]]:
        """Return rows oldest first, archived ones too, and the ranges between them without any.

        That is where an archive can't be read. Both are empty behind the last row.
        """
        here = self._rows_here(after, limit)
        up_to = here[-1].sequence if len(here) == limit else None
        archived, lost = self._archived_after(after, up_to, limit)
        # What was salvaged may be in both: a kill can leave it so, and then a file was damaged.
        by_sequence = {row.sequence: row for row in (*archived, *here)}
        numbers = sorted(by_sequence)[:limit]
        end = numbers[-1] if len(numbers) == limit else None
        gaps = [gap for one in lost for gap in _gaps(one, numbers, after, end)]
        return [by_sequence[number] for number in numbers], gaps

    def _rows_here(
        self, after: int, limit: int, states: Sequence[JournalState] = ()
    ) -> list[JournalRow]:
        wanted = f" AND state IN ({_marks(states)})" if states else ""
        sql = (
            f"SELECT {rows.TRANSACTION} FROM transactions WHERE sequence > ?{wanted}"  # noqa: S608  constants and marks
            " ORDER BY sequence LIMIT ?"
        )
        return [rows.journal_row(row) for row in self._all(sql, after, *states, limit)]

    def head(self) -> tuple[int, str]:
        """Return the last sequence and the hash that the next envelope links to."""
        return int(self._meta("last_sequence")), self._meta("head_hash")

    def uncovered(self) -> int:
        """Return how many transactions are not settled and above every receipt."""
        return self._count(_UNCOVERED)

    def void_of(self, sale_txn_id: UUID) -> UUID | None:
        """Return the id of a sale's void, archived or not, or None."""
        sql = "SELECT txn_id FROM transactions WHERE depends_on = ? AND kind = ?"
        row = self._one(sql, str(sale_txn_id), TransactionKind.VOID)
        return self._archived_void_of(sale_txn_id) if row is None else UUID(row["txn_id"])

    def counts(self) -> Counts:
        """Return how many transactions stand where."""
        by_state = {state: self._count_in(state) for state in _UNSETTLED}
        last_sequence = int(self._meta("last_sequence"))
        by_state[JournalState.SETTLED] = (
            self._settled_one_by_one()
            if self._may_have_gaps()
            # A million settled rows, here and in archives, need not be counted one by one.
            else last_sequence - sum(by_state.values())
        )
        oldest = self._one(_OLDEST_UNSENT)
        return Counts(
            by_state=by_state,
            last_sequence=last_sequence,
            oldest_unsent_at=None if oldest is None else read_time(oldest["recorded_at"]),
            handed_over=self._count(_HANDED_OVER),
        )

    def _may_have_gaps(self) -> bool:
        """Say whether transactions may have been lost; in a first epoch none ever was."""
        return self._count("SELECT count(*) AS n FROM epochs") > 1

    def _settled_one_by_one(self) -> int:
        here = self._count_in(JournalState.SETTLED)
        return here + self._count("SELECT count(*) AS n FROM archived")

    def _count_in(self, state: JournalState) -> int:
        row = self._one("SELECT count(*) AS n FROM transactions WHERE state = ?", state)
        return 0 if row is None else int(row["n"])

    def is_sending(self) -> bool:
        """Say whether anything is on its way, or could be."""
        uploading = "SELECT 1 FROM transactions WHERE state = 'uploading' LIMIT 1"
        next_one = f"SELECT 1 FROM transactions AS t WHERE {MAY_BE_SENT} LIMIT 1"  # noqa: S608  constants
        return self._one(uploading) is not None or self._one(next_one) is not None

    def last_recorded_at(self) -> datetime | None:
        """Return when the newest transaction was recorded."""
        row = self._one("SELECT recorded_at FROM transactions ORDER BY sequence DESC LIMIT 1")
        return None if row is None else read_time(row["recorded_at"])

    def clock_confirmation(self) -> ClockConfirmation | None:
        """Return a manager's last word on the clock, of whatever boot."""
        text = self._meta("clock_confirmed")
        if not text:
            return None
        said = read_json(text)
        return ClockConfirmation(**{**said, "at": read_time(said["at"])})

    def server_offset_ms(self) -> int | None:
        """Return server time less device time as it was last learnt, in whatever run."""
        text = self._meta("server_offset_ms")
        return int(text) if text else None

    def sqlite_version(self) -> str:
        """Return the version of the SQLite library in use."""
        return sqlite3.sqlite_version


class StockReads(Reads):
    """Carts, stock, leases, catalogue."""

    def cart(self, txn_id: UUID) -> StoredCart | None:
        """Return a cart in whatever state, or None."""
        row = self._one("SELECT * FROM carts WHERE txn_id = ?", str(txn_id))
        return None if row is None else rows.stored_cart(row)

    def carts(self) -> Sequence[StoredCart]:
        """Return carts that are open or in payment, oldest first."""
        sql = "SELECT * FROM carts WHERE state IN ('open', 'payment_started') ORDER BY rowid"
        return [rows.stored_cart(row) for row in self._all(sql)]

    def cart_items(self, txn_id: UUID) -> Sequence[StockItem]:
        """Return what a cart holds or, once it is closed, what its sale took."""
        sql = "SELECT * FROM stock WHERE cart_txn_id = ? ORDER BY rowid"
        return [rows.stock_item(row) for row in self._all(sql, str(txn_id))]

    def stock_item(self, serial: str) -> StockItem | None:
        """Return a leased serial in whatever state, or None."""
        row = self._one("SELECT * FROM stock WHERE serial = ?", serial)
        return None if row is None else rows.stock_item(row)

    def stock_counts(self) -> dict[tuple[str, str], tuple[int, int]]:
        """Return (available, held) by (event_id, ticket_type_id)."""
        sql = (
            "SELECT event_id, ticket_type_id, sum(state = 'available') AS available,"
            " sum(state = 'held') AS held FROM stock WHERE state IN ('available', 'held')"
            " GROUP BY event_id, ticket_type_id"
        )
        return {
            (row["event_id"], row["ticket_type_id"]): (row["available"], row["held"])
            for row in self._all(sql)
        }

    def allotment_stock(self) -> Sequence[AllotmentStock]:
        """Return what is left of each allotment that has anything left, oldest first."""
        sql = (
            "SELECT allotment_id, event_id, ticket_type_id, sum(state = 'available') AS available,"
            " sum(state = 'held') AS held FROM stock WHERE state IN ('available', 'held')"
            " GROUP BY allotment_id, event_id, ticket_type_id ORDER BY min(rowid)"
        )
        return [
            AllotmentStock(
                allotment_id=UUID(row["allotment_id"]),
                event_id=row["event_id"],
                ticket_type_id=row["ticket_type_id"],
                available=row["available"],
                held=row["held"],
            )
            for row in self._all(sql)
        ]

    def unsettled_serials(self) -> dict[tuple[str, str], int]:
        """Return how many sold or returned serials the ticket API still counts as in stock."""
        return {
            (row["event_id"], row["ticket_type_id"]): row["n"]
            for row in self._all(_UNSETTLED_SERIALS)
        }

    def available(
        self, event_id: str, ticket_type_id: str, limit: int | None = None
    ) -> Sequence[StockItem]:
        """Return items in the order in which they are to be sold: oldest allotment first."""
        sql = (
            "SELECT * FROM stock WHERE state = 'available' AND event_id = ?"
            " AND ticket_type_id = ? ORDER BY rowid LIMIT ?"
        )
        most = -1 if limit is None else limit
        return [rows.stock_item(row) for row in self._all(sql, event_id, ticket_type_id, most)]

    def leases(self, event_id: str | None = None) -> Sequence[Lease]:
        """Return leases, asked for or granted, oldest first; of one event if it is named."""
        sql = "SELECT * FROM leases WHERE ?1 IS NULL OR event_id = ?1 ORDER BY rowid"
        return [rows.lease(row) for row in self._all(sql, event_id)]

    def catalogue(self) -> Catalogue | None:
        """Return the catalogue as last synced.

        A season's takes milliseconds to read and each sale needs it, so it is read once. A
        first version left no hash; the next catalogue brings one, so that too is told apart.
        """
        known_by = self._meta("catalogue_hash")
        read = self._catalogues.read
        if read is not None and read[0] == known_by:
            return read[1]
        row = self._one("SELECT body FROM catalogue WHERE id = 1")
        if row is None:
            return None
        catalogue = Catalogue.model_validate_json(row["body"])
        self._catalogues.read = known_by, catalogue
        return catalogue


class GateReads(Reads):
    """Keys and what happened at gates."""

    def verify_keys(self) -> Sequence[VerifyKey]:
        """Return the public keys known."""
        sql = "SELECT body FROM verify_keys ORDER BY key_id"
        return [VerifyKey.model_validate_json(row["body"]) for row in self._all(sql)]

    def roster(self) -> VenueRoster | None:
        """Return the roster as last synced."""
        return read_roster(self._meta("roster"))

    def synced_at(self, what: str) -> datetime | None:
        """Return when something was last heard of whole."""
        text = self._meta(f"{what}_synced_at")
        return read_time(text) if text else None

    def gate_cursor(self) -> int:
        """Return how far the gate feed is known; 0 at first."""
        return int(self._meta("gate_cursor") or 0)

    def gate_knowledge(self, event_id: str, serial: str) -> GateKnowledge:
        """Return all that is known of a serial at an event's gates."""
        revoked = self._one(
            "SELECT reason FROM gate_facts WHERE serial = ? AND fact = ? ORDER BY rowid LIMIT 1",
            serial,
            GateFact.REVOKED,
        )
        last = self._last_passage(event_id, serial)
        sold = self._one("SELECT * FROM stock WHERE serial = ? AND state = 'sold'", serial)
        return GateKnowledge(
            revoked_reason=None if revoked is None else revoked["reason"],
            last_fact=None if last is None else last["fact"],
            last_gate="" if last is None else last["gate"],
            last_at=None if last is None else read_time(last["at"]),
            sold_here=None if sold is None else rows.stock_item(sold),
        )

    def _last_passage(self, event_id: str, serial: str) -> sqlite3.Row | None:
        return self._one(
            "SELECT fact, at, gate FROM gate_facts WHERE event_id = ? AND serial = ?"
            " AND fact IN ('admitted', 'exited')"
            " ORDER BY at DESC, cursor IS NULL DESC, rowid DESC LIMIT 1",
            event_id,
            serial,
        )

    def inside_count(self, event_id: str) -> int:
        """Return how many serials were last seen going in."""
        sql = f"SELECT count(*) AS n FROM ({_LAST_FACTS}) WHERE place = 1 AND fact = 'admitted'"  # noqa: S608  constants
        return self._count(sql, event_id)


class EpochReads(Reads):
    """Journals that this file holds, and what is frozen of the earlier ones."""

    def epochs(self) -> Sequence[EpochRecord]:
        """Return every journal that this file holds transactions of, oldest first."""
        sql = "SELECT * FROM epochs ORDER BY first_sequence, epoch"
        return [rows.epoch_record(row) for row in self._all(sql)]

    def standing(self) -> Standing:
        """Return how far the present journal has come."""
        return Standing(
            journal_id=UUID(self._meta("journal_id")),
            epoch=int(self._meta("epoch")),
            last_sequence=int(self._meta("last_sequence")),
            receipts=int(self._meta("receipt_counter")),
            commits=int(self._meta("commits") or 0),
        )

    def hash_at(self, sequence: int) -> str | None:
        """Return the hash of a transaction of the present journal; None if nobody can tell."""
        sql = "SELECT CAST(envelope AS BLOB) AS envelope FROM transactions WHERE sequence = ?"
        row = self._one(sql, sequence)
        try:
            envelope = None if row is None else Envelope.model_validate_json(row["envelope"])
        except ValueError:
            return None
        ours = envelope is not None and str(envelope.journal_id) == self._meta("journal_id")
        return envelope.hash if envelope is not None and ours and envelope.is_intact() else None

    def host_id(self) -> str:
        """Return the host that the journal was last on; empty if that was never known."""
        return self._meta("host_id")

    def is_epoch_checked(self) -> bool:
        """Say whether the ticket API was asked about this journal and epoch."""
        return self._meta("epoch_checked") == "1"

    def frozen_counts(self) -> dict[tuple[str, str], int]:
        """Return how many serials are frozen, by (event_id, ticket_type_id)."""
        sql = (
            "SELECT event_id, ticket_type_id, count(*) AS n FROM stock WHERE state = 'frozen'"
            " GROUP BY event_id, ticket_type_id"
        )
        return {(row["event_id"], row["ticket_type_id"]): row["n"] for row in self._all(sql)}


class SqliteReader(
    TransactionReads, StockReads, GateReads, EpochReads, StaffReads, PrintReads, LookUpReads
):
    """All reads on one connection: a JournalReader."""


def _gaps(
    lost: LostRange, numbers: Sequence[int], after: int, end: int | None
) -> Iterator[LostRange]:
    """Return what of a lost range is above `after`, not above `end`, and not among the numbers."""
    first = max(lost.first_sequence, after + 1)
    last = lost.last_sequence if end is None else min(lost.last_sequence, end)
    among = [number for number in numbers if first <= number <= last]
    for low, high in missing_from(among, first, last):
        last_hash = lost.last_hash if high == lost.last_sequence else None
        yield LostRange(low, high, last_hash, lost.why)


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))
