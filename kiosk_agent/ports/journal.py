"""The journal: the kiosk's one durable file, as services use it.

Services hand over a piece of work; the journal runs it inside one SQLite transaction on its one
writing connection and answers when that is on disk. Work is a plain function of a JournalWriter:
it reads, decides by the domain's rules, and writes; if it raises, nothing of it happened.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

from kiosk_agent.domain.archiving import ArchiveFacts, ArchiveLine, Forgettable, LostRange
from kiosk_agent.domain.epochs import EpochRecord, NewEpoch, Standing
from kiosk_agent.domain.leases import ClockConfirmation
from kiosk_agent.domain.printing import NewPrint, StoredPrint
from kiosk_agent.domain.records import (
    AllotmentStock,
    CancelledPayment,
    Counts,
    GateKnowledge,
    JournalIdentity,
    JournalRow,
    Lease,
    NewTransaction,
    Outgoing,
    ShiftRecord,
    StockItem,
    StoredCart,
    TicketPrice,
)
from kiosk_contracts.allotments import Allotment
from kiosk_contracts.catalogue import Catalogue
from kiosk_contracts.gates import GateFeedEntry, VerifyKey
from kiosk_contracts.kiosk_status import JournalState
from kiosk_contracts.moving_out import SignedReceipt
from kiosk_contracts.payloads import TransactionKind
from kiosk_contracts.printing import PrintKind, PrintState
from kiosk_contracts.quarantine import HandedOver
from kiosk_contracts.roster import VenueRoster
from kiosk_contracts.uploads import ItemOutcome

__all__ = [
    "AllotmentStock",
    "CancelledPayment",
    "Counts",
    "GateKnowledge",
    "Journal",
    "JournalIdentity",
    "JournalReader",
    "JournalRow",
    "JournalWriter",
    "Lease",
    "NewTransaction",
    "Outgoing",
    "ShiftRecord",
    "StockItem",
    "StoredCart",
    "TicketPrice",
]

T = TypeVar("T")


class JournalReader(Protocol):
    """Reads; consistent within one piece of work."""

    def identity(self) -> JournalIdentity: ...
    def row(self, txn_id: UUID) -> JournalRow | None: ...
    def rows_page(
        self, *, before: int | None, limit: int, states: Sequence[JournalState] = ()
    ) -> Sequence[JournalRow]:
        """Return rows newest first, below sequence `before`."""
        ...

    def rows_after(
        self, after: int, limit: int, states: Sequence[JournalState] = ()
    ) -> Sequence[JournalRow]:
        """Return rows oldest first, above sequence `after`; archived ones too, for no `states`."""
        ...

    def rows_to_verify(
        self, after: int, limit: int
    ) -> tuple[Sequence[JournalRow], Sequence[LostRange]]:
        """Return rows as `rows_after`, and between them the ranges whose archive can't be read.

        Both are empty behind the last row.
        """
        ...

    def head(self) -> tuple[int, str]:
        """Return (last sequence, hash that the next envelope links to)."""
        ...

    def uncovered(self) -> int:
        """Return how many transactions are not settled and above every receipt."""
        ...

    def void_of(self, sale_txn_id: UUID) -> UUID | None:
        """Return the id of a sale's void, archived or not."""
        ...

    def dependents(self, txn_id: UUID, kind: TransactionKind) -> Sequence[UUID]:
        """Return what of a kind depends on a transaction, archived or not."""
        ...

    def last_settled_sale(self) -> int | None:
        """Return the sequence of the newest sale that settled, of the last 500 transactions."""
        ...

    def refunds_asking(self, limit: int) -> Sequence[UUID]:
        """Return refunds that are not decided, newest first."""
        ...

    def refunds_to_give(self, limit: int) -> Sequence[UUID]:
        """Return refunds that settled and whose money was not given back, newest first."""
        ...

    def by_receipt(self, end: str, before: int, limit: int) -> Sequence[tuple[int, UUID]]:
        """Return (sequence, txn_id) of receipt numbers that end so, archived or not, newest first.

        Only below sequence `before`.
        """
        ...

    def by_buyer(self, name: str, before: int, limit: int) -> Sequence[tuple[int, UUID]]:
        """Return (sequence, txn_id) of sales whose buyer's name has these letters, newest first.

        Only below sequence `before`, and none that went to an archive: names are not kept there.
        """
        ...

    def counts(self) -> Counts: ...
    def is_sending(self) -> bool:
        """Say whether anything is on its way or could be; what waits for a stuck one is not."""
        ...

    def last_recorded_at(self) -> datetime | None: ...
    def next_print(self) -> StoredPrint | None:
        """Return what is to be printed next, if anything waits."""
        ...

    def open_prints(self, limit: int) -> Sequence[StoredPrint]:
        """Return what waits, is being printed or is in doubt, oldest first."""
        ...

    def count_prints(self, state: PrintState) -> int: ...
    def last_copy(self, txn_id: UUID, kind: PrintKind, serial: str) -> int | None:
        """Return the highest copy of a sheet that was ever asked for; None if none was."""
        ...

    def clock_confirmation(self) -> ClockConfirmation | None:
        """Return a manager's last word on the clock, of whatever boot."""
        ...

    def server_offset_ms(self) -> int | None:
        """Return server time less device time as it was last learnt, in whatever run."""
        ...

    def sqlite_version(self) -> str: ...
    def archivable(self, before: datetime, limit: int) -> Sequence[ArchiveLine]:
        """Return settled rows of consecutive sequences, the oldest there are, at most `limit`.

        They settled before `before`, and so did what depends on them; what they depend on is among
        them, or not in the table any more.
        """
        ...

    def archives(self) -> Sequence[ArchiveFacts]:
        """Return every archive that transactions of this journal went to, oldest first."""
        ...

    def has_all(self, first_sequence: int, last_sequence: int) -> bool:
        """Say whether every transaction of a range is still in the journal itself."""
        ...

    def touched_events(self) -> dict[str, datetime]:
        """Return when each event that anything is kept of was last asked or heard of."""
        ...

    def cart(self, txn_id: UUID) -> StoredCart | None: ...
    def carts(self) -> Sequence[StoredCart]:
        """Return carts that are open or in payment."""
        ...

    def cart_items(self, txn_id: UUID) -> Sequence[StockItem]: ...
    def stock_item(self, serial: str) -> StockItem | None: ...
    def stock_counts(self) -> dict[tuple[str, str], tuple[int, int]]:
        """Return (available, held) by (event_id, ticket_type_id); leases that ended count too."""
        ...

    def allotment_stock(self) -> Sequence[AllotmentStock]:
        """Return what is left of each allotment that has anything left, oldest first.

        With `leases` and `domain.leases.lease_state` this tells what may be sold now.
        """
        ...

    def unsettled_serials(self) -> dict[tuple[str, str], int]:
        """Return how many sold or returned serials the ticket API still counts as in stock.

        By (event_id, ticket_type_id): their sale or return has not settled.
        """
        ...

    def available(
        self, event_id: str, ticket_type_id: str, limit: int | None = None
    ) -> Sequence[StockItem]:
        """Return items in the order in which they are to be sold: oldest allotment first.

        No more than `limit`; None: all of them.
        """
        ...

    def leases(self, event_id: str | None = None) -> Sequence[Lease]:
        """Return leases, asked for or granted, oldest first; of one event if it is named."""
        ...

    def catalogue(self) -> Catalogue | None: ...
    def verify_keys(self) -> Sequence[VerifyKey]: ...
    def gate_cursor(self) -> int: ...
    def roster(self) -> VenueRoster | None:
        """Return the roster as last synced; None if it never was."""
        ...

    def synced_at(self, what: str) -> datetime | None:
        """Return when `keys` or `gate_feed` was last heard of whole; None if nobody knows."""
        ...

    def gate_knowledge(self, event_id: str, serial: str) -> GateKnowledge: ...
    def inside_count(self, event_id: str) -> int: ...
    def epochs(self) -> Sequence[EpochRecord]:
        """Return every journal that this file holds transactions of, oldest first."""
        ...

    def standing(self) -> Standing: ...
    def hash_at(self, sequence: int) -> str | None:
        """Return the hash of a transaction of the present journal; None if nobody can tell."""
        ...

    def host_id(self) -> str: ...
    def is_epoch_checked(self) -> bool:
        """Say whether the ticket API was asked about this journal and epoch."""
        ...

    def frozen_counts(self) -> dict[tuple[str, str], int]: ...
    def staff_session(self, token_hash: str) -> tuple[str, datetime] | None:
        """Return (staff_id, signed in at) of a session that was not signed out."""
        ...

    def open_shift(self, staff_id: str) -> UUID | None: ...
    def shift(self, shift_id: UUID) -> ShiftRecord | None: ...
    def shifts(self, limit: int, staff_id: str | None = None) -> Sequence[ShiftRecord]:
        """Return so many shifts at most, open ones too, the newest first; of one person or all."""
        ...

    def waiting_drawer(self) -> ShiftRecord | None:
        """Return the shift that was closed last, or None if one was opened since."""
        ...

    def cancelled_payments(self, shift_id: UUID) -> Sequence[CancelledPayment]:
        """Return what was taken and given back without a sale in a shift, oldest first."""
        ...

    def latest_cancelled_payments(
        self, limit: int, shift_id: UUID | None = None
    ) -> Sequence[CancelledPayment]:
        """Return so many at most, newest first: a shift's, or all, also those of no shift."""
        ...

    def pin_failures(self) -> tuple[int, datetime | None]: ...


class JournalWriter(JournalReader, Protocol):
    """Reads and writes inside one SQLite transaction."""

    def append(self, new: NewTransaction) -> JournalRow:
        """Record a transaction: next sequence, receipt number, chain link; state QUEUED.

        Raises ValueError if the txn_id exists: look with `row` first.
        """
        ...

    def keep_answer(self, txn_id: UUID, answer: dict[str, Any]) -> None: ...
    def add_print(self, new: NewPrint) -> None:
        """Put a sheet at the end of the print queue."""
        ...

    def set_print_state(self, print_id: int, state: PrintState) -> bool:
        """Set the state of a print that is not over; False if there is no such one."""
        ...

    def doubt_prints(self, state: PrintState) -> int:
        """Let all prints of a state be in doubt; return how many."""
        ...

    def cancel_tickets(self, txn_id: UUID) -> None:
        """Take the tickets of a sale off the queue that were not begun."""
        ...

    def end_doubt(self, txn_id: UUID, kind: PrintKind, serial: str) -> None:
        """Give up on a doubtful print of the same sheet: it is printed again."""
        ...

    def put_cart(self, cart: StoredCart) -> None: ...
    def hold(self, txn_id: UUID, serials: Sequence[str]) -> None:
        """Available items become held for this cart; ValueError if one is not available."""
        ...

    def release(self, txn_id: UUID, serials: Sequence[str]) -> None:
        """Items held by this cart become available again."""
        ...

    def let_go(self, txn_id: UUID) -> None:
        """Take a cart's name off the frozen items that it still shows."""
        ...

    def set_stock_state(self, serials: Sequence[str], state: str) -> None: ...

    def put_lease_request(self, lease: Lease) -> None: ...
    def put_allotment(self, allotment: Allotment) -> None:
        """Complete the lease of the same request id and add its serials; a repeat adds nothing."""
        ...

    def drop_lease_request(self, request_id: UUID) -> None:
        """Forget a request that was refused for good before anything was granted."""
        ...

    def put_identity(self, kiosk_code: str, venue_id: str, venue_name: str) -> None: ...
    def put_catalogue(self, catalogue: Catalogue) -> None:
        """Keep the catalogue in place of the one before.

        An event that it lacks, but of which unsold stock is here, stays known as `withdrawn`.
        """
        ...

    def put_roster(self, roster: VenueRoster) -> None:
        """Keep the synced roster in place of the one before."""
        ...

    def put_verify_keys(self, keys: Sequence[VerifyKey]) -> None: ...
    def note_synced(self, what: str, at: datetime) -> None:
        """Remember when `keys` or `gate_feed` was last heard of whole."""
        ...

    def add_gate_facts(self, entries: Sequence[GateFeedEntry], next_cursor: int) -> None: ...
    def note_gate_fact(  # noqa: PLR0913  one row of the gate facts table
        self, *, event_id: str, serial: str, fact: str, at: datetime, gate: str, reason: str = ""
    ) -> None:
        """Remember a fact of this kiosk's own gate."""
        ...

    def begin_upload(
        self, limit: int, max_bytes: int, *, after: Outgoing | None = None
    ) -> Sequence[Outgoing]:
        """Mark the next queued rows UPLOADING and return what to send, in sequence order.

        All are of one journal; with `after`, the last of a batch so far, of that one's. Without,
        there is at least one if any is queued, however large.
        A row whose `depends_on` is parked or quarantined waits and is passed over; but the void
        of a quarantined sale is sent, for it closes that sale.
        """
        ...

    def settle(self, sequence: int, outcome: ItemOutcome, at: datetime) -> None:
        """Settled for good; if it is a void, its quarantined sale is queued again.

        If it is a refund, its tickets of this kiosk are revoked.
        """
        ...

    def quarantine(self, sequence: int, outcome: ItemOutcome, at: datetime) -> None: ...
    def requeue(
        self, sequences: Sequence[int], at: datetime, outcome: ItemOutcome | None = None
    ) -> None:
        """Back to QUEUED; with an outcome, the far side asked for a retry of these."""
        ...

    def park(self, sequence: int, outcome: ItemOutcome, at: datetime) -> None: ...
    def requeue_all_uploading(self) -> int:
        """At start: what was uploading is queued again. Returns how many."""
        ...

    def requeue_parked(self) -> Sequence[int]:
        """All parked rows try again. Returns their sequences."""
        ...

    def requeue_stuck(self, txn_ids: Sequence[UUID] | None) -> int:
        """Let parked and quarantined rows try again; None: all of them. Returns how many."""
        ...

    def put_receipt(self, signed: SignedReceipt, at: datetime) -> None:
        """Keep a receipt; a repeat changes nothing."""
        ...

    def put_handed_over(self, sequence: int, handed_over: HandedOver) -> None:
        """Remember who handed a transaction over; the newest counts."""
        ...

    def leave_for_archive(
        self, facts: ArchiveFacts, lines: Sequence[ArchiveLine], at: datetime
    ) -> None:
        """Replace rows by their ids, for ever; the archive is on disk by now.

        ValueError if one of them is not settled or not there any more.
        """
        ...

    def forget(self, what: Forgettable, limit: int) -> int:
        """Delete at most `limit` of each kind; return how many rows went."""
        ...

    def unshrinkable_bytes(self) -> int:
        """Return the file's size if it can't give pages back to the disk, else 0."""
        ...

    def shrink(self, pages: int) -> int:
        """Give at most so many free pages back to the disk; return how many are left free."""
        ...

    def open_epoch(self, new: NewEpoch) -> None:
        """Go on as another journal: what was recorded stays, old stock is frozen. Idempotent."""
        ...

    def raise_epoch(self, epoch: int) -> None:
        """Give receipt numbers of a higher epoch from now on, in the same journal."""
        ...

    def put_host_id(self, host_id: str) -> None: ...
    def note_epoch_checked(self) -> None: ...
    def acknowledge_epochs(self, at: datetime) -> int:
        """Take down the warnings of all epochs so far; return how many there were."""
        ...

    def put_staff_session(self, token_hash: str, staff_id: str, at: datetime) -> None: ...
    def end_staff_session(self, token_hash: str) -> None: ...
    def put_open_shift(
        self, shift_id: UUID, staff_id: str, at: datetime, sequence: int
    ) -> None: ...
    def close_shift(self, shift_id: UUID, at: datetime, sequence: int) -> None:
        """Remember that a drawer was counted; ValueError if it was before."""
        ...

    def note_cancelled_payment(self, cancelled: CancelledPayment) -> None:
        """Remember money that was taken and given back without a sale."""
        ...

    def put_clock_confirmation(self, confirmation: ClockConfirmation) -> None: ...
    def put_server_offset(self, offset_ms: int) -> None: ...
    def put_pin_failures(self, count: int, last_at: datetime | None) -> None: ...

    def begin_run(self, at: datetime, boot_id: str, pid: int, version: str) -> int: ...
    def end_run(self, run_id: int, at: datetime) -> None: ...
    def note_line(self, at: datetime, state: str, detail: str) -> None: ...
    def note_attempt(  # noqa: PLR0913  one row of the attempts table
        self,
        *,
        started_at: datetime,
        ended_at: datetime,
        first_sequence: int,
        last_sequence: int,
        items: int,
        result: str,
        detail: str,
    ) -> None:
        """Note one upload attempt: `answered`, or the FleetError code that ended it."""
        ...


class Journal(Protocol):
    """The open journal. Close it last."""

    async def write(self, work: Callable[[JournalWriter], T]) -> T:
        """Run `work` in one transaction; return its result once that is durable.

        Pieces of work that arrive together share a commit; one that raises is undone alone, and
        its error comes back to its caller. Raises ProblemError `storage_full`, `journal_damaged`.
        """
        ...

    async def read(self, work: Callable[[JournalReader], T]) -> T:
        """Run `work` on a reading connection; it sees all that `write` has answered."""
        ...

    async def close(self) -> None:
        """Finish what was handed over, checkpoint, close."""
        ...
