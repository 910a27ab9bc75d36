"""The steps from bare hardware to a kiosk that sells, in their order."""

from enum import StrEnum
from typing import Final


class Step(StrEnum):
    """One step. Each may be done again: what stands already is left as it is."""

    PREFLIGHT = "preflight"
    NAME = "name"
    """Which of the venue's kiosks this host becomes, granted by the fleet service."""
    PACKAGES = "packages"
    FETCH = "fetch installer"
    VERIFY = "verify installer"
    CONFIGURE = "configure"
    """Before the first registration: later, ECS takes no attributes from the host."""
    REGISTER = "install and register"
    CONFIRM = "confirm"
    UNITS = "units"
    HEARTBEAT = "first heartbeat"
    STOCK = "stock"
    SELLING = "selling"


WORDS: Final = {
    Step.PREFLIGHT: "Look whether this host can become a kiosk",
    Step.NAME: "Take one of the venue's free kiosk names",
    Step.PACKAGES: "Install what the installer and the kiosk need",
    Step.FETCH: "Fetch the installer of ECS Anywhere",
    Step.VERIFY: "Verify the installer's signature against the pinned key",
    Step.CONFIGURE: "Write the ECS agent's and Docker's settings",
    Step.REGISTER: "Run the installer: it registers this host",
    Step.CONFIRM: "See that SSM and ECS know this host as it is",
    Step.UNITS: "Write the kiosk's settings and start its services",
    Step.HEARTBEAT: "Wait until the fleet service knows this kiosk",
    Step.STOCK: "Wait for the first tickets",
    Step.SELLING: "See that this kiosk sells",
}
"""What each does, as a technician reads it."""
