"""Stock in the journal: serials are leased once, held once, sold once."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID, uuid4

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from uuid6 import uuid7

from kiosk_agent.adapters.journal.files import connect_writer, prepare_file
from kiosk_agent.adapters.journal.store import _migrate
from kiosk_agent.adapters.journal.writing import SqliteWriter
from kiosk_agent.domain.records import StockItem
from kiosk_agent.ports.journal import JournalWriter
from kiosk_contracts.allotments import Allotment, SignedTicket
from kiosk_contracts.serials import format_serial
from tests.support.clock import FakeClock
from tests.support.journal import journal_in, lease_request
from tests.support.tickets import euros, season


def _allotment(request_id: UUID, serials: list[str], **changes: object) -> Allotment:
    fields = {
        "allotment_id": uuid4(),
        "request_id": request_id,
        "journal_id": uuid4(),
        "event_id": "tide",
        "ticket_type_id": "adult",
        "price_list_version": 1,
        "unit_price": euros("12.50"),
        "granted_at": FakeClock().now(),
        "lease_s": 60,
        "tickets": [SignedTicket(serial=serial, code=f"EP1{serial}") for serial in serials],
    }
    return Allotment.model_validate({**fields, **changes})


async def test_a_grant_that_is_answered_again_adds_nothing(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:
        write = opened.journal.write
        lease = lease_request(opened.clock, quantity=3)
        grant = _allotment(lease.request_id, [format_serial(1), format_serial(2)])
        await write(lambda writer: writer.put_lease_request(lease))
        assert await opened.journal.read(lambda reader: reader.leases()) == [lease]
        await write(lambda writer: writer.put_allotment(grant))
        await write(lambda writer: writer.hold(uuid7(), [format_serial(1)]))
        await write(lambda writer: writer.put_lease_request(lease))
        await write(lambda writer: writer.put_allotment(grant))
        counts = await opened.journal.read(lambda reader: reader.stock_counts())
        [granted] = await opened.journal.read(lambda reader: reader.leases("tide"))
        assert counts == {("tide", "adult"): (1, 1)}
        assert granted == replace(lease, allotment_id=grant.allotment_id, lease_s=60)
        assert await opened.journal.read(lambda reader: reader.leases("quay")) == []
        [left] = await opened.journal.read(lambda reader: reader.allotment_stock())
        assert (left.allotment_id, left.available, left.held) == (grant.allotment_id, 1, 1)


async def test_a_second_grant_for_one_request_counts_for_nothing(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:
        write = opened.journal.write
        lease = lease_request(opened.clock, quantity=3)
        first = _allotment(lease.request_id, [format_serial(1)])
        second = _allotment(lease.request_id, [format_serial(2)])
        await write(lambda writer: writer.put_lease_request(lease))
        for grant in (first, second):
            await write(lambda writer, grant=grant: writer.put_allotment(grant))  # type: ignore[misc]
        [kept] = await opened.journal.read(lambda reader: reader.leases())
        assert kept.allotment_id == first.allotment_id
        assert await opened.journal.read(lambda reader: reader.stock_item(format_serial(2))) is None


async def test_a_serial_that_was_sold_is_not_sold_again_by_another_grant(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:
        write = opened.journal.write
        [serial] = await opened.stock(1)
        await write(lambda writer: writer.hold(uuid7(), [serial]))
        await write(lambda writer: writer.set_stock_state([serial], "sold"))
        lease = lease_request(opened.clock)
        await write(lambda writer: writer.put_lease_request(lease))
        await write(lambda writer: writer.put_allotment(_allotment(lease.request_id, [serial])))
        assert await opened.journal.read(lambda reader: reader.available("tide", "adult")) == []
        item = await opened.journal.read(lambda reader: reader.stock_item(serial))
    assert item is not None
    assert item.state == "sold"


async def test_a_grant_that_nobody_asked_for_is_refused(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:
        grant = _allotment(uuid4(), [format_serial(1)])
        with pytest.raises(ValueError, match="never asked"):
            await opened.journal.write(lambda writer: writer.put_allotment(grant))


async def test_only_an_unanswered_request_can_be_dropped(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:
        await opened.stock(1)
        waiting = lease_request(opened.clock)
        await opened.journal.write(lambda writer: writer.put_lease_request(waiting))
        leases = await opened.journal.read(lambda reader: reader.leases())
        for lease in leases:
            await opened.journal.write(
                lambda writer, lease=lease: writer.drop_lease_request(lease.request_id)  # type: ignore[misc]
            )
        assert await opened.journal.read(lambda reader: reader.leases()) == leases[:1]


async def test_the_oldest_allotment_sells_first_also_after_a_release(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:
        old, new = await opened.stock(2), await opened.stock(1)
        cart = uuid7()
        await opened.journal.write(lambda writer: writer.hold(cart, old))
        await opened.journal.write(lambda writer: writer.release(cart, old[:1]))
        items = await opened.journal.read(lambda reader: reader.available("tide", "adult"))
    assert [item.serial for item in items] == [old[0], *new]


async def test_a_wrong_move_of_a_serial_is_refused(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:
        write = opened.journal.write
        [serial] = await opened.stock(1)
        mine, other = uuid7(), uuid7()
        with pytest.raises(ValueError, match="not held"):
            await write(lambda writer: writer.release(mine, [serial]))
        await write(lambda writer: writer.hold(mine, [serial]))
        with pytest.raises(ValueError, match="not available"):
            await write(lambda writer: writer.hold(other, [serial]))
        with pytest.raises(ValueError, match="not held by"):
            await write(lambda writer: writer.release(other, [serial]))
        with pytest.raises(ValueError, match="not in the stock"):
            await write(lambda writer: writer.set_stock_state([format_serial(999)], "sold"))


async def test_no_more_of_the_stock_is_read_than_is_asked_for(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:
        serials = await opened.stock(5)
        read = opened.journal.read
        some = await read(lambda reader: reader.available("tide", "adult", 2))
        assert [item.serial for item in some] == serials[:2]
        assert len(await read(lambda reader: reader.available("tide", "adult", 9))) == 5


async def test_a_catalogue_is_read_once_until_another_one_comes(tmp_path: Path) -> None:
    def undone(writer: JournalWriter) -> None:
        writer.put_catalogue(season().model_copy(update={"version": 2}))
        known = writer.catalogue()
        assert known is not None
        assert known.version == 2
        raise RuntimeError("changed its mind")

    async with journal_in(tmp_path) as opened:
        read, write = opened.journal.read, opened.journal.write
        assert await read(lambda reader: reader.catalogue()) is None
        await write(lambda writer: writer.put_catalogue(season()))
        first = await read(lambda reader: reader.catalogue())
        assert first == season()
        assert await read(lambda reader: reader.catalogue()) is first
        with pytest.raises(RuntimeError, match="changed its mind"):
            await write(undone)
        assert await write(lambda writer: writer.catalogue()) == season()
        await write(lambda writer: writer.put_catalogue(season(tide="cancelled")))
        assert await read(lambda reader: reader.catalogue()) == season(tide="cancelled")


async def test_a_catalogue_that_a_first_version_left_is_read_and_gives_way_to_the_next(
    tmp_path: Path,
) -> None:
    async with journal_in(tmp_path) as opened:
        await opened.journal.write(lambda writer: writer.put_catalogue(season()))
    bodies = [json.dumps(season(quay=state).to_json()) for state in ("cancelled", "on_sale")]
    for number, body in enumerate(bodies):
        with closing(sqlite3.connect(tmp_path / "journal.db", isolation_level=None)) as plain:
            plain.execute("DELETE FROM meta WHERE key = 'catalogue_hash'")
            plain.execute("UPDATE catalogue SET body = ?", (body,))
        async with journal_in(tmp_path) as opened:
            seen = [await opened.journal.read(lambda reader: reader.catalogue()) for _ in "12"]
            await opened.journal.write(lambda writer: writer.put_catalogue(season()))
            after = await opened.journal.read(lambda reader: reader.catalogue())
        assert seen == [season(quay=("cancelled", "on_sale")[number])] * 2
        assert after == season()


async def test_an_event_with_stock_stays_known_as_withdrawn(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:
        await opened.stock(1)
        write = opened.journal.write
        await write(lambda writer: writer.put_catalogue(season()))
        empty = season().model_copy(update={"events": (), "later": 1.5})
        await write(lambda writer: writer.put_catalogue(empty))
        await write(lambda writer: writer.put_catalogue(empty))
        kept = await opened.journal.read(lambda reader: reader.catalogue())
    assert kept is not None
    assert [(event.event_id, event.state) for event in kept.events] == [("tide", "withdrawn")]


class StockMachine(RuleBasedStateMachine):
    """Whatever carts do, every serial is in one state, and sold serials stay sold."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = TemporaryDirectory()
        path = Path(self._folder.name) / "journal.db"
        prepare_file(path)
        self._connection = connect_writer(path)
        _migrate(self._connection, path, "till")
        self._writer = SqliteWriter(self._connection, FakeClock())
        self._serials: list[str] = []
        self._sold: set[str] = set()
        self._carts = [UUID(str(uuid7())) for _ in range(3)]

    def teardown(self) -> None:
        self._connection.close()
        self._folder.cleanup()

    @rule(quantity=st.integers(1, 4))
    def lease(self, quantity: int) -> None:
        lease = lease_request(FakeClock())
        first = len(self._serials)
        serials = [format_serial(n) for n in range(first, first + quantity)]
        self._writer.put_lease_request(lease)
        self._writer.put_allotment(_allotment(lease.request_id, serials))
        self._serials += serials

    @rule(cart=st.integers(0, 2), quantity=st.integers(1, 3))
    def hold(self, cart: int, quantity: int) -> None:
        items = self._writer.available("tide", "adult")[:quantity]
        self._writer.hold(self._carts[cart], [item.serial for item in items])

    @rule(cart=st.integers(0, 2))
    def release(self, cart: int) -> None:
        held = [item.serial for item in self._held(cart)]
        self._writer.release(self._carts[cart], held[:2])

    @rule(cart=st.integers(0, 2))
    @precondition(lambda self: bool(self._serials))
    def sell(self, cart: int) -> None:
        held = [item.serial for item in self._held(cart)]
        self._writer.set_stock_state(held, "sold")
        self._sold |= set(held)

    @invariant()
    def every_serial_is_in_one_place(self) -> None:
        available, held = self._writer.stock_counts().get(("tide", "adult"), (0, 0))
        assert available + held + len(self._sold) == len(self._serials)
        on_sale = {item.serial for item in self._writer.available("tide", "adult")}
        assert not on_sale & self._sold
        in_carts = [item.serial for cart in range(3) for item in self._held(cart)]
        assert len(in_carts) == len(set(in_carts)) == held
        assert sum(part.available for part in self._writer.allotment_stock()) == available

    def _held(self, cart: int) -> list[StockItem]:
        items = self._writer.cart_items(self._carts[cart])
        return [item for item in items if item.state == "held"]


StockMachine.TestCase.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
TestStock = StockMachine.TestCase
