"""Refusals about people: PINs, roles, shifts, voids."""

from datetime import datetime
from uuid import UUID

from kiosk_agent.domain.wording import kind_name, unknown_gate
from kiosk_contracts.kiosk_status import JournalState
from kiosk_contracts.money import Money
from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_contracts.staff import StaffRole
from kiosk_texts import day_and_time, money, tr, trn


def pin_wrong() -> ProblemError:
    """Return: nobody has this PIN."""
    return ProblemError(
        401,
        ProblemCode.PIN_WRONG,
        tr("Wrong PIN"),
        detail=tr("Nobody on this kiosk's roster has this PIN."),
        hint=tr("Type it again."),
    )


def pin_of_several() -> ProblemError:
    """Return: nobody can say who it is."""
    return ProblemError(
        409,
        ProblemCode.PIN_OF_SEVERAL,
        tr("Two people here have this PIN"),
        detail=tr("The kiosk cannot tell which of them it is, so neither is signed in by it."),
        hint=tr("Ask a manager to have one of them given another PIN."),
    )


def no_roster() -> ProblemError:
    """Return: this kiosk knows nobody yet."""
    return ProblemError(
        503,
        ProblemCode.ROSTER_MISSING,
        tr("Nobody can sign in yet"),
        detail=tr("This kiosk has no roster yet: it comes with the line."),
        hint=tr("Tell the control room if this stays: the venue needs a roster."),
        retryable=True,
    )


def approver_unknown() -> ProblemError:
    """Return: no manager has this PIN."""
    return ProblemError(
        401,
        ProblemCode.PIN_WRONG,
        tr("No manager here has this PIN"),
        detail=tr("This needs a manager of this kiosk's roster."),
        hint=tr("Type a manager's PIN again."),
    )


def pin_locked(wait_s: int) -> ProblemError:
    """Return: too many wrong PINs; the kiosk takes none for a while."""
    return ProblemError(
        429,
        ProblemCode.PIN_LOCKED,
        tr("Too many wrong PINs"),
        detail=trn(
            "This kiosk takes no PIN for {count} second.",
            "This kiosk takes no PIN for {count} seconds.",
            wait_s,
        ),
        hint=tr("Whoever is signed in works on. Wait, then type your own PIN."),
        retryable=True,
        retry_after_s=wait_s,
        extra={"retry_after_s": wait_s},
    )


def not_signed_in() -> ProblemError:
    """Return: the request carries no token of a person who is signed in."""
    return ProblemError(
        401,
        ProblemCode.NOT_SIGNED_IN,
        tr("Nobody is signed in"),
        detail=tr("This needs a person who is signed in at this kiosk."),
        hint=tr("Sign in with your PIN."),
    )


def role_too_low(needed: StaffRole) -> ProblemError:
    """Return: the person may not do this."""
    match needed:
        case StaffRole.TECHNICIAN:
            detail = tr("This needs the role technician.")
            hint = tr("Ask a technician, or a manager.")
        case StaffRole.GATE:
            detail, hint = tr("This needs the role gate."), tr("Ask the gate staff to sign in.")
        case StaffRole.CASHIER:
            detail, hint = tr("This needs the role cashier."), tr("Ask a cashier to sign in.")
        case StaffRole.MANAGER:
            detail, hint = tr("This needs the role manager."), tr("Ask a manager to sign in.")
    return ProblemError(
        403,
        ProblemCode.ROLE_TOO_LOW,
        tr("You may not do this"),
        detail=detail,
        hint=hint,
    )


def technician_at_the_desk() -> ProblemError:
    """Return: a technician has nothing to do here, but somewhere else."""
    return ProblemError(
        403,
        ProblemCode.ROLE_TOO_LOW,
        tr("This is a technician's PIN"),
        detail=tr("A technician neither sells nor admits."),
        hint=tr("To examine this kiosk press Ctrl+T on its own screen, then type the PIN."),
    )


def approval_needed() -> ProblemError:
    """Return: a manager must agree."""
    return ProblemError(
        403,
        ProblemCode.APPROVAL_NEEDED,
        tr("A manager must approve this"),
        detail=tr("This needs a manager's PIN."),
        hint=tr("Ask a manager to type their PIN."),
    )


def shift_not_open() -> ProblemError:
    """Return: selling needs a shift at a drawer."""
    return ProblemError(
        409,
        ProblemCode.SHIFT_NOT_OPEN,
        tr("No shift is open"),
        detail=tr("Selling needs an open shift, so that the drawer can be counted."),
        hint=tr("Open your shift with the float in the drawer."),
    )


def shift_already_open() -> ProblemError:
    """Return: this person has a shift already."""
    return ProblemError(
        409,
        ProblemCode.SHIFT_ALREADY_OPEN,
        tr("Your shift is open already"),
        detail=tr("One person has one shift at a time."),
        hint=tr("Go on selling; the open shift counts."),
    )


def shift_unknown(shift_id: UUID) -> ProblemError:
    """Return: the journal has no such shift, or it is closed."""
    return ProblemError(
        404,
        ProblemCode.SHIFT_UNKNOWN,
        tr("No such shift is open here"),
        detail=tr("This kiosk has no open shift {shift_id}.", shift_id=shift_id),
        hint=tr("It may be closed already: its Z report says so."),
    )


def shift_not_here(shift_id: UUID) -> ProblemError:
    """Return: this kiosk's journal has no such shift, open or closed."""
    return ProblemError(
        404,
        ProblemCode.SHIFT_UNKNOWN,
        tr("No such shift was at this kiosk"),
        detail=tr("This kiosk's journal has no shift {shift_id}.", shift_id=shift_id),
        hint=tr("Look at the kiosk where it was opened."),
    )


def drawer_taken() -> ProblemError:
    """Return: the drawer that is to be taken over does not wait for anybody any more."""
    return ProblemError(
        409,
        ProblemCode.DRAWER_TAKEN,
        tr("That drawer does not wait any more"),
        detail=tr("Another shift was opened since it was counted, or it was never closed."),
        hint=tr("Count what is in your drawer and open your shift with that."),
    )


def shift_of_another() -> ProblemError:
    """Return: only a manager closes or reads somebody else's shift."""
    return ProblemError(
        403,
        ProblemCode.ROLE_TOO_LOW,
        tr("This is another person's shift"),
        detail=tr("A cashier counts their own drawer; a manager may count anybody's."),
        hint=tr("Ask a manager to sign in."),
    )


def drawer_short(there: Money) -> ProblemError:
    """Return: more is to be taken out than the drawer should hold."""
    return ProblemError(
        409,
        ProblemCode.DRAWER_SHORT,
        tr("The drawer does not hold so much"),
        detail=tr("By the transactions there are {there} in it.", there=money(there)),
        hint=tr("Take out less; if there is more, pay that in first with the reason."),
        extra={"left": there.to_json()},
    )


def amount_not_right(
    field: str, amount: Money, currency: str, *, may_be_nothing: bool
) -> ProblemError:
    """Return: what was counted or typed is no amount that a drawer can hold."""
    values = {"field": field, "amount": money(amount), "currency": currency}
    return ProblemError(
        422,
        ProblemCode.BODY_INVALID,
        tr("The amount is not right"),
        detail=tr("{field}: {amount} is not an amount of 0 or more in {currency}.", **values)
        if may_be_nothing
        else tr("{field}: {amount} is not an amount of more than 0 in {currency}.", **values),
        hint=tr("Count again and type what is there."),
        extra={"field": field},
    )


def payment_open(since: datetime, total: Money, taken: Money) -> ProblemError:
    """Return: a customer is paying into this drawer, by a cart of `since`."""
    return ProblemError(
        409,
        ProblemCode.PAYMENT_STARTED,
        tr("A customer is paying"),
        detail=tr(
            "A cart of this shift is in payment, so the drawer can't be counted: {total}, of "
            "{time}, {taken} taken so far.",
            total=money(total),
            time=day_and_time(since.astimezone()),
            taken=money(taken),
        ),
        hint=tr(
            "Finish that sale or cancel its payment, then close the shift. A manager frees it for "
            "somebody who is away: F9 on Events, then F6."
        ),
    )


def txn_unknown(txn_id: UUID) -> ProblemError:
    """Return: the journal has no such transaction."""
    return ProblemError(
        404,
        ProblemCode.TXN_UNKNOWN,
        tr("No such transaction here"),
        detail=tr("This kiosk's journal has no transaction {txn_id}.", txn_id=txn_id),
        hint=tr("Choose it from the list of transactions."),
    )


def not_quarantined(state: JournalState) -> ProblemError:
    """Return: only what could not be settled is retried, voided or handed over so."""
    match state:
        case JournalState.QUEUED | JournalState.QUARANTINED:
            detail = tr("The transaction is queued, not quarantined.")
        case JournalState.UPLOADING:
            detail = tr("The transaction is being sent, not quarantined.")
        case JournalState.SETTLED:
            detail = tr("The transaction is settled, not quarantined.")
        case JournalState.PARKED:
            detail = tr("The transaction is parked, not quarantined.")
    return ProblemError(
        409,
        ProblemCode.NOT_QUARANTINED,
        tr("Nothing to do about it"),
        detail=detail,
        hint=tr("Look at the list again; it goes on by itself."),
    )


def not_a_sale(kind: str) -> ProblemError:
    """Return: only sales are voided."""
    return ProblemError(
        404,
        ProblemCode.TXN_UNKNOWN,
        tr("Not a sale"),
        detail=tr(
            "The transaction chosen is of kind '{kind}'; only a sale can be voided.",
            kind=kind_name(kind),
        ),
        hint=tr("Choose a sale from the list."),
    )


def sale_settled(receipt: str) -> ProblemError:
    """Return: a settled sale needs a refund."""
    return ProblemError(
        409,
        ProblemCode.SALE_SETTLED,
        tr("Too late to void"),
        detail=tr("Sale {receipt} is settled with the ticket API.", receipt=receipt),
        hint=tr("Make a refund instead; it needs the line."),
    )


def sale_already_voided(receipt: str) -> ProblemError:
    """Return: a sale is voided once."""
    return ProblemError(
        409,
        ProblemCode.SALE_ALREADY_VOIDED,
        tr("Already voided"),
        detail=tr("Sale {receipt} was voided before.", receipt=receipt),
        hint=tr("Give no money back a second time."),
    )


def ticket_already_used(serial: str, gate: str) -> ProblemError:
    """Return: a ticket of the sale was admitted at this kiosk."""
    return ProblemError(
        409,
        ProblemCode.TICKET_ALREADY_USED,
        tr("A ticket was used"),
        detail=tr(
            "Ticket {serial} of this sale was admitted at {gate}.",
            serial=serial,
            gate=gate or unknown_gate(),
        ),
        hint=tr("A used sale cannot be voided; ask a manager."),
    )
