"""Money that was taken of a payment and is given back, since no sale comes of it."""

from kiosk_agent.domain.people import StaffMember
from kiosk_agent.domain.tenders import money_of
from kiosk_agent.ports.journal import CancelledPayment, JournalWriter, StoredCart
from kiosk_agent.services.kiosk import Kiosk


def note_given_back(
    kiosk: Kiosk,
    writer: JournalWriter,
    cart: StoredCart,
    person: StaffMember,
    approver: StaffMember | None = None,
) -> None:
    """Remember what was taken of a cart's payment, in the commit that drops its parts.

    It belongs to the shift of the cart's cashier, whose drawer has it: that shift is open, for none
    closes while a cart of its cashier is in payment. Nothing is noted where nothing was taken.
    """
    taken = money_of(cart.taken)
    if not taken:
        return
    writer.note_cancelled_payment(
        CancelledPayment(
            txn_id=cart.txn_id,
            shift_id=writer.open_shift(cart.cashier_id),
            cashier_id=cart.cashier_id,
            given_back_by=person.staff_id,
            approved_by=approver.staff_id if approver is not None else None,
            at=kiosk.clock.now(),
            taken=taken,
        )
    )
