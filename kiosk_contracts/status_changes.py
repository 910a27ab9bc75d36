"""A status told as what changed since the one before: a season's stock is most of it."""

from typing import Final, NamedTuple

from kiosk_contracts.ids import EventId, TicketTypeId
from kiosk_contracts.kiosk_status import KioskStatus, StockLine

STATUS: Final = "status"
"""Name of the event that carries a whole status."""
CHANGES: Final = "changes"
"""Name of the event that carries a status whose stock has only the lines that changed."""


class _Of(NamedTuple):
    event_id: EventId
    ticket_type_id: TicketTypeId


class NothingToChangeError(Exception):
    """A change of stock for a line that the status before does not have."""


def stock_changes(now: KioskStatus, before: KioskStatus) -> KioskStatus | None:
    """Return `now` with only the lines of stock that differ; None if one came, went or moved."""
    if [_of(line) for line in now.stock] != [_of(line) for line in before.stock]:
        return None
    changed = (line for line, was in zip(now.stock, before.stock, strict=True) if line != was)
    return now.model_copy(update={"stock": tuple(changed)})


def with_changes(before: KioskStatus | None, changes: KioskStatus) -> KioskStatus:
    """Return the status that `stock_changes` told; NothingToChangeError for an unknown line."""
    changed = {_of(line): line for line in changes.stock}
    stock = tuple(changed.pop(_of(line), line) for line in (before.stock if before else ()))
    if changed:
        raise NothingToChangeError(", ".join(map(" ".join, changed)))
    return changes.model_copy(update={"stock": stock})


def _of(line: StockLine) -> _Of:
    return _Of(line.event_id, line.ticket_type_id)
