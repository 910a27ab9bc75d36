"""Writes a journal with a row of every kind, in every state, as the code beside it does.

`python -m tests.recorded_state.record tests/recorded_state/schema-1` wrote the first.
"""

import asyncio
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from uuid6 import uuid7

from kiosk_agent.domain.records import StockItem, StoredCart
from kiosk_agent.ports.journal import JournalWriter, NewTransaction
from kiosk_contracts.allotments import Allotment
from kiosk_contracts.catalogue import Catalogue
from kiosk_contracts.gates import GateFeedEntry, KeySet
from kiosk_contracts.kiosk_status import JournalState
from kiosk_contracts.personal import Buyer, PersonalData
from kiosk_contracts.serials import format_serial
from kiosk_contracts.uploads import ItemOutcome
from tests.support.clock import FakeClock
from tests.support.journal import KIOSK_ID, OpenJournal, journal_in, lease_request
from tests.support.ticket_api import EVENT, PRICES, Caller, money, world
from tests.support.till import cash

_SHIFT = uuid4()


@dataclass
class Recorder:
    """A kiosk at work, by hand."""

    opened: OpenJournal
    far: Caller

    async def write(self, work: Any) -> Any:
        return await self.opened.journal.write(work)

    async def stock(self, quantity: int, *, answered: bool = True) -> list[StockItem]:
        """Lease serials from the ticket API."""
        identity = await self.opened.journal.read(lambda reader: reader.identity())
        lease = lease_request(self.opened.clock, event_id=EVENT, quantity=quantity)
        await self.write(lambda writer: writer.put_lease_request(lease))
        if not answered:
            return []
        request_id = str(lease.request_id)
        answer = await self.far.grant(identity.journal_id, quantity, request_id=request_id)
        allotment = Allotment.model_validate(answer.body)
        await self.write(lambda writer: writer.put_allotment(allotment))
        found: list[StockItem] = await self.opened.journal.read(
            lambda reader: list(reader.available(EVENT, "adult"))
        )
        return found

    async def sell(self, items: list[StockItem], *, buyer: str | None = None) -> UUID:
        """Sell serials, cart and all."""
        txn_id, serials = uuid7(), [item.serial for item in items]
        total = f"{float(PRICES['adult']) * len(items):.2f}"
        personal = buyer and PersonalData(salt="5a" * 16, buyer=Buyer(name=buyer))
        line = {
            "event_id": EVENT,
            "ticket_type_id": "adult",
            "price_list_version": 1,
            "unit_price": money(PRICES["adult"]),
            "serials": serials,
        }
        payload = {
            **self.by(),
            "lines": [line],
            "total": money(total),
            "tender": [cash(total)],
            "personal_hash": personal.salted_hash(txn_id) if personal else None,
        }

        def work(writer: JournalWriter) -> None:
            writer.put_cart(self.cart(txn_id, "open"))
            writer.hold(txn_id, serials)
            new = self.new("sale", payload, txn_id=txn_id, numbered=True, personal=personal or None)
            writer.append(new)
            writer.set_stock_state(serials, "sold")
            writer.put_cart(self.cart(txn_id, "closed"))
            writer.keep_answer(txn_id, {"txn_id": str(txn_id), "tickets": serials})

        await self.write(work)
        return txn_id

    async def undo(self, kind: str, sale: UUID, items: list[StockItem]) -> UUID:
        """Void or refund a sale."""
        serials = [item.serial for item in items]
        total = f"{float(PRICES['adult']) * len(items):.2f}"
        payload = {
            **self.by(),
            "sale_txn_id": str(sale),
            "serials": serials,
            "total": money(total),
            "tender": [cash(total)],
            "reason": "rain",
            "approved_by": "mia",
        }
        new = self.new(kind, payload, numbered=True, depends_on=sale)

        def work(writer: JournalWriter) -> None:
            writer.append(new)
            writer.set_stock_state(serials, "revoked")
            writer.note_gate_fact(
                event_id=EVENT,
                serial=serials[0],
                fact="revoked",
                at=self.opened.clock.now(),
                gate="",
                reason=kind,
            )

        await self.write(work)
        return new.txn_id

    async def gate(self, kind: str, item: StockItem) -> None:
        """Let a ticket in or out."""
        payload = {**self.by(), "serial": item.serial, "event_id": EVENT, "gate": "North"}

        def work(writer: JournalWriter) -> None:
            writer.append(self.new(kind, payload))
            writer.note_gate_fact(
                event_id=EVENT,
                serial=item.serial,
                fact={"admission": "admitted", "exit": "exited"}[kind],
                at=self.opened.clock.now(),
                gate="North",
            )

        await self.write(work)

    async def give_back(self, items: list[StockItem]) -> None:
        """Return stock."""
        serials = [item.serial for item in items]
        payload = {
            **self.by(),
            "allotment_id": str(items[0].allotment_id),
            "event_id": EVENT,
            "ticket_type_id": "adult",
            "serials": serials,
            "reason": "closing",
        }

        def work(writer: JournalWriter) -> None:
            writer.append(self.new("return_of_stock", payload))
            writer.set_stock_state(serials, "returned")

        await self.write(work)

    async def drawer(self) -> None:
        """Do everything that can be done with a drawer."""
        said = {"reason": "change"}
        moves: dict[str, dict[str, Any]] = {
            "shift_opened": {"opening_float": money("100.00")},
            "shift_paid_in": {"amount": money("10.00"), **said},
            "shift_paid_out": {"amount": money("5.00"), **said},
            "shift_closed": {
                "expected": money("105.00"),
                "counted": money("104.00"),
                "over_short": money("-1.00"),
            },
        }
        for kind, figures in moves.items():
            new = self.new(kind, {**self.by(), **figures})
            await self.write(lambda writer, new=new: writer.append(new))

    async def everything(self) -> None:
        """Record one of each kind."""
        items = await self.stock(12)
        await self.drawer()
        voided = await self.sell(items[:1])
        await self.undo("void", voided, items[:1])
        refunded = await self.sell(items[1:2], buyer="Nora Quay")
        await self.undo("refund", refunded, items[1:2])
        await self.sell(items[2:5], buyer="Finn Lighter")
        await self.gate("admission", items[2])
        await self.gate("exit", items[2])
        await self.give_back(items[5:7])

    async def settle_all(self) -> None:
        """Send everything and mark it as the ticket API judges."""
        clock = self.opened.clock
        rows = await self.write(lambda writer: writer.begin_upload(200, 10**7))
        identity = await self.opened.journal.read(lambda reader: reader.identity())
        outcomes = await self.far.upload(identity.journal_id, *(row.item for row in rows))
        for row, outcome in zip(rows, outcomes, strict=True):
            assert outcome["status"] == "settled", outcome
            judged = ItemOutcome.model_validate(outcome)
            await self.write(
                lambda writer, row=row, judged=judged: writer.settle(
                    row.sequence, judged, clock.now()
                )
            )

    async def stuck_ones(self, foreign: str) -> None:
        """Leave one quarantined, one parked and one half sent; the rest is queued."""
        clock = self.opened.clock
        first = await self.opened.journal.read(lambda reader: reader.counts().last_sequence + 1)
        for serial in (foreign, foreign):
            payload = {**self.by(), "serial": serial, "event_id": EVENT, "gate": "South"}
            new = self.new("admission", payload)
            await self.write(lambda writer, new=new: writer.append(new))
        line = {
            "event_id": EVENT,
            "ticket_type_id": "adult",
            "price_list_version": 1,
            "unit_price": money(PRICES["adult"]),
            "serials": [foreign],
        }
        price = PRICES["adult"]
        sale = {**self.by(), "lines": [line], "total": money(price), "tender": [cash(price)]}
        new = self.new("sale", sale, numbered=True)
        await self.write(lambda writer: writer.append(new))
        await self.write(lambda writer: writer.begin_upload(3, 10**7))
        asked = ItemOutcome(txn_id=None, status="retry", code="upstream_busy", detail="later")
        refused = ItemOutcome(
            txn_id=None,
            status="quarantined",
            code="serial_leased_elsewhere",
            detail="another till's",
        )
        await self.write(lambda writer: writer.park(first, asked, clock.now()))
        await self.write(lambda writer: writer.quarantine(first + 2, refused, clock.now()))

    async def history(self, kiosk: Caller) -> None:
        """Sync catalogue, keys and gate feed; sign in; note runs, line and attempts."""
        clock = self.opened.clock
        catalogue = Catalogue.model_validate((await kiosk.get("/v1/catalogue")).body)
        keys = KeySet.model_validate((await kiosk.get("/v1/keys")).body).keys
        fact = GateFeedEntry(
            cursor=1,
            fact="admitted",
            event_id=EVENT,
            serial=format_serial(1 << 19),
            at=clock.now(),
            gate="South",
            kiosk_id="harbour-till-2",
        )

        def work(writer: JournalWriter) -> None:
            writer.put_catalogue(catalogue)
            writer.put_verify_keys(keys)
            writer.add_gate_facts([fact], 1)
            writer.put_staff_session("ab" * 32, "ana", clock.now())
            writer.put_staff_session("cd" * 32, "mia", clock.now())
            writer.end_staff_session("cd" * 32)
            writer.put_open_shift(_SHIFT, "ana", clock.now(), 1)
            writer.put_pin_failures(2, clock.now())
            run = writer.begin_run(clock.now(), "boot-1", 4711, "0.1.0")
            writer.end_run(run, clock.now())
            writer.begin_run(clock.now(), "boot-2", 4712, "0.1.0")
            writer.note_line(clock.now(), "offline", "nothing answers")
            writer.note_attempt(
                started_at=clock.now(),
                ended_at=clock.now(),
                first_sequence=1,
                last_sequence=12,
                items=12,
                result="answered",
                detail="",
            )

        await self.write(work)

    async def carts(self) -> None:
        """Leave a cart in every state that holds, or held, something."""
        items = await self.opened.journal.read(lambda reader: reader.available(EVENT, "adult"))
        for state, item in zip(("open", "payment_started", "expired"), items, strict=False):
            txn_id = uuid7()

            def work(
                writer: JournalWriter,
                txn_id: UUID = txn_id,
                state: str = state,
                item: StockItem = item,
            ) -> None:
                writer.put_cart(self.cart(txn_id, state))
                if state != "expired":
                    writer.hold(txn_id, [item.serial])

            await self.write(work)

    def by(self) -> dict[str, Any]:
        """Return what every payload says."""
        clock = self.opened.clock
        recorded = {
            "device_time": clock.now().isoformat(),
            "boot_id": clock.boot_id(),
            "boottime_ms": clock.boottime_ms(),
            "server_offset_ms": 40,
        }
        return {"cashier_id": "ana", "shift_id": str(_SHIFT), "recorded": recorded}

    def new(self, kind: str, payload: dict[str, Any], **more: Any) -> NewTransaction:
        fields = {"txn_id": uuid7(), "numbered": False, "request_hash": "ab" * 32, **more}
        return NewTransaction(kind=kind, payload=payload, offline=True, **fields)

    def cart(self, txn_id: UUID, state: str) -> StoredCart:
        clock = self.opened.clock
        return StoredCart(txn_id, state, "ana", clock.now(), clock.boot_id(), 1_600_000)


@asynccontextmanager
async def _at_work(folder: Path, far: Caller) -> AsyncIterator[Recorder]:
    async with journal_in(folder, FakeClock(datetime(2026, 11, 23, 18, 5, tzinfo=UTC))) as opened:
        yield Recorder(opened, far)


async def record(folder: Path) -> None:
    """Write the files of this version into a new folder."""
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        async with world(work) as api:
            far = api.kiosk(KIOSK_ID)
            foreign = (await api.kiosk("old-mill-1").serials(uuid4(), 1))[0]
            async with _at_work(work, far) as kiosk:
                await kiosk.history(far)
                await kiosk.everything()
                await kiosk.settle_all()
            async with _at_work(work, far) as kiosk:
                await kiosk.stuck_ones(foreign)
                await kiosk.everything()
                await kiosk.carts()
                await kiosk.stock(5, answered=False)
                states = await kiosk.opened.journal.read(lambda reader: reader.counts().by_state)
                assert all(states[state] for state in JournalState), states
                # Copied while it is open, as a kiosk that is unplugged leaves it.
                _keep(work, folder, "journal.db", "journal.db-wal")
        _keep(work, folder, "store.db")
    await asyncio.to_thread((folder / "store.db").rename, folder / "ticket-api.db")


def _keep(work: Path, folder: Path, *names: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        shutil.copy(work / name, folder / name)


if __name__ == "__main__":
    asyncio.run(record(Path(sys.argv[1])))
