"""Refusals of refunds: what is not given back, why, and what the customer can do."""

from datetime import datetime

from kiosk_agent.domain.wording import kind_name, revoked_because, unknown_gate
from kiosk_contracts.admitting import Verdict
from kiosk_contracts.money import Money
from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_texts import day_and_time, money, tr


def no_line() -> ProblemError:
    """Return: a refund needs the line, and there is none."""
    return ProblemError(
        409,
        ProblemCode.LINE_DOWN,
        tr("A refund needs the line"),
        detail=tr(
            "The ticket API decides refunds, and this kiosk does not reach it now. "
            "Nothing was recorded."
        ),
        hint=tr(
            "Give no money. The customer keeps the ticket and comes back when there is a line."
        ),
        retryable=True,
    )


def drawer_short_to_give_back(due: Money, there: Money) -> ProblemError:
    """Return: more cash goes back than the drawer should hold."""
    return ProblemError(
        409,
        ProblemCode.DRAWER_SHORT,
        tr("The drawer does not hold what goes back"),
        detail=tr(
            "{due} goes back in cash; by the transactions there are {there} in the drawer. "
            "Nothing was recorded.",
            due=money(due),
            there=money(there),
        ),
        hint=tr("Pay in first what is missing, with the reason (F5 on Events), then try again."),
        extra={"left": there.to_json()},
    )


def sale_not_settled(receipt: str) -> ProblemError:
    """Return: a sale that has not settled is voided instead."""
    return ProblemError(
        409,
        ProblemCode.SALE_NOT_SETTLED,
        tr("Void it instead"),
        detail=tr(
            "Sale {receipt} has not settled yet, so there is nothing to refund.", receipt=receipt
        ),
        hint=tr("Void the whole sale (F8): that needs no line."),
    )


def not_a_sale(kind: str) -> ProblemError:
    """Return: only sales are refunded."""
    return ProblemError(
        404,
        ProblemCode.TXN_UNKNOWN,
        tr("Not a sale"),
        detail=tr(
            "The transaction chosen is of kind '{kind}'; only a sale can be refunded.",
            kind=kind_name(kind),
        ),
        hint=tr("Choose a sale from the list."),
    )


def not_a_refund(kind: str) -> ProblemError:
    """Return: only refunds are given back so."""
    return ProblemError(
        404,
        ProblemCode.TXN_UNKNOWN,
        tr("Not a refund"),
        detail=tr("The transaction chosen is of kind '{kind}'.", kind=kind_name(kind)),
        hint=tr("Choose a refund from the list of transactions."),
    )


def serial_not_in_sale(serial: str, receipt: str) -> ProblemError:
    """Return: a ticket of another sale."""
    return ProblemError(
        409,
        ProblemCode.SERIAL_NOT_IN_SALE,
        tr("Not a ticket of this sale"),
        detail=tr("Ticket {serial} was not sold by {receipt}.", serial=serial, receipt=receipt),
        hint=tr("Scan the ticket to find its sale."),
    )


def ticket_used(serial: str, gate: str, at: datetime | None) -> ProblemError:
    """Return: somebody went in with a ticket."""
    where = gate or unknown_gate()
    return ProblemError(
        409,
        ProblemCode.TICKET_ALREADY_USED,
        tr("A ticket was used"),
        detail=tr("Somebody went in with {serial} at {gate}.", serial=serial, gate=where)
        if at is None
        else tr(
            "Somebody went in with {serial} at {gate}, {time}.",
            serial=serial,
            gate=where,
            time=day_and_time(at.astimezone()),
        ),
        hint=tr("Give no money back for it. Leave it out to refund the other tickets."),
        extra={"serial": serial},
    )


def ticket_revoked(serial: str, reason: str) -> ProblemError:
    """Return: a ticket is worth nothing any more; `reason` is what the ticket API says, if any."""
    return _worthless(
        serial,
        tr(
            "Ticket {serial} is worth nothing any more: {reason}.",
            serial=serial,
            reason=revoked_because(reason),
        )
        if reason
        else tr("Ticket {serial} is worth nothing any more.", serial=serial),
    )


def ticket_refunded(serial: str, receipt: str) -> ProblemError:
    """Return: a refund of this kiosk has settled for the ticket."""
    return _worthless(
        serial,
        tr(
            "Ticket {serial} is worth nothing any more: refund {receipt}.",
            serial=serial,
            receipt=receipt,
        ),
    )


def _worthless(serial: str, detail: str) -> ProblemError:
    return ProblemError(
        409,
        ProblemCode.SALE_ALREADY_REFUNDED,
        tr("Given back before"),
        detail=detail,
        hint=tr("Give no money back a second time. Leave it out to refund the other tickets."),
        extra={"serial": serial},
    )


def asked_before(serial: str, receipt: str) -> ProblemError:
    """Return: a refund of this ticket is not decided."""
    return ProblemError(
        409,
        ProblemCode.REFUND_UNDECIDED,
        tr("A refund is asked for already"),
        detail=tr(
            "Refund {receipt} of ticket {serial} is not decided yet.",
            receipt=receipt,
            serial=serial,
        ),
        hint=tr("Give no money. Open that refund in Transactions (F4) to see what becomes of it."),
        extra={"serial": serial},
    )


def given_for_nothing() -> ProblemError:
    """Return: nothing was paid, so nothing goes back; a void or nothing at all is meant."""
    return ProblemError(
        409,
        ProblemCode.TENDER_DIFFERS,
        tr("Nothing to give back"),
        detail=tr("Less was paid for this sale than its tickets would give back."),
        hint=tr("Call the control room: the sale's payment does not add up."),
    )


def approval_needed(total: Money, alone: Money) -> ProblemError:
    """Return: more than a cashier may refund alone."""
    return ProblemError(
        403,
        ProblemCode.APPROVAL_NEEDED,
        tr("A manager must approve this"),
        detail=tr(
            "This sale would give back {total}; alone a cashier may make up to {most}.",
            total=money(total),
            most=money(alone),
        )
        if alone.amount
        else tr(
            "This sale would give back {total}; alone a cashier may make no refund.",
            total=money(total),
        ),
        hint=tr("Ask a manager to type their PIN."),
    )


def too_large(total: Money, most: Money) -> ProblemError:
    """Return: more than a manager may refund at a kiosk."""
    return ProblemError(
        403,
        ProblemCode.REFUND_TOO_LARGE,
        tr("Too much for this kiosk"),
        detail=tr(
            "This sale would give back {total}; here a manager may refund up to {most}.",
            total=money(total),
            most=money(most),
        ),
        hint=tr("Give no money. Send the customer to the box office with the receipt."),
    )


def not_decided(receipt: str) -> ProblemError:
    """Return: money leaves no drawer before the ticket API has decided."""
    return ProblemError(
        409,
        ProblemCode.REFUND_UNDECIDED,
        tr("Not decided: give no money"),
        detail=tr("The ticket API has not decided refund {receipt}.", receipt=receipt),
        hint=tr("It is shown here and in Transactions when it is."),
    )


def refused(receipt: str, why: str) -> ProblemError:
    """Return: no money for a refund that the ticket API refuses."""
    return ProblemError(
        409,
        ProblemCode.REFUND_REFUSED,
        tr("Refused: give no money"),
        detail=tr("Refund {receipt} was refused: {why}.", receipt=receipt, why=why)
        if why
        else tr("Refund {receipt} was refused.", receipt=receipt),
        hint=tr("The customer keeps the ticket; hand it over to the box office if they insist."),
    )


def given_before(receipt: str) -> ProblemError:
    """Return: a refund's money leaves the drawer once."""
    return ProblemError(
        409,
        ProblemCode.REFUND_GIVEN,
        tr("Given back before"),
        detail=tr("The money of refund {receipt} was given back already.", receipt=receipt),
        hint=tr("Give no money back a second time."),
    )


def gives_other(due: Money) -> ProblemError:
    """Return: what is given back is what the refund says, in each way of paying."""
    return ProblemError(
        409,
        ProblemCode.TENDER_DIFFERS,
        tr("Another sum than the refund's"),
        detail=tr("The refund gives back {due}, each part the way it was paid.", due=money(due)),
        hint=tr("Give back what the refund says."),
    )


def admits_not_yet(serial: str, receipt: str) -> ProblemError:
    """Return: at a gate, a ticket whose refund is not decided."""
    return ProblemError(
        409,
        ProblemCode.REFUND_UNDECIDED,
        tr("A refund is asked for"),
        detail=tr(
            "Refund {receipt} of ticket {serial} is not decided yet.",
            receipt=receipt,
            serial=serial,
        ),
        hint=tr("Do not let them in before it is; a manager can see it in Transactions (F4)."),
        retryable=True,
        extra={"verdict": Verdict.AMBER, "serial": serial},
    )
