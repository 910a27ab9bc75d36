"""A hypothesis state machine: journal, stock and services against the books kept by hand.

Every rule does one thing at the real kiosk and on paper, and compares what both say. To put
something else under it (write-offs, salvage, an archive), add a rule.
"""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from uuid6 import uuid7

from kiosk_agent.ports.fleet import FleetError
from kiosk_contracts.kiosk_status import JournalState
from kiosk_contracts.problem import ProblemCode, ProblemError
from tests.proof.books import all_rows, journal_findings
from tests.proof.cuts.cutting import scratch_root
from tests.proof.far_ledger import FarLedger
from tests.proof.kiosk_at_work import EVENT, ImpatientClock, KioskAtWork, kiosk_in
from tests.proof.model import Lot, Paper, PaperCart
from tests.support.tickets import season

T = TypeVar("T")
DAY = timedelta(days=1)
LEASE_S = 4 * 86_400
PICK = st.integers(0, 1_000)
QUANTITY = st.integers(0, 4)


class LosingLedger(FarLedger):
    """A far side that settles and whose answers get lost as often as a rule says."""

    losing = 0

    async def upload(self, journal_id: UUID, items: Any) -> Any:
        """Settle; then answer, or lose the answer."""
        outcomes = await super().upload(journal_id, items)
        self._lose()
        return outcomes

    async def request_allotment(self, request: Any) -> Any:
        """Grant; then answer, or lose the answer."""
        granted = await super().request_allotment(request)
        self._lose()
        return granted

    def _lose(self) -> None:
        if self.losing:
            self.losing -= 1
            raise FleetError(
                ProblemCode.LINE_TIMEOUT,
                "no answer came",
                retryable=True,
                line_down=True,
                may_have_happened=True,
            )


class KioskMachine(RuleBasedStateMachine):
    """One kiosk's life."""

    steps: ClassVar[int] = 0
    """How many steps all machines have taken."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.scratch = TemporaryDirectory(dir=scratch_root())
        self.folder = Path(self.scratch.name) / "0"
        self.folder.mkdir()
        self.lives = 0
        self.clock = ImpatientClock()
        self.paper = Paper(self.clock)
        events = tuple(
            event.model_copy(update={"sales_close_at": event.sales_close_at + 3650 * DAY})
            for event in season().events
            if event.event_id == EVENT
        )
        self.ledger = LosingLedger(
            season=season().model_copy(update={"events": events}), lease_s=LEASE_S
        )
        self.open = AsyncExitStack()

    def do(self, work: Awaitable[T]) -> T:
        """Run to the end."""

        async def run() -> T:
            return await work

        return self.loop.run_until_complete(run())

    def refused(self, work: Awaitable[Any]) -> str:
        """Return the code of the refusal that `work` must end with."""
        try:
            answer = self.do(work)
        except ProblemError as problem:
            return problem.code
        raise AssertionError(f"it was not refused: {answer}")

    @initialize()
    def first_start(self) -> None:
        """Start on an empty folder, online; open a shift."""
        self._start()
        before = self.clock.now()
        self.do(self.kiosk.begin())
        assert before == self.clock.now()
        rows = self.do(self.kiosk.here.journal.read(all_rows))
        assert [row.transaction.envelope.kind for row in rows] == ["shift_opened"]
        self.paper.record(rows[0].transaction.envelope.txn_id)
        self.top_up(lost=0)

    def _start(self) -> None:
        self.kiosk: KioskAtWork = self.do(
            self.open.enter_async_context(kiosk_in(self.folder, self.ledger, self.clock))
        )

    # Stock

    @rule(lost=st.integers(0, 2))
    def top_up(self, lost: int) -> None:
        """Ask for stock; now and then an answer is lost, and the same request asks again."""
        asked = (self.clock.now(), self.clock.boottime_ms(), self.clock.boot_id())
        self.ledger.losing = lost
        for _ in range(lost):
            try:
                self.do(self.kiosk.top_up())
            except FleetError:
                continue
        self.ledger.losing = 0
        self.do(self.kiosk.top_up())
        known = set(self.paper.kinds)
        for allotment in self.ledger.granted.values():
            serials = tuple(ticket.serial for ticket in allotment.tickets)
            if known.isdisjoint(serials):
                self.paper.add_lot(Lot(serials, *asked, LEASE_S), allotment.ticket_type_id)

    @rule()
    def give_back(self) -> None:
        """Return all unsold stock, also under leases that ended."""
        due = [serial for serial, state in self.paper.state.items() if state == "available"]
        returned = self.do(self.kiosk.give_back())
        assert returned == len(due)
        before = set(self.paper.recorded)
        rows = self.do(self.kiosk.here.journal.read(all_rows))
        for row in rows:
            if row.transaction.envelope.txn_id not in before:
                assert row.transaction.envelope.kind == "return_of_stock"
                self.paper.record(row.transaction.envelope.txn_id)
        self.paper.mark(due, "returned")

    # Selling

    @rule(adult=QUANTITY, child=QUANTITY, pick=PICK, anew=st.booleans())
    def put_cart(self, adult: int, child: int, pick: int, anew: bool) -> None:  # noqa: FBT001  hypothesis draws it
        """Make a cart, or change one; it holds exactly what it asks for, or nothing changes."""
        open_carts = [one for one, cart in self.paper.carts.items() if not cart.in_payment]
        txn_id = uuid7() if anew or not open_carts else open_carts[pick % len(open_carts)]
        wanted = {"adult": adult, "child": child}
        self._put(txn_id, {kind: quantity for kind, quantity in wanted.items() if quantity})

    @rule(kind=st.sampled_from(["adult", "child"]), quantity=st.integers(1, 3))
    def sell(self, kind: str, quantity: int) -> None:
        """Sell in one go, if there is enough."""
        txn_id = uuid7()
        if self._put(txn_id, {kind: quantity}):
            self._pay(txn_id)
            self._close(txn_id)

    @rule(minutes=st.integers(1, 20))
    def sell_slowly(self, minutes: int) -> None:
        """Sell to a customer who pays so late that any other cart would have expired."""
        txn_id = uuid7()
        if self._put(txn_id, {"adult": 1}):
            self._pay(txn_id)
            self.time_passes(minutes)
            self._close(txn_id)

    def _put(self, txn_id: UUID, wanted: dict[str, int]) -> bool:
        before = dict(self.paper.state), dict(self.paper.carts)
        self.paper.expire()
        held = self.paper.carts[txn_id].serials if txn_id in self.paper.carts else []
        free = {
            kind: len(self.paper.sellable(kind))
            + sum(self.paper.kinds[serial] == kind for serial in held)
            for kind in wanted
        }
        if any(free[kind] < quantity for kind, quantity in wanted.items()):
            code = self.refused(self.kiosk.put_cart(txn_id, **wanted))
            assert code in {"stock_used_up", "lease_ended", "clock_behind", "sold_out"}, code
            # A refusal undoes all of its work, so what had expired is taken back later.
            self.paper.state, self.paper.carts = before
            return False
        cart = self.do(self.kiosk.put_cart(txn_id, **wanted))
        serials = [serial for line in cart.lines for serial in line.serials]
        for kind, quantity in wanted.items():
            mine = [serial for serial in serials if self.paper.kinds[serial] == kind]
            allowed = {*held, *self.paper.sellable(kind)}
            assert len(mine) == quantity
            assert set(mine) <= allowed
        self.paper.release(held)
        self.paper.mark(serials, "held")
        ends_ms = self.paper.hold_ends_ms()
        self.paper.carts[txn_id] = PaperCart(serials, self.clock.boot_id(), ends_ms)
        return True

    @precondition(lambda self: self.paper.carts)
    @rule(pick=PICK)
    def pay(self, pick: int) -> None:
        """Start to pay; such a cart never expires."""
        self._pay(self._pick(self.paper.carts, pick))

    def _pay(self, txn_id: UUID) -> None:
        cart = self.paper.carts[txn_id]
        if self.paper.has_expired(txn_id) or not cart.serials:
            assert self.refused(self.kiosk.start_payment(txn_id)) == "cart_empty"
            return
        self.do(self.kiosk.start_payment(txn_id))
        cart.in_payment = True

    @precondition(lambda self: self.paper.carts)
    @rule(pick=PICK)
    def close_sale(self, pick: int) -> None:
        """Sell what a cart in payment holds; any other is refused."""
        self._close(self._pick(self.paper.carts, pick))

    def _close(self, txn_id: UUID) -> None:
        cart = self.paper.carts[txn_id]
        if not cart.in_payment:
            assert self.refused(self.kiosk.close_sale(txn_id)) in {
                "cart_empty",
                "payment_not_started",
            }
            return
        answer = self.do(self.kiosk.close_sale(txn_id))
        assert sorted(ticket["serial"] for ticket in answer["tickets"]) == sorted(cart.serials)
        self.paper.record(txn_id, numbered=True)
        assert answer["receipt_number"] == f"HB1-1-{self.paper.receipts:06d}"
        assert answer["sequence"] == len(self.paper.recorded)
        self.paper.mark(cart.serials, "sold")
        self.paper.sales[txn_id] = answer
        del self.paper.carts[txn_id]

    @precondition(lambda self: self.paper.sales)
    @rule(pick=PICK)
    def ask_again(self, pick: int) -> None:
        """Sell the same once more: the first answer comes again, and nothing is recorded."""
        txn_id = self._pick(self.paper.sales, pick)
        again = self.do(self.kiosk.close_again(txn_id, self.paper.sales[txn_id]))
        assert again == {**self.paper.sales[txn_id], "replayed": True}

    @precondition(lambda self: self.paper.sales)
    @rule(pick=PICK)
    def void(self, pick: int) -> None:
        """Undo a sale, unless it is settled, undone, or a ticket of it was used."""
        txn_id = self._pick(self.paper.sales, pick)
        serials = [ticket["serial"] for ticket in self.paper.sales[txn_id]["tickets"]]
        if txn_id in self.paper.voids:
            due = "sale_already_voided"
        elif txn_id in self.paper.settled:
            due = "sale_settled"
        elif any(serial in self.paper.inside for serial in serials):
            due = "ticket_already_used"
        else:
            answer = self.do(self.kiosk.void(txn_id))
            self.paper.voids[txn_id] = UUID(answer["txn_id"])
            self.paper.record(UUID(answer["txn_id"]), numbered=True)
            self.paper.mark(serials, "voided")
            return
        assert self.refused(self.kiosk.void(txn_id)) == due

    # Gates

    @precondition(lambda self: self.paper.state)
    @rule(pick=PICK, out=st.booleans())
    def admit(self, pick: int, out: bool) -> None:  # noqa: FBT001  hypothesis draws it
        """Let a ticket in or out: only a sold one, in turns."""
        serial = self._pick(self.paper.state, pick)
        is_inside = self.paper.inside.get(serial, False)
        may_pass = is_inside if out else self.paper.state[serial] == "sold" and not is_inside
        if not may_pass:
            assert self.refused(self.kiosk.admit(serial, out=out))
            return
        answer = self.do(self.kiosk.admit(serial, out=out))
        self.paper.record(UUID(answer["txn_id"]))
        self.paper.inside[serial] = not out

    # The line

    @rule(lost=st.integers(0, 2))
    def upload(self, lost: int) -> None:
        """Send everything; some answers get lost on the way."""
        self.ledger.losing = lost
        self.do(self.kiosk.drain())
        self.ledger.losing = 0
        self.paper.settled.update(self.paper.recorded)

    @rule()
    def upload_unheard(self) -> None:
        """Send a batch whose answer never comes: the kiosk knows nothing of what settled."""
        self.ledger.losing = 1
        try:
            sent = self.do(self.kiosk.uploader._send_next())
        except FleetError:
            sent = True
        assert sent == (set(self.paper.recorded) > self.paper.settled)
        self.ledger.losing = 0

    # Time, restarts

    @rule(minutes=st.integers(1, 30))
    def time_passes(self, minutes: int) -> None:
        """Let minutes pass, awake or suspended."""
        self.clock.advance(60 * minutes)

    @rule(days=st.sampled_from([-1, 1]))
    def clock_jumps(self, days: int) -> None:
        """Set the wall clock by a day."""
        self.clock.set_wall(self.clock.now() + days * DAY)

    @rule()
    def leases_end(self) -> None:
        """Let more time pass than any lease has."""
        self.clock.advance(LEASE_S + 1)

    @rule()
    def restart(self) -> None:
        """Stop in order and start again."""
        self.do(self.open.aclose())
        self._start()

    @rule()
    def kill(self) -> None:
        """Go on from a copy of the files as they are now, without a goodbye."""
        self._move()
        self._start()

    @rule(days=st.sampled_from([-1, 0, 1]))
    def reboot(self, days: int) -> None:
        """Kill, and start with another boot; the wall clock may come up wrong."""
        self._move()
        self.clock.reboot(boot_id=f"boot-{self.lives}")
        self.clock.set_wall(self.clock.now() + days * DAY)
        self._start()

    def _move(self) -> None:
        self.lives += 1
        copy = Path(self.scratch.name) / str(self.lives)
        shutil.copytree(self.folder, copy, ignore=shutil.ignore_patterns("*-shm"))
        self.do(self.open.aclose())
        shutil.rmtree(self.folder)
        self.folder = copy

    def _pick(self, among: Any, pick: int) -> Any:
        return sorted(among, key=str)[pick % len(among)]

    # What is true at any moment

    @invariant()
    def books_agree(self) -> None:
        """Find what was acknowledged in the journal, in order, and nothing else; settled once."""
        KioskMachine.steps += 1
        rows, found = self.do(self.kiosk.here.journal.read(_look))
        assert found == []
        assert [row.transaction.envelope.txn_id for row in rows] == self.paper.recorded
        states = {row.transaction.envelope.txn_id: row.state for row in rows}
        settled = {one for one, state in states.items() if state is JournalState.SETTLED}
        assert settled == self.paper.settled
        assert self.ledger.findings() == []
        assert set(self.ledger.counted) <= set(self.paper.recorded)

    @invariant()
    def stock_agrees(self) -> None:
        """Find every serial where the books say."""
        names = {"voided": "revoked"}
        for serial, state in self.paper.state.items():
            item = self.do(self.kiosk.here.journal.read(_finding(serial)))
            assert item is not None
            assert item.state == names.get(state, state), serial

    def teardown(self) -> None:
        """Find everything settled in the end, once."""
        if hasattr(self, "kiosk"):
            self.ledger.losing = 0
            self.do(self.kiosk.drain())
            self.paper.settled.update(self.paper.recorded)
            self.books_agree()
            assert set(self.ledger.counted) == set(self.paper.recorded)
        self.do(self.open.aclose())
        self.loop.close()
        self.scratch.cleanup()


def _look(reader: Any) -> tuple[list[Any], list[Any]]:
    return all_rows(reader), journal_findings(reader)


def _finding(serial: str) -> Callable[[Any], Any]:
    return lambda reader: reader.stock_item(serial)
