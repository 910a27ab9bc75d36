"""The Z report of the shift that was just closed."""

from typing import ClassVar

from textual.binding import Binding, BindingType

from kiosk_contracts.shifts import ShiftReport
from kiosk_texts import mark, tr
from kiosk_ui.hints import Hint
from kiosk_ui.places import Place
from kiosk_ui.screens.long import MORE
from kiosk_ui.screens.report import EXPORT, ReportScreen


class ZReportScreen(ReportScreen):
    """Shows it until the cashier signs out, or goes on at the gate."""

    HINTS = (
        MORE,
        EXPORT,
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
        Binding("enter", "sign_out", show=False),
        Binding("escape", "back", show=False),
    ]

    def report(self) -> ShiftReport | None:
        """Return what it was closed with."""
        return self.desk.session.z_report

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
