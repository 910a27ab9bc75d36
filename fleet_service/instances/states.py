"""The states of a kiosk, and what makes one degraded: the words of operators."""

from dataclasses import dataclass
from enum import StrEnum


class KioskState(StrEnum):
    """A state claims only what evidence carries."""

    EXPECTED = "expected"
    """It is planned; no host has registered for it."""
    PENDING = "pending"
    """A host was granted its name, and is not yet known to be the managed instance it says."""
    WELL = "well"
    DEGRADED = "degraded"
    """It reports, and something is wrong that does not keep it from selling now."""
    SALES_STOPPED = "sales_stopped"
    """It reports, and its disk is so full that it sells nothing new."""
    UI_DOWN = "ui_down"
    """It reports, and no kiosk UI of it answers keys."""
    DRAINING = "draining"
    """It opens no new carts, or is to leave, or has left: somebody asked for that."""
    AGENT_SILENT = "agent_silent"
    """It does not report, and its host answers Systems Manager."""
    KIOSK_UNREACHABLE = "kiosk_unreachable"
    """Nothing of it answers, and something of its neighbours does."""
    VENUE_UNREACHABLE = "venue_unreachable"
    """Nothing of any kiosk of its venue answers."""
    CLOSED = "closed"
    """It does not report, as expected: its venue is closed."""
    REVOKED = "revoked"
    RETIRED = "retired"


class Cause(StrEnum):
    """What is wrong with one that reports. Each has a runbook."""

    SALES_STOPPED = "sales_stopped"
    """Its disk is so full that it sells nothing new."""
    DISK_LOW = "disk_low"
    QUARANTINED = "quarantined"
    PARKED = "parked"
    QUEUE_OLD = "queue_old"
    CLOCK_OFF = "clock_off"
    NEW_JOURNAL = "new_journal"
    """Its journal began anew, and nobody there has said that they know."""
    IMAGE_CRASHES = "image_crashes"
    STANDBY = "standby"
    """Its screen is the standby's, since ECS's own does not run."""
    DOCKER_AWAY = "docker_away"
    SUPERVISOR_SILENT = "supervisor_silent"
    """Nothing tells of its screen and its host, and nobody mends them."""
    REPAIR_FAILS = "repair_fails"
    ECS_DISCONNECTED = "ecs_disconnected"
    ECS_INACTIVE = "ecs_inactive"
    """Its ECS agent is connected, and ECS starts nothing there: it drains, say."""
    SSM_SILENT = "ssm_silent"
    REFUNDS_TO_GIVE = "refunds_to_give"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong."""

    cause: Cause
    words: str


@dataclass(frozen=True, slots=True)
class Assessment:
    """What may be said of a kiosk."""

    state: KioskState
    why: str
    """In words."""
    findings: tuple[Finding, ...] = ()
    """What is wrong with it by its last report, whatever its state; the gravest first."""
    unknown: tuple[str, ...] = ()
    """What nobody knows, in words: of a source that has not been asked lately."""
