"""All repairs, the one without which nobody can sell first. No I/O."""

from collections.abc import Sequence
from typing import Final

from kiosk_agent.supervisor.repairs.clock import ClockKeeper
from kiosk_agent.supervisor.repairs.credentials import CredentialsFile
from kiosk_agent.supervisor.repairs.disk import Disk
from kiosk_agent.supervisor.repairs.docker import Docker
from kiosk_agent.supervisor.repairs.ecs_agent import EcsAgent
from kiosk_agent.supervisor.repairs.repair import Repair
from kiosk_agent.supervisor.repairs.ssm_agent import SsmAgent
from kiosk_agent.supervisor.repairs.ui_socket import UiSocket

EVERY_REPAIR: Final[Sequence[Repair]] = (
    UiSocket(),
    Disk(),
    Docker(),
    ClockKeeper(),
    SsmAgent(),
    CredentialsFile(),
    EcsAgent(),
)
