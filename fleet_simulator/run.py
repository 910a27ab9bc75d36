"""Runs a simulated fleet against a cloud, and verifies what became of every sale."""

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Final

import aiohttp

from fleet_simulator.breaking import lose_one
from fleet_simulator.cloud import Cloud
from fleet_simulator.figures import Figures
from fleet_simulator.kiosk import Kiosk, Pace
from fleet_simulator.plan import SimulatedVenue, all_kiosks
from fleet_simulator.scenario import Cut, Trouble, cuts
from fleet_simulator.verifying import Verdict, check_journal, check_ledger, entries_of
from kiosk_agent import AGENT_VERSION
from kiosk_agent.adapters.fleet_http import FleetAddress, HttpFleet, KioskProof
from kiosk_agent.adapters.system_clock import SystemClock

_CONNECT_S: Final = 5.0
_TOTAL_S: Final = 30.0
_KEPT_OPEN_S: Final = 60.0
_NEW_OBJECTS: Final = 200_000
_AT_ONCE: Final = 20
"""Kiosks whose journals are compared at the same time."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a fleet is run; times in seconds."""

    seconds: float = 60.0
    drain_s: float = 120.0
    """How long sales may take to settle when selling has ended."""
    spread_s: float = 15.0
    """Kiosks start within it."""
    stock: int = 100
    """Serials that a kiosk that sells leases at its start."""
    connections: int = 256
    """To the fleet service, shared by all kiosks: as behind a load balancer."""
    pace: Pace = field(default_factory=Pace)
    trouble: Trouble = field(default_factory=Trouble)
    breaks: bool = False
    """Have the ticket API lose one settled sale, to see that it is found."""
    seed: int = 1


class Fleet:
    """All kiosks of a run. Make one with `fleet_at`."""

    def __init__(
        self,
        cloud: Cloud,
        venues: Sequence[SimulatedVenue],
        wishes: Wishes,
        connector: aiohttp.BaseConnector,
        stack: AsyncExitStack,
    ) -> None:
        self.cloud = cloud
        self.venues = venues
        self.wishes = wishes
        self.figures = Figures()
        self.kiosks: dict[str, Kiosk] = {}
        self._clock = SystemClock()
        self._journals = {one.kiosk_id: one.journal_id for one in all_kiosks(venues)}
        self._connector = connector
        self._stack = stack

    async def make_kiosks(self) -> None:
        """Have all kiosks there; nothing is sent yet."""
        for plan in all_kiosks(self.venues):
            self.kiosks[plan.kiosk_id] = Kiosk(
                plan,
                await self._new_line(plan.kiosk_id),
                self._clock,
                self.wishes.pace,
                self.figures,
            )

    async def forget_session(self, kiosk: Kiosk) -> None:
        """Let a kiosk be as after a restart: it has to prove who it is."""
        kiosk.fleet = await self._new_line(kiosk.plan.kiosk_id)

    async def run(self) -> None:
        """Run the fleet for as long as was wished, then let what is queued settle."""
        wishes = self.wishes
        random = Random(wishes.seed)
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(self._live(kiosk, random.uniform(0, wishes.spread_s)))
                for kiosk in self.kiosks.values()
            ]
            tasks += [
                group.create_task(self._cut(cut))
                for cut in cuts(wishes.trouble, self.venues, wishes.seconds, random)
            ]
            await asyncio.sleep(wishes.seconds)
            for kiosk in self.kiosks.values():
                kiosk.line.restore()
                kiosk.close_shop()
            await self._all_sent()
            for task in tasks:
                task.cancel()

    async def verify(self) -> Verdict:
        """Compare what the ticket API has with what kiosks recorded. Raises FleetError."""
        verdict = Verdict()
        selling = [one for one in self.kiosks.values() if one.journal.recorded]
        if self.wishes.breaks and self.cloud.ticket_store is not None:
            settled = next((one.journal for one in selling if one.journal.settled), None)
            if settled is None:
                msg = "no sale is settled, so that none can be lost; run it for longer"
                raise ValueError(msg)
            await lose_one(self.cloud.ticket_store, settled)
        turn = asyncio.Semaphore(_AT_ONCE)

        async def check(kiosk: Kiosk) -> None:
            async with turn:
                entries = await entries_of(kiosk.fleet, kiosk.journal)
            check_journal(verdict, kiosk.journal, entries)

        async with asyncio.TaskGroup() as group:
            for kiosk in selling:
                group.create_task(check(kiosk))
        ledger = await self.cloud.ledger()
        if ledger is not None:
            check_ledger(verdict, [one.journal for one in selling], ledger)
        return verdict

    async def _live(self, kiosk: Kiosk, begins_s: float) -> None:
        await asyncio.sleep(begins_s)
        await kiosk.open_session()
        async with asyncio.TaskGroup() as group:
            group.create_task(kiosk.report_for_ever())
            if kiosk.plan.sells:
                await kiosk.lease(self.wishes.stock)
                group.create_task(kiosk.send_for_ever())
                group.create_task(kiosk.sell_for_ever())

    async def _cut(self, cut: Cut) -> None:
        line = self.kiosks[cut.kiosk.kiosk_id].line
        await asyncio.sleep(cut.begins_s)
        line.cut()
        await asyncio.sleep(cut.ends_s - cut.begins_s)
        line.restore()

    async def _all_sent(self) -> None:
        try:
            async with asyncio.timeout(self.wishes.drain_s):
                for kiosk in self.kiosks.values():
                    await kiosk.sent_all()
        except TimeoutError:
            return

    async def _new_line(self, kiosk_id: str) -> HttpFleet:
        address = FleetAddress(self.cloud.fleet_url, _CONNECT_S, _TOTAL_S)
        proof = KioskProof(kiosk_id, AGENT_VERSION, self.cloud.provers[kiosk_id])
        journal_id, clock = self._journals[kiosk_id], self._clock
        fleet = HttpFleet(address, proof, journal_id, clock, connector=self._connector)
        return await self._stack.enter_async_context(fleet)


@asynccontextmanager
async def fleet_at(
    cloud: Cloud, venues: Sequence[SimulatedVenue], wishes: Wishes
) -> AsyncIterator[Fleet]:
    """Make a fleet; its connections are closed when this is left."""
    connector = aiohttp.TCPConnector(
        limit=wishes.connections, limit_per_host=0, keepalive_timeout=_KEPT_OPEN_S
    )
    async with connector, AsyncExitStack() as stack:
        fleet = Fleet(cloud, venues, wishes, connector, stack)
        await fleet.make_kiosks()
        stack.enter_context(_looking_for_cycles_seldom())
        yield fleet


@contextmanager
def _looking_for_cycles_seldom() -> Iterator[None]:
    """Have Python look for cycles less often while the block runs.

    Thousands of kiosks are millions of objects: to look through them holds all of them up for
    seconds, in which each would take its line for dead.
    """
    before = gc.get_threshold()
    gc.set_threshold(_NEW_OBJECTS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


async def watch(fleet: Fleet, tell: Callable[[Figures, float], None], every_s: float = 1.0) -> None:
    """Tell how far a run has come, until cancelled."""
    began = time.monotonic()
    while True:
        tell(fleet.figures, time.monotonic() - began)
        await asyncio.sleep(every_s)
