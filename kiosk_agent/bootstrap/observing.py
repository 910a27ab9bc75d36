"""Looks at the host, and asks those who know about it. Nothing is changed or decided here."""

import hashlib
import json
import tomllib
from collections.abc import Mapping
from typing import Final

from kiosk_agent.bootstrap.adapters.agent_status import agent_status
from kiosk_agent.bootstrap.adapters.fleet import FleetDesk
from kiosk_agent.bootstrap.checks.cloned import SSM_STORE, instance_id
from kiosk_agent.bootstrap.domain.observed import (
    ContainerInstanceSeen,
    InstallerSeen,
    Observed,
)
from kiosk_agent.bootstrap.domain.settings_files import (
    DOCKER_CONFIG,
    ECS_CONFIG,
    SettingsFileError,
    limits_logs,
    read_ecs_config,
)
from kiosk_agent.bootstrap.ecs_agent import EcsAgentSeen, ecs_agent
from kiosk_agent.bootstrap.half_installed import is_half_installed
from kiosk_agent.bootstrap.host import Host
from kiosk_agent.bootstrap.places import (
    ADMIN_SOCKET,
    AGENT_SETTINGS,
    DOCKER_PENDING,
    INSTALLER,
    UNITS,
)
from kiosk_agent.bootstrap.proving import Prover
from kiosk_agent.bootstrap.record import Remembered
from kiosk_agent.bootstrap.web import NotReachedError
from kiosk_agent.host_role.role_credentials import NoRoleCredentialsError
from kiosk_contracts.host_evidence import HostEvidence
from kiosk_contracts.kiosk_status import KioskStatus
from kiosk_contracts.problem import ProblemCode, ProblemError

PACKAGES: Final[Mapping[str, str]] = {
    "gpg": "gpg",
    # gpg imports no key without it, and the installer does that by itself.
    "gpg-agent": "gpg-agent",
    "curl": "curl",
    "jq": "jq",
    "docker": "docker.io",
}
"""What the installer and we need, by the command that is looked for."""
ONLINE: Final = "Online"
_CANNOT_SELL: Final = frozenset(
    {"clock_behind", "nothing_leased", "not_enrolled", "roster_missing", "storage_full"}
)

_NOT_THIS_HOST: Final = frozenset(
    {ProblemCode.HOST_NOT_MATCHED, ProblemCode.KIOSK_PENDING, ProblemCode.KIOSK_RETIRED}
)


class Looker:
    """Looks at one host, which is to become one of a bundle's kiosks."""

    def __init__(
        self, host: Host, remembered: Remembered, fleet: FleetDesk, prover: Prover
    ) -> None:
        self._host = host
        self._remembered = remembered
        self._fleet = fleet
        self._prover = prover
        self.why_no_evidence = ""
        """Why AWS's word on this host could not be had the last time."""
        self.may_pass = False
        """Whether that may pass by itself: nobody answered, or who did said to ask again."""
        self.refused: ProblemError | None = None
        """Set where that was for good: this host is not the kiosk, and waiting changes nothing."""

    def look(self) -> Observed:
        """Return what is seen now."""
        host = self._host
        instance = instance_id(host)
        kiosk = self._remembered.now.kiosk
        evidence, why_none = None, ""
        if instance is not None and kiosk is not None:
            evidence = self.evidence(kiosk.kiosk_id)
            why_none = self.why_no_evidence
        status = agent_status(host.path(ADMIN_SOCKET))
        return Observed(
            kiosk_id=None if kiosk is None else kiosk.kiosk_id,
            missing_packages=tuple(missing_packages(host)),
            half_installed=is_half_installed(host),
            installer=self._installer(),
            configured_for=read_ecs_config(host.read(ECS_CONFIG) or ""),
            docker_limits_logs=self._limits_logs() and not self._docker_waits(instance),
            instance_id=instance,
            registered_region=self._region(),
            why_no_evidence=why_none,
            ssm_online=evidence is not None and evidence.ping == ONLINE,
            container_instance=_container_instance(ecs_agent(host), evidence),
            units_running=host.is_active(*UNITS),
            settings_for=self._settings_for(),
            fleet_knows=fleet_knows(status),
            tickets=tickets(status),
            sells=sells(status),
        )

    def evidence(self, kiosk_id: str) -> HostEvidence | None:
        """Return AWS's word on this host; None, and `why_no_evidence`, where it can't be had."""
        self.refused, self.may_pass = None, False
        try:
            evidence = self._fleet.evidence(kiosk_id, self._prover.prove)
        except (NotReachedError, NoRoleCredentialsError) as error:
            self.why_no_evidence = str(error)
            self.may_pass = isinstance(error, NotReachedError)
        except ProblemError as refusal:
            self.why_no_evidence = f"{refusal.problem.title}. {refusal.problem.detail}".strip()
            self.may_pass = refusal.problem.retryable
            if refusal.code in _NOT_THIS_HOST and not self.may_pass:
                self.refused = refusal
        else:
            self.why_no_evidence = ""
            return evidence
        return None

    def _installer(self) -> InstallerSeen | None:
        digest = installer_digest(self._host)
        return self._remembered.verified(digest) if digest is not None else None

    def _limits_logs(self) -> bool:
        try:
            return limits_logs(self._host.read(DOCKER_CONFIG) or "")
        except SettingsFileError:
            return False

    def _docker_waits(self, instance: str | None) -> bool:
        """Say whether Docker is still to be restarted; on a registered host it is not, by us."""
        return instance is None and self._host.has(DOCKER_PENDING)

    def _region(self) -> str | None:
        try:
            found = json.loads(self._host.read(SSM_STORE) or "{}").get("region")
        except (ValueError, AttributeError):
            return None
        return found if isinstance(found, str) and found else None

    def _settings_for(self) -> str | None:
        try:
            found = tomllib.loads(self._host.read(AGENT_SETTINGS) or "").get("kiosk_id")
        except tomllib.TOMLDecodeError:
            return None
        return found if isinstance(found, str) else None


def missing_packages(host: Host) -> list[str]:
    """Return the packages that this host lacks."""
    return [PACKAGES[name] for name in PACKAGES if host.find(name) is None]


def installer_digest(host: Host) -> str | None:
    """Return the SHA-256 of the installer as it lies there; None if none does."""
    text = host.path(INSTALLER)
    try:
        return hashlib.sha256(text.read_bytes()).hexdigest()
    except OSError:
        return None


def fleet_knows(status: KioskStatus | None) -> bool:
    """Say whether the agent got a session."""
    return status is not None and all(one.code != "not_enrolled" for one in status.warnings)


def tickets(status: KioskStatus | None) -> int:
    """Return how many tickets the agent has to sell."""
    return sum(line.left for line in status.stock) if status is not None else 0


def sells(status: KioskStatus | None) -> bool:
    """Say whether the agent would sell a ticket now."""
    if status is None or status.draining or not tickets(status):
        return False
    return not any(one.code in _CANNOT_SELL for one in status.warnings)


def _container_instance(
    seen: EcsAgentSeen | None, evidence: HostEvidence | None
) -> ContainerInstanceSeen | None:
    """Return the host as ECS knows it: by its agent's word, and by AWS's as far as that is known.

    Only the agent knows that it is in another cluster than the kiosks'.
    """
    if seen is None:
        return None
    told = evidence.container_instance if evidence is not None else None
    if told is None or told.cluster != seen.cluster:
        return ContainerInstanceSeen(seen.cluster, "unknown", connected=False, attributes={})
    return ContainerInstanceSeen(told.cluster, told.status, told.connected, told.attributes)
