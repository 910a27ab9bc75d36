"""A restart of the host, decided in one step with the look for whoever it would break off."""

from typing import Final

from kiosk_agent.domain.holds import has_expired
from kiosk_agent.ports.journal import JournalReader, JournalWriter
from kiosk_agent.services.kiosk import moment_now
from kiosk_agent.services.screens import ScreenDesk
from kiosk_agent.services.sides import Here
from kiosk_contracts.problem import ProblemError
from kiosk_contracts.selling import CartState

LONGEST_MS: Final = 360_000
"""A host that is up so long after it was decided does not go down: the kiosk sells again by itself,
whoever was to say that it failed. Longer than the supervisor waits for it to go down."""
_AGAIN: Final = "ask again, or force it"


class Restarting:
    """From the decision on no cart is opened and no payment begins; what has begun goes on."""

    def __init__(self, here: Here, screens: ScreenDesk) -> None:
        self._here = here
        self._screens = screens

    async def begin(self, *, forced: bool) -> str:
        """Decide that the host restarts; return who would be broken off: then it does not.

        Nobody is asked where it is forced, nor where it was decided before.
        """
        if forced:
            self.goes_on()
            return ""

        def work(writer: JournalWriter) -> str:
            # Whoever begins to pay writes the journal too: before this, and is seen, or after it,
            # and is refused.
            why = self._who_is_served(writer)
            if not why:
                self.goes_on()
            return why

        try:
            return await self._here.journal.write(work)
        except (ProblemError, OSError) as error:
            return f"whether somebody is served can't be read ({error}); {_AGAIN}"

    def goes_on(self) -> None:
        """Refuse what is new: it was decided. Also while the journal is written."""
        self._here.state.set_restarts(self._here.clock.boottime_ms() + LONGEST_MS)

    def end(self) -> None:
        """Sell again: the host does not restart. Idempotent."""
        self._here.state.set_restarts(0)

    def _who_is_served(self, reader: JournalReader) -> str:
        moment = moment_now(reader, self._here.clock)
        carts = [cart for cart in reader.carts() if not has_expired(cart, moment)]
        if any(cart.state == CartState.PAYMENT_STARTED for cart in carts):
            return f"a payment has begun at the kiosk, and is not completed; {_AGAIN}"
        screen = self._screens.seen().state()
        if screen.busy:
            with_what = f" ({screen.why})" if screen.why else ""
            return f"somebody is served at its screen{with_what}; {_AGAIN}"
        if any(reader.cart_items(cart.txn_id) for cart in carts):
            return f"a cart at the kiosk holds tickets for somebody; {_AGAIN}"
        return ""
