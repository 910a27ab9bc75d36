"""The ECS agent. It starts nothing after a boot without the cloud; then the standby sells."""

from typing import Final

from kiosk_agent.bootstrap.domain.checking import Found, good, look
from kiosk_agent.bootstrap.ecs_agent import ecs_agent
from kiosk_agent.bootstrap.host import Host
from kiosk_agent.bootstrap.places import ECS_UNIT

NAME = "ECS agent"
_SEE: Final = "Selling goes on. See: journalctl -u ecs; then kiosk-agent doctor --fix."


def check(host: Host) -> Found:
    """Say whether it runs, and as what."""
    if not host.is_active(ECS_UNIT):
        return look("it does not run", _SEE)
    seen = ecs_agent(host)
    if seen is None:
        return look("it runs and does not answer: it has not reached ECS since it started", _SEE)
    return good(f"it is in the cluster {seen.cluster}")


def mend(host: Host) -> str:
    """Restart it; containers that run are left alone by that."""
    host.run("systemctl", "enable", ECS_UNIT)
    ran = host.run("systemctl", "restart", ECS_UNIT, within_s=90)
    return "restarted" if not ran.status else ran.last_words
