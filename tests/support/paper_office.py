"""A till with a printer and its queue, for tests."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from kiosk_agent.adapters.printers.address import parse_address
from kiosk_agent.adapters.printers.escpos_printer import EscposPrinter
from kiosk_agent.domain.printing import PaperRules
from kiosk_agent.services.agent_state import AgentState
from kiosk_agent.services.printing import PrintQueue
from kiosk_contracts.printing import PrinterState
from tests.support.fake_printer import FakePrinter, on_network
from tests.support.ui_socket import Till, till_in


def _as_it_is(moment: datetime) -> datetime:
    return moment


@dataclass
class Office:
    """A till with a printer."""

    till: Till
    fake: FakePrinter
    queue: PrintQueue
    state: AgentState

    async def states(self) -> list[str]:
        """Return the states of what is not over, oldest first."""
        found = await self.till.opened.journal.read(lambda reader: reader.open_prints(99))
        return [one.state.value for one in found]

    async def until_quiet(self) -> None:
        """Wait until nothing waits and nothing is being printed."""
        for _ in range(600):
            if not {"waiting", "printing"} & set(await self.states()):
                return
            await self._pass()
        pytest.fail("it never became quiet")

    async def until_state(self, state: PrinterState) -> None:
        """Wait until the queue has seen the printer so."""
        for _ in range(600):
            if self.till.desk.kiosk.printer.state is state:
                return
            await self._pass()
        pytest.fail(f"it never became {state}")

    async def until_warned(self, words: str) -> None:
        """Wait until a warning at the kiosk says these words."""
        for _ in range(600):
            if any(words in one.text for one in self.state.warnings()):
                return
            await self._pass()
        pytest.fail(f"nothing warned of {words}")

    async def tick(self) -> None:
        """Let time pass for whoever waits for it, for ever."""
        while True:
            await self._pass()

    async def _pass(self) -> None:
        await asyncio.sleep(0.01)
        # The till's own agent is a fake, which says what a test wants: here, what the queue says.
        if (said := list(self.state.warnings())) != self.till.agent.said:
            self.till.agent.said = said
            self.till.desk.kiosk.changes.notify()
        if self.till.clock.sleeping:
            self.till.clock.advance(2)


@asynccontextmanager
async def office_in(
    folder: Path,
    fake: FakePrinter | None = None,
    *,
    receipts: bool = False,
    working: bool = True,
) -> AsyncIterator[Office]:
    """Serve a till's UI socket; sales print on `fake` while the queue is at work."""
    printer = fake or FakePrinter()
    rules = PaperRules(has_printer=True, receipts=receipts)
    with on_network(printer) as address:
        async with till_in(folder, paper=rules) as till:
            await till.opened.stock(20)
            await till.open_shift()
            kiosk = till.desk.kiosk
            state = AgentState(kiosk.changes)
            device = EscposPrinter(parse_address(address), prints_within_s=1)
            queue = PrintQueue(kiosk, device, state, _as_it_is)
            office = Office(till, printer, queue, state)
            if not working:
                yield office
                return
            async with at_work(queue):
                yield office


@asynccontextmanager
async def at_work(queue: PrintQueue) -> AsyncIterator[None]:
    """Run the queue as the agent does."""
    task = asyncio.create_task(queue.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
