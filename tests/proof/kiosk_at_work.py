"""A kiosk without its sockets: the real journal and services, on a Fleet and a clock of a test."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from uuid6 import uuid7

from kiosk_agent.adapters.archive_files import FOLDER_NAME, FileArchives
from kiosk_agent.adapters.check_folder import FileKeptChecks
from kiosk_agent.adapters.ed25519 import verify_ed25519
from kiosk_agent.adapters.hand_over_folder import FileHandOvers
from kiosk_agent.adapters.journal.recovery import Home, prepare
from kiosk_agent.adapters.journal.store import open_journal
from kiosk_agent.adapters.report_folder import ReportFolder
from kiosk_agent.adapters.reserve_file import ReserveFile
from kiosk_agent.api.keys import Desk, open_desk
from kiosk_agent.domain.archiving import ARCHIVE_AFTER_S
from kiosk_agent.domain.people import StaffMember
from kiosk_agent.ports.fleet import Fleet
from kiosk_agent.ports.journal import JournalReader
from kiosk_agent.services.agent_state import AgentState
from kiosk_agent.services.changes import Changes
from kiosk_agent.services.draining import Draining
from kiosk_agent.services.epoch_keeper import EpochKeeper
from kiosk_agent.services.kiosk import Kiosk
from kiosk_agent.services.line import LineMonitor, WatchedFleet
from kiosk_agent.services.reserving import Reserving
from kiosk_agent.services.retrying import Retrier, RetryRules
from kiosk_agent.services.sides import Here, There
from kiosk_agent.services.stocking import Stocking
from kiosk_agent.services.syncer import Syncer
from kiosk_agent.services.tidying import Tidying
from kiosk_agent.services.uploader import Uploader, UploadRules
from kiosk_agent.waiting import first_of
from kiosk_contracts.admitting import Admit
from kiosk_contracts.kiosk_status import JournalState
from kiosk_contracts.selling import Cart, MakeSale, MakeVoid, PutCart, TakenSoFar, WantedLine
from kiosk_contracts.shifts import OpenShift
from tests.support.clock import FakeClock
from tests.support.journal import KIOSK_CODE, KIOSK_ID, VENUE_ID
from tests.support.tickets import euros
from tests.support.ui_socket import CHEAP_PINS, cash, roster, sale_of

UNSENT = (JournalState.QUEUED, JournalState.UPLOADING)
"""What is parked waits for what may never come."""
EVENT = "tide"
HOST_ID = "host-1"
RESERVE = "reserve"
RESERVED = 2
"""Tickets of each type in the sealed reserve."""


class ImpatientClock(FakeClock):
    """A clock for which every sleep is over at once: its time has passed."""

    async def sleep(self, seconds: float) -> None:
        self.advance(seconds)
        await asyncio.sleep(0)


class NoDrainMark:
    """A drain mark that nobody looks for after a restart."""

    def put(self, *, on: bool) -> None:
        del on

    def is_set(self) -> bool:
        return False


@dataclass
class KioskAtWork:
    """What staff and workers do, as plain calls; answers are those of the UI socket."""

    folder: Path
    here: Here
    fleet: Fleet
    reserve: ReserveFile
    kiosk_id: str = KIOSK_ID
    kiosk_code: str = KIOSK_CODE
    gate: str = "North"
    event_id: str = EVENT
    batch_max: int = 20
    archive_after_s: float = ARCHIVE_AFTER_S
    desk: Desk = field(init=False)
    uploader: Uploader = field(init=False)
    stocking: Stocking = field(init=False)
    syncer: Syncer = field(init=False)
    epochs: EpochKeeper = field(init=False)
    draining: Draining = field(init=False)
    archives: FileArchives = field(init=False)
    tidying: Tidying = field(init=False)
    reserving: Reserving = field(init=False)

    def __post_init__(self) -> None:
        here = self.here
        line = LineMonitor(here.clock, here.journal, here.changes, self.fleet.server_offset_ms)
        retrier = Retrier(RetryRules(base_s=1, cap_s=8), here.clock, line, here.state)
        there = There(WatchedFleet(self.fleet, line), line, retrier)
        kiosk = Kiosk(here.journal, here.clock, line, here.state, here.changes)
        self.desk = open_desk(
            kiosk,
            roster=roster(),
            pins=CHEAP_PINS,
            verify=verify_ed25519,
            hand_overs=FileHandOvers(self.folder),
            kept_checks=FileKeptChecks(self.folder),
            report_files=ReportFolder(self.folder / "reports"),
        )
        rules = UploadRules(self.batch_max, park_after=timedelta(hours=1), parked_again_s=60)
        self.uploader = Uploader(here, there, rules)
        self.stocking = Stocking(here, there, every_s=30, ask_again_s=300)
        self.syncer = Syncer(here, there, every_s=30)
        self.epochs = EpochKeeper(here, there, self.reserve, every_s=3600)
        self.draining = Draining(here, line, NoDrainMark())
        self.archives = FileArchives(self.folder / FOLDER_NAME)
        self.tidying = Tidying(kiosk, self.archives, archive_after_s=self.archive_after_s)
        self.reserving = Reserving(
            here, there, self.reserve, per_type=RESERVED, every_s=30, ask_again_s=300
        )

    async def begin(self) -> None:
        """Learn who we are, what is sold, that no copy of the journal is ahead; open a shift."""
        await self.here.journal.write(
            lambda writer: writer.put_identity(self.kiosk_code, VENUE_ID, "Harbour Hall")
        )
        await self.syncer._sync_catalogue()
        await self.syncer._sync_keys()
        await self.epochs._check()
        await self.open_shift()

    async def open_shift(self) -> None:
        """Open the cashier's shift, unless it is open."""
        if await self.here.journal.read(lambda reader: reader.open_shift("ana")) is None:
            await self.desk.shifts.open(
                person("ana"), OpenShift(txn_id=uuid7(), opening_float=euros("100.00"))
            )

    async def top_up(self) -> None:
        """Ask for stock as the rules say, also again for what was not answered. FleetError."""
        await self.stocking._top_up()

    async def put_cart(self, txn_id: UUID, **quantities: int) -> Cart:
        """Set a cart to so many of each type."""
        lines = tuple(
            WantedLine(event_id=self.event_id, ticket_type_id=kind, quantity=quantity)
            for kind, quantity in quantities.items()
        )
        return await self.desk.carts.put(person("ana"), txn_id, PutCart(lines=lines))

    async def start_payment(self, txn_id: UUID) -> None:
        """Put `payment_started` on disk."""
        await self.desk.carts.start_payment(person("ana"), txn_id)

    async def take_part(self, txn_id: UUID, amount: str) -> None:
        """Take so much in cash; the rest is still to pay."""
        so_far = TakenSoFar.model_validate({"taken": [cash(euros(amount).to_json())]})
        await self.desk.carts.take(person("ana"), txn_id, so_far)

    async def cancel_payment(self, txn_id: UUID) -> None:
        """Say that the customer has their money back, or never paid."""
        await self.desk.carts.cancel_payment(person("ana"), txn_id)

    async def close_sale(self, txn_id: UUID) -> dict[str, Any]:
        """Sell what a cart in payment holds, for cash."""
        cart = await self.desk.carts.get(txn_id)
        request = MakeSale.model_validate(sale_of(txn_id, cart.total.to_json()))
        return await self.desk.selling.sell(person("ana"), request)

    async def close_again(self, txn_id: UUID, answer: dict[str, Any]) -> dict[str, Any]:
        """Ask for a sale again whose answer is known, as one does whose answer was lost."""
        request = MakeSale.model_validate(sale_of(txn_id, answer["total"]))
        return await self.desk.selling.sell(person("ana"), request)

    async def sell(self, **quantities: int) -> dict[str, Any]:
        """Sell for cash, all steps."""
        txn_id = uuid7()
        await self.put_cart(txn_id, **quantities)
        await self.start_payment(txn_id)
        return await self.close_sale(txn_id)

    async def void(self, sale_txn_id: object) -> dict[str, Any]:
        """Undo a sale that has not settled."""
        request = MakeVoid.model_validate(
            {"txn_id": uuid7(), "sale_txn_id": str(sale_txn_id), "reason": "changed their mind"}
        )
        return await self.desk.selling.void(person("ana"), person("mia"), request)

    async def admit(
        self, serial: str | None = None, *, code: str | None = None, out: bool = False
    ) -> dict[str, Any]:
        """Let a ticket in, or out, by its number or by its code."""
        request = Admit(
            txn_id=uuid7(), event_id=self.event_id, gate=self.gate, serial=serial, code=code
        )
        admitting = self.desk.admitting
        return await (admitting.let_out if out else admitting.admit)(person("gus"), request)

    async def give_back(self) -> int:
        """Return all unsold stock; sell on afterwards. Returns how many tickets went back."""
        returned = await self.draining.set(on=True)
        await self.draining.set(on=False)
        return returned

    async def fill_reserve(self) -> None:
        """Ask for what the sealed reserve lacks. FleetError."""
        await self.reserving.fill()

    async def clear_left_overs(self) -> None:
        """Remove what a kill left of archives, as the worker does at its start."""
        await self.tidying._clear_left_overs()

    async def archive_some(self) -> bool:
        """Move some rows to an archive; say whether there were any."""
        return await self.tidying._archive_some()

    async def tidy(self) -> None:
        """Archive, forget and shrink until nothing is left to do, if the kiosk is idle."""
        await self.tidying._round()

    async def drain(self) -> None:
        """Send until nothing is left to send."""
        await first_of(self.uploader.run(), self._until_sent())

    async def _until_sent(self) -> None:
        while True:
            seen = self.here.changes.version
            if await self.here.journal.read(_nothing_unsent):
                return
            await self.here.changes.beyond(seen)


def person(staff_id: str) -> StaffMember:
    """Return one of the roster: `gus` (gate), `ana` (cashier), `mia` (manager)."""
    found = roster().find(staff_id)
    assert found is not None
    return found


def _nothing_unsent(reader: JournalReader) -> bool:
    return not reader.rows_page(before=None, limit=1, states=UNSENT)


@asynccontextmanager
async def kiosk_in(
    folder: Path,
    fleet: Fleet,
    clock: FakeClock | None = None,
    *,
    reserve: ReserveFile | None = None,
    host_id: str = HOST_ID,
    **changes: Any,
) -> AsyncIterator[KioskAtWork]:
    """Open the kiosk whose journal is in `folder`, as the agent does at its start."""
    the_clock = clock or ImpatientClock()
    kiosk_id = changes.get("kiosk_id", KIOSK_ID)
    the_reserve = reserve or ReserveFile(folder / RESERVE)
    home = Home(folder / "journal.db", kiosk_id, host_id, the_reserve, the_clock)
    async with open_journal(
        home.path,
        clock=the_clock,
        kiosk_id=kiosk_id,
        host_id=host_id,
        prepare=lambda _: prepare(home),
    ) as journal:
        changed = Changes()
        here = Here(journal, the_clock, changed, AgentState(changed))
        await journal.write(lambda writer: writer.requeue_all_uploading())
        yield KioskAtWork(folder, here, fleet, the_reserve, **changes)
