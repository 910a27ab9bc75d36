"""What a cart in payment costs, what was taken of it, and what is left. No state, no I/O."""

from collections.abc import Iterator

from kiosk_contracts.money import Money, total
from kiosk_contracts.selling import Cart
from kiosk_texts import money, tr
from kiosk_ui.cart_lines import cart_rows
from kiosk_ui.cleaning import clean
from kiosk_ui.payment_methods import taken_words
from kiosk_ui.widgets.payment.paid_lines import PaidLine


def due_of(cart: Cart | None) -> Money | None:
    """Return what is still to be paid, once the agent has said what the cart costs."""
    if cart is None:
        return None
    return cart.total - total((part.amount for part in cart.taken), cart.total.currency)


def paid_lines(cart: Cart, buyer: str, *, in_step: bool) -> Iterator[PaidLine]:
    """Return the lines of a payment: the tickets, if the agent holds them, and what was taken."""
    for row in cart_rows(cart.lines) if in_step else ():
        count = "" if row.tickets is None else str(row.tickets)
        yield PaidLine(row.name, money(row.amount), count)
    if buyer:
        yield PaidLine(tr("for {name}", name=clean(buyer)), "")
    for part in cart.taken:
        off = Money.zero(part.amount.currency) - part.amount
        yield PaidLine(taken_words(part), money(off))
    if cart.taken and (due := due_of(cart)) is not None:
        yield PaidLine(tr("Still to pay"), money(due), strong=True)
