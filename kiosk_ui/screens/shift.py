"""One shift of the list: its report, to read, print and export, and closing it for another."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from kiosk_contracts.shifts import ShiftReport
from kiosk_texts import mark, tr
from kiosk_ui.exporting import export_report
from kiosk_ui.hints import Hint
from kiosk_ui.notices import refused
from kiosk_ui.places import Place
from kiosk_ui.printing import PaperDesk
from kiosk_ui.report_words import report_lines
from kiosk_ui.screens.report import MORE, ReportScreen
from kiosk_ui.widgets.drawer.report_view import ReportView


class ShiftScreen(ReportScreen):
    """Shows the chosen shift's Z report, or its X report while it is open."""

    HINTS = (
        MORE,
        Hint(
            "F2",
            mark("export"),
            "f2",
            mark("Writes it to files of the venue host: CSV and JSON."),
        ),
        Hint(
            "F8",
            mark("tally"),
            "f8",
            mark("Counts the drawer of a shift that is open, to close it in its cashier's place."),
        ),
        Hint(
            "F9",
            mark("print"),
            "f9",
            mark("Prints it; a Z report that was printed before is marked as a copy."),
        ),
        Hint("Esc", mark("back"), "escape", mark("Goes to the list of shifts.")),
    )
    PURPOSE = mark(
        "The report of one shift: the Z report as it was closed, or the X report as it is while it "
        "is open. A manager counts and closes an absent cashier's shift, and is named on it."
    )
    TITLE_WORDS = mark("a shift")
    finish_first: ClassVar[str] = mark("Leave the report first")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2", "export", show=False),
        Binding("f8", "count", show=False),
        Binding("f9", "print", show=False),
        Binding("escape", "back", show=False),
    ]

    def compose_body(self) -> ComposeResult:
        """Leave room for the report."""
        yield ReportView()

    def on_mount(self) -> None:
        """Show the report."""
        report = self.desk.session.shift
        if report is not None:
            self.query_one(ReportView).show(report_lines(report, self.desk.clock))

    def action_count(self) -> None:
        """Count its drawer, if it is open."""
        report = self._free_report()
        if report is None:
            return
        if report.is_closed:
            words = tr("It was counted; the next shift has a count of its own.")
            self.desk.announcer.announce(refused(tr("This shift is closed already"), words))
            return
        staff = self.desk.session.staff
        self.desk.session.counts_chosen = staff is None or staff.staff_id != report.staff_id
        self.go(Place.COUNT)

    def action_print(self) -> None:
        """Print it."""
        report = self._free_report()
        if report is not None:
            work = PaperDesk(self.desk).print_report(report.shift_id)
            self.run_worker(work, exclusive=True, group="paper")

    def action_export(self) -> None:
        """Write it to files."""
        report = self._free_report()
        if report is not None:
            work = export_report(self.desk, report.shift_id)
            self.run_worker(work, exclusive=True, group="export")

    def action_back(self) -> None:
        """Go to the list of shifts."""
        if not self.desk.asking.pending:
            self.go(Place.SHIFTS)

    def _free_report(self) -> ShiftReport | None:
        return None if self.desk.asking.pending else self.desk.session.shift
