"""Pictures of a sale with a concession and a price rule."""

from pathlib import Path
from typing import Final

from kiosk_texts import tr
from kiosk_ui.looks import Look
from tests.support.clock import FakeClock
from tests.support.prices import priced_season
from tests.support.tickets import Signer
from tests.support.ui_picture import Picture
from tests.support.ui_pictures import Evening, Judge, euros
from tests.support.ui_socket import till_in
from tests.support.ui_till import AgentClock, Till, kiosk_app

NAMES: Final = ("sell-concessions", "payment-rule")


async def take_price_pictures(
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
        await agent.opened.journal.write(lambda writer: writer.put_catalogue(priced_season()))
        await agent.opened.stock(20)
        await agent.opened.stock(12, ticket_type_id="child", price="6.00")
        agent.line.since_at = clock.now()
        till = Till(app, pilot)
        family = _Family(till, agent, agent.desk.kiosk, judge)
        await till.says(tr("Who is at this kiosk?"))
        await till.press(*"2222", "enter", *"100", "enter", "f2", "2", "down", "2", "up")
        await family.sell_with_student()
        return {name: family.pictures[name] for name in NAMES}


class _Family(Evening):
    """Two adults and two children, and a student."""

    async def sell_with_student(self) -> None:
        """Choose the concession, and go to payment."""
        await self._type("f5", "1")
        await self._keep("sell-concessions", "a student", euros("38.74"))
        await self._type("enter")
        await self._keep("payment-rule", euros("-7.01"), euros("38.74"))
