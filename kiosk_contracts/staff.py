"""Venue staff at a kiosk: sign-in over the UI socket."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, SecretStr, StringConstraints

from kiosk_contracts.ids import ShiftId, StaffId
from kiosk_contracts.money import Money
from kiosk_contracts.text import PlainName
from kiosk_contracts.wire import WireModel


class StaffRole(StrEnum):
    """What a person may do: GATE admits, CASHIER also sells, MANAGER also approves.

    TECHNICIAN does none of it: such a person examines the host, at its console.
    """

    TECHNICIAN = "technician"
    GATE = "gate"
    CASHIER = "cashier"
    MANAGER = "manager"


Pin = Annotated[SecretStr, Field(min_length=4, max_length=12)]


class SignIn(WireModel):
    """A PIN as typed."""

    pin: Pin


class TechnicianPin(WireModel):
    """A PIN as typed at the console, for `POST /v1/technician` on the admin socket."""

    pin: Pin
    locale: str = Field(default="en_GB", max_length=40)
    """In which language a refusal is told."""


class Technician(WireModel):
    """Who may examine the host: a technician, or a manager."""

    staff_id: StaffId
    name: PlainName


class AmountLimits(WireModel):
    """The largest amounts that the agent takes for meant: more is refused as a slip."""

    change: Money
    """To be given back of what a customer gave for one sale."""
    opening_float: Money
    moved: Money
    """Paid in or out at once."""


class StaffSession(WireModel):
    """Who is signed in; the token goes into the staff token header."""

    staff_id: StaffId
    name: PlainName
    role: str
    """A StaffRole."""
    staff_token: Annotated[str, StringConstraints(max_length=100)]
    shift_id: ShiftId | None
    """The open shift of this person; None: open one before selling."""
    currency: str
    """Currency of the drawer."""
    limits: AmountLimits | None = None
    """None from an agent that has none."""
