"""Gives back the serials of forgotten carts, so that the next customer can have them."""

from typing import Final

from kiosk_agent.ports.clock import Clock
from kiosk_agent.services.carts import CartDesk

_EVERY_S: Final = 5.0


class HoldKeeper:
    """A worker. Selling does not depend on it: every cart that is made looks for itself."""

    def __init__(self, desk: CartDesk, clock: Clock, *, every_s: float = _EVERY_S) -> None:
        self._desk = desk
        self._clock = clock
        self._every_s = every_s

    async def run(self) -> None:
        """Look every few seconds, for ever; at the start too, for a reboot ends holds."""
        while True:
            await self._desk.expire_overdue()
            await self._clock.sleep(self._every_s)
