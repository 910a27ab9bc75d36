"""Pictures of what comes after a sale: looking it up, refunding it, giving the money back."""

from pathlib import Path
from typing import Final

from kiosk_agent.ports.journal import JournalWriter
from kiosk_texts import tr, trn
from kiosk_ui.looks import Look
from tests.support.clock import FakeClock
from tests.support.tickets import Signer
from tests.support.ui_picture import Picture
from tests.support.ui_pictures import Evening, Judge, euros
from tests.support.ui_socket import till_in
from tests.support.ui_till import AgentClock, Till, kiosk_app

NAMES: Final = ("find", "refund-tickets", "refund", "refund-asking", "refund-give", "refund-given")


async def take_refund_pictures(
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
        evening = _AfterSale(till, agent, agent.desk.kiosk, judge)
        await till.says(tr("Who is at this kiosk?"))
        await till.press(*"2222", "enter", *"100", "enter", "f2", "2", "enter", "enter", "escape")
        await evening.refund()
        return {name: evening.pictures[name] for name in NAMES}


class _AfterSale(Evening):
    """The next customer has fallen ill."""

    _hold_back = False
    """Whether the ticket API takes its time."""

    async def refund(self) -> None:
        """Find the sale, ask for a refund of it, wait, give the money back."""
        await self._catch_up()
        await self._type("f4", "f6", *"1", "enter")
        await self._keep("find", tr("F8 refunds it"))
        await self._type("f8")
        await self._keep(
            "refund-tickets",
            trn("{count} ticket, {amount}", "{count} tickets, {amount}", 2, amount=euros("25.00")),
        )
        await self._type("enter", *"they are ill", "enter")
        await self._keep("refund", tr("Manager's PIN"))
        await self._type(*"9999", "enter")
        self._hold_back = True
        await self._keep("refund-asking", tr("asking the ticket API: give no money yet"))
        self._hold_back = False
        await self._keep("refund-give", tr("give back {parts}", parts=""))
        await self._type("enter")
        await self._keep("refund-given", tr("given back"), tr("refunded"))

    def _settle_all(self, writer: JournalWriter) -> None:
        if not self._hold_back:
            super()._settle_all(writer)
