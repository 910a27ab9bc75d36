"""Ids that cross a process."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, StringConstraints

_UUID_VERSION_7 = 7


def _version_7(value: UUID) -> UUID:
    if value.version != _UUID_VERSION_7:
        msg = "a txn_id is a UUID of version 7, made once when the cart opens"
        raise ValueError(msg)
    return value


TxnId = Annotated[UUID, AfterValidator(_version_7)]
"""One transaction, for ever: a UUIDv7 made once by the UI, never again."""

JournalId = UUID
"""One journal file."""

RequestId = UUID
"""One request for an allotment: repeating it repeats the answer."""

AllotmentId = UUID
ShiftId = UUID

_Slug = StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")
KioskId = Annotated[str, _Slug]
VenueId = Annotated[str, _Slug]
EventId = Annotated[str, _Slug]
TicketTypeId = Annotated[str, _Slug]
StaffId = Annotated[str, _Slug]
ConcessionId = Annotated[str, _Slug]
PriceRuleId = Annotated[str, _Slug]

KioskCode = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]{1,5}$")]
"""The short kiosk code that receipt numbers begin with, e.g. `HB1`."""

ReceiptNumber = Annotated[
    str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]{1,5}-[0-9]{1,6}-[0-9]{6,12}$")
]
"""Kiosk code, epoch and a counter without gaps, e.g. `HB1-1-000017`."""

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


def receipt_number(kiosk_code: str, epoch: int, counter: int) -> str:
    """Return the receipt number, e.g. `HB1-1-000017`; `counter` starts at 1."""
    return f"{kiosk_code}-{epoch}-{counter:06d}"
