"""The opening float: what is in the drawer when a shift opens."""

from typing import ClassVar
from uuid import UUID

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalGroup
from textual.widgets import Input, Static

from kiosk_contracts.money import Money
from kiosk_contracts.shifts import OpenShift
from kiosk_ui.hints import Hint
from kiosk_ui.notices import refused
from kiosk_ui.places import Place
from kiosk_ui.screens.base import KioskScreen
from kiosk_ui.selling import new_txn_id
from kiosk_ui.widgets.forms.field import Field
from kiosk_ui.words import parse_amount, recorded_notice


class OpeningFloatScreen(KioskScreen):
    """Asks what is in the drawer, and opens the shift."""

    HINTS = (
        Hint("0-9", "the cash in the drawer"),
        Hint("Enter", "open the shift", "enter"),
        Hint("Esc", "without a shift", "escape"),
    )
    TITLE_WORDS = "opening float"
    finish_first: ClassVar[str] = "Open the shift first"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "without", show=False)]
    DEFAULT_CSS = """
    OpeningFloatScreen .title { text-style: bold; margin-bottom: 1; }
    OpeningFloatScreen .help { margin-top: 1; color: $foreground-muted; }
    """

    def compose_body(self) -> ComposeResult:
        """Ask for the amount."""
        staff = self.desk.session.staff
        currency = staff.currency if staff else ""
        with VerticalGroup():
            yield Static(Text("Count the drawer, then open your shift."), classes="title")
            yield Field(f"Opening float in {currency}", max_length=14)
            yield Static(Text("Leave it empty if the drawer is empty."), classes="help")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Open the shift with what was typed."""
        event.stop()
        staff = self.desk.session.staff
        if staff is None or self.desk.asking.pending:
            return
        try:
            amount = parse_amount(event.value or "0", staff.currency)
        except ValueError as error:
            self.desk.announcer.announce(refused("The opening float cannot be read", str(error)))
            return
        self.run_worker(self._open(new_txn_id(), amount), exclusive=True)

    def action_without(self) -> None:
        """Go on without a shift: the gate needs none."""
        if not self.desk.asking.pending:
            self.go(Place.EVENTS)

    async def _open(self, txn_id: UUID, amount: Money) -> None:
        desk = self.desk
        shift = OpenShift(txn_id=txn_id, opening_float=amount)
        recorded = await desk.asking.ask(
            lambda: desk.client.open_shift(shift), what="opening the shift"
        )
        session = await desk.asking.ask_quietly(desk.client.session)
        if session is not None:
            desk.session.staff = session
        if recorded is not None:
            desk.announcer.announce(recorded_notice(recorded))
        if recorded is not None or not desk.session.needs_shift():
            self.go(Place.EVENTS)
