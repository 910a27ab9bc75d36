"""Pictures of what is seldom seen: a transaction in detail, a cart freed, a refused refund."""

from datetime import timedelta
from pathlib import Path
from typing import Final

from kiosk_agent.ports.journal import JournalWriter
from kiosk_contracts.update_lock import UpdateLock
from kiosk_contracts.uploads import ItemOutcome
from kiosk_texts import tr
from kiosk_ui.gate import Presented
from kiosk_ui.looks import Look
from kiosk_ui.places import Place
from kiosk_ui.screens.carts import CartsScreen
from kiosk_ui.screens.refund import RefundScreen
from kiosk_ui.screens.refund_standing import RefundStandingScreen
from kiosk_ui.screens.standing import StandingScreen
from kiosk_ui.screens.waiting_turn import WaitingTurnScreen
from tests.support.clock import FakeClock
from tests.support.tickets import Signer
from tests.support.ui_picture import Picture
from tests.support.ui_pictures import Evening, Judge, euros
from tests.support.ui_socket import till_in
from tests.support.ui_till import AgentClock, Till, kiosk_app

NAMES: Final = (
    *("transaction", "gate-wait", "update-lock", "update-lock-lifted", "free-cart"),
    *("refund-refused", "waiting-turn"),
)


async def take_rare_pictures(
    folder: Path, size: tuple[int, int], signer: Signer, judge: Judge, shown: tuple[Look, str]
) -> dict[str, Picture]:
    """Return an SVG of each screen by its name in `NAMES`; `judge` sees the app at each.

    `shown` is the look and the locale.
    """
    clock = FakeClock()
    app = kiosk_app(folder / "ui.sock", AgentClock(clock), *shown)
    async with (
        app.run_test(size=size) as pilot,
        till_in(folder, clock, signer) as agent,
    ):
        await agent.opened.stock(20)
        agent.line.since_at = clock.now()
        till = Till(app, pilot)
        rare = _Rare(till, agent, agent.desk.kiosk, judge)
        await till.says(tr("Who is at this kiosk?"))
        await till.press(*"2222", "enter", *"100", "enter")
        await rare.look_at_a_shift_opened()
        await rare.wait_at_the_gate()
        await rare.lock_updates()
        await rare.free_a_cart()
        await rare.refuse_a_refund()
        await rare.wait_for_a_turn()
        return {name: rare.pictures[name] for name in NAMES}


class _Rare(Evening):
    """A shift opened, looked at; a gate whose agent is slow; a cart that was left."""

    async def look_at_a_shift_opened(self) -> None:
        """See all of a transaction that is no sale."""
        await self._type("f4")
        await self._catch_up()
        await self.till.says(self._written(tr("settled")))
        await self._type("enter")
        await self._keep("transaction", tr("shift opened"), tr("Recorded"))
        await self._type("escape", "escape")

    async def wait_at_the_gate(self) -> None:
        """Have a ticket asked about that the agent takes its time for."""
        await self._type("f3")
        await self.till.at(Place.ADMIT)
        self.till.app.kiosk.gate._show_asking(Presented("0123456789AB", scanned=False))
        await self._keep("gate-wait", tr("The agent is being asked about it."))
        self.till.app.kiosk.gate.asking = ""
        await self._type("escape")

    async def lock_updates(self) -> None:
        """Keep updates away until a time; lift that."""
        await self._type("f9", "f9")
        await self._keep("update-lock", tr("Keep updates away?"), tr("Manager's PIN"))
        await self._type("escape")
        screen = self.till.app.screen
        assert isinstance(screen, StandingScreen)
        until = self.agent.clock.now() + timedelta(hours=2)
        lock = UpdateLock(until=until, why=tr("doors are open"), by="Mia", by_id="mia")
        screen._ask_to_lift(lock, needs_pin=True)
        await self._keep("update-lock-lifted", tr("Lift the update lock?"), tr("Manager's PIN"))
        await self._type("escape", "escape")

    async def free_a_cart(self) -> None:
        """Leave a cart in payment; a manager is to free it."""
        await self._type("f2", "2", "enter", *"10", "f9")
        await self.till.says(tr("Still to pay"))
        await self.agent.clock.wait_for_sleepers()
        self.till.app.kiosk.signed_out()
        await self.till.says(tr("Who is at this kiosk?"))
        await self._type(*"9999", "enter", *"0", "enter", "f9", "f6")
        await self.till.at(Place.CARTS)
        screen = self.till.app.screen
        assert isinstance(screen, CartsScreen)
        await self.till.until(lambda: screen._carts)
        # As where the agent asks for the PIN of someone who was a manager when they signed in.
        [cart] = screen._carts.values()
        screen._ask(cart, needs_pin=True)
        await self._keep("free-cart", euros("25.00"), tr("Manager's PIN"))
        await self._type("escape")

    async def refuse_a_refund(self) -> None:
        """Ask for a refund that the ticket API refuses: a ticket has been used meanwhile."""
        await self._type("escape")
        await self.till.app.kiosk.go(Place.EVENTS)
        await self._type("f2", "1", "enter", "enter", "escape", "f4")
        await self._catch_up()
        await self._type("f8")
        await self.till.until(lambda: isinstance(self.till.app.screen, RefundScreen))
        await self._type(*"they are ill", "enter")
        await self.till.until(lambda: isinstance(self.till.app.screen, RefundStandingScreen))
        await self.agent.opened.journal.write(self._refuse_last)
        await self._keep("refund-refused", tr("refused: give no money"))

    def _refuse_last(self, writer: JournalWriter) -> None:
        code, detail = "ticket_already_used", "0000000014 was used at gate South"
        outcome = ItemOutcome(txn_id=None, status="quarantined", code=code, detail=detail)
        writer.quarantine(writer.counts().last_sequence, outcome, self.agent.clock.now())

    async def wait_for_a_turn(self) -> None:
        """Have another screen answer keys."""
        await self.till.app.push_screen(WaitingTurnScreen())
        await self._keep("waiting-turn", tr("One moment, please"))
