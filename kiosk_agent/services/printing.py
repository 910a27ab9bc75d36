"""The print queue: one sheet at a time, in order, none twice without a mark.

A sheet is `printing` on disk before the first byte of it goes to the printer. Whoever finds it so
after a kill or a fault knows only that it may be on paper: it is in doubt, and a person decides.
"""

import asyncio
from typing import Final
from uuid import UUID

import structlog

from kiosk_agent.domain import refusals_print
from kiosk_agent.domain.paper import Sheet
from kiosk_agent.domain.people import StaffMember, require
from kiosk_agent.domain.printing import (
    NewPrint,
    StoredPrint,
    doubt_warning,
    printer_warning,
)
from kiosk_agent.domain.reprinting import Standings, copy_number, not_again, worthless
from kiosk_agent.domain.sheets import Heading, ToZone, receipt_sheet, report_sheet, ticket_sheet
from kiosk_agent.ports.journal import JournalReader, JournalWriter
from kiosk_agent.ports.printer import Printer, PrinterError
from kiosk_agent.services.agent_state import AgentState
from kiosk_agent.services.kiosk import Kiosk
from kiosk_agent.services.recording import first_answer
from kiosk_agent.services.ticket_standings import standings_of
from kiosk_agent.waiting import first_of
from kiosk_contracts.payloads import TransactionKind
from kiosk_contracts.printing import (
    NotPrinted,
    Print,
    PrintAgain,
    PrinterState,
    PrintKind,
    Prints,
    PrintState,
)
from kiosk_contracts.problem import ProblemError
from kiosk_contracts.selling import SaleRecorded
from kiosk_contracts.shifts import ShiftReport
from kiosk_contracts.staff import StaffRole
from kiosk_texts import speaking

log = structlog.get_logger(__name__)

_TROUBLE_LOOK_S: Final = 2.0
_IDLE_LOOK_S: Final = 30.0
"""How often a printer is asked how it is, if nothing happens."""
_SHOWN: Final = 100
_READY: Final = frozenset({PrinterState.READY, PrinterState.PAPER_LOW})
_X, _Z = "", "Z"
"""What stands for a serial where a report is printed: the X and the Z report of a shift are two."""
_TROUBLE, _DOUBT = "printer", "printer_doubt"


class PrintDesk:
    """What staff ask of the queue."""

    def __init__(self, kiosk: Kiosk) -> None:
        self._kiosk = kiosk

    async def prints(self) -> Prints:
        """Return the printer's state and what is not printed."""
        found = await self._kiosk.journal.read(lambda reader: reader.open_prints(_SHOWN))
        return Prints(printer=self._kiosk.printer.state, prints=tuple(map(_shown, found)))

    async def print_again(self, person: StaffMember, wanted: PrintAgain) -> Prints:
        """Print a sale's tickets or its receipt once more, marked as a copy; say what is left out.

        Raises ProblemError `printer_missing`, `nothing_to_print`, `role_too_low`.
        """
        require(person, StaffRole.CASHIER)
        self._need_printer()

        def work(writer: JournalWriter) -> Standings:
            sale = _sale(writer, wanted.txn_id)
            if sale is None or wanted.kind is PrintKind.REPORT:
                raise refusals_print.nothing_to_print()
            if wanted.kind is PrintKind.RECEIPT:
                self._add_again(writer, sale, PrintKind.RECEIPT, "")
                return {}
            meant = _meant(writer, sale, wanted.serial)
            left_out = not_again(meant)
            if len(left_out) == len(meant):
                raise refusals_print.nothing_valid_to_print(left_out)
            for serial in [one for one in meant if one not in left_out]:
                self._add_again(writer, sale, PrintKind.TICKET, serial)
            return left_out

        left_out = await self._kiosk.journal.write(work)
        self._kiosk.changes.notify()
        told = tuple(
            NotPrinted(serial=serial, standing=standing) for serial, standing in left_out.items()
        )
        return (await self.prints()).model_copy(update={"left_out": told})

    async def print_report(self, person: StaffMember, report: ShiftReport) -> Prints:
        """Print a report as it is now; a Z report that was printed before is a copy."""
        require(person, StaffRole.CASHIER)
        self._need_printer()
        # Each X report is another one; the Z report stays what it is.
        which = _Z if report.is_closed else _X

        def work(writer: JournalWriter) -> None:
            last = writer.last_copy(report.shift_id, PrintKind.REPORT, which)
            forgotten = report.is_closed and _is_archived(writer, report.shift_id)
            copy = copy_number(PrintKind.REPORT, last, forgotten=forgotten)
            copy = copy if report.is_closed else 0
            writer.end_doubt(report.shift_id, PrintKind.REPORT, which)
            body = report.model_dump_json()
            writer.add_print(self._new(report.shift_id, PrintKind.REPORT, which, copy, body))

        await self._kiosk.journal.write(work)
        self._kiosk.changes.notify()
        return await self.prints()

    async def give_up(self, person: StaffMember, print_id: int) -> Prints:
        """Take a sheet off the queue: it came out after all, or nobody wants it."""
        require(person, StaffRole.CASHIER)

        def work(writer: JournalWriter) -> None:
            if not writer.set_print_state(print_id, PrintState.CANCELLED):
                raise refusals_print.print_unknown(print_id)

        await self._kiosk.journal.write(work)
        self._kiosk.changes.notify()
        return await self.prints()

    def _add_again(
        self, writer: JournalWriter, sale: SaleRecorded, kind: PrintKind, serial: str
    ) -> None:
        last = writer.last_copy(sale.txn_id, kind, serial)
        # What was archived may have been printed by a queue that has forgotten it.
        forgotten = not writer.has_all(sale.sequence, sale.sequence)
        copy = copy_number(kind, last, forgotten=forgotten)
        writer.end_doubt(sale.txn_id, kind, serial)
        writer.add_print(self._new(sale.txn_id, kind, serial, copy))

    def _need_printer(self) -> None:
        if not self._kiosk.paper.has_printer:
            raise refusals_print.printer_missing()

    def _new(
        self, txn_id: UUID, kind: PrintKind, serial: str, copy: int, body: str = ""
    ) -> NewPrint:
        return NewPrint(txn_id, kind, serial, copy, self._kiosk.clock.now(), body)


class PrintQueue:
    """The only one that talks to the printer."""

    def __init__(self, kiosk: Kiosk, printer: Printer, state: AgentState, zone: ToZone) -> None:
        self._kiosk = kiosk
        self._zone = zone
        self._printer = printer
        self._state = state
        self._seen = kiosk.printer

    async def run(self) -> None:
        """Print what waits, for ever. What an earlier run left half printed is in doubt."""
        left = await self._kiosk.journal.write(
            lambda writer: writer.doubt_prints(PrintState.PRINTING)
        )
        if left:
            log.warning("prints_in_doubt", prints=left)
        while True:
            seen = self._kiosk.changes.version
            waiting = await self._kiosk.journal.read(lambda reader: reader.next_print())
            await self._look()
            if waiting is not None and self._seen.state in _READY:
                await self._print(waiting)
                continue
            in_trouble = self._seen.state not in _READY
            wait_s = _TROUBLE_LOOK_S if in_trouble else _IDLE_LOOK_S
            await first_of(self._kiosk.changes.beyond(seen), self._kiosk.clock.sleep(wait_s))

    async def _look(self) -> None:
        """Ask the printer how it is, and tell staff what is new."""
        state = await asyncio.to_thread(self._printer.state)
        if state is not self._seen.state:
            log.info("printer_state", state=state.value)
            self._seen.state = state
            self._kiosk.changes.notify()

        def work(reader: JournalReader) -> tuple[int, list[StoredPrint]]:
            found = reader.open_prints(_SHOWN)
            doubtful = [one for one in found if one.state is PrintState.DOUBTFUL]
            return reader.count_prints(PrintState.WAITING), doubtful

        waiting, doubtful = await self._kiosk.journal.read(work)
        self._state.report(_TROUBLE, lambda: printer_warning(state, waiting))
        self._state.report(_DOUBT, lambda: doubt_warning(doubtful))

    async def _print(self, one: StoredPrint) -> None:
        try:
            with speaking(self._kiosk.language):
                sheet = await self._kiosk.journal.read(lambda reader: self._sheet(reader, one))
        except ProblemError as error:
            # Nobody can tell whether it is still valid: a person decides.
            log.warning("print_in_doubt", print_id=one.print_id, detail=error.problem.detail)
            await self._set(one, PrintState.DOUBTFUL)
            return
        if sheet is None:
            log.error("print_impossible", print_id=one.print_id, kind=one.kind.value)
            await self._set(one, PrintState.CANCELLED)
            return
        if not await self._set(one, PrintState.PRINTING):
            log.info("print_taken_off", print_id=one.print_id)
            return
        try:
            await asyncio.to_thread(self._printer.print, sheet)
        except PrinterError as error:
            log.warning("print_failed", print_id=one.print_id, detail=str(error))
            await self._set(one, PrintState.DOUBTFUL if error.begun else PrintState.WAITING)
            self._seen.state = error.state
            self._kiosk.changes.notify()
        else:
            await self._set(one, PrintState.PRINTED)

    async def _set(self, one: StoredPrint, state: PrintState) -> bool:
        """Set where a sheet stands; False if somebody took it off the queue meanwhile."""
        is_set = await self._kiosk.journal.write(
            lambda writer: writer.set_print_state(one.print_id, state)
        )
        self._kiosk.changes.notify()
        return is_set

    def _sheet(self, reader: JournalReader, one: StoredPrint) -> Sheet | None:
        """Return what to print; None if there is nothing, or it lets nobody in any more.

        Raises ProblemError `journal_damaged` where nobody can tell.
        """
        heading = Heading(reader.identity().venue_name, self._zone)
        if one.kind is PrintKind.REPORT:
            return report_sheet(ShiftReport.model_validate_json(one.body), heading, one.copy_number)
        sale = _sale(reader, one.txn_id)
        if sale is None:
            return None
        undone = worthless(standings_of(reader, sale))
        if one.kind is PrintKind.RECEIPT:
            return receipt_sheet(sale, heading, one.copy_number, undone)
        tickets = [ticket for ticket in sale.tickets if ticket.serial == one.serial]
        if not tickets or one.serial in undone:
            return None
        return ticket_sheet(sale, tickets[0], heading, one.copy_number)


def _sale(reader: JournalReader, txn_id: UUID) -> SaleRecorded | None:
    row = reader.row(txn_id)
    if row is None or row.kind != TransactionKind.SALE:
        return None
    try:
        return SaleRecorded.model_validate(first_answer(row))
    except ValueError:
        # Its answer was damaged, or a salvage saved the sale without.
        return None


def _is_archived(reader: JournalReader, shift_id: UUID) -> bool:
    shift = reader.shift(shift_id)
    closed = shift.closed_sequence if shift is not None else None
    return closed is not None and not reader.has_all(closed, closed)


def _meant(reader: JournalReader, sale: SaleRecorded, serial: str) -> Standings:
    """Return the tickets that are meant, all or one; ProblemError `nothing_to_print` if none is."""
    standings = standings_of(reader, sale)
    meant = {one: standing for one, standing in standings.items() if serial in {"", one}}
    if not meant:
        raise refusals_print.nothing_to_print()
    return meant


def _shown(one: StoredPrint) -> Print:
    return Print(
        print_id=one.print_id,
        txn_id=one.txn_id,
        kind=one.kind,
        serial=one.serial,
        copy_number=one.copy_number,
        state=one.state,
        asked_at=one.asked_at,
    )
