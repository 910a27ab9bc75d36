"""How the kiosk stands: the line, what works, what is left, what waits, what is safe."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from kiosk_texts import mark, tr
from kiosk_ui.hints import Hint
from kiosk_ui.listings import Listing
from kiosk_ui.notices import refused
from kiosk_ui.places import Place
from kiosk_ui.screens.long import MORE, LongScreen
from kiosk_ui.standing_words import standing_lines
from kiosk_ui.widgets.drawer.report_view import ReportView


class StandingScreen(LongScreen):
    """Shows it as it changes."""

    HINTS = (
        MORE,
        Hint("F6", mark("carts"), "f6", mark("Lists the carts in payment; a manager frees one.")),
        Hint("F7", mark("what is stuck"), "f7", mark("Lists what waits for a person.")),
        Hint("F8", mark("check"), "f8", mark("Goes to the check of before doors open.")),
        Hint("Esc", mark("back"), "escape", mark("Goes to Events.")),
    )
    PURPOSE = mark(
        "How this kiosk stands: the line and since when, what works without one, how long it can "
        "sell what is left, what is not sent, whether it is safe to switch it off or to reinstall "
        "it."
    )
    TITLE_WORDS = mark("line")
    finish_first: ClassVar[str] = mark("Go to the gate first")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f6", "carts", show=False),
        Binding("f7", "stuck", show=False),
        Binding("f8", "check", show=False),
        Binding("escape", "back", show=False),
    ]

    def compose_body(self) -> ComposeResult:
        """Leave room for the lines."""
        yield ReportView()

    def on_mount(self) -> None:
        """Show what is known."""
        self._show()

    def status_changed(self) -> None:
        """Show what is known now."""
        self._show()

    def action_carts(self) -> None:
        """Go to the carts in payment, if this person may have one."""
        if not self.desk.session.may_sell():
            words = refused(tr("You have no carts with this PIN"), tr("It is for the gate."))
            self.desk.announcer.announce(words)
        elif not self.desk.asking.pending:
            self.go(Place.CARTS)

    def action_stuck(self) -> None:
        """Go to what is stuck."""
        if not self.desk.asking.pending:
            self.desk.session.listing = Listing.STUCK
            self.go(Place.TRANSACTIONS)

    def action_check(self) -> None:
        """Go to the pre-show check."""
        if not self.desk.asking.pending:
            self.go(Place.PRE_SHOW)

    def action_back(self) -> None:
        """Go to Events."""
        if not self.desk.asking.pending:
            self.go(Place.EVENTS)

    def _show(self) -> None:
        status = self.desk.link.status
        if status is not None:
            self.query_one(ReportView).show(standing_lines(status, self.desk.clock))
