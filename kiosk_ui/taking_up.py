"""Goes on with what the agent keeps for whoever is here: their cart, and what they did last."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

from kiosk_contracts.payloads import TransactionKind
from kiosk_texts import money, tr
from kiosk_ui.asking import CART_BACK
from kiosk_ui.desk import Desk
from kiosk_ui.notices import Notice, Tone, refused, waiting
from kiosk_ui.places import Place
from kiosk_ui.selling import Selling
from kiosk_ui.words import transaction_words

_CART_PLACES: Final = frozenset({Place.EVENTS, Place.SELL, Place.PAYMENT})
"""Where the UI goes on with a cart that the agent kept; elsewhere a person is busy."""
_JUST_NOW: Final = timedelta(minutes=2)
_WITH_MONEY: Final = frozenset(
    {
        TransactionKind.SALE,
        TransactionKind.VOID,
        TransactionKind.REFUND,
        TransactionKind.SHIFT_PAID_IN,
        TransactionKind.SHIFT_PAID_OUT,
    }
)


class TakingUp:
    """Made once by the app; it begins anew where a screen's turn does."""

    def __init__(
        self,
        desk: Desk,
        selling: Selling,
        place: Callable[[], Place],
        show: Callable[[Place], Awaitable[None]],
    ) -> None:
        self._desk = desk
        self._selling = selling
        self._place = place
        self._show = show
        self._told_last = False

    def begin_anew(self) -> None:
        """Take it that another screen may have been worked meanwhile."""
        self._told_last = False

    async def resume(self) -> None:
        """After an absence, see whether this person is still signed in, and a cart open."""
        staff = await self._desk.asking.ask_quietly(self._desk.client.session)
        if staff is not None:
            self._desk.session.staff = staff
            await self.take_up_cart()

    async def take_up_cart(self) -> None:
        """Show the cart that the agent kept, if there is one; else what was done last, once."""
        if self._desk.asking.pending or self._place() not in _CART_PLACES:
            return
        had = self._selling.cart is not None
        cart = await self._selling.resume()
        if cart is not None and self._place() in _CART_PLACES:
            await self._go_on()
        elif had and self._selling.cart is None:
            words = tr("Its tickets went back. Choose them again; take no money before that.")
            self._desk.announcer.announce(refused(tr("The agent has this cart no more"), words))
        elif cart is None:
            await self._tell_last_done()

    async def _go_on(self) -> None:
        self._told_last = True
        place = Place.PAYMENT if self._selling.paying else Place.SELL
        if self._place() is not place:
            await self._show(place)
        self._desk.announcer.announce(waiting(tr(CART_BACK)))

    async def _tell_last_done(self) -> None:
        """Say what this person did just now, where the screen of then may not have said it.

        A UI that is killed between a sale's record and its picture leaves a cashier who has taken
        the money and seen no ticket.
        """
        desk, staff = self._desk, self._desk.session.staff
        if self._told_last or staff is None:
            return
        self._told_last = True
        page = await desk.asking.ask_quietly(lambda: desk.client.transactions(limit=1))
        row = page.transactions[0] if page is not None and page.transactions else None
        if row is None or row.cashier_id != staff.staff_id or row.kind not in _WITH_MONEY:
            return
        if desk.clock.now() - row.recorded_at > _JUST_NOW or desk.announcer.notice is not None:
            return
        what = transaction_words(row)
        what = what if row.total is None else f"{what}, {money(row.total)}"
        more = tr("It is recorded: do not do it again. F4 shows it, with its tickets.")
        notice = Notice(Tone.AMBER, tr("Done here just now: {what}", what=what), (more,))
        desk.announcer.announce(notice)
