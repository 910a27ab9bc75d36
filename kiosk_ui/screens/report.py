"""What the screens with a shift's report on them share: reading, exporting, printing it."""

from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from kiosk_contracts.shifts import ShiftReport
from kiosk_texts import mark
from kiosk_ui.exporting import export_report
from kiosk_ui.hints import Hint
from kiosk_ui.printing import PaperDesk
from kiosk_ui.report_words import report_lines
from kiosk_ui.screens.long import LongScreen
from kiosk_ui.widgets.drawer.report_view import ReportView

EXPORT: Final = Hint(
    "F2", mark("export"), "f2", mark("Writes it to files of the venue host: CSV and JSON.")
)
"""The hint for the files."""


class ReportScreen(LongScreen):
    """A screen whose body is a shift's report."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2", "export", show=False),
        Binding("f9", "print", show=False),
    ]

    def compose_body(self) -> ComposeResult:
        """Leave room for the report."""
        yield ReportView()

    def on_mount(self) -> None:
        """Show the report."""
        report = self.report()
        if report is not None:
            self.query_one(ReportView).show(report_lines(report, self.desk.clock))

    def report(self) -> ShiftReport | None:
        """Return the report that is shown; None if there is none yet."""
        raise NotImplementedError

    def free_report(self) -> ShiftReport | None:
        """Return it while nothing else is under way."""
        return None if self.desk.asking.pending else self.report()

    def action_print(self) -> None:
        """Print it."""
        report = self.free_report()
        if report is not None:
            work = PaperDesk(self.desk).print_report(report.shift_id)
            self.run_worker(work, exclusive=True, group="paper")

    def action_export(self) -> None:
        """Write it to files."""
        report = self.free_report()
        if report is not None:
            work = export_report(self.desk, report.shift_id)
            self.run_worker(work, exclusive=True, group="export")
