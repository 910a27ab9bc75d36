"""What is seen of a host before, between and after the steps. Facts only; nothing is decided."""

from collections.abc import Mapping
from dataclasses import dataclass

from kiosk_contracts.enrolment import HOST_ATTRIBUTE, NAME_ATTRIBUTE, VENUE_ATTRIBUTE


@dataclass(frozen=True, slots=True)
class Wanted:
    """What this host is to become, as its bundle and its granted name say it."""

    activation_id: str
    region: str
    cluster: str
    venue_id: str
    fingerprints: tuple[str, ...]
    """Keys that may have signed the installer."""
    host_id: str
    """Which machine this is, as the fleet service granted it the name."""

    def attributes(self, kiosk_id: str) -> Mapping[str, str]:
        """Return the attributes by which ECS knows this host for that kiosk."""
        return {
            VENUE_ATTRIBUTE: self.venue_id,
            NAME_ATTRIBUTE: kiosk_id,
            HOST_ATTRIBUTE: self.host_id,
        }


@dataclass(frozen=True, slots=True)
class InstallerSeen:
    """The installer as it lies there."""

    sha256: str
    verified_by: str | None
    """Fingerprint of the key whose signature was found to hold for exactly these bytes."""


@dataclass(frozen=True, slots=True)
class ContainerInstanceSeen:
    """This host as ECS knows it."""

    cluster: str
    status: str
    connected: bool
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Observed:
    """One look at the host."""

    kiosk_id: str | None = None
    """The name that was granted to this host."""
    missing_packages: tuple[str, ...] = ()
    half_installed: bool = False
    """Whether a package was left half installed, e.g. by a power cut."""
    installer: InstallerSeen | None = None
    configured_for: Mapping[str, str] | None = None
    """Cluster (`cluster`) and attributes in the ECS agent's settings; None: none are written."""
    docker_limits_logs: bool = False
    """Whether its settings do, and Docker is not still to be restarted for them."""
    instance_id: str | None = None
    """The managed instance that the SSM agent's own store says this host is."""
    registered_region: str | None = None
    why_no_evidence: str = ""
    """Why nobody says what AWS knows of a registered host; empty where it was said, or not asked.

    Then `ssm_online` and what ECS says are unknown.
    """
    ssm_online: bool = False
    container_instance: ContainerInstanceSeen | None = None
    """None: the ECS agent does not answer, or ECS does not know this host."""
    units_running: bool = False
    settings_for: str | None = None
    """The kiosk id in the agent's settings."""
    fleet_knows: bool = False
    """Whether the agent got a session: the fleet service took this host for its kiosk."""
    tickets: int = 0
    """In the ticket stock."""
    sells: bool = False
    """Whether the agent would sell now."""
