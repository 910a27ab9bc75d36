"""What the agent tells the UI and the command line of itself."""

from enum import StrEnum
from typing import Final

from pydantic import AwareDatetime, Field

from kiosk_contracts.ids import EventId, JournalId, KioskCode, KioskId, TicketTypeId, TxnId
from kiosk_contracts.images import ImageStanding
from kiosk_contracts.money import Money
from kiosk_contracts.quarantine import HandedOver
from kiosk_contracts.ui_report import UiReport
from kiosk_contracts.update_lock import UpdateLock
from kiosk_contracts.wire import WireModel


class LineState(StrEnum):
    """Whether the cloud answers. OFFLINE claims only that our last try failed."""

    ONLINE = "online"
    OFFLINE = "offline"
    CONNECTING = "connecting"


class JournalState(StrEnum):
    """Where a transaction stands on its way to being settled."""

    QUEUED = "queued"
    UPLOADING = "uploading"
    SETTLED = "settled"
    PARKED = "parked"
    QUARANTINED = "quarantined"


class StockLine(WireModel):
    """What is left to sell of a ticket type."""

    event_id: EventId
    event_name: str
    ticket_type_id: TicketTypeId
    ticket_type_name: str
    left: int = Field(ge=0)
    held: int = Field(ge=0)
    """In open carts."""
    frozen: int = Field(default=0, ge=0)
    """Of an earlier journal: counted, never sold, until the operators have written them off."""
    sells_until: AwareDatetime | None = None
    """When the last of them stop selling here, to the minute; None if there are none."""


class StatusWarning(WireModel):
    """Something that a person should know now."""

    code: str
    text: str
    hint: str = ""


class KioskStatus(WireModel):
    """The agent's state, for the line that every screen shows and for `kiosk-agent status`."""

    kiosk_id: KioskId
    kiosk_code: KioskCode
    venue_name: str
    agent_version: str
    line: str
    """A LineState."""
    line_since: AwareDatetime
    line_detail: str = ""
    """Why it is down, in words."""
    last_contact_at: AwareDatetime | None
    journal_id: JournalId
    epoch: int
    last_sequence: int
    counts: dict[str, int]
    """Transactions by JournalState."""
    handed_over: int = 0
    """Of the quarantined ones: how many were handed over."""
    unsent: int
    """Queued, uploading and parked: what the ticket API does not have yet."""
    oldest_unsent_at: AwareDatetime | None
    stock: tuple[StockLine, ...]
    open_carts: int
    draining: bool
    retired: bool = False
    """Whether operators took this host out of service: it sells nothing anew."""
    warnings: tuple[StatusWarning, ...]
    safe_to_power_off: bool = True
    """Always: what was answered is on disk, and what was not is asked again."""
    safe_to_reinstall: bool = False
    """Whether nothing would be lost with the journal's file."""
    why_not: tuple[str, ...] = ()
    """Why it is not safe to reinstall, in words."""
    free_bytes: int | None = None
    """What may still be written to the disk that the journal is on."""
    room: str = ""
    """`plenty`, `low` (a warning) or `stop` (no new sales)."""
    sqlite_version: str = ""
    """The library that keeps the journal."""
    printer: str = ""
    """A PrinterState; empty from an agent that knows no printers."""
    to_print: int = 0
    """Sheets that wait for the printer."""
    training: bool = False
    """Whether nothing here is sold or sent: people practise."""
    scanner: str = ""
    """A ScannerState; empty from an agent that knows no scanners."""
    scanner_layout: str = ""
    """What arrives for each of `scanning.CODE_CHARACTERS`; empty: nobody calibrated."""
    refunds_asking: int = 0
    """Refunds that the ticket API has not decided."""
    refunds_to_give: int = 0
    """Refunds that settled, and whose money nobody has given back."""
    screen: str = ""
    """Which kiosk UI answers keys, of those that ask for the screen; empty if none does."""
    images: tuple[ImageStanding, ...] = ()
    """Images that are wanted here ahead of their release, and how they stand."""
    ui: UiReport | None = None
    """Which kiosk UI is on the screen, by whom; None where the supervisor is silent."""
    update_lock: UpdateLock | None = None
    """Until its end no update comes to this kiosk's screen; None if none is in force."""


class TransactionRow(WireModel):
    """One transaction of this kiosk's journal, for lists."""

    txn_id: TxnId
    sequence: int
    kind: str
    state: str
    """A JournalState."""
    receipt_number: str | None
    recorded_at: AwareDatetime
    cashier_id: str
    total: Money | None
    """Of cash paid in or out: how much; None where no money is told."""
    tickets: int
    voided: bool
    attempts: int
    """How often it was sent."""
    reason: str = ""
    """Why it is parked or quarantined."""
    hint: str = ""
    """What to do about it."""
    flags: tuple[str, ...] = ()
    acts: tuple[str, ...] = ()
    """QuarantineActs that make sense now; none unless it is quarantined."""
    handed_over: HandedOver | None = None
    decision: str = ""
    """Of a refund: a RefundDecision."""
    refunded: int = 0
    """Of a sale: how many of its tickets this kiosk's refunds took back."""
    cashier_name: str = ""
    """Their id where the roster does not know them any more; so the next."""
    handed_over_name: str = ""
    """Of who handed it over; empty if nobody did."""


MOST_ROWS: Final = 200
"""Transactions in a page, at most."""


class TransactionPage(WireModel):
    """Transactions, newest first."""

    transactions: tuple[TransactionRow, ...]
    next_before: int | None
    """Ask for `?before=` this sequence for older ones; None at the end."""
