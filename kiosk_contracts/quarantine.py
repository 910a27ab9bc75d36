"""What staff and root can do about a transaction that could not be settled."""

from enum import StrEnum
from typing import Annotated

from pydantic import AwareDatetime, Field, SecretStr

from kiosk_contracts.ids import StaffId, TxnId
from kiosk_contracts.text import PlainName, PlainText
from kiosk_contracts.wire import WireModel

Note = Annotated[PlainText, Field(min_length=1)]


class QuarantineAct(StrEnum):
    """An act that makes sense for a quarantined transaction."""

    RETRY = "retry"
    VOID = "void"
    HAND_OVER = "hand_over"


class HandedOver(WireModel):
    """Who took a quarantined transaction out of the till's hands, when, and what they noted."""

    at: AwareDatetime
    by: str
    note: str


class HandOver(WireModel):
    """Hand a quarantined transaction over, at the kiosk."""

    note: Note
    approval_pin: SecretStr | None = None
    """A manager's PIN, where the person signed in is not one."""


class HandOverByRoot(WireModel):
    """The same from the command line; `by` is whoever acts."""

    note: Note
    by: PlainName


class VoidByRoot(WireModel):
    """Void a quarantined sale from the command line. The txn_id is the void's own."""

    txn_id: TxnId
    reason: Note
    by: StaffId
    """The manager who approves."""
