"""What every step works with."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from kiosk_agent.bootstrap.adapters.fleet import FleetDesk
from kiosk_agent.bootstrap.checks.cloned import host_id
from kiosk_agent.bootstrap.domain.observed import Wanted
from kiosk_agent.bootstrap.host import Host
from kiosk_agent.bootstrap.observing import Looker
from kiosk_agent.bootstrap.record import Remembered
from kiosk_agent.bootstrap.refusing import StoppedError
from kiosk_contracts.enrolment import BundleBody, BundleSecrets, GrantedName, KioskName


class Asks(Protocol):
    """The technician, asked."""

    def passphrase(self, why: str) -> str:
        """Return what is typed; `why` says what was wrong with the one before, or nothing.

        Raises StoppedError where nobody can be asked, or is asked once too often.
        """
        ...

    def kiosk(self, names: Sequence[KioskName], why: str) -> str:
        """Return the kiosk's id that is chosen among the free ones; raises StoppedError."""
        ...


class Says(Protocol):
    """What goes on within a step, told to whoever stands there."""

    def note(self, text: str) -> None:
        """Say one thing that is done or known."""
        ...

    def waiting(self, text: str) -> None:
        """Say what is waited for; often, so only the last counts."""
        ...


@dataclass(frozen=True, slots=True)
class Pace:
    """How long waiting steps wait. Tests take less."""

    every_s: float = 1.0
    confirm_s: float = 180.0
    fleet_s: float = 180.0
    stock_s: float = 120.0
    installer_s: float = 1800.0
    """Of the installer: packages come over a venue's line."""


@dataclass(frozen=True, slots=True)
class Job:
    """One host that becomes one kiosk."""

    host: Host
    bundle: BundleBody
    bundle_file: dict[str, Any]
    """The file that it was read from, as it was signed."""
    remembered: Remembered
    fleet: FleetDesk
    looker: Looker
    secrets: Callable[[], BundleSecrets]
    """The bundle's secrets; the technician is asked for the passphrase at the first call."""
    asks: Asks
    says: Says
    wanted_kiosk: str | None = None
    """The name that was asked for beforehand."""
    pace: Pace = Pace()
    lock: int | None = None
    """The descriptor of the lock of this run, which the installer inherits."""

    @property
    def granted(self) -> GrantedName:
        """The name that this host was granted; raises StoppedError before it was."""
        kiosk = self.remembered.now.kiosk
        if kiosk is None:
            raise StoppedError("no name was granted yet", "Run the same command again.", again=True)
        return kiosk

    @property
    def wanted(self) -> Wanted:
        """What the bundle says that this host is to become."""
        return Wanted(
            activation_id=self.bundle.activation_id,
            region=self.bundle.region,
            cluster=self.bundle.cluster,
            venue_id=self.bundle.venue.venue_id,
            fingerprints=self.bundle.installer.fingerprints,
            host_id=host_id(self.host),
        )

    def wait(self, text: str, within_s: float, is_so: Callable[[], bool]) -> bool:
        """Wait until it is so, at most so long; say meanwhile what is waited for."""
        began = time.monotonic()
        while not is_so():
            waited = time.monotonic() - began
            if waited >= within_s:
                return False
            self.says.waiting(f"{text}, {waited:.0f} s")
            time.sleep(self.pace.every_s)
        return True
