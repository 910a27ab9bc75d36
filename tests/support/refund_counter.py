"""A box office after a sale: the UI at the real agent's API, and the far side that a test plays."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from kiosk_agent.ports.journal import JournalWriter
from kiosk_contracts.kiosk_status import JournalState
from kiosk_contracts.uploads import ItemOutcome
from kiosk_ui.looks import Look
from kiosk_ui.places import Place
from tests.support.ui_socket import Till as Agent
from tests.support.ui_socket import till_in
from tests.support.ui_till import AgentClock, Till, kiosk_app

PIN = "9999"
"""A manager's."""


@dataclass
class Counter:
    """A person at the UI, the agent behind it, and the far side that the test plays."""

    agent: Agent
    till: Till

    async def settle_all(self) -> None:
        """Let all that is unsent settle, and the UI hear of it."""
        await self._judge(JournalState.SETTLED, "")

    async def refuse_last(self, code: str, detail: str) -> None:
        """Let what was recorded last be refused."""
        await self._judge(JournalState.QUARANTINED, code, detail)

    async def line(self, *, up: bool) -> None:
        """Cut or restore the line."""
        self.agent.line.up = up
        await self.hear()

    async def hear(self) -> None:
        """Let the UI hear the agent's latest status: the stream sleeps by the agent's clock."""
        await self.agent.clock.wait_for_sleepers()
        self.agent.clock.advance(7)
        self.agent.desk.kiosk.changes.notify()
        now = await self.agent.desk.reports.status()
        link = self.till.app.kiosk.desk.link
        await self.till.until(lambda: link.status == now, "the agent's latest status")

    async def _judge(self, state: JournalState, code: str, detail: str = "") -> None:
        now = self.agent.clock.now()

        def mark(writer: JournalWriter) -> None:
            for row in writer.begin_upload(100, 1 << 20):
                outcome = ItemOutcome(txn_id=None, status=state, code=code, detail=detail)
                if state is JournalState.SETTLED:
                    writer.settle(row.sequence, outcome, now)
                else:
                    writer.quarantine(row.sequence, outcome, now)

        await self.agent.opened.journal.write(mark)
        await self.hear()

    async def refunds(self) -> list[tuple[str, str]]:
        """Return the state of every refund in the journal, and whether its money was given."""
        rows = await self.agent.opened.journal.read(
            lambda reader: reader.rows_page(before=None, limit=100)
        )
        payouts = {row.depends_on for row in rows if row.kind == "shift_paid_out"}
        return [
            (row.state.value, "given" if row.txn_id in payouts else "")
            for row in rows
            if row.kind == "refund"
        ]


@asynccontextmanager
async def counter_in(
    folder: Path, pin: str = "2222", quantity: str = "2", look: Look = Look.STANDARD
) -> AsyncIterator[Counter]:
    """Sell some adults, let the sale settle, and stand on Events."""
    async with till_in(folder) as agent:
        await agent.opened.stock(9)
        app = kiosk_app(folder / "ui.sock", AgentClock(agent.clock), look)
        async with app.run_test(size=(80, 24)) as pilot:
            till = Till(app, pilot)
            await till.says("PIN")
            await till.press(*pin, "enter", *"100", "enter", "f2", quantity, "enter", "enter")
            await till.at(Place.TICKET)
            await till.press("escape")
            await till.at(Place.EVENTS)
            counter = Counter(agent, till)
            await counter.settle_all()
            yield counter
