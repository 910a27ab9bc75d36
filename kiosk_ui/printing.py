"""Paper, as the UI asks for it and speaks of it. Knows no screen."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from kiosk_contracts.kiosk_status import KioskStatus
from kiosk_contracts.printing import PrintAgain, PrinterState, PrintKind, Prints
from kiosk_ui.desk import Desk
from kiosk_ui.notices import Notice, Tone

_TROUBLE: dict[str, str] = {
    PrinterState.PAPER_OUT: "Out of paper",
    PrinterState.COVER_OPEN: "The printer is open",
    PrinterState.UNREACHABLE: "No printer answers",
}


class PaperDesk:
    """Asks for copies and reports, and announces that they are on their way."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def print_ticket(self, txn_id: UUID, serial: str) -> None:
        """Print one ticket of a sale again, marked as a copy."""
        wanted = PrintAgain(txn_id=txn_id, kind=PrintKind.TICKET, serial=serial)
        client = self._desk.client
        await self._ask(lambda: client.print_again(wanted), "Printing this ticket again, as a copy")

    async def print_receipt(self, txn_id: UUID) -> None:
        """Print the receipt of a sale."""
        wanted = PrintAgain(txn_id=txn_id, kind=PrintKind.RECEIPT)
        client = self._desk.client
        await self._ask(lambda: client.print_again(wanted), "Printing the receipt, as a copy")

    async def print_report(self, shift_id: UUID) -> None:
        """Print a shift's report as it is now."""
        client = self._desk.client
        await self._ask(lambda: client.print_report(shift_id), "Printing the report")

    async def _ask(self, call: Callable[[], Awaitable[Prints]], words: str) -> None:
        prints = await self._desk.asking.ask(call, what="asking for paper")
        if prints is None:
            return
        trouble = _TROUBLE.get(prints.printer)
        if trouble is None:
            self._desk.announcer.announce(Notice(Tone.RECORDED, words))
        else:
            self._desk.announcer.announce(
                Notice(Tone.AMBER, trouble, ("It is printed as soon as the printer is ready.",))
            )


def paper_words(status: KioskStatus | None) -> str:
    """Return what becomes of the tickets on paper; empty where there is no printer."""
    if status is None or status.printer in {"", PrinterState.NONE}:
        return ""
    trouble = _TROUBLE.get(status.printer)
    if trouble is not None:
        return f"▲ {trouble}: {status.to_print} to print"
    return f"Printing: {status.to_print} to come" if status.to_print else "Printed"
