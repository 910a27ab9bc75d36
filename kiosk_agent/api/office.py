"""The admin socket's typed application key."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from kiosk_agent.ports.fleet import Fleet
from kiosk_agent.services.commands import CommandDesk
from kiosk_agent.services.draining import Draining
from kiosk_agent.services.host_repairs import HostRepairs
from kiosk_agent.services.host_ui import HostUi
from kiosk_agent.services.image_desk import ImageDesk
from kiosk_agent.services.moving_out import MovingOut
from kiosk_agent.services.proof_desk import ProofDesk
from kiosk_agent.services.quarantine import Quarantine
from kiosk_agent.services.restarting import Restarting
from kiosk_agent.services.screens import ScreenDesk
from kiosk_agent.services.selling import Selling
from kiosk_agent.services.shift_history import ShiftHistory
from kiosk_agent.services.shift_reports import ShiftReports
from kiosk_agent.services.sides import Here
from kiosk_agent.services.status import StatusReports
from kiosk_agent.services.technicians import Technicians
from kiosk_agent.services.update_locks import UpdateLocks


@dataclass(frozen=True, slots=True)
class Office:
    """What the admin socket reaches."""

    here: Here
    reports: StatusReports
    draining: Draining
    settings: Mapping[str, Any]
    """The settings in force, secrets left out."""
    selling: Selling
    quarantine: Quarantine
    fleet: Fleet
    moving_out: MovingOut
    shift_reports: ShiftReports
    proofs: ProofDesk
    shift_history: ShiftHistory
    screens: ScreenDesk
    images: ImageDesk
    repairs: HostRepairs
    ui: HostUi
    technicians: Technicians
    update_locks: UpdateLocks
    commands: CommandDesk
    restarting: Restarting


OFFICE: Final = web.AppKey("office", Office)
