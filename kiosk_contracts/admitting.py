"""Gates over the UI socket."""

from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import Field, SecretStr, model_validator

from kiosk_contracts.ids import EventId, StaffId, TxnId
from kiosk_contracts.selling import Recorded
from kiosk_contracts.serials import Serial
from kiosk_contracts.text import PlainName, PlainText
from kiosk_contracts.wire import WireModel


class Verdict(StrEnum):
    """What the gate shows. A refusal carries `verdict` (RED or AMBER) in its problem body."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"


MAY_BE_LET_IN: Final = "may_be_let_in"
"""Member of an amber refusal that a manager may decide otherwise about; there and true, or absent.

RED never has it, nor has an amber one where something speaks against the ticket: it is in this
kiosk's stock and was not sold, or a refund of it is not decided.
"""


class Admit(WireModel):
    """A ticket presented at a gate: its scanned code, or its serial typed by hand."""

    txn_id: TxnId
    event_id: EventId
    """The event that this gate lets in."""
    gate: PlainName
    code: Annotated[str, Field(max_length=400)] | None = None
    serial: Annotated[str, Field(max_length=40)] | None = None
    """As typed: any case, spaces and hyphens."""
    reason: Annotated[PlainText, Field(min_length=1)] | None = None
    """Why a manager lets them in though this gate said amber; an exit has none."""
    approval_pin: SecretStr | None = None
    """With a reason: a manager's PIN, where the person signed in is not one."""

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.code is None) == (self.serial is None):
            msg = "send the scanned code or the typed serial, one of them"
            raise ValueError(msg)
        return self


class AdmissionRecorded(Recorded):
    """Green: let them in."""

    verdict: str = Verdict.GREEN
    serial: Serial
    event_name: str
    ticket_type_name: str
    inside: int
    """How many this kiosk knows to be inside."""
    approved_by: StaffId | None = None
    """The manager who stood for it; None where it needed nobody."""


class PreviousAdmission(WireModel):
    """Where and when a ticket was used before; the `previous` member of a refusal."""

    gate: str
    at: str
    """RFC 3339."""
