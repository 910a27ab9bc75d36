"""One sale from the first ticket to the receipt, as the UI drives it. Knows no screen.

The cart lives in the agent. Here is what the person wants it to be, and what the agent last
accepted; a refusal puts the first back to the second.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from pydantic import SecretStr
from uuid6 import uuid7

from kiosk_contracts.money import Money
from kiosk_contracts.payloads import MAX_TICKETS_PER_LINE, MAX_TICKETS_PER_SALE
from kiosk_contracts.personal import Buyer
from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_contracts.selling import (
    Cart,
    CartState,
    MakeSale,
    PutCart,
    SaleRecorded,
    TakenSoFar,
    WantedLine,
)
from kiosk_contracts.tender import TenderLine
from kiosk_texts import tr
from kiosk_ui.asking import CART_BACK
from kiosk_ui.cart_lines import LineKey
from kiosk_ui.desk import Desk
from kiosk_ui.kept_carts import foremost, own_carts

_ALREADY_SOLD: Final = frozenset({ProblemCode.CART_CLOSED, ProblemCode.TXN_PAYLOAD_DIFFERS})
"""Refusals that mean: this txn_id has its sale, though its answer was never seen here."""

_GONE: Final = frozenset(
    {ProblemCode.CART_CLOSED, ProblemCode.CART_EXPIRED, ProblemCode.CART_UNKNOWN}
)
"""Refusals that mean: this cart is no more, for example because its hold ran out."""


def new_txn_id() -> UUID:
    """Make a txn_id: a UUIDv7, once."""
    return UUID(bytes=uuid7().bytes)


class TooManyError(ValueError):
    """More tickets than a line or a sale may have; the message says so to the person."""


@dataclass(frozen=True, slots=True)
class _Accepted:
    cart: Cart | None
    quantities: Mapping[LineKey, int]
    hold_ends_at: datetime | None = None


class Selling:
    """The cart in hand, if any. `changed` is called whenever there is something new to show."""

    def __init__(self, desk: Desk, changed: Callable[[], None]) -> None:
        self._client = desk.client
        self._asking = desk.asking
        self._session = desk.session
        self._clock = desk.clock
        self._changed = changed
        self._putting = asyncio.Lock()
        self._accepted = _Accepted(None, {})
        self._wanted: dict[LineKey, int] = {}
        self.event_id: str | None = None
        self.txn_id: UUID | None = None
        self._names: dict[UUID, str] = {}
        """By cart, whose its tickets are: kept here alone until its sale, which takes it.

        A name outlives a lock and what others sell meanwhile: behind it the cart comes back.
        """

    @property
    def buyer(self) -> str:
        """Whose tickets these are, if they said."""
        return self._names.get(self.txn_id, "") if self.txn_id is not None else ""

    @buyer.setter
    def buyer(self, name: str) -> None:
        if self.txn_id is None:
            return
        self._names.pop(self.txn_id, None)
        if name:
            self._names[self.txn_id] = name

    @property
    def cart(self) -> Cart | None:
        """The cart as the agent last answered it."""
        return self._accepted.cart

    @property
    def paying(self) -> bool:
        """Whether payment has started."""
        return self.cart is not None and self.cart.state == CartState.PAYMENT_STARTED

    @property
    def hold_left(self) -> timedelta | None:
        """How long the agent still holds the tickets; None where nothing is held or it never ends.

        By the wall clock, for people to see: the agent goes by its own.
        """
        ends_at = self._accepted.hold_ends_at
        if ends_at is None or not self._accepted.quantities:
            return None
        return max(timedelta(), ends_at - self._clock.now())

    @property
    def in_step(self) -> bool:
        """Whether the agent holds exactly what is wanted."""
        return self._wanted == self._accepted.quantities

    @property
    def is_empty(self) -> bool:
        """Whether nothing is wanted."""
        return not self._wanted

    @property
    def tickets(self) -> int:
        """How many tickets are wanted."""
        return sum(self._wanted.values())

    def quantity(self, key: LineKey) -> int:
        """Return how many tickets of a type are wanted, at its price or by a concession."""
        return self._wanted.get(key, 0)

    def wanted_beside(self, event_id: str | None) -> Mapping[LineKey, int]:
        """Return what is wanted of other events than this one."""
        return {key: count for key, count in self._wanted.items() if key.event_id != event_id}

    def held(self, key: LineKey) -> int:
        """Return how many tickets of a type the agent holds for this cart."""
        return self._accepted.quantities.get(key, 0)

    def total(self) -> Money | None:
        """Return the cart's total; while the agent is being asked, what the prices make it."""
        if self.in_step:
            return self.cart.total if self.cart is not None and self._wanted else None
        prices = self._session.price_of
        priced = [(prices(key), count) for key, count in self._wanted.items()]
        return _sum(price * count for price, count in priced if price is not None)

    def open(self, event_id: str) -> None:
        """Begin a new cart for an event; its txn_id is made here."""
        self.forget()
        self.event_id = event_id
        self.txn_id = new_txn_id()

    def forget(self) -> None:
        """Have no cart in hand; the agent's stays as it is."""
        self._accepted = _Accepted(None, {})
        self._wanted = {}
        self.txn_id = None
        self.event_id = None

    def _let_go(self) -> None:
        """Forget a cart that is over, and whose it was."""
        if self.txn_id is not None:
            self._names.pop(self.txn_id, None)
        self.forget()

    def take_up(self, cart: Cart) -> None:
        """Go on with a cart that the agent kept."""
        quantities: dict[LineKey, int] = {}
        for line in cart.lines:
            key = LineKey(line.event_id, line.ticket_type_id, line.concession_id)
            quantities[key] = quantities.get(key, 0) + len(line.serials)
        self.txn_id = cart.txn_id
        self.event_id = cart.lines[0].event_id if cart.lines else self.event_id
        self._accept(cart, quantities)
        self._wanted = dict(quantities)
        self._changed()

    def want(self, key: LineKey, quantity: int) -> None:
        """Set what is wanted of a type, 0 to 20; TooManyError changes nothing."""
        if quantity > MAX_TICKETS_PER_LINE:
            most = MAX_TICKETS_PER_LINE
            raise TooManyError(tr("At most {most} tickets of one type in a sale", most=most))
        if self.tickets - self.quantity(key) + quantity > MAX_TICKETS_PER_SALE:
            most = MAX_TICKETS_PER_SALE
            raise TooManyError(tr("At most {most} tickets in a sale", most=most))
        self._wanted[key] = quantity
        if quantity <= 0:
            del self._wanted[key]
        self._changed()

    async def hold(self) -> bool:
        """Bring the agent's cart in step with what is wanted; False if the agent refused.

        One call is under way at a time; what was wanted meanwhile goes into the next.
        """
        async with self._putting:
            while not self.in_step and self.txn_id is not None:
                quantities = dict(self._wanted)
                cart = await self._put(self.txn_id, quantities)
                if cart is None:
                    self._wanted = dict(self._accepted.quantities)
                    self._changed()
                    return False
                self._accept(cart, quantities)
                self._changed()
            return True

    async def release(self) -> bool:
        """Give the cart's tickets back to the stock; False if refused."""
        async with self._putting:
            txn_id = self.txn_id
            if txn_id is None or self.cart is None:
                self.forget()
                return True
            done = await self._asking.ask(
                lambda: _true(self._client.delete_cart(txn_id)), what=tr("releasing the cart")
            )
            if done:
                self._let_go()
            return done is True

    async def start_payment(self) -> bool:
        """Put the start of payment on disk at the agent, before money is asked for."""
        return await self._payment_step(self._client.start_payment, tr("starting the payment"))

    async def take(self, part: TenderLine) -> bool:
        """Put on disk that a part of the payment was taken; False if refused."""
        cart = self.cart
        if cart is None:
            return False
        so_far = TakenSoFar(taken=(*cart.taken, part))
        return await self._payment_step(
            lambda txn_id: self._client.take(txn_id, so_far), tr("taking a part of the payment")
        )

    async def cancel_payment(self) -> bool:
        """Open the cart again; it is lost if its tickets cannot be sold any more."""
        return await self._payment_step(self._client.cancel_payment, tr("cancelling the payment"))

    async def complete(
        self,
        rest: TenderLine,
        pin: str = "",
        on_refused: Callable[[ProblemError], None] | None = None,
    ) -> SaleRecorded | None:
        """Close the cart with a sale, `rest` paying what is left; None if that was refused.

        `pin` is a manager's, where tickets are given away.
        """
        cart, txn_id = self.cart, self.txn_id
        if cart is None or txn_id is None:
            return None
        sale = MakeSale(
            txn_id=txn_id,
            total=cart.total,
            tender=(*cart.taken, rest),
            buyer=Buyer(name=self.buyer) if self.buyer else None,
            approval_pin=SecretStr(pin) if pin else None,
        )

        def refused(refusal: ProblemError) -> None:
            self._lose_if_gone(refusal)
            if on_refused is not None:
                on_refused(refusal)

        recorded = await self._asking.ask(
            lambda: self._sell_or_find(sale), what=tr("recording the sale"), on_refused=refused
        )
        if recorded is not None:
            self._let_go()
        return recorded

    async def resume(self) -> Cart | None:
        """Take up the cart that the agent keeps for this person, if there is one.

        A person without a shift is offered none: the agent would not let them sell.
        """
        before = self.txn_id, dict(self._wanted)
        carts = await self._asking.ask_quietly(self._client.carts)
        if carts is None or (self.txn_id, self._wanted) != before:
            return None
        self._forget_names({cart.txn_id for cart in carts.carts})
        cart = foremost(own_carts(carts.carts, self._session.staff))
        if cart is not None:
            self.take_up(cart)
        elif self.cart is not None:
            self._lose()
        return cart

    def _forget_names(self, live: Collection[UUID]) -> None:
        """Drop whose tickets those of carts were that ended elsewhere: nobody asks for them."""
        self._names = {
            txn_id: name
            for txn_id, name in self._names.items()
            if txn_id in live or txn_id == self.txn_id
        }

    async def find_expired(self) -> bool:
        """See whether the agent has let the cart go when its time was over; then begin anew."""
        had = self.cart is not None
        await self.resume()
        return had and self.cart is None

    async def _sell_or_find(self, sale: MakeSale) -> SaleRecorded:
        try:
            return await self._client.make_sale(sale)
        except ProblemError as refusal:
            if refusal.code not in _ALREADY_SOLD:
                raise
            try:
                return await self._client.sale(sale.txn_id)
            except ProblemError:
                raise refusal from None

    async def _put(self, txn_id: UUID, quantities: Mapping[LineKey, int]) -> Cart | None:
        lines = tuple(
            WantedLine(
                event_id=key.event_id,
                ticket_type_id=key.ticket_type_id,
                concession_id=key.concession_id,
                quantity=count,
            )
            for key, count in quantities.items()
        )
        return await self._asking.ask(
            lambda: self._client.put_cart(txn_id, PutCart(lines=lines)),
            what=tr("holding the tickets"),
            back=tr(CART_BACK),
            on_refused=self._lose_if_gone,
        )

    async def _payment_step(self, step: Callable[[UUID], Awaitable[Cart]], what: str) -> bool:
        txn_id = self.txn_id
        if txn_id is None:
            return False
        cart = await self._asking.ask(
            lambda: step(txn_id), what=what, back=tr(CART_BACK), on_refused=self._lose_if_gone
        )
        if cart is None:
            return False
        if cart.state == CartState.EXPIRED:
            self._lose()
            return True
        self._accept(cart, self._accepted.quantities)
        self._changed()
        return True

    def _lose_if_gone(self, refusal: ProblemError) -> None:
        if refusal.code in _GONE:
            self._lose()

    def _lose(self) -> None:
        """Begin again with an empty cart: the agent has let the old one go."""
        event_id = self.event_id
        self._let_go()
        if event_id is not None:
            self.open(event_id)
        self._changed()

    def _accept(self, cart: Cart, quantities: Mapping[LineKey, int]) -> None:
        left_s = cart.hold_ends_in_s
        ends_at = None if left_s is None else self._clock.now() + timedelta(seconds=left_s)
        self._accepted = _Accepted(cart, quantities, ends_at)


def _sum(amounts: Iterable[Money]) -> Money | None:
    result: Money | None = None
    for amount in amounts:
        result = amount if result is None else result + amount
    return result


async def _true(call: Awaitable[None]) -> bool:
    await call
    return True
