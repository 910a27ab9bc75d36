"""Paper, as the UI asks for it and speaks of it. Knows no screen."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final
from uuid import UUID

from kiosk_contracts.kiosk_status import KioskStatus
from kiosk_contracts.printing import (
    Print,
    PrintAgain,
    PrinterState,
    PrintKind,
    PrintReport,
    Prints,
    PrintState,
)
from kiosk_texts import mark, tr, trn
from kiosk_ui.cleaning import clean
from kiosk_ui.desk import Desk
from kiosk_ui.notices import Notice, Tone
from kiosk_ui.refund_words import standing_name

_TROUBLE: Final[Mapping[str, str]] = {
    PrinterState.PAPER_OUT: mark("Out of paper"),
    PrinterState.COVER_OPEN: mark("The printer is open"),
    PrinterState.UNREACHABLE: mark("No printer answers"),
}
_QUEUE: Final = "/v1/prints"
_REPORTS: Final = "/v1/prints/report"
_STATES: Final[Mapping[str, str]] = {
    PrintState.WAITING: mark("waits"),
    PrintState.PRINTING: mark("printing"),
    PrintState.DOUBTFUL: mark("not sure"),
}
_SHEETS: Final[Mapping[str, str]] = {
    PrintKind.TICKET: mark("ticket"),
    PrintKind.RECEIPT: mark("receipt"),
    PrintKind.REPORT: mark("report"),
}


class PaperDesk:
    """Asks for copies and reports, and announces that they are on their way."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def print_ticket(self, txn_id: UUID, serial: str) -> None:
        """Print one ticket of a sale again, marked as a copy."""
        wanted = PrintAgain(txn_id=txn_id, kind=PrintKind.TICKET, serial=serial)
        await self._copy(wanted, tr("Printing this ticket again, as a copy"))

    async def print_receipt(self, txn_id: UUID) -> None:
        """Print the receipt of a sale."""
        wanted = PrintAgain(txn_id=txn_id, kind=PrintKind.RECEIPT)
        await self._copy(wanted, tr("Printing the receipt"))

    async def print_report(self, shift_id: UUID) -> None:
        """Print a shift's report as it is now."""
        await self._report(shift_id, tr("Printing the report"))

    async def queue(self) -> Prints | None:
        """Return the printer's state and what is not printed; None if the agent is away."""
        client = self._desk.client
        return await self._desk.asking.ask_quietly(lambda: client.call(Prints, "GET", _QUEUE))

    async def print_once_more(self, sheet: Print) -> Prints | None:
        """Print a sheet again of which nobody knows whether it came out; None if refused."""
        if sheet.kind == PrintKind.REPORT:
            return await self._report(sheet.txn_id, tr("Printing the report again"))
        wanted = PrintAgain(txn_id=sheet.txn_id, kind=PrintKind(sheet.kind), serial=sheet.serial)
        return await self._copy(wanted, tr("Printing it again, as a copy"))

    async def give_up(self, sheet: Print) -> Prints | None:
        """Take a sheet off the queue; None if refused."""
        client, desk = self._desk.client, self._desk
        prints = await desk.asking.ask(
            lambda: client.call(Prints, "DELETE", f"{_QUEUE}/{sheet.print_id}"),
            what=tr("taking it off the queue"),
        )
        if prints is not None:
            words = tr("Taken off the queue: {sheet}", sheet=sheet_words(sheet))
            desk.announcer.announce(Notice(Tone.RECORDED, words))
        return prints

    async def _copy(self, wanted: PrintAgain, words: str) -> Prints | None:
        """Print what a transaction printed once more; each call is one more copy."""
        client, body = self._desk.client, wanted.to_json()
        return await self._ask(lambda: client.call(Prints, "POST", _QUEUE, body), words)

    async def _report(self, shift_id: UUID, words: str) -> Prints | None:
        """Print a shift's X report, or its Z report if it is closed."""
        client, body = self._desk.client, PrintReport(shift_id=shift_id).to_json()
        return await self._ask(lambda: client.call(Prints, "POST", _REPORTS, body), words)

    async def _ask(self, call: Callable[[], Awaitable[Prints]], words: str) -> Prints | None:
        prints = await self._desk.asking.ask(call, what=tr("asking for paper"))
        if prints is None:
            return None
        details = left_out_words(prints)
        trouble = _TROUBLE.get(prints.printer)
        if trouble is None:
            self._desk.announcer.announce(Notice(Tone.RECORDED, words, details))
        else:
            later = tr("It is printed as soon as the printer is ready.")
            self._desk.announcer.announce(Notice(Tone.AMBER, tr(trouble), (later, *details)))
        return prints


def left_out_words(prints: Prints) -> tuple[str, ...]:
    """Return which tickets that were meant are not printed, and why; nothing if all are."""
    which = [f"{clean(one.serial)} ({standing_name(one.standing)})" for one in prints.left_out]
    return (tr("Not printed: {tickets}", tickets=", ".join(which)),) if which else ()


def paper_words(status: KioskStatus | None) -> str:
    """Return what becomes of the tickets on paper; empty where there is no printer."""
    if status is None or status.printer in {"", PrinterState.NONE}:
        return ""
    trouble = _TROUBLE.get(status.printer)
    if trouble is not None:
        words = tr("{trouble}: {count} to print", trouble=tr(trouble), count=status.to_print)
        return f"▲ {words}"
    if status.to_print:
        return trn("Printing: {count} to come", "Printing: {count} to come", status.to_print)
    return tr("Printed")


def printer_words(state: str) -> str:
    """Return how the printer is."""
    if state in {"", PrinterState.NONE}:
        return tr("This kiosk has no printer.")
    if state in _TROUBLE:
        trouble = tr(_TROUBLE[state])
        waits = tr("{trouble}. What waits comes out by itself once it is ready.", trouble=trouble)
        return f"▲ {waits}"
    if state == PrinterState.PAPER_LOW:
        return f"▲ {tr('The printer is ready; its paper is nearly out.')}"
    return f"✔ {tr('The printer is ready.')}"


def sheet_words(sheet: Print) -> str:
    """Return what a sheet is, e.g. `ticket 0000000012, copy 1`."""
    known = _SHEETS.get(sheet.kind)
    words = clean(sheet.kind) if known is None else tr(known)
    if sheet.kind == PrintKind.TICKET and sheet.serial:
        words = tr("ticket {serial}", serial=clean(sheet.serial))
    if sheet.copy_number:
        return tr("{sheet}, copy {number}", sheet=words, number=sheet.copy_number)
    return words


def state_of_sheet(sheet: Print) -> str:
    """Return where a sheet stands."""
    known = _STATES.get(sheet.state)
    words = clean(sheet.state) if known is None else tr(known)
    return f"▲ {words}" if sheet.state == PrintState.DOUBTFUL else words
