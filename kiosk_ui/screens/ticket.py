"""Ticket: one at a time, as a QR code and in words.

The code takes all lines between top and message, so the key hints stand beside it.
"""

from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll

from kiosk_contracts.selling import SaleRecorded, SoldTicket
from kiosk_texts import mark, money, tr
from kiosk_ui.cart_lines import kind_words
from kiosk_ui.cleaning import clean
from kiosk_ui.hints import Hint
from kiosk_ui.looks import REACTIVE, Look, in_words, look_of
from kiosk_ui.notices import Notice
from kiosk_ui.payment_methods import change_words
from kiosk_ui.places import Place
from kiosk_ui.printing import PaperDesk, paper_words
from kiosk_ui.refund_words import standing_name
from kiosk_ui.screens.base import KioskScreen
from kiosk_ui.sold_tickets import NOT_VALID
from kiosk_ui.widgets.frame.key_hints import KeyHintPairs
from kiosk_ui.widgets.frame.line_status import LineStatus
from kiosk_ui.widgets.frame.message_line import MessageLine
from kiosk_ui.widgets.frame.top_bar import TopBar
from kiosk_ui.widgets.steady import SteadyText
from kiosk_ui.widgets.tickets.qr_code import QrCode
from kiosk_ui.words import event_time

_LEAST_WIDTH = 78
_LEAST_HEIGHT = 24


class TicketScreen(KioskScreen):
    """The tickets of the sale in the session."""

    HINTS = (
        Hint("Enter", mark("next"), "enter", mark("The next ticket; after the last, Events.")),
        Hint("→", mark("next"), "right", mark("The same."), shown=False),
        Hint("←", mark("back"), "left", mark("The ticket before.")),
        Hint("F8", mark("print again"), "f8", mark("Prints this ticket again, marked as a copy.")),
        Hint(
            "F9",
            mark("print receipt"),
            "f9",
            mark("Prints the receipt of the sale; another one is marked as a copy."),
        ),
        Hint("F7", mark("code, text"), "f7", mark("Changes between the QR code and its text.")),
        Hint("Esc", mark("done"), "escape", mark("Goes to Events.")),
    )
    PURPOSE = mark(
        "Shows the tickets of a sale, one at a time. The QR code is the ticket: a customer may "
        "photograph it. The serial admits, too, where nothing can be scanned."
    )
    TITLE_WORDS = mark("ticket")
    finish_first: ClassVar[str] = mark("Hand over the tickets first")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "enter", show=False),
        Binding("right", "next", show=False),
        Binding("left", "previous", show=False),
        Binding("f7", "code_or_text", show=False),
        Binding("f8", "print_ticket", show=False),
        Binding("f9", "print_receipt", show=False),
        Binding("escape", "done", show=False),
    ]
    SCOPED_CSS = False
    DEFAULT_CSS = """
    TicketScreen .ticket { height: 1fr; }
    TicketScreen .facts { height: 1fr; padding: 1 0 0 2; }
    TicketScreen .words { height: auto; }
    TicketScreen .answer { height: auto; margin-top: 1; color: $foreground-muted; }
    TicketScreen KeyHintPairs { margin-top: 1; }
    TicketScreen LineStatus { max-height: 1; }
    .look-plain TicketScreen .facts { scrollbar-size-vertical: 0; }
    .look-plain TicketScreen.training .facts { padding-top: 0; }
    TicketScreen.as-text QrCode, TicketScreen.not-valid QrCode { display: none; }
    """
    _index = 0
    _small = False
    _pressed = False
    """Whether an Enter was meant for this screen."""
    _as_text: bool | None = None
    """What F7 chose; None: the code, but its text in the plain look."""

    def compose(self) -> ComposeResult:
        """QR code on the left, words on the right, one line each above and below."""
        yield TopBar()
        with Horizontal(classes="ticket"):
            yield QrCode()
            with VerticalScroll(classes="facts", can_focus=False):
                yield SteadyText(classes="words")
                yield SteadyText(classes="answer")
                yield KeyHintPairs(self.HINTS)
        yield MessageLine(headline_only=True)
        yield LineStatus()

    def on_mount(self) -> None:
        """Show the first ticket."""
        self._show_ticket()
        self.watch(self.app, REACTIVE, self._show_ticket, init=False)

    def on_resize(self, event: events.Resize) -> None:
        """Leave the QR code out where it could not be whole."""
        self._small = event.size.width < _LEAST_WIDTH or event.size.height < _LEAST_HEIGHT
        self._show_ticket()

    def show_frame(self, notice: Notice | None) -> None:
        """Show the details of a notice beside the QR code."""
        super().show_frame(notice)
        details = "\n".join(notice.details) if notice is not None else ""
        self.query_one(".answer", SteadyText).say(Text(details))

    def action_enter(self) -> None:
        """Show the next ticket, unless it is the Enter that completed the sale, once more."""
        if not self._pressed and self.desk.session.keys.bounced:
            return
        self._pressed = True
        self.action_next()

    def action_next(self) -> None:
        """Show the next ticket; after the last, go to Events."""
        sale = self.desk.session.sale
        if sale is None or self._index + 1 >= len(sale.tickets):
            self.action_done()
            return
        self._index += 1
        self._show_ticket()

    def status_changed(self) -> None:
        """Show what becomes of the tickets on paper."""
        self._show_ticket()

    def action_code_or_text(self) -> None:
        """Show the code's text instead of the QR code, or the QR code again."""
        self._as_text = not self._shows_text
        self._show_ticket()

    def action_print_ticket(self) -> None:
        """Print this ticket again; the copy is marked."""
        sale = self.desk.session.sale
        if sale is not None and not self.desk.asking.pending:
            serial = sale.tickets[self._index].serial
            work = PaperDesk(self.desk).print_ticket(sale.txn_id, serial)
            self.run_worker(work, exclusive=True, group="paper")

    def action_print_receipt(self) -> None:
        """Print the receipt of the sale."""
        sale = self.desk.session.sale
        if sale is not None and not self.desk.asking.pending:
            work = PaperDesk(self.desk).print_receipt(sale.txn_id)
            self.run_worker(work, exclusive=True, group="paper")

    def action_previous(self) -> None:
        """Show the ticket before."""
        self._index = max(0, self._index - 1)
        self._show_ticket()

    def action_done(self) -> None:
        """Go to Events."""
        self.desk.session.sale = None
        self.go(Place.EVENTS)

    @property
    def _shows_text(self) -> bool:
        # Read aloud, a QR code is noise.
        plain = look_of(self) is Look.PLAIN
        return self._small or (plain if self._as_text is None else self._as_text)

    def _show_ticket(self) -> None:
        self.set_class(self._shows_text, "as-text")
        sale = self.desk.session.sale
        if sale is None or not sale.tickets:
            return
        ticket = sale.tickets[self._index]
        self.set_class(self._why_not_valid(ticket) != "", "not-valid")
        self.query_one(QrCode).show(ticket.code)
        self.query_one(".words", SteadyText).say(self._words(sale, ticket))

    def _why_not_valid(self, ticket: SoldTicket) -> str:
        standing = self.desk.session.standings.get(ticket.serial, "")
        return standing_name(standing) if standing in NOT_VALID else ""

    def _words(self, sale: SaleRecorded, ticket: SoldTicket) -> Text:
        text = Text()
        if self.in_training():
            text.append(f"{tr('TRAINING: lets nobody in')}\n", style="bold reverse")
        if why := self._why_not_valid(ticket):
            not_valid = tr("NOT VALID: {standing}", standing=why)
            text.append(f"{not_valid}\n", style="bold reverse")
        which = tr("Ticket {number} of {count}", number=self._index + 1, count=len(sale.tickets))
        text.append(f"{which}\n\n", style="bold")
        text.append(f"{clean(ticket.event_name)}\n", style="bold")
        text.append(f"{event_time(ticket.starts_at, self.desk.clock)}\n")
        kind = kind_words(ticket.ticket_type_name, ticket.reduced_by)
        text.append(f"{kind} · {money(ticket.unit_price)}\n\n")
        labels = (tr("Serial"), tr("Receipt"), tr("Total"))
        width = max(map(cell_len, labels))
        values = (ticket.serial, sale.receipt_number, money(sale.total))
        for number, (label, value) in enumerate(zip(labels, values, strict=True)):
            text.append(f"{set_cell_size(label, width)} {value}\n", style="" if number else "bold")
        for tender in sale.tender:
            text.append(f"{change_words(tender)}\n", style="bold")
        if paper := paper_words(self.desk.link.status):
            text.append(f"{in_words(paper) if look_of(self) is Look.PLAIN else paper}\n")
        if self._shows_text and not why:
            text.append(f"\n{tr('Code {code}', code=ticket.code)}")
        if self._small and not why:
            text.append(f"\n{tr('Make the window 80x24 for the QR code.')}")
        return text
