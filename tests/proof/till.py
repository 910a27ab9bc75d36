"""One thing at a time at a till or gate, done at the real kiosk and on paper alike."""

from uuid import UUID

from uuid6 import uuid7

from tests.proof.model import PaperCart
from tests.proof.open_kiosk import OpenKiosk


class Till(OpenKiosk):
    """What staff can do, and what the books make of it."""

    def serve_one(self, **wanted: int) -> bool:
        """Sell this to one customer; return whether there was enough."""
        txn_id = uuid7()
        if not self.fill_cart(txn_id, wanted):
            return False
        self.start_paying(txn_id)
        self.close_cart(txn_id)
        return True

    def fill_cart(self, txn_id: UUID, wanted: dict[str, int]) -> bool:
        """Make a cart or change one; return whether there was enough.

        It holds exactly what it asks for, or nothing changes.
        """
        before = self.paper.copy()
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
            self.paper = before
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

    def start_paying(self, txn_id: UUID) -> None:
        """Start to pay, if the cart holds anything to pay for."""
        cart = self.paper.carts[txn_id]
        if self.paper.has(txn_id):
            assert self.refused(self.kiosk.start_payment(txn_id)) == "cart_closed"
        elif self.paper.has_expired(txn_id):
            assert self.refused(self.kiosk.start_payment(txn_id)) == "cart_expired"
        elif not cart.serials:
            assert self.refused(self.kiosk.start_payment(txn_id)) == "cart_empty"
        else:
            self.do(self.kiosk.start_payment(txn_id))
            cart.in_payment = True

    def close_cart(self, txn_id: UUID) -> None:
        """Sell what a cart in payment holds; any other is refused."""
        cart = self.paper.carts[txn_id]
        if self.paper.has(txn_id):
            self.ask_for(txn_id)
        elif cart.is_frozen:
            # Give the money back.
            assert self.refused(self.kiosk.close_sale(txn_id)) == "tickets_frozen"
        elif not cart.in_payment:
            assert self.refused(self.kiosk.close_sale(txn_id)) in {
                "cart_expired",
                "cart_empty",
                "payment_not_started",
            }
        else:
            answer = self.do(self.kiosk.close_sale(txn_id))
            serials = [ticket["serial"] for ticket in answer["tickets"]]
            assert sorted(serials) == sorted(cart.serials)
            self.record(answer, numbered=True)
            self.paper.told.note_sale(txn_id, answer)
            self.paper.mark(cart.serials, "sold")
            del self.paper.carts[txn_id]

    def cancel_payment_of(self, txn_id: UUID) -> None:
        """Give the money back: the cart is open again, but not if its tickets can't be sold."""
        cart = self.paper.carts.pop(txn_id)
        self.do(self.kiosk.cancel_payment(txn_id))
        if not cart.is_frozen:
            ends_ms = self.paper.hold_ends_ms()
            self.paper.carts[txn_id] = PaperCart(cart.serials, self.clock.boot_id(), ends_ms)
            self.paper.learn_revoked(())

    def ask_for(self, sale: UUID) -> None:
        """Sell the same once more: the first answer comes again, and nothing is recorded."""
        told = self.paper.told.sales[sale]
        again = {**told, "replayed": True}
        if sale in self.paper.harmed:
            # Its text may be needed to tell whether this is the same request.
            assert self.answer(self.kiosk.close_again(sale, told)) in (again, "journal_damaged")
        elif self.paper.has(sale):
            assert self.do(self.kiosk.close_again(sale, told)) == again
        else:
            lost = {"cart_unknown", "cart_expired", "cart_empty", "tickets_frozen"}
            assert self.refused(self.kiosk.close_again(sale, told)) in lost

    def refuse_void(self, sale: UUID) -> None:
        """Ask to void a sale that can't be voided."""
        assert self.refused(self.kiosk.void(sale)) in self.paper.against_void(sale)

    def void_sale(self, txn_id: UUID) -> None:
        """Undo a sale, unless there is a reason not to."""
        if self.paper.against_void(txn_id):
            self.refuse_void(txn_id)
            return
        void = self.record(self.do(self.kiosk.void(txn_id)), numbered=True)
        self.paper.told.voids[void] = txn_id
        self.paper.void(self.paper.told.tickets_of(txn_id))

    def pass_gate(self, serial: str, *, out: bool) -> None:
        """Let a ticket in or out: only a sold one, in turns."""
        is_inside = self.paper.inside.get(serial, False)
        if not (is_inside if out else self._may_enter(serial)):
            assert self.refused(self.kiosk.admit(serial, out=out))
            return
        self.record(self.do(self.kiosk.admit(serial, out=out)))
        self.paper.inside[serial] = not out

    def _may_enter(self, serial: str) -> bool:
        """Say whether a number that is typed may enter: whose sale, or earlier visit, is known."""
        if serial in self.paper.revoked or self.paper.inside.get(serial, False):
            return False
        state = self.paper.state.get(serial, "frozen")
        return state == "sold" or (state == "frozen" and serial in self.paper.inside)
