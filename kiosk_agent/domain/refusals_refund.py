"""Refusals of refunds: what is not given back, why, and what the customer can do."""

from datetime import datetime

from kiosk_contracts.admitting import Verdict
from kiosk_contracts.money import Money
from kiosk_contracts.problem import ProblemCode, ProblemError


def no_line() -> ProblemError:
    """Return: a refund needs the line, and there is none."""
    return ProblemError(
        409,
        ProblemCode.LINE_DOWN,
        "A refund needs the line",
        detail="The ticket API decides refunds, and this kiosk does not reach it now. "
        "Nothing was recorded.",
        hint="Give no money. The customer keeps the ticket and comes back when there is a line.",
        retryable=True,
    )


def sale_not_settled(receipt: str) -> ProblemError:
    """Return: a sale that has not settled is voided instead."""
    return ProblemError(
        409,
        ProblemCode.SALE_NOT_SETTLED,
        "Void it instead",
        detail=f"Sale {receipt} has not settled yet, so there is nothing to refund.",
        hint="Void the whole sale (F8): that needs no line.",
    )


def not_a_sale(kind: str) -> ProblemError:
    """Return: only sales are refunded."""
    return ProblemError(
        404,
        ProblemCode.TXN_UNKNOWN,
        "Not a sale",
        detail=f"The transaction chosen is of kind {kind!r}; only a sale can be refunded.",
        hint="Choose a sale from the list.",
    )


def not_a_refund(kind: str) -> ProblemError:
    """Return: only refunds are given back so."""
    return ProblemError(
        404,
        ProblemCode.TXN_UNKNOWN,
        "Not a refund",
        detail=f"The transaction chosen is of kind {kind!r}.",
        hint="Choose a refund from the list of transactions.",
    )


def serial_not_in_sale(serial: str, receipt: str) -> ProblemError:
    """Return: a ticket of another sale."""
    return ProblemError(
        409,
        ProblemCode.SERIAL_NOT_IN_SALE,
        "Not a ticket of this sale",
        detail=f"Ticket {serial} was not sold by {receipt}.",
        hint="Scan the ticket to find its sale.",
    )


def ticket_used(serial: str, gate: str, at: datetime | None) -> ProblemError:
    """Return: somebody went in with a ticket."""
    when = "" if at is None else f" at {at.astimezone():%H:%M}"
    return ProblemError(
        409,
        ProblemCode.TICKET_ALREADY_USED,
        "A ticket was used",
        detail=f"Somebody went in with {serial} at gate {gate or 'unknown'}{when}.",
        hint="Give no money back for it. Leave it out to refund the other tickets.",
        extra={"serial": serial},
    )


def ticket_revoked(serial: str, reason: str) -> ProblemError:
    """Return: a ticket is worth nothing any more."""
    return ProblemError(
        409,
        ProblemCode.SALE_ALREADY_REFUNDED,
        "Given back before",
        detail=f"Ticket {serial} is worth nothing any more{f': {reason}' if reason else ''}.",
        hint="Give no money back a second time. Leave it out to refund the other tickets.",
        extra={"serial": serial},
    )


def asked_before(serial: str, receipt: str) -> ProblemError:
    """Return: a refund of this ticket is not decided."""
    return ProblemError(
        409,
        ProblemCode.REFUND_UNDECIDED,
        "A refund is asked for already",
        detail=f"Refund {receipt} of ticket {serial} is not decided yet.",
        hint="Give no money. Open that refund in Transactions (F4) to see what becomes of it.",
        extra={"serial": serial},
    )


def given_for_nothing() -> ProblemError:
    """Return: nothing was paid, so nothing goes back; a void or nothing at all is meant."""
    return ProblemError(
        409,
        ProblemCode.TENDER_DIFFERS,
        "Nothing to give back",
        detail="Less was paid for this sale than its tickets would give back.",
        hint="Call the control room: the sale's payment does not add up.",
    )


def approval_needed(total: Money, alone: Money) -> ProblemError:
    """Return: more than a cashier may refund alone."""
    may = f"up to {alone}" if alone.amount else "no refund"
    return ProblemError(
        403,
        ProblemCode.APPROVAL_NEEDED,
        "A manager must approve this",
        detail=f"This sale would give back {total}; alone a cashier may make {may}.",
        hint="Ask a manager to type their PIN.",
    )


def too_large(total: Money, most: Money) -> ProblemError:
    """Return: more than a manager may refund at a kiosk."""
    return ProblemError(
        403,
        ProblemCode.REFUND_TOO_LARGE,
        "Too much for this kiosk",
        detail=f"This sale would give back {total}; here a manager may refund up to {most}.",
        hint="Give no money. Send the customer to the box office with the receipt.",
    )


def not_decided(receipt: str) -> ProblemError:
    """Return: money leaves no drawer before the ticket API has decided."""
    return ProblemError(
        409,
        ProblemCode.REFUND_UNDECIDED,
        "Not decided: give no money",
        detail=f"The ticket API has not decided refund {receipt}.",
        hint="It is shown here and in Transactions when it is.",
    )


def refused(receipt: str, why: str) -> ProblemError:
    """Return: no money for a refund that the ticket API refuses."""
    return ProblemError(
        409,
        ProblemCode.REFUND_REFUSED,
        "Refused: give no money",
        detail=f"Refund {receipt} was refused{f': {why}' if why else ''}.",
        hint="The customer keeps the ticket; hand it over to the box office if they insist.",
    )


def given_before(receipt: str) -> ProblemError:
    """Return: a refund's money leaves the drawer once."""
    return ProblemError(
        409,
        ProblemCode.REFUND_GIVEN,
        "Given back before",
        detail=f"The money of refund {receipt} was given back already.",
        hint="Give no money back a second time.",
    )


def gives_other(due: Money) -> ProblemError:
    """Return: what is given back is what the refund says, in each way of paying."""
    return ProblemError(
        409,
        ProblemCode.TENDER_DIFFERS,
        "Another sum than the refund's",
        detail=f"The refund gives back {due}, each part the way it was paid.",
        hint="Give back what the refund says.",
    )


def admits_not_yet(serial: str, receipt: str) -> ProblemError:
    """Return: at a gate, a ticket whose refund is not decided."""
    return ProblemError(
        409,
        ProblemCode.REFUND_UNDECIDED,
        "A refund is asked for",
        detail=f"Refund {receipt} of ticket {serial} is not decided yet.",
        hint="Do not let them in before it is; a manager can see it in Transactions (F4).",
        retryable=True,
        extra={"verdict": Verdict.AMBER, "serial": serial},
    )
