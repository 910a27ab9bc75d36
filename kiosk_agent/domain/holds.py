"""How long a cart holds its serials."""

from typing import Final

from kiosk_agent.domain.leases import Moment
from kiosk_agent.domain.records import StoredCart
from kiosk_contracts.selling import CartState

DEFAULT_HOLD_S: Final = 600
_MS: Final = 1000


def hold_ends_at_ms(moment: Moment, hold_s: float) -> int:
    """Return when, in CLOCK_BOOTTIME milliseconds of this boot, a hold that begins now ends."""
    return moment.boottime_ms + int(hold_s * _MS)


def has_expired(cart: StoredCart, moment: Moment) -> bool:
    """Say whether a cart's serials go back: its time is over, or the host was rebooted.

    A cart in payment never expires by itself: the customer may have been charged.
    """
    if cart.state != CartState.OPEN:
        return False
    return time_is_over(cart, moment)


def time_is_over(cart: StoredCart, moment: Moment) -> bool:
    """Say whether the time is over for which an open cart, in whatever state it is now, held."""
    return cart.hold_boot_id != moment.boot_id or moment.boottime_ms >= cart.hold_ends_boottime_ms


def ends_in_s(cart: StoredCart, moment: Moment) -> int | None:
    """Return the whole seconds left of an open cart's hold; None where it does not end.

    The hold is of this boot: `has_expired` ends those of earlier ones.
    """
    if cart.state != CartState.OPEN:
        return None
    return max(0, (cart.hold_ends_boottime_ms - moment.boottime_ms + _MS - 1) // _MS)
