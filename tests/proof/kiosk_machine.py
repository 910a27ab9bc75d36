"""A hypothesis state machine: what happens at a kiosk, and what the books by hand make of it.

Every rule does one thing at the real kiosk and on paper, and compares what both say. To put
something else under it (write-offs, salvage, an archive), add a rule.
"""

from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule
from uuid6 import uuid7

from kiosk_agent.ports.fleet import FleetError
from tests.proof.books import all_rows
from tests.proof.model import Lot, PaperCart
from tests.proof.open_kiosk import DAY, LEASE_S, OpenKiosk

PICK = st.integers(0, 1_000)
QUANTITY = st.integers(0, 4)


class KioskMachine(OpenKiosk):
    """One kiosk's life."""

    @initialize()
    def first_start(self) -> None:
        """Start on an empty folder, online; open a shift and get stock."""
        self.begin()
        self.top_up(lost=0)

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
            due = "cart_expired" if self.paper.has_expired(txn_id) else "cart_empty"
            assert self.refused(self.kiosk.start_payment(txn_id)) == due
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
                "cart_expired",
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
