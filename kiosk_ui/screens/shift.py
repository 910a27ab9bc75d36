"""One shift of the list: its report, to read, print and export, and closing it for another."""

from typing import ClassVar

from textual.binding import Binding, BindingType

from kiosk_contracts.shifts import ShiftReport
from kiosk_texts import mark, tr
from kiosk_ui.hints import Hint
from kiosk_ui.notices import refused
from kiosk_ui.places import Place
from kiosk_ui.screens.long import MORE
from kiosk_ui.screens.report import EXPORT, ReportScreen


class ShiftScreen(ReportScreen):
    """Shows the chosen shift's Z report, or its X report while it is open."""

    HINTS = (
        MORE,
        EXPORT,
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
        Binding("f8", "count", show=False),
        Binding("escape", "back", show=False),
    ]

    def report(self) -> ShiftReport | None:
        """Return the chosen shift's."""
        return self.desk.session.shift

    def action_count(self) -> None:
        """Count its drawer, if it is open."""
        report = self.free_report()
        if report is None:
            return
        if report.is_closed:
            words = tr("It was counted; the next shift has a count of its own.")
            self.desk.announcer.announce(refused(tr("This shift is closed already"), words))
            return
        staff = self.desk.session.staff
        self.desk.session.counts_chosen = staff is None or staff.staff_id != report.staff_id
        self.go(Place.COUNT)

    def action_back(self) -> None:
        """Go to the list of shifts."""
        if not self.desk.asking.pending:
            self.go(Place.SHIFTS)
