"""Carts as the journal has them, read for whoever asks, shows or frees one."""

from dataclasses import replace
from uuid import UUID

from kiosk_agent.domain import refusals_cart
from kiosk_agent.domain.carts import cart_of
from kiosk_agent.domain.holds import has_expired, time_is_over
from kiosk_agent.domain.leases import Moment
from kiosk_agent.domain.pricing import with_prices
from kiosk_agent.ports.journal import JournalReader, StoredCart
from kiosk_agent.services.kiosk import Kiosk
from kiosk_contracts.problem import ProblemError
from kiosk_contracts.selling import Cart, CartState


def known_cart(reader: JournalReader, txn_id: UUID) -> StoredCart:
    """Return a cart in whatever state; ProblemError `cart_unknown`."""
    cart = reader.cart(txn_id)
    if cart is None:
        raise refusals_cart.cart_unknown(txn_id)
    return cart


def live_cart(
    reader: JournalReader, txn_id: UUID, moment: Moment, *, was_paying: bool = False
) -> StoredCart:
    """Return a cart that is open or in payment; ProblemError if it is neither."""
    cart = known_cart(reader, txn_id)
    if cart.state == CartState.CLOSED:
        raise refusals_cart.cart_closed()
    if cart.state == CartState.EXPIRED or has_expired(cart, moment):
        raise over(cart, moment, was_paying=was_paying)
    return cart


def over(cart: StoredCart, moment: Moment, *, was_paying: bool) -> ProblemError:
    """Return the refusal of a cart that holds nothing any more: its time, or something else.

    Time ends none in payment: one that `was_paying` was ended otherwise, however late it is now.
    """
    if cart.state == CartState.EXPIRED and (was_paying or not time_is_over(cart, moment)):
        return refusals_cart.cart_ended()
    return refusals_cart.cart_expired()


def show_cart(kiosk: Kiosk, reader: JournalReader, cart: StoredCart, moment: Moment) -> Cart:
    """Return a cart as the UI shows it; one whose time is over holds nothing."""
    if has_expired(cart, moment):
        cart = replace(cart, state=CartState.EXPIRED)
    gone = cart.state == CartState.EXPIRED
    items = [] if gone else reader.cart_items(cart.txn_id)
    priced = with_prices(items, cart.prices)
    return cart_of(cart, priced, reader.catalogue(), moment, kiosk.currency)
