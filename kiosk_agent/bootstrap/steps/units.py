"""Writes the kiosk's settings and starts its services."""

from typing import Final

from kiosk_agent.bootstrap.agent_settings import agent_settings, supervisor_settings
from kiosk_agent.bootstrap.host import Host
from kiosk_agent.bootstrap.job import Job
from kiosk_agent.bootstrap.places import (
    AGENT_SETTINGS,
    CONSOLE,
    CONSOLE_UNIT,
    LOGIN_UNIT,
    SUPERVISOR_SETTINGS,
    UNITS,
)
from kiosk_agent.bootstrap.proxies import proxy_for
from kiosk_agent.bootstrap.refusing import StoppedError

_READABLE: Final = 0o644
"""The agent's own user reads the first; their folder lets nobody else in."""
_UNIT_S: Final = 120


def run(job: Job) -> None:
    """Have both services run as this kiosk, now and after each boot; raises StoppedError.

    One that runs with the settings that it is to have is left alone: somebody may be buying.
    """
    kiosk = job.granted
    host = job.host
    # The same way to the fleet service as the preflight went.
    proxy = proxy_for(job.bundle.fleet_url.host or "")
    ecr_proxy = proxy_for(f"api.ecr.{job.bundle.region}.amazonaws.com")
    wanted = {
        SUPERVISOR_SETTINGS: supervisor_settings(job.bundle, ecr_proxy),
        AGENT_SETTINGS: agent_settings(job.bundle, kiosk.kiosk_id, proxy),
    }
    for unit, settings in zip(UNITS, wanted, strict=True):
        host.run("systemctl", "enable", unit)
        if host.read(settings) == wanted[settings] and host.is_active(unit):
            continue
        # Stopped first: one that runs has what its settings say, whenever this is cut off.
        host.run("systemctl", "stop", unit, within_s=_UNIT_S)
        host.write(settings, wanted[settings], _READABLE)
        ran = host.run("systemctl", "restart", unit, within_s=_UNIT_S)
        if ran.status:
            raise StoppedError(
                f"{unit} does not start: {ran.last_words}",
                f"See: journalctl -u {unit}; kiosk-agent doctor says more.",
            )
    if host.has(CONSOLE):
        _take_first_screen(host)
        job.says.note(
            "the first screen (tty1) is the kiosk's from the next start on, not the login's"
        )
    job.says.note(f"{' and '.join(UNITS)} run as {kiosk.kiosk_id}")


def _take_first_screen(host: Host) -> None:
    """Have the kiosk on the first screen from the next boot on; now, bootstrap is to be read there.

    A login is on each of the others (Ctrl+Alt+F2), for technicians.
    """
    host.run("systemctl", "enable", CONSOLE_UNIT)
    host.run("systemctl", "disable", LOGIN_UNIT)
