"""The refund's questions: which tickets, why, and a manager's PIN where the agent wants one."""

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import OptionList, Static

from kiosk_contracts.look_up import FoundTicket, TicketStanding
from kiosk_contracts.money import total
from kiosk_ui.cart_lines import kind_words
from kiosk_ui.clock import Clock
from kiosk_ui.hints import Hint
from kiosk_ui.refund_words import standing_words
from kiosk_ui.screens.approval import ApprovalScreen
from kiosk_ui.screens.panel import PanelScreen
from kiosk_ui.widgets.frame.key_hints import KeyHints
from kiosk_ui.widgets.lists.row_list import Column, Row, RowList


class RefundScreen(ApprovalScreen):
    """Asks before a refund is asked for."""

    finish_first: ClassVar[str] = "Finish or leave the refund first"
    ASKS: ClassVar[str] = "Reason"
    MISSING: ClassVar[str] = "Type why the tickets come back."
    DOES: ClassVar[str] = "ask for the refund"
    MORE: ClassVar[str] = "The ticket API decides. Give no money before this screen says so."


class RefundTicketsScreen(PanelScreen[tuple[str, ...]]):
    """Asks which tickets of a sale come back; all that can are chosen at first."""

    finish_first: ClassVar[str] = "Finish or leave the refund first"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("space", "turn", show=False)]
    DEFAULT_CSS = """
    RefundTicketsScreen RowList { height: auto; max-height: 12; }
    RefundTicketsScreen Rows, RefundTicketsScreen Rows:focus {
        height: auto; max-height: 10; background: $surface;
    }
    """

    def __init__(self, receipt: str, tickets: Sequence[FoundTicket], clock: Clock) -> None:
        super().__init__()
        self._receipt = receipt
        self._tickets = {ticket.serial: ticket for ticket in tickets}
        self._clock = clock
        self._chosen = {
            ticket.serial for ticket in tickets if ticket.standing == TicketStanding.VALID
        }

    def compose(self) -> ComposeResult:
        """Question, tickets, what they come to, keys."""
        with Vertical():
            yield Static(Text(f"Refund which tickets of {self._receipt}?"), classes="question")
            columns = (Column("", 3), Column("Ticket", 12), Column("Type"), Column("Price", 11))
            yield RowList(columns, empty="")
            yield Static(classes="problem")
            yield KeyHints(
                (
                    Hint("↑ ↓", "choose"),
                    Hint("Space", "take or leave it", "space"),
                    Hint("Enter", "go on", "enter"),
                    Hint("Esc", "leave it", "escape"),
                )
            )

    def on_mount(self) -> None:
        """Show them."""
        self._show()
        self.query_one(RowList).rows.focus()

    def action_turn(self) -> None:
        """Take the ticket that is chosen in the list, or leave it."""
        serial = self.query_one(RowList).chosen
        ticket = self._tickets.get(serial or "")
        if ticket is None:
            return
        if ticket.standing != TicketStanding.VALID:
            words = standing_words(ticket, self._clock)
            self._say(f"{ticket.serial} stays out: {words}.")
            return
        self._chosen ^= {ticket.serial}
        self._show()

    @on(OptionList.OptionSelected)
    def go_on(self) -> None:
        """Answer with what is chosen."""
        if self._chosen:
            self.dismiss(tuple(serial for serial in self._tickets if serial in self._chosen))
        else:
            self._say("Choose a ticket with Space, or leave it with Esc.")

    def _show(self) -> None:
        self.query_one(RowList).show(map(self._row, self._tickets.values()))
        prices = [self._tickets[serial].unit_price for serial in self._chosen]
        if prices:
            count = "1 ticket" if len(prices) == 1 else f"{len(prices)} tickets"
            self._say(f"{count}, {total(prices, prices[0].currency)}")
        else:
            self._say("No ticket is chosen.")

    def _row(self, ticket: FoundTicket) -> Row:
        is_free = ticket.standing == TicketStanding.VALID
        sign = "[x]" if ticket.serial in self._chosen else "[ ]" if is_free else "out"
        note = "" if is_free else standing_words(ticket, self._clock)
        name = kind_words(ticket.ticket_type_name, ticket.reduced_by)
        cells = (sign, ticket.serial, name, str(ticket.unit_price))
        return Row(ticket.serial, cells, note=note, dim=not is_free)

    def _say(self, words: str) -> None:
        self.query_one(".problem", Static).update(Text(words))
