"""Refusals at the till, in words for the person who stands there."""

from datetime import datetime
from uuid import UUID

from kiosk_agent.domain.room import RoomLimits, in_megabytes
from kiosk_contracts.money import Money
from kiosk_contracts.problem import ProblemCode, ProblemError


def event_unknown(event_id: str) -> ProblemError:
    """Return: this kiosk knows no such event."""
    return ProblemError(
        404,
        ProblemCode.EVENT_UNKNOWN,
        "Event not known here",
        detail=f"This kiosk has no event {event_id!r} in its catalogue.",
        hint="Choose from the list of events; a new one comes with the next sync.",
    )


def ticket_type_unknown(event_name: str, ticket_type_id: str) -> ProblemError:
    """Return: the event has no such ticket type."""
    return ProblemError(
        404,
        ProblemCode.TICKET_TYPE_UNKNOWN,
        "Ticket type not known here",
        detail=f"{event_name} has no ticket type {ticket_type_id!r}.",
        hint="Choose from the event's ticket types.",
    )


def concession_unknown(concession_id: str) -> ProblemError:
    """Return: the price list, as this kiosk knows it now, has no such concession for the type."""
    return ProblemError(
        404,
        ProblemCode.CONCESSION_UNKNOWN,
        "There is no such concession",
        detail=f"The concession {concession_id} is not offered for this ticket type any more.",
        hint="Set its tickets to 0 and choose again: the prices were read anew.",
    )


def event_not_on_sale(event_name: str, state: str) -> ProblemError:
    """Return: the event is cancelled, or in a state that only a newer peer understands."""
    cancelled = state == "cancelled"
    return ProblemError(
        409,
        ProblemCode.EVENT_CANCELLED,
        "Cancelled" if cancelled else "Not on sale",
        detail=f"{event_name} is cancelled; no tickets are sold for it."
        if cancelled
        else f"{event_name} is not on sale ({state}).",
        hint="Offer another event.",
        extra={"left": 0},
    )


def quantity_invalid(detail: str) -> ProblemError:
    """Return: a quantity that no cart can have."""
    return ProblemError(
        422,
        ProblemCode.QUANTITY_INVALID,
        "That quantity cannot be sold",
        detail=detail,
        hint="Type a smaller number, or make a second sale for the rest.",
    )


def clock_behind(what: str) -> ProblemError:
    """Return: after a reboot the clock is behind the journal, so no lease can be judged."""
    return ProblemError(
        409,
        ProblemCode.CLOCK_BEHIND,
        "The kiosk's clock is wrong",
        detail=f"{what} cannot be sold: the clock is behind the last recorded sale, so the kiosk "
        "cannot tell whether sales have closed.",
        hint="Ask a manager to compare the kiosk's time with a watch and to confirm it by PIN; "
        "or wait for the line.",
        retryable=True,
        extra={"left": 0},
    )


def clock_differs(now: datetime) -> ProblemError:
    """Return: the time that was confirmed is not the kiosk's."""
    return ProblemError(
        409,
        ProblemCode.CLOCK_DIFFERS,
        "That is not the kiosk's time",
        detail=f"The kiosk's clock says {now:%Y-%m-%d %H:%M} UTC; another time was confirmed.",
        hint="Look at the kiosk's time again. If it is wrong, have it set before confirming.",
        extra={"device_time": now.isoformat()},
    )


def lease_ended(what: str, ended: int) -> ProblemError:
    """Return: tickets are here, but their lease no longer lets the kiosk sell them."""
    return ProblemError(
        409,
        ProblemCode.LEASE_ENDED,
        "Sales have closed at this kiosk",
        detail=f"{what}: 0 left to sell. The lease of the {ended} unsold tickets here has ended.",
        hint="Stop selling this type here. If its sales should be open, call the control room: "
        "drained, the kiosk gives these tickets back, and gets new ones when it is in use again.",
        extra={"left": 0},
    )


def sold_out(what: str, wanted: int, left: int) -> ProblemError:
    """Return: the ticket API had no more to give when it was last asked."""
    return ProblemError(
        409,
        ProblemCode.SOLD_OUT,
        _too_few(left, "Sold out"),
        detail=f"{what}: {_left(left)}, {wanted} wanted. The house has no more to give.",
        hint=_smaller(left, "Offer another type or event."),
        extra={"left": left},
    )


def stock_used_up(  # noqa: PLR0913  all of it is told
    what: str, wanted: int, left: int, *, offline: bool, elsewhere: int, frozen: int
) -> ProblemError:
    """Return: this kiosk's stock is used up; others may still have some."""
    held = f" {elsewhere} more are held in open carts." if elsewhere else ""
    if frozen:
        held += f" {frozen} are frozen: they are of a journal that this kiosk no longer has."
    if offline:
        more = "Offer another type, or another till; more can come when the line is back."
    elif frozen:
        more = (
            "Offer another till. If none come in some minutes: more comes once the control room"
            " has written the frozen ones off."
        )
    else:
        more = "More is being asked for: try again in a minute, or offer another type."
    return ProblemError(
        409,
        ProblemCode.STOCK_USED_UP,
        _too_few(left, "Sold out at this kiosk"),
        detail=f"{what}: {_left(left)}, {wanted} wanted.{held}",
        hint=_smaller(left, more),
        retryable=not offline,
        extra={"left": left},
    )


def other_currency(what: str, price: Money, currency: str) -> ProblemError:
    """Return: a ticket priced in a currency that this drawer does not take."""
    return ProblemError(
        409,
        ProblemCode.PRICE_DIFFERS,
        "Priced in another currency",
        detail=f"{what} costs {price}; this drawer takes {currency}.",
        hint="Call support: the kiosk's currency or the price list is wrong.",
    )


def draining() -> ProblemError:
    """Return: the kiosk is being taken out of service."""
    return ProblemError(
        409,
        ProblemCode.DRAINING,
        "This kiosk is closing",
        detail="It finishes the sales at hand and opens no new ones.",
        hint="Send the customer to another till.",
    )


def cart_unknown(txn_id: UUID) -> ProblemError:
    """Return: no such cart."""
    return ProblemError(
        404,
        ProblemCode.CART_UNKNOWN,
        "No such cart",
        detail=f"This kiosk keeps no cart {txn_id}.",
        hint="Begin a new sale.",
    )


def cart_closed() -> ProblemError:
    """Return: the cart's sale is in the journal already."""
    return ProblemError(
        409,
        ProblemCode.CART_CLOSED,
        "This sale is finished",
        detail="The cart was closed by its sale and cannot be changed.",
        hint="Look in Transactions for its tickets, or begin a new sale.",
    )


def cart_expired() -> ProblemError:
    """Return: the cart's time ran out, so it holds nothing any more."""
    return ProblemError(
        409,
        ProblemCode.CART_EXPIRED,
        "The cart's time ran out",
        detail="Its tickets went back to the stock.",
        hint="Choose the tickets again; take no money before that.",
    )


def tickets_frozen() -> ProblemError:
    """Return: a new epoch began while the cart was being paid, so its tickets may be sold."""
    return ProblemError(
        409,
        ProblemCode.TICKETS_FROZEN,
        "These tickets cannot be sold any more",
        detail="The kiosk's journal was replaced while this cart was being paid. Nobody can tell "
        "whether its tickets were sold before.",
        hint="Give the money back, cancel the payment, and begin a new sale.",
    )


def cart_empty() -> ProblemError:
    """Return: there is nothing to pay for."""
    return ProblemError(
        409,
        ProblemCode.CART_EMPTY,
        "The cart is empty",
        detail="It holds no tickets.",
        hint="Choose tickets first.",
    )


def payment_started() -> ProblemError:
    """Return: the cart cannot change while it is being paid."""
    return ProblemError(
        409,
        ProblemCode.PAYMENT_STARTED,
        "Payment has started",
        detail="The cart cannot be changed while it is being paid.",
        hint="Cancel the payment first, if the customer was not charged.",
    )


def payment_not_started() -> ProblemError:
    """Return: money may be taken only for a cart in payment."""
    return ProblemError(
        409,
        ProblemCode.PAYMENT_NOT_STARTED,
        "Payment has not started",
        detail="A sale for money needs its cart in payment first.",
        hint="Go to payment, then complete the sale.",
    )


def price_differs(told: Money, due: Money) -> ProblemError:
    """Return: the customer was told another total than the cart's."""
    return ProblemError(
        409,
        ProblemCode.PRICE_DIFFERS,
        "The total has changed",
        detail=f"The customer was told {told}; the tickets held cost {due}.",
        hint="Show the cart again and tell the customer the new total.",
        extra={"total": due.to_json()},
    )


def tender_differs(detail: str) -> ProblemError:
    """Return: the tender does not pay for the cart."""
    return ProblemError(
        409,
        ProblemCode.TENDER_DIFFERS,
        "The payment does not fit the total",
        detail=detail,
        hint="Take the payment again for the total shown.",
    )


def txn_payload_differs() -> ProblemError:
    """Return: the txn_id stands for another request already."""
    return ProblemError(
        422,
        ProblemCode.TXN_PAYLOAD_DIFFERS,
        "This was recorded differently before",
        detail="The same transaction id was used for another request. Nothing was changed.",
        hint="Look in Transactions for what was recorded, then begin anew.",
    )


def record_unreadable() -> ProblemError:
    """Return: what the journal has of a transaction was damaged since it was recorded."""
    return ProblemError(
        500,
        ProblemCode.JOURNAL_DAMAGED,
        "The kiosk's record of this is damaged",
        detail="The journal can't tell any more what this transaction was.",
        hint="Tell the control room; go by the customer's receipt meanwhile.",
    )


def no_room(free_bytes: int, limits: RoomLimits) -> ProblemError:
    """Return: the disk is so full that nothing new is begun."""
    return ProblemError(
        507,
        ProblemCode.STORAGE_FULL,
        "The kiosk's disk is nearly full",
        detail=f"No new sale is begun: {in_megabytes(free_bytes)} are free, and the last "
        f"{in_megabytes(limits.stop_bytes)} are kept for what is begun already. Sales in payment, "
        "voids and gates go on.",
        hint="Take no money for a new sale; send the customer to another till. Call support to "
        "make room: selling starts again by itself.",
        retryable=True,
        retry_after_s=30,
    )


def agent_stopping() -> ProblemError:
    """Return: the agent stops; the UI waits and asks again."""
    return ProblemError(
        503,
        ProblemCode.AGENT_STOPPING,
        "The kiosk is restarting",
        detail="The agent is stopping. Nothing was recorded.",
        hint="Wait a moment; the same request may be sent again.",
        retryable=True,
        retry_after_s=1,
    )


def _too_few(left: int, none_left: str) -> str:
    """Return the title where the tickets left are fewer than wanted."""
    return "Not that many left" if left else none_left


def _left(left: int) -> str:
    return "none left" if left == 0 else f"{left} left"


def _smaller(left: int, otherwise: str) -> str:
    return f"Sell {left} instead. {otherwise}" if left else otherwise


def no_training_here() -> ProblemError:
    """Return: this is training already."""
    return ProblemError(
        409,
        ProblemCode.TRAINING_NOT_HERE,
        "This is training already",
        detail="Nothing is sold here.",
        hint="F9 at the sign-in ends it.",
    )
