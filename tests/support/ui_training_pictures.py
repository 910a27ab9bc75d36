"""Pictures of training: each says all over that nothing is sold."""

from pathlib import Path
from typing import Final

from kiosk_agent.domain.training import KIOSK_CODE
from kiosk_texts import tr
from kiosk_ui.looks import Look
from kiosk_ui.places import Place
from tests.support.clock import FakeClock
from tests.support.tickets import Signer
from tests.support.ui_picture import Picture
from tests.support.ui_pictures import Evening, Judge, euros
from tests.support.ui_socket import till_in
from tests.support.ui_till import AgentClock, Till, kiosk_app

NAMES: Final = (
    *("training-sign-in", "training-sell", "training-payment", "training-ticket"),
    "training-admit",
)


async def take_training_pictures(
    folder: Path, size: tuple[int, int], signer: Signer, judge: Judge, shown: tuple[Look, str]
) -> dict[str, Picture]:
    """Return an SVG of each screen by its name in `NAMES`; `judge` sees the app at each.

    `shown` is the look and the locale.
    """
    clock = FakeClock()
    app = kiosk_app(folder / "ui.sock", AgentClock(clock), *shown)
    async with (
        app.run_test(size=size) as pilot,
        till_in(folder, clock, signer, training=True) as agent,
    ):
        await agent.opened.journal.write(
            lambda writer: writer.put_identity(KIOSK_CODE, "harbour", "Harbour Hall")
        )
        await agent.opened.stock(20)
        practice = _Practice(Till(app, pilot), agent, agent.desk.kiosk, judge)
        await practice.sell_and_admit()
        return {name: practice.pictures[name] for name in NAMES}


class _Practice(Evening):
    """Somebody's first evening, in training."""

    async def sell_and_admit(self) -> None:
        """Sell two tickets that let nobody in, and scan one."""
        await self._keep("training-sign-in", tr("Who is at this kiosk?"))
        await self._type(*"2222", "enter", *"100", "enter", "f2", "2")
        await self._keep("training-sell", euros("25.00"))
        await self._type("enter")
        await self._keep("training-payment", euros("25.00"))
        await self._type("enter")
        await self.till.at(Place.TICKET)
        await self._keep("training-ticket", tr("TRAINING: lets nobody in"))
        sale = self.till.app.kiosk.desk.session.sale
        assert sale is not None
        await self._type("escape", "f3")
        await self._scan(sale.tickets[0].code)
        await self._keep("training-admit", f"{tr('GREEN')} · {tr('LET IN')}")

    async def _keep(self, name: str, *words: str) -> None:
        await super()._keep(name, tr("nothing is sold, nothing is sent"), *words)
        top = self.till.text.split("\n")[0]
        assert self._written(tr("TRAINING")) in top, f"{name} says it is no training: {top}"
