"""Refusals at the till, in words for the person who stands there."""

from collections.abc import Iterator
from datetime import datetime

from kiosk_agent.domain.room import RoomLimits, in_megabytes
from kiosk_agent.domain.wording import sentences
from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_texts import exact_day_and_time, tr, trn


def event_unknown(event_id: str) -> ProblemError:
    """Return: this kiosk knows no such event."""
    return ProblemError(
        404,
        ProblemCode.EVENT_UNKNOWN,
        tr("Event not known here"),
        detail=tr("This kiosk has no event '{event_id}' in its catalogue.", event_id=event_id),
        hint=tr("Choose from the list of events; a new one comes with the next sync."),
    )


def ticket_type_unknown(event_name: str, ticket_type_id: str) -> ProblemError:
    """Return: the event has no such ticket type."""
    return ProblemError(
        404,
        ProblemCode.TICKET_TYPE_UNKNOWN,
        tr("Ticket type not known here"),
        detail=tr(
            "{event_name} has no ticket type '{ticket_type_id}'.",
            event_name=event_name,
            ticket_type_id=ticket_type_id,
        ),
        hint=tr("Choose from the event's ticket types."),
    )


def concession_unknown(concession_id: str) -> ProblemError:
    """Return: the price list, as this kiosk knows it now, has no such concession for the type."""
    return ProblemError(
        404,
        ProblemCode.CONCESSION_UNKNOWN,
        tr("There is no such concession"),
        detail=tr(
            "The concession {concession} is not offered for this ticket type any more.",
            concession=concession_id,
        ),
        hint=tr("Set its tickets to 0 and choose again: the prices were read anew."),
    )


def event_not_on_sale(event_name: str, state: str) -> ProblemError:
    """Return: the event is cancelled, or in a state that only a newer peer understands."""
    cancelled = state == "cancelled"
    return ProblemError(
        409,
        ProblemCode.EVENT_CANCELLED,
        tr("Cancelled") if cancelled else tr("Not on sale"),
        detail=tr("{event_name} is cancelled; no tickets are sold for it.", event_name=event_name)
        if cancelled
        else tr("{event_name} is not on sale ({state}).", event_name=event_name, state=state),
        hint=tr("Offer another event."),
        extra={"left": 0},
    )


def clock_behind(what: str) -> ProblemError:
    """Return: after a reboot the clock is behind the journal, so no lease can be judged."""
    return ProblemError(
        409,
        ProblemCode.CLOCK_BEHIND,
        tr("The kiosk's clock is wrong"),
        detail=tr(
            "{what} cannot be sold: the clock is behind the last recorded sale, so the kiosk "
            "cannot tell whether sales have closed.",
            what=what,
        ),
        hint=tr(
            "Ask a manager to compare the kiosk's time with a watch and to confirm it by PIN; "
            "or wait for the line."
        ),
        retryable=True,
        extra={"left": 0},
    )


def clock_differs(now: datetime) -> ProblemError:
    """Return: the time that was confirmed is not the kiosk's."""
    return ProblemError(
        409,
        ProblemCode.CLOCK_DIFFERS,
        tr("That is not the kiosk's time"),
        detail=tr(
            "The kiosk's clock says {time}; another time was confirmed.",
            time=exact_day_and_time(now.astimezone()),
        ),
        hint=tr("Look at the kiosk's time again. If it is wrong, have it set before confirming."),
        extra={"device_time": now.isoformat()},
    )


def lease_ended(what: str, ended: int) -> ProblemError:
    """Return: tickets are here, but their lease no longer lets the kiosk sell them."""
    return ProblemError(
        409,
        ProblemCode.LEASE_ENDED,
        tr("Sales have closed at this kiosk"),
        detail=trn(
            "{what}: 0 left to sell. The lease of {count} unsold ticket here has ended.",
            "{what}: 0 left to sell. The lease of the {count} unsold tickets here has ended.",
            ended,
            what=what,
        ),
        hint=tr(
            "Stop selling this type here. If its sales should be open, call the control room: "
            "drained, the kiosk gives these tickets back, and gets new ones when it is in use "
            "again."
        ),
        extra={"left": 0},
    )


def sold_out(what: str, wanted: int, left: int) -> ProblemError:
    """Return: the ticket API had no more to give when it was last asked."""
    return ProblemError(
        409,
        ProblemCode.SOLD_OUT,
        tr("Not that many left") if left else tr("Sold out"),
        detail=sentences(_left(what, wanted, left), tr("The house has no more to give.")),
        hint=sentences(_smaller(left), tr("Offer another type or event.")),
        extra={"left": left},
    )


def stock_used_up(  # noqa: PLR0913  all of it is told
    what: str, wanted: int, left: int, *, offline: bool, elsewhere: int, frozen: int
) -> ProblemError:
    """Return: this kiosk's stock is used up; others may still have some."""
    return ProblemError(
        409,
        ProblemCode.STOCK_USED_UP,
        tr("Not that many left") if left else tr("Sold out at this kiosk"),
        detail=sentences(_left(what, wanted, left), *_not_to_be_had(elsewhere, frozen)),
        hint=sentences(_smaller(left), _more(offline=offline, frozen=frozen)),
        retryable=not offline,
        extra={"left": left},
    )


def _left(what: str, wanted: int, left: int) -> str:
    if not left:
        return tr("{what}: none left, {wanted} wanted.", what=what, wanted=wanted)
    return tr("{what}: {left} left, {wanted} wanted.", what=what, left=left, wanted=wanted)


def _smaller(left: int) -> str:
    return tr("Sell {left} instead.", left=left) if left else ""


def _not_to_be_had(elsewhere: int, frozen: int) -> Iterator[str]:
    if elsewhere:
        yield trn(
            "{count} more is held in an open cart.",
            "{count} more are held in open carts.",
            elsewhere,
        )
    if frozen:
        yield trn(
            "{count} is frozen: it is of a journal that this kiosk no longer has.",
            "{count} are frozen: they are of a journal that this kiosk no longer has.",
            frozen,
        )


def _more(*, offline: bool, frozen: int) -> str:
    """Return whether more can come, and what to offer until then."""
    if offline:
        return tr("Offer another type, or another till; more can come when the line is back.")
    if frozen:
        return tr(
            "Offer another till. If none come in some minutes: more comes once the control room"
            " has written the frozen ones off."
        )
    return tr("More is being asked for: try again in a minute, or offer another type.")


def draining() -> ProblemError:
    """Return: the kiosk is being taken out of service."""
    return ProblemError(
        409,
        ProblemCode.DRAINING,
        tr("This kiosk is closing"),
        detail=tr("It finishes the sales at hand and opens no new ones."),
        hint=tr("Send the customer to another till."),
    )


def kiosk_retired() -> ProblemError:
    """Return: operators have taken this host out of service, or put another in its place."""
    return ProblemError(
        409,
        ProblemCode.KIOSK_RETIRED,
        tr("This machine is a kiosk no more"),
        detail=tr("Operators have taken it out of service, so it sells nothing. Nothing was done."),
        hint=tr("Send the customer to another till, and tell the control room."),
    )


def host_restarts() -> ProblemError:
    """Return: operators have the machine restart, in a moment."""
    return ProblemError(
        409,
        ProblemCode.HOST_RESTARTS,
        tr("This machine is about to restart"),
        detail=tr("The control room has it restart, so nobody is charged now. Nothing was done."),
        hint=tr("Go on in some minutes, when it is up again, or use another till."),
        retryable=True,
    )


def kiosk_has_left() -> ProblemError:
    """Return: operators were told that nothing more comes from here."""
    return ProblemError(
        409,
        ProblemCode.KIOSK_HAS_LEFT,
        tr("This kiosk is out of service"),
        detail=tr(
            "It has told the control room that nothing more comes from it. Nothing was done."
        ),
        hint=tr("Use another till or gate. If this one is to go on: ask the control room."),
    )


def txn_payload_differs() -> ProblemError:
    """Return: the txn_id stands for another request already."""
    return ProblemError(
        422,
        ProblemCode.TXN_PAYLOAD_DIFFERS,
        tr("This was recorded differently before"),
        detail=tr("The same transaction id was used for another request. Nothing was changed."),
        hint=tr("Look in Transactions for what was recorded, then begin anew."),
    )


def record_unreadable() -> ProblemError:
    """Return: what the journal has of a transaction was damaged since it was recorded."""
    return ProblemError(
        500,
        ProblemCode.JOURNAL_DAMAGED,
        tr("The kiosk's record of this is damaged"),
        detail=tr("The journal can't tell any more what this transaction was."),
        hint=tr("Tell the control room; go by the customer's receipt meanwhile."),
    )


def no_room(free_bytes: int, limits: RoomLimits) -> ProblemError:
    """Return: the disk is so full that nothing new is begun."""
    return ProblemError(
        507,
        ProblemCode.STORAGE_FULL,
        tr("The kiosk's disk is nearly full"),
        detail=tr(
            "No new sale is begun: {free} are free, and the last {kept} are kept for what is begun "
            "already. Sales in payment, voids and gates go on.",
            free=in_megabytes(free_bytes),
            kept=in_megabytes(limits.stop_bytes),
        ),
        hint=tr(
            "Take no money for a new sale; send the customer to another till. Call support to "
            "make room: selling starts again by itself."
        ),
        retryable=True,
        retry_after_s=30,
    )


def agent_stopping() -> ProblemError:
    """Return: the agent stops; the UI waits and asks again."""
    return ProblemError(
        503,
        ProblemCode.AGENT_STOPPING,
        tr("The kiosk is restarting"),
        detail=tr("The agent is stopping. Nothing was recorded."),
        hint=tr("Wait a moment; the same request may be sent again."),
        retryable=True,
        retry_after_s=1,
    )


def no_training_here() -> ProblemError:
    """Return: this is training already."""
    return ProblemError(
        409,
        ProblemCode.TRAINING_NOT_HERE,
        tr("This is training already"),
        detail=tr("Nothing is sold here."),
        hint=tr("F9 at the sign-in ends it."),
    )
