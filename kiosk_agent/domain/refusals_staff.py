"""Refusals about people: PINs, roles, shifts, voids."""

from uuid import UUID

from kiosk_contracts.money import Money
from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_contracts.staff import StaffRole


def pin_wrong() -> ProblemError:
    """Return: nobody has this PIN."""
    return ProblemError(
        401,
        ProblemCode.PIN_WRONG,
        "Wrong PIN",
        detail="Nobody on this kiosk's roster has this PIN.",
        hint="Type it again.",
    )


def approver_unknown() -> ProblemError:
    """Return: no manager has this PIN."""
    return ProblemError(
        401,
        ProblemCode.PIN_WRONG,
        "No manager here has this PIN",
        detail="This needs a manager of this kiosk's roster.",
        hint="Type a manager's PIN again.",
    )


def pin_locked(wait_s: int) -> ProblemError:
    """Return: too many wrong PINs; the kiosk takes none for a while."""
    return ProblemError(
        429,
        ProblemCode.PIN_LOCKED,
        "Too many wrong PINs",
        detail=f"This kiosk takes no PIN for {wait_s} seconds.",
        hint="Wait, then type your own PIN; a manager can look it up.",
        retryable=True,
        retry_after_s=wait_s,
        extra={"retry_after_s": wait_s},
    )


def not_signed_in() -> ProblemError:
    """Return: the request carries no token of a person who is signed in."""
    return ProblemError(
        401,
        ProblemCode.NOT_SIGNED_IN,
        "Nobody is signed in",
        detail="This needs a person who is signed in at this kiosk.",
        hint="Sign in with your PIN.",
    )


def role_too_low(needed: StaffRole) -> ProblemError:
    """Return: the person may not do this."""
    return ProblemError(
        403,
        ProblemCode.ROLE_TOO_LOW,
        "You may not do this",
        detail=f"This needs the role {needed}.",
        hint=f"Ask a {needed} to sign in.",
    )


def approval_needed() -> ProblemError:
    """Return: a manager must agree."""
    return ProblemError(
        403,
        ProblemCode.APPROVAL_NEEDED,
        "A manager must approve this",
        detail="This needs a manager's PIN.",
        hint="Ask a manager to type their PIN.",
    )


def shift_not_open() -> ProblemError:
    """Return: selling needs a shift at a drawer."""
    return ProblemError(
        409,
        ProblemCode.SHIFT_NOT_OPEN,
        "No shift is open",
        detail="Selling needs an open shift, so that the drawer can be counted.",
        hint="Open your shift with the float in the drawer.",
    )


def shift_already_open() -> ProblemError:
    """Return: this person has a shift already."""
    return ProblemError(
        409,
        ProblemCode.SHIFT_ALREADY_OPEN,
        "Your shift is open already",
        detail="One person has one shift at a time.",
        hint="Go on selling; the open shift counts.",
    )


def shift_unknown(shift_id: UUID) -> ProblemError:
    """Return: the journal has no such shift, or it is closed."""
    return ProblemError(
        404,
        ProblemCode.SHIFT_UNKNOWN,
        "No such shift is open here",
        detail=f"This kiosk has no open shift {shift_id}.",
        hint="It may be closed already: its Z report says so.",
    )


def shift_not_here(shift_id: UUID) -> ProblemError:
    """Return: this kiosk's journal has no such shift, open or closed."""
    return ProblemError(
        404,
        ProblemCode.SHIFT_UNKNOWN,
        "No such shift was at this kiosk",
        detail=f"This kiosk's journal has no shift {shift_id}.",
        hint="Look at the kiosk where it was opened.",
    )


def shift_of_another() -> ProblemError:
    """Return: only a manager closes or reads somebody else's shift."""
    return ProblemError(
        403,
        ProblemCode.ROLE_TOO_LOW,
        "This is another person's shift",
        detail="A cashier counts their own drawer; a manager may count anybody's.",
        hint="Ask a manager to sign in.",
    )


def drawer_short(there: Money) -> ProblemError:
    """Return: more is to be taken out than the drawer should hold."""
    return ProblemError(
        409,
        ProblemCode.DRAWER_SHORT,
        "The drawer does not hold so much",
        detail=f"By the transactions there are {there} in it.",
        hint="Take out less; if there is more, pay that in first with the reason.",
        extra={"left": there.to_json()},
    )


def payment_open() -> ProblemError:
    """Return: a customer is paying into this drawer."""
    return ProblemError(
        409,
        ProblemCode.PAYMENT_STARTED,
        "A customer is paying",
        detail="A cart of this shift is in payment, so the drawer can't be counted.",
        hint="Finish that sale or cancel its payment, then close the shift.",
    )


def txn_unknown(txn_id: UUID) -> ProblemError:
    """Return: the journal has no such transaction."""
    return ProblemError(
        404,
        ProblemCode.TXN_UNKNOWN,
        "No such transaction here",
        detail=f"This kiosk's journal has no transaction {txn_id}.",
        hint="Choose it from the list of transactions.",
    )


def not_quarantined(state: str) -> ProblemError:
    """Return: only what could not be settled is retried, voided or handed over so."""
    return ProblemError(
        409,
        ProblemCode.NOT_QUARANTINED,
        "Nothing to do about it",
        detail=f"The transaction is {state}, not quarantined.",
        hint="Look at the list again; it goes on by itself.",
    )


def not_a_sale(kind: str) -> ProblemError:
    """Return: only sales are voided."""
    return ProblemError(
        404,
        ProblemCode.TXN_UNKNOWN,
        "Not a sale",
        detail=f"The transaction chosen is of kind {kind!r}; only a sale can be voided.",
        hint="Choose a sale from the list.",
    )


def sale_settled(receipt: str) -> ProblemError:
    """Return: a settled sale needs a refund."""
    return ProblemError(
        409,
        ProblemCode.SALE_SETTLED,
        "Too late to void",
        detail=f"Sale {receipt} is settled with the ticket API.",
        hint="Make a refund instead; it needs the line.",
    )


def sale_already_voided(receipt: str) -> ProblemError:
    """Return: a sale is voided once."""
    return ProblemError(
        409,
        ProblemCode.SALE_ALREADY_VOIDED,
        "Already voided",
        detail=f"Sale {receipt} was voided before.",
        hint="Give no money back a second time.",
    )


def ticket_already_used(serial: str, gate: str) -> ProblemError:
    """Return: a ticket of the sale was admitted at this kiosk."""
    return ProblemError(
        409,
        ProblemCode.TICKET_ALREADY_USED,
        "A ticket was used",
        detail=f"Ticket {serial} of this sale was admitted at gate {gate}.",
        hint="A used sale cannot be voided; ask a manager.",
    )
