"""The Z report of the shift that was just closed."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from kiosk_texts import mark, tr
from kiosk_ui.exporting import export_report
from kiosk_ui.hints import Hint
from kiosk_ui.places import Place
from kiosk_ui.printing import PaperDesk
from kiosk_ui.report_words import report_lines
from kiosk_ui.screens.report import MORE, ReportScreen
from kiosk_ui.widgets.drawer.report_view import ReportView


class ZReportScreen(ReportScreen):
    """Shows it until the cashier signs out, or goes on at the gate."""

    HINTS = (
        MORE,
        Hint(
            "F2",
            mark("export"),
            "f2",
            mark("Writes it to files of the venue host: CSV and JSON."),
        ),
        Hint("F9", mark("print"), "f9", mark("Prints this Z report.")),
        Hint(
            "Enter",
            mark("sign out"),
            "enter",
            mark("Signs out. Whoever signs in next takes the drawer over, if they like."),
        ),
        Hint(
            "Esc", mark("to the events"), "escape", mark("Goes to Events: the gate needs no shift.")
        ),
    )
    PURPOSE = mark(
        "The Z report: the shift is closed, and this is what it was. The next shift opens with "
        "what is in the drawer."
    )
    TITLE_WORDS = mark("shift closed")
    finish_first: ClassVar[str] = mark("Leave the report first")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2", "export", show=False),
        Binding("f9", "print", show=False),
        Binding("enter", "sign_out", show=False),
        Binding("escape", "back", show=False),
    ]

    def compose_body(self) -> ComposeResult:
        """Leave room for the report."""
        yield ReportView()

    def on_mount(self) -> None:
        """Show the report."""
        report = self.desk.session.z_report
        if report is not None:
            self.query_one(ReportView).show(report_lines(report, self.desk.clock))

    def action_print(self) -> None:
        """Print it."""
        report = self.desk.session.z_report
        if report is not None and not self.desk.asking.pending:
            work = PaperDesk(self.desk).print_report(report.shift_id)
            self.run_worker(work, exclusive=True, group="paper")

    def action_export(self) -> None:
        """Write it to files."""
        report = self.desk.session.z_report
        if report is not None and not self.desk.asking.pending:
            work = export_report(self.desk, report.shift_id)
            self.run_worker(work, exclusive=True, group="export")

    def action_sign_out(self) -> None:
        """Sign out."""
        if not self.desk.asking.pending:
            self.run_worker(self._sign_out(), exclusive=True, group="sign-out")

    def action_back(self) -> None:
        """Go to Events."""
        if not self.desk.asking.pending:
            self.go(Place.EVENTS)

    async def _sign_out(self) -> None:
        await self.desk.asking.ask(self.desk.client.sign_out, what=tr("signing out"))
        self.desk.announcer.signed_out()
