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
from kiosk_texts import mark, money, tr, trn
from kiosk_ui.cart_lines import kind_words
from kiosk_ui.clock import Clock
from kiosk_ui.hints import Hint
from kiosk_ui.refund_words import standing_words
from kiosk_ui.screens.approval import ApprovalScreen
from kiosk_ui.screens.panel import PanelScreen
from kiosk_ui.widgets.frame.key_hints import KeyHints
from kiosk_ui.widgets.lists.row_list import Column, Row, RowList
from kiosk_ui.widgets.lists.touched_rows import TakingRows
from kiosk_ui.widgets.steady import SteadyText


class RefundScreen(ApprovalScreen):
    """Asks before a refund is asked for."""

    finish_first: ClassVar[str] = mark("Finish or leave the refund first")
    HELP_TITLE: ClassVar[str] = mark("refund")
    PURPOSE: ClassVar[str] = mark(
        "Asks the ticket API to take tickets back that are paid for and settled. Type why; where a "
        "refund is beyond what you may make alone, a manager's PIN is asked for after that. The "
        "reason is kept for good."
    )
    ASKS: ClassVar[str] = mark("Reason")
    MISSING: ClassVar[str] = mark("Type why the tickets come back.")
    DOES: ClassVar[str] = mark("ask for the refund")
    MORE: ClassVar[str] = mark("The ticket API decides. Give no money before this screen says so.")


class RefundTicketsScreen(PanelScreen[tuple[str, ...]]):
    """Asks which tickets of a sale come back; all that can are chosen at first."""

    finish_first: ClassVar[str] = mark("Finish or leave the refund first")
    HELP_TITLE: ClassVar[str] = mark("which tickets come back")
    PURPOSE: ClassVar[str] = mark(
        "The tickets of a sale, and what those that are chosen come to. At first all are chosen "
        "that can come back. One that was used or given back before stays out; why stands below it."
    )
    BINDINGS: ClassVar[list[BindingType]] = [Binding("space", "turn", show=False)]
    DEFAULT_CSS = """
    RefundTicketsScreen > Vertical { width: 76; }
    RefundTicketsScreen .sum { height: auto; margin-top: 1; text-style: bold; }
    RefundTicketsScreen.-short .sum { margin: 0; }
    RefundTicketsScreen .problem { margin: 0 0 1 0; }
    RefundTicketsScreen RowList { height: auto; max-height: 12; }
    RefundTicketsScreen Rows, RefundTicketsScreen Rows:focus {
        height: auto; max-height: 10; background: $surface;
    }
    """

    def __init__(self, receipt: str, tickets: Sequence[FoundTicket], clock: Clock) -> None:
        """Ask about the tickets of a sale; `receipt` is its receipt number, empty if unknown."""
        super().__init__()
        self._question = (
            tr("Refund which tickets of {receipt}?", receipt=receipt)
            if receipt
            else tr("Refund which tickets of this sale?")
        )
        self._tickets = {ticket.serial: ticket for ticket in tickets}
        self._clock = clock
        self._chosen = {
            ticket.serial for ticket in tickets if ticket.standing == TicketStanding.VALID
        }

    def compose(self) -> ComposeResult:
        """Question, tickets, what they come to, keys."""
        with Vertical():
            yield Static(Text(self._question), classes="question")
            columns = (
                Column("", 3),
                Column(tr("Ticket"), 12),
                Column(tr("Type")),
                Column(tr("Price"), 11, "right"),
            )
            yield RowList(columns, empty="", rows=TakingRows(markup=False))
            yield SteadyText(classes="sum")
            yield SteadyText(classes="problem")
            yield KeyHints(self.shown_hints())

    def hints(self) -> Sequence[Hint]:
        """Return the keys that choose, take, go on, leave."""
        return (
            Hint("↑ ↓", mark("choose"), "up down", more=mark("Choose a ticket.")),
            Hint(
                "Space",
                mark("take or leave"),
                "space",
                mark("Takes the ticket back, or leaves it out."),
            ),
            Hint(
                "Enter",
                mark("go on"),
                "enter",
                mark("Goes on with the tickets that are taken back."),
            ),
            Hint("Esc", mark("leave it"), "escape", mark("Leaves all as it is.")),
        )

    def on_mount(self) -> None:
        """Show them."""
        self._show()
        self.query_one(RowList).rows.focus()

    @on(TakingRows.Touched)
    def touched(self, message: TakingRows.Touched) -> None:
        """Take the ticket that was touched, or leave it."""
        message.stop()
        self.action_turn()

    def action_turn(self) -> None:
        """Take the ticket that is chosen in the list, or leave it."""
        serial = self.query_one(RowList).chosen
        ticket = self._tickets.get(serial or "")
        if ticket is None:
            return
        if ticket.standing != TicketStanding.VALID:
            why = standing_words(ticket, self._clock)
            self._complain(tr("{serial} stays out: {reason}.", serial=ticket.serial, reason=why))
            return
        self._chosen ^= {ticket.serial}
        self._show()

    @on(OptionList.OptionSelected)
    def go_on(self) -> None:
        """Answer with what is chosen."""
        if self._chosen:
            self.dismiss(tuple(serial for serial in self._tickets if serial in self._chosen))
        else:
            self._complain(tr("Choose a ticket with Space, or leave it with Esc."))

    def _show(self) -> None:
        self.query_one(RowList).show(map(self._row, self._tickets.values()))
        prices = [self._tickets[serial].unit_price for serial in self._chosen]
        words = tr("No ticket is chosen.")
        if prices:
            amount = money(total(prices, prices[0].currency))
            words = trn(
                "{count} ticket, {amount}", "{count} tickets, {amount}", len(prices), amount=amount
            )
        self.query_one(".sum", SteadyText).say(Text(words))
        self._complain("")

    def _row(self, ticket: FoundTicket) -> Row:
        is_free = ticket.standing == TicketStanding.VALID
        sign = "[x]" if ticket.serial in self._chosen else "[ ]" if is_free else tr("out")
        note = "" if is_free else standing_words(ticket, self._clock)
        name = kind_words(ticket.ticket_type_name, ticket.reduced_by)
        cells = (sign, ticket.serial, name, money(ticket.unit_price))
        return Row(ticket.serial, cells, note=note, dim=not is_free)

    def _complain(self, words: str) -> None:
        self.query_one(".problem", SteadyText).say(Text(words))
