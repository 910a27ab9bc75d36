"""Payment: the total, and how it is paid.

Nothing is asked of the customer before the agent has written down that payment started.
"""

import asyncio
from collections.abc import Coroutine
from functools import partial
from typing import Any, ClassVar, Final

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from kiosk_contracts.problem import ProblemError
from kiosk_contracts.selling import SaleRecorded
from kiosk_contracts.tender import TenderLine
from kiosk_texts import mark, money, tr
from kiosk_ui.asking import PIN_REFUSED
from kiosk_ui.notices import Notice, Tone, refused
from kiosk_ui.paid import due_of, paid_lines
from kiosk_ui.payment_hints import HINTS
from kiosk_ui.payment_methods import (
    WORDS,
    Method,
    TenderError,
    Typed,
    given_words,
    part_of,
    parts_back,
    pays_a_part,
    tender_of,
)
from kiosk_ui.places import Place
from kiosk_ui.screens.base import KioskScreen
from kiosk_ui.screens.buyer import BuyerScreen
from kiosk_ui.screens.giving_back import ask_back, cancelled_notice
from kiosk_ui.widgets.big_text import BigText
from kiosk_ui.widgets.frame.body import Body
from kiosk_ui.widgets.payment.method_tabs import MethodTabs
from kiosk_ui.widgets.payment.paid_lines import PaidLines
from kiosk_ui.widgets.payment.tender_form import TenderForm
from kiosk_ui.widgets.selling.total_line import TotalLine
from kiosk_ui.widgets.steady import SteadyText
from kiosk_ui.words import recorded_notice

_MOMENT_S: Final = 0.1
"""What is answered sooner needs no words that it waits: they would only flicker."""


class PaymentScreen(KioskScreen):
    """Takes the tender and completes the sale."""

    HINTS = HINTS
    PURPOSE = mark(
        "Takes the money. The agent has written down that payment started before anything is asked "
        "of the customer; if the kiosk stops now, the cart comes back as it was."
    )
    TITLE_WORDS = mark("payment")
    finish_first: ClassVar[str] = mark("Finish this payment first")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f4", "name", show=False),
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
    PaymentScreen .still { display: none; text-style: bold; }
    PaymentScreen.-short .help { margin: 0; max-height: 2; }
    PaymentScreen.-narrow Body { padding: 0; scrollbar-size-vertical: 1; }
    PaymentScreen.-short .due, PaymentScreen.-short PaidLines { display: none; }
    PaymentScreen.-short.in-parts .still { display: block; }
    PaymentScreen.-short MessageLine { max-height: 3; }
    PaymentScreen.-short LineStatus { max-height: 1; }
    """
    _method = Method.CASH
    _leaving = False
    _busy = False
    """Whether money is on its way to being recorded: nothing else may be done with it."""
    _pin_refused = False
    """Whether the agent wants a manager's PIN of somebody who was one when they signed in."""

    def compose_body(self) -> ComposeResult:
        """Lines, total, tender."""
        yield PaidLines()
        yield TotalLine()
        yield SteadyText(classes="still")
        yield MethodTabs()
        yield TenderForm()
        yield SteadyText(classes="help")
        yield BigText(classes="due")

    def on_mount(self) -> None:
        """Start the payment at the agent."""
        self._form = self.query_one(TenderForm)
        self._started = asyncio.Event()
        self._show_sale()
        self.action_pay_by(Method.CASH)
        self.run_worker(self._start(), exclusive=True, group="payment")

    def on_resize(self) -> None:
        """Keep what is typed in sight, with as much as there is room for above it."""
        self.call_after_refresh(self._see_what_is_typed)

    def _see_what_is_typed(self) -> None:
        self.query_one(Body).scroll_home(animate=False)
        if self.focused is not None:
            self.focused.scroll_visible(animate=False)

    def show_frame(self, notice: Notice | None) -> None:
        """Bring the frame up to date; what it says may push out of sight where one types."""
        came = notice is not self._latest
        super().show_frame(notice)
        if came:
            self.call_after_refresh(self._see_what_is_typed)

    def sale_changed(self) -> None:
        """Show the cart as it is now; leave one that the agent has no more."""
        self._show_sale()
        if self.selling.cart is None and self._started.is_set() and not self._leaving:
            self._leaving = True
            self.go(Place.SELL)

    def action_pay_by(self, method: str) -> None:
        """Choose a way of paying; what was typed for another is cleared."""
        if self._is_busy():
            return
        if method != self._method:
            # What was said of another way of paying is over, and its lines are needed.
            self.desk.announcer.announce(None)
        self._method = Method(method)
        self.query_one(MethodTabs).show(self._method)
        needs_pin = self._pin_refused or not self.desk.session.is_manager()
        self._form.ask(self._method, needs_pin=needs_pin)
        self._help("")

    def action_name(self) -> None:
        """Ask for the buyer's name."""
        if not self._is_busy():
            self.app.push_screen(BuyerScreen(self.selling.buyer), self._named)

    def action_part(self) -> None:
        """Take what is typed as a part, and ask for the rest."""
        if self._leaving or self._is_busy():
            return
        if not self.selling.paying:
            words = tr("Take no money before it has.")
            self._refuse(tr("The payment has not started yet"), words)
            return
        self._take(self._form.typed)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Say what is to be given back."""
        event.stop()
        if not self._busy and event.input is self._form.text.line:
            self._help(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Complete the sale, after the start of payment has been answered."""
        event.stop()
        if self._leaving or self._is_busy():
            return
        missing = self._form.pin_is_missing()
        if missing is not None and not self._form.text.value.strip():
            # A manager is called once there is something to agree to.
            self._form.text.line.focus()
            self._refuse(tr("The payment is not complete"), tr("type a reason."))
            return
        if missing is not None:
            self._form.pin.line.focus()
            if event.input is self._form.pin.line:
                self._refuse(tr("The payment is not complete"), missing)
            return
        self._begin(self._complete(self._form.typed, self._method))

    def action_back(self) -> None:
        """Cancel the payment and go back to the cart; say first what is to be given back."""
        if self._leaving or self._is_busy():
            return
        if self.desk.asking.pending:
            self._say_it_waits()
            return
        back = parts_back(self.selling.cart.taken if self.selling.cart is not None else ())
        if back:
            self.app.push_screen(ask_back(back), partial(self._given_back, back))
        else:
            self._leave(back)

    # What is taken

    async def _start(self) -> None:
        """Hold, then start; a refusal leads back to the cart, which stays as it was."""
        held = await self.selling.hold()
        if not held or not (self.selling.paying or await self.selling.start_payment()):
            self._leaving = True
            self.go(Place.SELL)
        self._started.set()

    def _take(self, typed: Typed) -> None:
        due = due_of(self.selling.cart)
        if due is None:
            return
        try:
            part = part_of(self._method, typed, due)
        except TenderError as error:
            self._refuse(tr("That is no part of the payment"), str(error))
            return
        self._begin(self._take_part(part))

    async def _take_part(self, part: TenderLine) -> None:
        if await self.selling.take(part):
            self._ready()
            # Empty, Enter completes nothing there: a second one that bounced is refused.
            self.action_pay_by(Method.CARD)

    async def _complete(self, typed: Typed, method: Method) -> None:
        await self._started.wait()
        due = due_of(self.selling.cart)
        if self._leaving or due is None or not self.selling.paying:
            return
        try:
            if pays_a_part(method, typed, due):
                await self._take_part(part_of(method, typed, due))
                return
            rest = tender_of(method, typed.text, due, self.desk.session.most_change())
        except TenderError as error:
            self._refuse(tr("The payment is not complete"), str(error))
            return
        recorded = await self.selling.complete(rest, typed.pin, self._pin_wanted)
        if recorded is not None:
            self._leaving = True
            self._show_recorded(recorded)

    def _pin_wanted(self, refusal: ProblemError) -> None:
        """Let a manager type their PIN again, or after all."""
        if refusal.code in PIN_REFUSED:
            self._pin_refused = True
            self._ready()
            self._form.ask_pin(needed=True)
            self._form.pin.clear()
            self._form.pin.line.focus()

    def _show_recorded(self, recorded: SaleRecorded) -> None:
        self.desk.session.sale = recorded
        notice = recorded_notice(recorded, training=self.desk.link.training)
        self.desk.announcer.announce(notice)
        self.go(Place.TICKET)

    # While the agent is asked

    def _begin(self, act: Coroutine[Any, Any, None]) -> None:
        """Do one thing with money; nothing else is begun before it is answered."""
        self._busy = True
        self.set_timer(_MOMENT_S, self._show_waiting)
        self.run_worker(self._until_done(act), group="payment-end")

    async def _until_done(self, act: Coroutine[Any, Any, None]) -> None:
        await act
        if not self._leaving:
            self._form.pin.clear()
            self._ready()

    def _ready(self) -> None:
        """Go on with the form: what was begun is answered."""
        if self._busy:
            self._busy = False
            self._form.wait(waiting=False)
            self._help(self._form.typed.text)

    def _show_waiting(self) -> None:
        if self._busy and not self._leaving:
            self._form.wait(waiting=True)
            shown = self.query_one(".help", SteadyText)
            shown.remove_class("change")
            shown.say(Text(tr("Waiting for the agent: take no more money, give none back.")))

    def _is_busy(self) -> bool:
        if self._busy:
            self._say_it_waits()
        return self._busy

    def _say_it_waits(self) -> None:
        details = (tr("It is asked until it answers, and nothing is lost. Then go on."),)
        notice = Notice(Tone.WAITING, tr("waiting for the agent"), details)
        self.desk.announcer.announce(notice)

    # Leaving

    def _given_back(self, back: tuple[TenderLine, ...], given: bool | None) -> None:  # noqa: FBT001  Textual passes it by position
        if given:
            self._leave(back)

    def _leave(self, back: tuple[TenderLine, ...]) -> None:
        self._leaving = True
        self.run_worker(self._back(back), group="payment-end")

    async def _back(self, back: tuple[TenderLine, ...]) -> None:
        cancelled = await self.selling.cancel_payment()
        lost = self.selling.cart is None
        if not cancelled and not lost:
            self._leaving = False
            return
        if cancelled and (back or lost):
            self.desk.announcer.announce(cancelled_notice(back, lost=lost))
        self.go(Place.SELL)

    # What is shown

    def _named(self, name: str | None) -> None:
        if name is not None:
            self.selling.buyer = name
            self._show_sale()

    def _refuse(self, title: str, why: str) -> None:
        # Nobody is to find a manager's PIN typed already.
        self._form.pin.clear()
        self.desk.announcer.announce(refused(title, why))

    def _show_sale(self) -> None:
        cart, selling = self.selling.cart, self.selling
        lines = paid_lines(cart, selling.buyer, in_step=selling.in_step) if cart is not None else ()
        self.query_one(PaidLines).show(lines)
        self.query_one(TotalLine).show(
            selling.tickets,
            selling.total(),
            sure=selling.paying,
        )
        due = due_of(cart) if cart is not None and cart.taken else None
        self.set_class(due is not None, "in-parts")
        still = "" if due is None else f"{tr('Still to pay')} {money(due)}"
        self.query_one(".still", SteadyText).say(Text(still))

    def _help(self, typed: str) -> None:
        due, shown = due_of(self.selling.cart), self.query_one(".help", SteadyText)
        given = self._method is Method.CASH and typed.strip() and due is not None
        shown.set_class(bool(given), "change")
        words, change = tr(WORDS[self._method].help), ""
        if given and due is not None:
            words, change = given_words(typed, due, self.desk.session.most_change())
        shown.say(Text(words))
        self.query_one(BigText).show(change)
