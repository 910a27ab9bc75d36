"""Freeing carts that were left, whoever opened them and however far their payment came."""

from uuid import UUID

import structlog

from kiosk_agent.domain import refusals_cart, refusals_staff
from kiosk_agent.domain.cart_rights import may_end
from kiosk_agent.domain.people import StaffMember, require
from kiosk_agent.domain.tenders import log_words
from kiosk_agent.ports.journal import JournalReader, JournalWriter, StoredCart
from kiosk_agent.services.cancelling import note_given_back
from kiosk_agent.services.cart_views import known_cart, show_cart
from kiosk_agent.services.kiosk import Kiosk, end_hold
from kiosk_contracts.selling import Cart, CartState
from kiosk_contracts.staff import StaffRole

log = structlog.get_logger(__name__)


class FreedCarts:
    """Gives the serials of a cart back that its cashier does not finish."""

    def __init__(self, kiosk: Kiosk) -> None:
        self._kiosk = kiosk

    async def needs_approval(self, person: StaffMember, txn_id: UUID) -> bool:
        """Say whether a manager must agree; so nobody types a PIN in vain.

        Raises ProblemError `cart_unknown`, `cart_closed`, `role_too_low`.
        """
        require(person, StaffRole.CASHIER)

        def work(reader: JournalReader) -> bool:
            cart = _to_free(reader, txn_id)
            return cart.state != CartState.EXPIRED and not may_end(cart, person)

        return await self._kiosk.journal.read(work)

    async def free(self, person: StaffMember, approver: StaffMember | None, txn_id: UUID) -> Cart:
        """Release a cart; return it as it is now. Idempotent.

        Its payment, if one had started, came to nothing: what was taken is given back by hand, by
        what the cart said before, and stands in the reports of its cashier's shift. Raises what
        `needs_approval` raises, and `approval_needed`.
        """
        require(person, StaffRole.CASHIER)

        def work(writer: JournalWriter) -> tuple[StoredCart, Cart]:
            cart = _to_free(writer, txn_id)
            if cart.state != CartState.EXPIRED:
                if approver is None and not may_end(cart, person):
                    raise refusals_staff.approval_needed()
                note_given_back(self._kiosk, writer, cart, person, approver)
                end_hold(writer, cart)
            freed = known_cart(writer, txn_id)
            return cart, show_cart(self._kiosk, writer, freed, self._kiosk.moment(writer))

        before, freed = await self._kiosk.journal.write(work)
        self._kiosk.changes.notify()
        if before.state != CartState.EXPIRED:
            log.info(
                "cart_freed",
                txn_id=str(txn_id),
                cashier_id=before.cashier_id,
                freed_by=person.staff_id,
                approved_by=approver.staff_id if approver is not None else None,
                state=before.state,
                to_give_back=log_words(before.taken),
            )
        return freed


def _to_free(reader: JournalReader, txn_id: UUID) -> StoredCart:
    cart = known_cart(reader, txn_id)
    if cart.state == CartState.CLOSED:
        raise refusals_cart.cart_closed()
    return cart
