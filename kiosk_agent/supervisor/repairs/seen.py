"""What repairs go by: the host at one moment. No I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from kiosk_agent.supervisor.domain.host import Host, Screen
from kiosk_agent.supervisor.domain.memory import REPORTS_MS
from kiosk_contracts.kiosk_status import LineState

_UNWANTED: Final = frozenset({"disabled", "masked", "masked-runtime", "bad"})
_NO_LINE: Final = frozenset({LineState.OFFLINE, LineState.CONNECTING})


class UnitState(StrEnum):
    """A unit's ActiveState (https://www.freedesktop.org/wiki/Software/systemd/dbus/)."""

    ACTIVE = "active"
    RELOADING = "reloading"
    INACTIVE = "inactive"
    FAILED = "failed"
    ACTIVATING = "activating"
    DEACTIVATING = "deactivating"


@dataclass(frozen=True, slots=True)
class UnitSeen:
    """A unit of systemd as `systemctl show` has it."""

    load: str = "not-found"
    """`loaded`, `not-found`, `masked`, …"""
    active: str = UnitState.INACTIVE
    """A UnitState, or what a newer systemd calls its own."""
    file: str = ""
    """`enabled`, `disabled`, `static`, …"""

    @property
    def is_up(self) -> bool:
        """Say whether it runs."""
        return self.active == UnitState.ACTIVE

    @property
    def is_wanted(self) -> bool:
        """Say whether it should run: one that a person disabled or masked stays as they left it."""
        return self.load == "loaded" and (self.is_up or self.file not in _UNWANTED)

    @property
    def ended(self) -> bool:
        """Say whether it has ended, in whatever way."""
        return self.active in {UnitState.INACTIVE, UnitState.FAILED}


NO_UNIT: Final = UnitSeen()


class SsmTrouble(StrEnum):
    """What the SSM agent's own log ends with."""

    NONE = ""
    HIBERNATES = "hibernates"
    SIGNATURE_EXPIRED = "signature expired"


@dataclass(frozen=True, slots=True)
class Signs:
    """What is looked up for repairs alone. What could not be seen is as if it were well."""

    units: Mapping[str, UnitSeen] = field(default_factory=dict)
    """By name; see `kiosk_agent.unit_names`."""
    ssm: SsmTrouble = SsmTrouble.NONE
    clock_is_set: bool | None = None
    """Whether the clock is kept by the network; None where nobody says."""
    credentials_age_s: float | None = None
    """Since the SSM agent wrote the host's role credentials; None: there are none."""
    short_disks: Sequence[str] = ()
    """Folders on whose disk less is free than the supervisor wants."""
    socket_is_there: bool = True
    """The agent's UI socket; also where it was never seen, and may be at another place."""
    bootstraps: bool = False
    """Somebody is making this host a kiosk, and starts and stops units for that."""


@dataclass(frozen=True, slots=True)
class Seen:
    """All that repairs go by."""

    host: Host = field(default_factory=Host)
    signs: Signs = field(default_factory=Signs)
    line: str = ""
    """A LineState, as the agent has it; empty while it does not answer."""

    def unit(self, name: str) -> UnitSeen:
        """Return a unit of that name; one that is not installed if none is known."""
        return self.signs.units.get(name, NO_UNIT)

    @property
    def line_is_down(self) -> bool:
        """Say whether it is known that the cloud can't be reached, so that much can't be cured."""
        return self.line in _NO_LINE

    @property
    def reporting(self) -> Sequence[Screen]:
        """Return the screens that have reported lately."""
        return [one for one in self.host.screens if one.reported_ms_ago <= REPORTS_MS]

    @property
    def is_busy(self) -> str:
        """Return with what somebody at a screen is busy; empty if nobody is known to be.

        A screen that has not reported lately says nothing: its container may have ended.
        """
        busy = next((one for one in self.reporting if one.busy), None)
        return "" if busy is None else busy.why or "a customer"
