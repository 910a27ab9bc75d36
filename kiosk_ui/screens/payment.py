"""Payment: the total, and how it is paid.

Nothing is asked of the customer before the agent has written down that payment started.
"""

import asyncio
from collections.abc import Iterator
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from kiosk_contracts.money import Money, total
from kiosk_contracts.selling import Cart, SaleRecorded
from kiosk_texts import mark, money, tr
from kiosk_ui.amounts import parse_amount
from kiosk_ui.cart_lines import cart_rows, prices_of
from kiosk_ui.hints import Hint
from kiosk_ui.notices import refused
from kiosk_ui.payment_methods import (
    WORDS,
    Method,
    TenderError,
    part_of,
    taken_words,
    tender_of,
)
from kiosk_ui.places import Place
from kiosk_ui.screens.base import KioskScreen
from kiosk_ui.widgets.big_text import BigText
from kiosk_ui.widgets.forms.field import Field
from kiosk_ui.widgets.payment.method_tabs import MethodTabs
from kiosk_ui.widgets.payment.paid_lines import PaidLine, PaidLines
from kiosk_ui.widgets.selling.total_line import TotalLine
from kiosk_ui.widgets.steady import SteadyText
from kiosk_ui.words import recorded_notice


class PaymentScreen(KioskScreen):
    """Takes the tender and completes the sale."""

    HINTS = (
        Hint(
            "F5",
            mark("cash"),
            "f5",
            mark("Cash: type what was given; nothing typed is the exact sum."),
        ),
        Hint("F6", mark("card"), "f6", mark("Card: type the reference that the terminal printed.")),
        Hint("F7", mark("complimentary"), "f7", mark("Given away: type the reason.")),
        Hint(
            "F9",
            mark("part in cash"),
            "f9",
            mark("Takes what is typed in cash; the rest is paid otherwise."),
        ),
        Hint(
            "Enter",
            mark("complete"),
            "enter",
            mark("Records the sale; its tickets are shown and printed."),
        ),
        Hint(
            "Esc",
            mark("back"),
            "escape",
            mark("Cancels the payment; cash that was taken is to be given back."),
        ),
    )
    PURPOSE = mark(
        "Takes the money. The agent has written down that payment started before anything is asked "
        "of the customer; if the kiosk stops now, the cart comes back as it was."
    )
    TITLE_WORDS = mark("payment")
    finish_first: ClassVar[str] = mark("Finish this payment first")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f5", "pay_by('cash')", show=False),
        Binding("f6", "pay_by('card')", show=False),
        Binding("f7", "pay_by('complimentary')", show=False),
        Binding("f9", "part", show=False),
        Binding("escape", "back", show=False),
    ]
    DEFAULT_CSS = """
    PaymentScreen .help { height: auto; margin-top: 1; color: $foreground-muted; }
    PaymentScreen .help.change { color: $foreground; text-style: bold; }
    PaymentScreen TotalLine { margin-top: 0; margin-bottom: 0; }
    PaymentScreen .due { margin-top: 1; }
    PaymentScreen.-short .help { margin: 0; }
    PaymentScreen.-short .due { display: none; }
    """
    _method = Method.CASH
    _leaving = False

    def compose_body(self) -> ComposeResult:
        """Lines, total, tender."""
        yield PaidLines()
        yield TotalLine()
        yield MethodTabs()
        yield Field(tr(WORDS[Method.CASH].asks), max_length=120)
        yield SteadyText(classes="help")
        yield BigText(classes="due")

    def on_mount(self) -> None:
        """Start the payment at the agent."""
        self._started = asyncio.Event()
        self._taking = asyncio.Lock()
        self._show_sale()
        self.action_pay_by(Method.CASH)
        self.run_worker(self._start(), exclusive=True, group="payment")

    def sale_changed(self) -> None:
        """Show the cart as it is now."""
        self._show_sale()

    def action_pay_by(self, method: str) -> None:
        """Choose a way of paying; what was typed for another is cleared."""
        self._method = Method(method)
        words = WORDS[self._method]
        self.query_one(MethodTabs).show(self._method)
        self.query_one(Field).relabel(tr(words.asks))
        self._help("")

    def action_part(self) -> None:
        """Take what is typed in cash, and ask for the rest: by card, unless chosen otherwise."""
        if self._leaving:
            return
        if not self.selling.paying:
            words = tr("Take no money before it has.")
            self.desk.announcer.announce(refused(tr("The payment has not started yet"), words))
            return
        self.run_worker(self._take(self.query_one(Field).value), group="payment-part")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Say what is to be given back."""
        event.stop()
        self._help(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Complete the sale, after the start of payment has been answered."""
        event.stop()
        if not self._leaving:
            self.run_worker(self._complete(event.value, self._method), group="payment-end")

    def action_back(self) -> None:
        """Cancel the payment and go back to the cart."""
        if not self._leaving and not self.desk.asking.pending:
            self._leaving = True
            self.run_worker(self._back(), group="payment-end")

    async def _start(self) -> None:
        """Hold, then start; a refusal leads back to the cart, which stays as it was."""
        held = await self.selling.hold()
        if not held or not (self.selling.paying or await self.selling.start_payment()):
            self._leaving = True
            self.go(Place.SELL)
        self._started.set()

    async def _take(self, typed: str) -> None:
        async with self._taking:
            due = self._due()
            if due is None or self._leaving:
                return
            try:
                part = part_of(typed, due)
            except TenderError as error:
                words = tr("That is no part of the payment")
                self.desk.announcer.announce(refused(words, str(error)))
                return
            if await self.selling.take(part):
                self.action_pay_by(Method.CARD)

    async def _complete(self, typed: str, method: Method) -> None:
        await self._started.wait()
        # A part that is being written down is no part of the rest.
        async with self._taking:
            due = self._due()
            if self._leaving or due is None or not self.selling.paying:
                return
            try:
                rest = tender_of(method, typed, due)
            except TenderError as error:
                words = tr("The payment is not complete")
                self.desk.announcer.announce(refused(words, str(error)))
                return
            self._leaving = True
            recorded = await self.selling.complete(rest)
        if recorded is None:
            self._leaving = False
            return
        self._show_recorded(recorded)

    def _show_recorded(self, recorded: SaleRecorded) -> None:
        self.desk.session.sale = recorded
        notice = recorded_notice(recorded, training=self.desk.link.training)
        self.desk.announcer.announce(notice)
        self.go(Place.TICKET)

    async def _back(self) -> None:
        taken = _taken(self.selling.cart)
        if await self.selling.cancel_payment():
            if taken is not None and taken.amount:
                words = tr("Give {amount} back to the customer", amount=money(taken))
                self.desk.announcer.announce(refused(words, tr("The cart is open again.")))
            self.go(Place.SELL)
        else:
            self._leaving = False

    def _show_sale(self) -> None:
        cart, selling = self.selling.cart, self.selling
        self.query_one(PaidLines).show(self._lines(cart) if cart is not None else ())
        self.query_one(TotalLine).show(
            selling.tickets,
            selling.total(prices_of(self.desk.session.catalogue)),
            sure=selling.paying,
        )

    def _lines(self, cart: Cart) -> Iterator[PaidLine]:
        for row in cart_rows(cart.lines) if self.selling.in_step else ():
            count = "" if row.tickets is None else str(row.tickets)
            yield PaidLine(row.name, money(row.amount), count)
        for part in cart.taken:
            off = Money.zero(part.amount.currency) - part.amount
            yield PaidLine(taken_words(part), money(off))
        if cart.taken and (due := self._due()) is not None:
            yield PaidLine(tr("Still to pay"), money(due), strong=True)

    def _due(self) -> Money | None:
        """Return what is still to be paid, once the agent has said what the cart costs."""
        cart, taken = self.selling.cart, _taken(self.selling.cart)
        return None if cart is None or taken is None else cart.total - taken

    def _help(self, typed: str) -> None:
        due, shown = self._due(), self.query_one(".help", SteadyText)
        given = self._method is Method.CASH and typed.strip() and due is not None
        shown.set_class(bool(given), "change")
        words, change = _change(typed, due) if given and due else (tr(WORDS[self._method].help), "")
        shown.say(Text(words))
        self.query_one(BigText).show(change)


def _taken(cart: Cart | None) -> Money | None:
    """Return what was taken of a cart's payment so far."""
    if cart is None:
        return None
    return total((part.amount for part in cart.taken), cart.total.currency)


def _change(typed: str, due: Money) -> tuple[str, str]:
    """Return what to say of the cash that was given, and the change, empty if there is none."""
    try:
        given = parse_amount(typed, due.currency)
    except ValueError as error:
        return str(error), ""
    if given.amount < due.amount:
        missing = money(due - given)
        words = tr(
            "{amount} is missing: F9 takes this in cash and asks for the rest.", amount=missing
        )
        return words, ""
    change = money(given - due)
    return tr("Change: {amount}", amount=change), change
