"""Whose the carts are that the agent keeps, and which is gone on with. No state, no I/O."""

from collections.abc import Iterable, Sequence

from kiosk_contracts.selling import Cart, CartState
from kiosk_contracts.staff import StaffSession


def own_carts(carts: Iterable[Cart], staff: StaffSession | None) -> Sequence[Cart]:
    """Return the carts of the person signed in; none without a shift, who could not sell them."""
    if staff is None or staff.shift_id is None:
        return ()
    return [cart for cart in carts if cart.cashier_id == staff.staff_id]


def foremost(carts: Iterable[Cart]) -> Cart | None:
    """Return the cart to go on with: one in payment first, then the newest with tickets."""
    wanted = [cart for cart in carts if cart.lines]
    return max(
        wanted,
        key=lambda cart: (cart.state == CartState.PAYMENT_STARTED, cart.opened_at),
        default=None,
    )


def in_payment(carts: Iterable[Cart]) -> Sequence[Cart]:
    """Return the carts whose payment has started: such a one never ends by itself."""
    return [cart for cart in carts if cart.state == CartState.PAYMENT_STARTED]
