"""Carts in payment: whose they are, since when, what was taken; a manager frees one that was left.

A cart in payment never ends by itself: its customer may have been charged. The agent judges who
may free it.
"""

from functools import partial
from typing import ClassVar

from pydantic import SecretStr
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from kiosk_contracts.money import Money, total
from kiosk_contracts.problem import ProblemError
from kiosk_contracts.selling import Cart, FreeCart
from kiosk_texts import mark, money, tr
from kiosk_ui.asking import PIN_REFUSED
from kiosk_ui.cleaning import clean
from kiosk_ui.hints import Hint
from kiosk_ui.kept_carts import in_payment
from kiosk_ui.notices import Notice, Tone
from kiosk_ui.payment_methods import parts_back
from kiosk_ui.places import Place
from kiosk_ui.refund_words import tender_words
from kiosk_ui.screens.ask import AskScreen
from kiosk_ui.screens.base import KioskScreen
from kiosk_ui.screens.free_cart import FreeCartScreen
from kiosk_ui.type_ahead import REFRESH
from kiosk_ui.widgets.lists.row_list import Column, Row, RowList
from kiosk_ui.widgets.steady import SteadyText
from kiosk_ui.words import event_time, event_time_width, problem_text


class CartsScreen(KioskScreen):
    """Lists the carts whose payment has started, and frees the chosen one."""

    HINTS = (
        Hint("↑ ↓", mark("choose"), "up down", more=mark("Choose a cart.")),
        Hint(
            "F8",
            mark("free it"),
            "f8",
            mark("Cancels its payment; its tickets sell again. For another's a manager's PIN."),
        ),
        Hint("Esc", mark("back"), "escape", mark("Goes to the line and what works.")),
    )
    PURPOSE = mark(
        "Carts whose payment has started, of whoever works here. Such a cart waits for its "
        "cashier: nothing ends it by itself. If they will not come back, a manager frees it, and "
        "what was taken is given back."
    )
    TITLE_WORDS = mark("carts in payment")
    finish_first: ClassVar[str] = mark("Leave the carts first (Esc)")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f8", "free", show=False),
        Binding("escape", "back", show=False),
    ]
    DEFAULT_CSS = """
    CartsScreen .way { height: auto; margin-top: 1; color: $foreground-muted; }
    CartsScreen.-short .way { margin: 0; }
    """

    def compose_body(self) -> ComposeResult:
        """List them."""
        columns = (
            Column(tr("Cashier")),
            Column(tr("Begun"), event_time_width()),
            Column(tr("Total"), 12, "right"),
            Column(tr("Taken"), 12, "right"),
        )
        yield RowList(columns, empty=tr("… reading the carts"))
        yield SteadyText(classes="way")

    def on_mount(self) -> None:
        """Read them."""
        self._carts: dict[str, Cart] = {}
        words = tr("Look for its cashier first: what was taken lies in their drawer.")
        self.query_one(".way", SteadyText).say(Text(words))
        self._read()

    def status_changed(self) -> None:
        """Read them again: a cart came or went."""
        self._read()

    def agent_back(self) -> None:
        """Read them again."""
        self._read()

    def action_free(self) -> None:
        """Ask before the chosen one is freed."""
        key = self.query_one(RowList).chosen
        cart = self._carts.get(key) if key is not None else None
        if cart is None or self.desk.asking.pending:
            return
        staff = self.desk.session.staff
        own = staff is not None and staff.staff_id == cart.cashier_id
        self._ask(cart, needs_pin=not own and not self.desk.session.is_manager())

    def action_back(self) -> None:
        """Go to how the kiosk stands."""
        if not self.desk.asking.pending:
            self.go(Place.STANDING)

    def _read(self) -> None:
        self.run_worker(self._read_carts(), exclusive=True, group=REFRESH)

    async def _read_carts(self) -> None:
        carts = await self.desk.asking.ask_quietly(self.desk.client.carts)
        if carts is not None:
            found = in_payment(carts.carts)
            self._carts = {str(cart.txn_id): cart for cart in found}
            self.query_one(RowList).show(map(self._row, found), empty=tr("No cart is in payment."))

    def _row(self, cart: Cart) -> Row:
        begun = event_time(cart.opened_at, self.desk.clock)
        taken = money(_taken(cart)) if cart.taken else "·"
        return Row(str(cart.txn_id), (_whose(cart), begun, money(cart.total), taken))

    def _ask(self, cart: Cart, *, needs_pin: bool, problem: str = "") -> None:
        question = tr("Free the cart of {name}, {amount}?", name=_whose(cart), amount=_sum(cart))
        more = _what_to_give(cart)
        if needs_pin:
            panel = FreeCartScreen(question, more, problem)
            self.app.push_screen(panel, partial(self._answered, cart))
        else:
            ask = AskScreen(question, more, yes=mark("free it"), no=mark("leave it"))
            self.app.push_screen(ask, lambda yes: self._answered(cart, "" if yes else None))

    def _answered(self, cart: Cart, pin: str | None) -> None:
        if pin is not None:
            self.run_worker(self._free(cart, pin), exclusive=True, group="free")

    async def _free(self, cart: Cart, pin: str) -> None:
        def ask_again(refusal: ProblemError) -> None:
            if refusal.code in PIN_REFUSED:
                self._ask(cart, needs_pin=True, problem=problem_text(refusal.problem))

        free = FreeCart(approval_pin=SecretStr(pin) if pin else None)
        freed = await self.desk.asking.ask(
            lambda: self.desk.client.free_cart(cart.txn_id, free),
            what=tr("freeing the cart"),
            on_refused=ask_again,
        )
        if freed is not None:
            words = tr("Freed: its tickets can be sold again")
            self.desk.announcer.announce(Notice(Tone.AMBER, words, (_what_to_give(cart),)))
            await self._read_carts()


def _whose(cart: Cart) -> str:
    return clean(cart.cashier_name or cart.cashier_id)


def _sum(cart: Cart) -> str:
    return money(cart.total)


def _taken(cart: Cart) -> Money:
    return total((part.amount for part in cart.taken), cart.total.currency)


def _what_to_give(cart: Cart) -> str:
    """Return what its customer gets back, in a sentence."""
    back = parts_back(cart.taken)
    if not back:
        return tr("Nothing was noted as taken. Was a card charged? Then void that at the terminal.")
    return tr("Give the customer back {parts}.", parts=tender_words(back))
