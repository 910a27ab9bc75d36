"""A restart of the host, decided in one step with the look for whoever it would break off."""

import threading
from typing import Final
from uuid import UUID

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
    """From the decision on no cart is opened and no payment begins; what has begun goes on.

    A decision is a command's: nobody ends that of another, by which the host may go down yet.
    """

    def __init__(self, here: Here, screens: ScreenDesk) -> None:
        self._here = here
        self._screens = screens
        self._until_ms: dict[UUID, int] = {}
        self._asking: set[UUID] = set()
        """Who waits for the journal's writer, and has not taken it back."""
        self._lock = threading.Lock()
        """The journal's writer decides, and whoever ends a decision does not wait for it."""

    async def begin(self, command_id: UUID, *, forced: bool) -> str:
        """Decide that the host restarts; return who would be broken off: then it does not.

        Nobody is asked where it is forced.
        """
        if forced:
            self.goes_on(command_id)
            return ""

        def work(writer: JournalWriter) -> str:
            # Whoever begins to pay writes the journal too: before this, and is seen, or after it,
            # and is refused.
            return self._who_is_served(writer) or self._decide(command_id)

        self._asking.add(command_id)
        try:
            return await self._here.journal.write(work)
        except (ProblemError, OSError) as error:
            # It may have been decided before the write failed.
            self.end(command_id)
            return f"whether somebody is served can't be read ({error}); {_AGAIN}"
        finally:
            self._asking.discard(command_id)

    def goes_on(self, command_id: UUID, since_ms: int | None = None) -> None:
        """Refuse what is new: it was decided, `since_ms` on CLOCK_BOOTTIME, or now."""
        began_ms = self._here.clock.boottime_ms() if since_ms is None else since_ms
        with self._lock:
            self._until_ms[command_id] = began_ms + LONGEST_MS
            self._heed()

    def end(self, command_id: UUID) -> None:
        """Sell again, unless another was decided: by this the host does not restart. Idempotent."""
        with self._lock:
            self._asking.discard(command_id)
            self._until_ms.pop(command_id, None)
            self._heed()

    def _decide(self, command_id: UUID) -> str:
        """Refuse what is new, while the journal is written; return why not, if it was ended."""
        with self._lock:
            if command_id not in self._asking:
                return f"it was taken back before it was decided; {_AGAIN}"
            self._until_ms[command_id] = self._here.clock.boottime_ms() + LONGEST_MS
            self._heed()
        return ""

    def _heed(self) -> None:
        self._here.state.set_restarts(max(self._until_ms.values(), default=0))

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
