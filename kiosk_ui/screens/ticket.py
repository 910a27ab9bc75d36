"""Ticket: one at a time, as a QR code and in words."""

from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.text import Text
from textual.binding import Binding, BindingType

from kiosk_contracts.selling import SaleRecorded, SoldTicket
from kiosk_texts import mark, money, tr
from kiosk_ui.cart_lines import kind_words
from kiosk_ui.cleaning import clean
from kiosk_ui.hints import Hint
from kiosk_ui.looks import Look, in_words, look_of
from kiosk_ui.payment_methods import change_words
from kiosk_ui.places import Place
from kiosk_ui.printing import PaperDesk, paper_words
from kiosk_ui.refund_words import standing_name
from kiosk_ui.screens.beside_code import BesideCodeScreen
from kiosk_ui.sold_tickets import NOT_VALID
from kiosk_ui.widgets.steady import SteadyText
from kiosk_ui.widgets.tickets.qr_code import QrCode
from kiosk_ui.words import event_time


class TicketScreen(BesideCodeScreen):
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
        Binding("f8", "print_ticket", show=False),
        Binding("f9", "print_receipt", show=False),
        Binding("escape", "done", show=False),
    ]
    SCOPED_CSS = False
    DEFAULT_CSS = """
    .look-plain TicketScreen .facts { scrollbar-size-vertical: 0; }
    .look-plain TicketScreen.training .facts { padding-top: 0; }
    TicketScreen.not-valid QrCode { display: none; }
    """
    _index = 0
    _pressed = False
    """Whether an Enter was meant for this screen."""

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
        self._show()

    def status_changed(self) -> None:
        """Show what becomes of the tickets on paper."""
        self._show()

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
        self._show()

    def action_done(self) -> None:
        """Go to Events."""
        self.desk.session.sale = None
        self.go(Place.EVENTS)

    def show_words(self, words: SteadyText) -> None:
        """Show the ticket: its code, and all that is said of it."""
        sale = self.desk.session.sale
        if sale is None or not sale.tickets:
            return
        ticket = sale.tickets[self._index]
        self.set_class(self._why_not_valid(ticket) != "", "not-valid")
        self.query_one(QrCode).show(ticket.code)
        words.say(self._words(sale, ticket))

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
        if not self.shows_code and not why:
            text.append(f"\n{tr('Code {code}', code=ticket.code)}")
        if self.is_small and not why:
            text.append(f"\n{tr('Make the window 80x24 for the QR code.')}")
        return text
