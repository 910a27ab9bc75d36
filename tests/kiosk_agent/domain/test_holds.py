"""How long a cart holds its serials, and what the screen counts down."""

import pytest
from uuid6 import uuid7

from kiosk_agent.domain.holds import ends_in_s, has_expired, hold_ends_at_ms
from kiosk_agent.domain.leases import Moment
from kiosk_agent.domain.records import StoredCart
from kiosk_contracts.selling import CartState
from tests.support.journal import at

NOW = at("19:00:00")


def _moment(boottime_ms: int) -> Moment:
    return Moment(NOW, boottime_ms, "boot-1", None)


def _cart(state: CartState = CartState.OPEN) -> StoredCart:
    ends = hold_ends_at_ms(_moment(1000), 600)
    return StoredCart(uuid7(), state, "ana", NOW, "boot-1", ends)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("boottime_ms", "left"), [(1000, 600), (1001, 600), (2000, 599), (600_999, 1), (601_000, 0)]
)
def test_whole_seconds_are_counted_down_and_end_with_the_hold(boottime_ms: int, left: int) -> None:
    assert ends_in_s(_cart(), _moment(boottime_ms)) == left
    assert has_expired(_cart(), _moment(boottime_ms)) is (left == 0)


def test_a_payment_that_started_has_no_end() -> None:
    paying = _cart(CartState.PAYMENT_STARTED)
    assert ends_in_s(paying, _moment(10**9)) is None
    assert not has_expired(paying, _moment(10**9))
