"""Paper, over the UI socket: the printer's state, and what waits for it."""

from enum import StrEnum
from uuid import UUID

from pydantic import AwareDatetime, Field

from kiosk_contracts.ids import ShiftId, TxnId
from kiosk_contracts.wire import WireModel


class PrinterState(StrEnum):
    """How the printer is. NONE: this kiosk has none."""

    NONE = "none"
    READY = "ready"
    PAPER_LOW = "paper_low"
    PAPER_OUT = "paper_out"
    COVER_OPEN = "cover_open"
    UNREACHABLE = "unreachable"


class PrintKind(StrEnum):
    """What a sheet is."""

    TICKET = "ticket"
    RECEIPT = "receipt"
    REPORT = "report"


class PrintState(StrEnum):
    """Where a print stands. DOUBTFUL: it was begun, and nobody knows whether it came out."""

    WAITING = "waiting"
    PRINTING = "printing"
    PRINTED = "printed"
    DOUBTFUL = "doubtful"
    CANCELLED = "cancelled"


class Print(WireModel):
    """One sheet that was asked for."""

    print_id: int
    txn_id: UUID
    """The sale's txn_id, or the shift's id."""
    kind: str
    """A PrintKind."""
    serial: str = ""
    """Of a ticket."""
    copy_number: int = Field(ge=0)
    """0 is no copy; others say which copy they are."""
    state: str
    """A PrintState."""
    asked_at: AwareDatetime


class PrintAgain(WireModel):
    """Print what a transaction printed once more, marked as a copy."""

    txn_id: TxnId
    kind: PrintKind
    serial: str = ""
    """One ticket alone; empty is all of a sale."""


class PrintReport(WireModel):
    """Print the X report of an open shift, or the Z report of a closed one."""

    shift_id: ShiftId | None = None
    """None is one's own."""


class NotPrinted(WireModel):
    """A ticket that was meant, and is not printed: no gate lets it in, or soon none may."""

    serial: str
    standing: str
    """A TicketStanding."""


class Prints(WireModel):
    """The printer, and what is not printed yet."""

    printer: str
    """A PrinterState."""
    prints: tuple[Print, ...]
    left_out: tuple[NotPrinted, ...] = ()
    """Of the tickets that were just asked for."""
