"""What the ticket API sets on a settled transaction for a person to look at."""

from enum import StrEnum


class Flag(StrEnum):
    """Why a person should look. On the wire a flag is a string: peers may know newer ones."""

    # The sale
    PRICE_DIFFERS = "price_differs"
    TOTAL_DIFFERS = "total_differs"
    TENDER_DIFFERS = "tender_differs"
    TYPE_DIFFERS = "type_differs"
    SOLD_AFTER_CLOSE = "sold_after_close"
    EVENT_CANCELLED = "event_cancelled"
    SERIAL_WRITTEN_OFF = "serial_written_off"
    SERIAL_RETURNED = "serial_returned"
    SERIAL_VOIDED = "serial_voided"
    SALE_NEVER_COUNTED = "sale_never_counted"
    OVER_CAPACITY = "over_capacity"
    PERSONAL_DIFFERS = "personal_differs"
    # Undoing, and gates
    TICKET_ALREADY_USED = "ticket_already_used"
    GATE_CONFLICT = "gate_conflict"
    TICKET_WRONG_EVENT = "ticket_wrong_event"
    TICKET_REVOKED = "ticket_revoked"
    SERIAL_UNKNOWN = "serial_unknown"
    NOT_INSIDE = "not_inside"
    # Any transaction
    CHAIN_BROKEN = "chain_broken"
    CLOCK_AHEAD = "clock_ahead"
    CLOCK_BEHIND = "clock_behind"
    CLOCK_CONFIRMED = "clock_confirmed"
    KIND_UNKNOWN = "kind_unknown"
