"""Pictures of the pad that people without a keyboard type on."""

from pathlib import Path
from typing import Final

from kiosk_texts import tr
from kiosk_ui.looks import Look
from kiosk_ui.places import Place
from kiosk_ui.widgets.frame.key_hints import PadAsked
from tests.support.clock import FakeClock
from tests.support.tickets import Signer
from tests.support.ui_picture import Picture
from tests.support.ui_pictures import Evening, Judge, euros
from tests.support.ui_socket import till_in
from tests.support.ui_till import AgentClock, Till, kiosk_app

NAMES: Final = ("pin-pad", "sell-pad", "cash-pad", "letters-pad", "panel-pad", "count-pad")


async def take_pad_pictures(
    folder: Path, size: tuple[int, int], signer: Signer, judge: Judge, shown: tuple[Look, str]
) -> dict[str, Picture]:
    """Return an SVG of each screen by its name in `NAMES`; `judge` sees the app at each.

    `shown` is the look and the locale.
    """
    clock = FakeClock()
    app = kiosk_app(folder / "ui.sock", AgentClock(clock), *shown, touch=True)
    async with (
        app.run_test(size=size) as pilot,
        till_in(folder, clock, signer) as agent,
    ):
        for event_id in ("tide", "quay"):
            await agent.opened.stock(20, event_id=event_id)
        agent.line.since_at = clock.now()
        till = Till(app, pilot)
        touched = _Touched(till, agent, agent.desk.kiosk, judge)
        await till.says(tr("Who is at this kiosk?"))
        await touched.sell()
        await touched.count()
        return {name: touched.pictures[name] for name in NAMES}


class _Touched(Evening):
    """Somebody in gloves, at a terminal without a keyboard."""

    async def sell(self) -> list[str]:
        """Sign in, sell three tickets; nobody presses a key."""
        await self.till.tap("22")
        await self._keep("pin-pad", tr("Who is at this kiosk?"))
        await self.till.tap("22", "enter")
        await self.till.at(Place.OPENING_FLOAT)
        await self.till.tap("100", "enter")
        await self.till.at(Place.EVENTS)
        await self._touch("f2", "pad")
        await self.till.tap("3")
        await self._keep("sell-pad", tr("Total {amount}", amount=euros("37.50")))
        await self.till.tap("", "enter")
        await self.till.at(Place.PAYMENT)
        await self.till.tap("40")
        await self._keep("cash-pad", tr("Change: {amount}", amount=euros("2.50")))
        await self._touch("f7")
        await self.till.tap("pre")
        await self._keep("letters-pad", tr("Reason"))
        await self._touch("f4")
        await self.till.tap("Eve")
        await self._keep("panel-pad", tr("Name for the sale?"))
        await self.till.tap("", "enter")
        await self._touch("f5", "enter")
        await self.till.at(Place.TICKET)
        return []

    async def count(self) -> None:
        """Count the drawer."""
        await self._touch("escape", "f5", "f8")
        await self.till.at(Place.COUNT)
        await self._touch("down", "down")
        await self.till.tap("1")
        await self._keep("count-pad", euros("100.00"))

    async def _touch(self, *keys: str) -> None:
        """Touch what stands for these keys."""
        for key in keys:
            if key == "pad":
                self.till.app.screen.post_message(PadAsked())
            else:
                self.till.app.simulate_key(key)
            await self.till.all_typed()
