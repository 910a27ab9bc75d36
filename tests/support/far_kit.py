"""The agent's workers on real parts: a journal file, HTTP to the stand-in far side, a FakeClock."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from aiohttp import ClientTimeout

from kiosk_agent.adapters.fleet_http import FleetAddress, HttpFleet, KioskProof
from kiosk_agent.ports.journal import JournalReader
from kiosk_agent.services.agent_state import AgentState
from kiosk_agent.services.changes import Changes
from kiosk_agent.services.draining import Draining
from kiosk_agent.services.image_desk import ImageDesk
from kiosk_agent.services.kiosk import Kiosk
from kiosk_agent.services.leaving import Leaving
from kiosk_agent.services.line import LineMonitor, WatchedFleet
from kiosk_agent.services.retiring import Retiring
from kiosk_agent.services.retrying import Retrier, RetryRules
from kiosk_agent.services.sides import Here, There
from kiosk_agent.services.status import StatusReports
from tests.support.clock import FakeClock
from tests.support.far_side import FarSide
from tests.support.journal import KIOSK_ID, OpenJournal, journal_in

RULES = RetryRules(base_s=1, cap_s=8)


@dataclass
class Proof:
    """The enrolment secret, which a test may replace."""

    secret: str = "let me in"
    read: int = 0

    async def prove(self, nonce: Callable[[], Awaitable[str]]) -> dict[str, str]:
        """Show the secret."""
        del nonce
        self.read += 1
        return {"scheme": "enrolment_secret", "secret": self.secret}


@asynccontextmanager
async def http_fleet(
    far: FarSide,
    clock: FakeClock | None = None,
    *,
    journal_id: UUID | None = None,
    proof: Proof | None = None,
    total_timeout_s: float = 5,
    behind_proxy: str | None = None,
) -> AsyncIterator[HttpFleet]:
    """Open the HTTP adapter towards a far side, or by it as the proxy to another address."""
    address = FleetAddress(far.url, connect_timeout_s=2, total_timeout_s=total_timeout_s)
    if behind_proxy is not None:
        address = FleetAddress(behind_proxy, 2, total_timeout_s, far.url)
    who = KioskProof(KIOSK_ID, "0.1.0", proof or Proof())
    async with HttpFleet(address, who, journal_id or uuid4(), clock or FakeClock()) as fleet:
        yield fleet


def wait_for_answers(fleet: object, seconds: float) -> None:
    """Have an HTTP adapter, watched or not, wait so long for each answer from now on."""
    fleet = fleet._fleet if isinstance(fleet, WatchedFleet) else fleet
    assert isinstance(fleet, HttpFleet)
    assert fleet._http is not None
    fleet._http._timeout = ClientTimeout(total=seconds)


@dataclass
class HeldMark:
    """A DrainMark as long as the test."""

    on: bool = False

    def is_set(self) -> bool:
        return self.on

    def put(self, *, on: bool) -> None:
        self.on = on


@dataclass
class Kit:
    """Both sides of the line, ready for a worker."""

    open: OpenJournal
    far: FarSide
    here: Here
    there: There
    proof: Proof
    line: LineMonitor = field(init=False)
    left: HeldMark = field(default_factory=HeldMark)
    retired: HeldMark = field(default_factory=HeldMark)

    def __post_init__(self) -> None:
        self.line = self.there.line

    @cached_property
    def retiring(self) -> Retiring:
        """What heeds that the host is a kiosk no more."""
        return Retiring(self.here.state, self.retired)

    @cached_property
    def images(self) -> ImageDesk:
        """What is wanted here, and how that stands."""
        return ImageDesk(self.here.changes, self.here.clock)

    @cached_property
    def leaving(self) -> Leaving:
        """What heeds that the kiosk is to leave."""
        here = self.here
        kiosk = Kiosk(here.journal, here.clock, self.line, here.state, here.changes, "EUR")
        draining = Draining(here, self.line, HeldMark())
        return Leaving(here, draining, self.left, StatusReports(kiosk))

    @property
    def clock(self) -> FakeClock:
        return self.open.clock


@asynccontextmanager
async def kit_in(folder: Path, *, checked: bool = True, **fleet: Any) -> AsyncIterator[Kit]:
    """Open everything in a folder; `checked`: the ticket API was asked about the journal."""
    clock, proof = FakeClock(), Proof()
    async with FarSide() as far, journal_in(folder, clock) as opened:
        if checked:
            await opened.journal.write(lambda writer: writer.note_epoch_checked())
        identity = await opened.journal.read(lambda reader: reader.identity())
        async with http_fleet(
            far, clock, journal_id=identity.journal_id, proof=proof, **fleet
        ) as http:
            changes = Changes()
            state = AgentState(changes)
            line = LineMonitor(clock, opened.journal, changes, http.server_offset_ms)
            retrier = Retrier(RULES, clock, line, state)
            here = Here(opened.journal, clock, changes, state)
            yield Kit(opened, far, here, There(WatchedFleet(http, line), line, retrier), proof)


@asynccontextmanager
async def at_work(*workers: Callable[[], Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
    """Run workers meanwhile; one that fails fails the test."""
    tasks = [asyncio.create_task(worker()) for worker in workers]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    failures = [end for end in ended if isinstance(end, Exception)]
    if failures:
        raise failures[0]


async def until(kit: Kit, holds: Callable[[JournalReader], bool]) -> None:
    """Wait until the journal says so; it is looked at after every change."""
    while True:
        seen = kit.here.changes.version
        if await kit.here.journal.read(holds):
            return
        await kit.here.changes.beyond(seen)


def states(reader: JournalReader) -> list[str]:
    """Return the states of all transactions, in order."""
    rows = reader.rows_page(before=None, limit=10_000)
    return [row.state.value for row in reversed(rows)]
