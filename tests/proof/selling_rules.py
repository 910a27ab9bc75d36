"""What staff do with customers, and what the books make of it."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from uuid6 import uuid7

from tests.proof.office_rules import OfficeRules
from tests.proof.open_kiosk import PICK

QUANTITY = st.integers(0, 4)


class SellingRules(OfficeRules):
    """Carts, sales, voids, gates."""

    @rule(adult=QUANTITY, child=QUANTITY, pick=PICK, anew=st.booleans())
    def put_cart(self, *, adult: int, child: int, pick: int, anew: bool) -> None:
        """Make a cart, or change one; it holds exactly what it asks for, or nothing changes."""
        open_carts = [one for one, cart in self.paper.carts.items() if not cart.in_payment]
        txn_id = uuid7() if anew or not open_carts else open_carts[pick % len(open_carts)]
        wanted = {"adult": adult, "child": child}
        self.fill_cart(txn_id, {kind: quantity for kind, quantity in wanted.items() if quantity})

    @rule(
        quantities=st.lists(st.integers(1, 3), min_size=1, max_size=6),
        kind=st.sampled_from(["adult", "child"]),
        stocked=st.sampled_from([True, True, False]),
    )
    def sell(self, *, quantities: list[int], kind: str, stocked: bool) -> None:
        """Sell one after the other in one go, as long as there is enough."""
        if stocked:
            self.top_up(lost=0, heard=True)
        for quantity in quantities:
            self.serve_one(**{kind: quantity})

    @precondition(lambda self: self.paper.told.sales)
    @rule(out=st.booleans(), void=st.booleans())
    def serve(self, *, out: bool, void: bool) -> None:
        """Serve the last customers: void the last sale, let the ones before them in and out."""
        sales = list(self.paper.told.sales)
        if void:
            self.void_sale(sales.pop())
        for txn_id in sales[-2:]:
            for serial in self.paper.told.tickets_of(txn_id):
                self.pass_gate(serial, out=False)
                if out:
                    self.pass_gate(serial, out=True)

    @rule(minutes=st.integers(1, 20))
    def sell_slowly(self, minutes: int) -> None:
        """Sell to a customer who pays so late that any other cart would have expired."""
        txn_id = uuid7()
        if self.fill_cart(txn_id, {"adult": 1}):
            self.start_paying(txn_id)
            self.clock.advance(60 * minutes)
            self.close_cart(txn_id)

    @rule(pays=st.booleans(), gets_tickets=st.booleans(), unheard=st.booleans())
    def sell_while_written_off(self, *, pays: bool, gets_tickets: bool, unheard: bool) -> None:
        """Hear that all stock was written off while there is a cart, or stock is on its way."""
        txn_id = uuid7()
        has_cart = self.fill_cart(txn_id, {"adult": 2})
        if has_cart and pays:
            self.start_paying(txn_id)
        if unheard:
            self.give_back()
            self.top_up(lost=1, heard=False)
        self.ledger.write_off(self.paper.journal_id)
        self.sync_gates()
        if unheard:
            self.top_up(lost=0, heard=True)
        if has_cart and pays and gets_tickets:
            self.close_cart(txn_id)
        elif has_cart and pays:
            self.cancel_payment_of(txn_id)

    @precondition(lambda self: self.paper.carts)
    @rule(pick=PICK)
    def pay(self, pick: int) -> None:
        """Start to pay; such a cart never expires."""
        self.start_paying(self.pick(self.paper.carts, pick))

    @precondition(lambda self: self.paper.carts)
    @rule(pick=PICK)
    def close_sale(self, pick: int) -> None:
        """Sell what a cart in payment holds; any other is refused."""
        self.close_cart(self.pick(self.paper.carts, pick))

    @precondition(lambda self: any(cart.in_payment for cart in self.paper.carts.values()))
    @rule(pick=PICK)
    def cancel_payment(self, pick: int) -> None:
        """Give the money back: the cart is open again, but not if its tickets can't be sold."""
        paying = [one for one, cart in self.paper.carts.items() if cart.in_payment]
        self.cancel_payment_of(self.pick(paying, pick))

    @precondition(lambda self: self.paper.told.sales)
    @rule(pick=PICK)
    def ask_again(self, pick: int) -> None:
        """Sell the same once more: the first answer comes again, and nothing is recorded."""
        self.ask_for(self.pick(self.paper.told.sales, pick))

    @precondition(lambda self: self.paper.lines)
    @rule(pick=PICK)
    def use_id_again(self, pick: int) -> None:
        """Begin a sale under an id that is taken."""
        txn_id = self.pick([line.txn_id for line in self.paper.lines], pick)
        due = "cart_closed" if txn_id in self.paper.told.sales else "txn_payload_differs"
        assert self.refused(self.kiosk.put_cart(txn_id, adult=1)) == due

    @precondition(lambda self: self.paper.told.sales)
    @rule(pick=PICK)
    def void(self, pick: int) -> None:
        """Undo a sale, unless it is settled, undone, or a ticket of it was used."""
        self.void_sale(self.pick(self.paper.told.sales, pick))

    # Gates

    @precondition(lambda self: self.ledger.serials.known)
    @rule(pick=PICK, out=st.booleans())
    def admit(self, *, pick: int, out: bool) -> None:
        """Let a ticket in or out: only a sold one, in turns."""
        self.pass_gate(self.pick(self.ledger.serials.known, pick), out=out)
