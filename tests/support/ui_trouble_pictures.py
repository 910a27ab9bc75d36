"""Pictures of a payment in parts that comes to nothing, and of paper that does not come."""

from pathlib import Path
from typing import Final

from kiosk_agent.domain.printing import PaperRules
from kiosk_agent.ports.journal import JournalWriter
from kiosk_contracts.printing import PrinterState, PrintState
from kiosk_texts import tr
from kiosk_ui.looks import Look
from tests.support.clock import FakeClock
from tests.support.tickets import Signer
from tests.support.ui_picture import Picture
from tests.support.ui_pictures import Evening, Judge, euros
from tests.support.ui_socket import till_in
from tests.support.ui_till import AgentClock, Till, kiosk_app

NAMES: Final = ("payment-parts", "buyer", "give-back", "carts", "paper")


async def take_trouble_pictures(
    folder: Path, size: tuple[int, int], signer: Signer, judge: Judge, shown: tuple[Look, str]
) -> dict[str, Picture]:
    """Return an SVG of each screen by its name in `NAMES`; `judge` sees the app at each.

    `shown` is the look and the locale.
    """
    clock = FakeClock()
    app = kiosk_app(folder / "ui.sock", AgentClock(clock), *shown)
    async with (
        app.run_test(size=size) as pilot,
        till_in(folder, clock, signer, PaperRules(has_printer=True)) as agent,
    ):
        await agent.opened.stock(20)
        agent.desk.kiosk.printer.state = PrinterState.PAPER_OUT
        agent.line.since_at = clock.now()
        till = Till(app, pilot)
        trouble = _Trouble(till, agent, agent.desk.kiosk, judge)
        await till.says(tr("Who is at this kiosk?"))
        await till.press(*"2222", "enter", *"100", "enter")
        await trouble.look_at_paper()
        await trouble.pay_in_parts()
        await trouble.look_at_carts()
        return {name: trouble.pictures[name] for name in NAMES}


class _Trouble(Evening):
    """The roll ends within a ticket; the next customer's card is declined."""

    async def look_at_paper(self) -> None:
        """See which of two tickets waits, and of which nobody knows whether it came out."""
        await self._type("f2", "2", "enter", "enter", "escape")
        await self.agent.opened.journal.write(_doubt_first)
        await self._type("f6")
        await self._keep("paper", tr("not sure"))
        await self._type("escape")

    async def pay_in_parts(self) -> None:
        """Take cash, then a card for a part of the rest; the customer changes their mind."""
        await self._type("f2", "2", "enter", *"7", "f9")
        await self._type("f4", *"Eve Lindqvist")
        await self._keep("buyer", tr("Name for the sale?"))
        await self._type("enter", *"4711", "tab", *"15", "enter")
        await self._keep("payment-parts", euros("3.00"), "Eve Lindqvist")
        await self._type("escape")
        await self._keep("give-back", euros("15.00"))
        await self._type("escape")

    async def look_at_carts(self) -> None:
        """Find the cart where a manager looks for it."""
        await self.agent.clock.wait_for_sleepers()
        self.till.app.kiosk.signed_out()
        await self.till.says(tr("Who is at this kiosk?"))
        await self._type(*"9999", "enter", *"0", "enter", "f9", "f6")
        await self._keep("carts", euros("25.00"))


def _doubt_first(writer: JournalWriter) -> None:
    first, *_ = writer.open_prints(9)
    writer.set_print_state(first.print_id, PrintState.DOUBTFUL)
