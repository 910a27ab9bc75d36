"""Whose cart may be gone on with, and who may end it."""

from kiosk_agent.domain import refusals_cart
from kiosk_agent.domain.people import StaffMember, rank
from kiosk_agent.domain.records import StoredCart
from kiosk_contracts.staff import StaffRole


def check_own(cart: StoredCart, person: StaffMember) -> None:
    """Raise ProblemError `role_too_low` if it is another's: nobody fills, pays or sells that."""
    if cart.cashier_id != person.staff_id:
        raise refusals_cart.cart_of_another()


def may_end(cart: StoredCart, person: StaffMember) -> bool:
    """Say whether a person alone may cancel a cart or its payment: their own, or as a manager.

    What was taken for it lies in the drawer of whoever opened it.
    """
    return cart.cashier_id == person.staff_id or rank(person.role) >= rank(StaffRole.MANAGER)


def check_may_end(cart: StoredCart, person: StaffMember) -> None:
    """Raise ProblemError `role_too_low` unless a person alone may end a cart or its payment."""
    if not may_end(cart, person):
        raise refusals_cart.cart_of_another()
