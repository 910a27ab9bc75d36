"""What is to be printed, and what staff are told about it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final
from uuid import UUID

from kiosk_agent.domain.wording import sentences
from kiosk_contracts.kiosk_status import StatusWarning
from kiosk_contracts.printing import PrinterState, PrintKind, PrintState
from kiosk_contracts.selling import SaleRecorded
from kiosk_texts import mark, tr


@dataclass(frozen=True, slots=True)
class NewPrint:
    """One sheet that is asked for."""

    txn_id: UUID
    kind: PrintKind
    serial: str
    copy_number: int
    asked_at: datetime
    body: str = ""
    """What a report says, as JSON; tickets and receipts are told by their transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPrint(NewPrint):
    """One sheet of the queue."""

    print_id: int
    state: PrintState


@dataclass(frozen=True, slots=True)
class PaperRules:
    """Whether there is a printer, and what it prints without being asked."""

    has_printer: bool = False
    receipts: bool = False
    """The tickets of a sale are printed anyway."""


@dataclass(slots=True)
class SeenPrinter:
    """The printer as the queue saw it last."""

    state: PrinterState = PrinterState.NONE


def sheets_of_sale(sale: SaleRecorded, rules: PaperRules, at: datetime) -> Iterator[NewPrint]:
    """Return what a new sale prints by itself."""
    if not rules.has_printer:
        return
    for ticket in sale.tickets:
        yield NewPrint(sale.txn_id, PrintKind.TICKET, ticket.serial, 0, at)
    if rules.receipts:
        yield NewPrint(sale.txn_id, PrintKind.RECEIPT, "", 0, at)


_TROUBLE: Final[Mapping[PrinterState, tuple[str, str]]] = MappingProxyType(
    {
        PrinterState.PAPER_OUT: (
            mark("The printer is out of paper."),
            mark("Put in a new roll; what waits is printed by itself."),
        ),
        PrinterState.COVER_OPEN: (
            mark("The printer's cover is open."),
            mark("Close it; what waits is printed by itself."),
        ),
        PrinterState.UNREACHABLE: (
            mark("The printer does not answer."),
            mark("Check its power and its cable; what waits is printed by itself."),
        ),
        PrinterState.PAPER_LOW: (
            mark("The printer's paper is nearly out."),
            mark("Have a new roll at hand."),
        ),
    }
)


def printer_warning(state: PrinterState, waiting: int) -> StatusWarning | None:
    """Return what staff are told of the printer, if anything."""
    if state not in _TROUBLE:
        return None
    text, hint = _TROUBLE[state]
    stopped = waiting and state is not PrinterState.PAPER_LOW
    return StatusWarning(
        code=f"printer_{state}",
        text=sentences(tr(text), tr("{count} to print.", count=waiting) if stopped else ""),
        hint=tr(hint),
    )


def doubt_warning(doubtful: Sequence[StoredPrint]) -> StatusWarning | None:
    """Return what staff are told of sheets that may not have come out."""
    if not doubtful:
        return None
    which = ", ".join(_named(doubtful))
    return StatusWarning(
        code="print_doubtful",
        text=tr("Not sure that this was printed: {which}.", which=which),
        hint=tr(
            "Look at the printer. What is missing, print again from Transactions: it is marked."
        ),
    )


def _named(prints: Iterable[StoredPrint]) -> Iterator[str]:
    for one in prints:
        match one.kind:
            case PrintKind.TICKET:
                yield tr("ticket {serial}", serial=one.serial)
            case PrintKind.RECEIPT:
                yield tr("a receipt")
            case PrintKind.REPORT:
                yield tr("a report")
