"""No half-finished earlier try that would spoil the next one."""

from typing import Final

from kiosk_agent.bootstrap.checks.cloned import instance_id
from kiosk_agent.bootstrap.domain.checking import Found, good, look
from kiosk_agent.bootstrap.host import Host

NAME = "earlier try"
_ECS_DATA: Final = "/var/lib/ecs/data/agent.db"


def check(host: Host) -> Found:
    """Say what an earlier try left (dpkg(1))."""
    if host.find("dpkg"):
        audit = host.run("dpkg", "--audit")
        if audit.status or audit.out.strip():
            return look("a package is half installed", "It is finished first.")
    if instance_id(host) is None and host.has(_ECS_DATA):
        return look(
            "the ECS agent has data of a registration that is gone",
            "It is moved aside before this host registers.",
        )
    return good("no earlier try is in the way")
