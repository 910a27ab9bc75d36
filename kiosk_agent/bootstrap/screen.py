"""Whether somebody may be buying at this host's screen.

Then nothing is restarted that the screen stands on.
"""

from typing import Final

from kiosk_agent.bootstrap.adapters.agent_status import agent_status
from kiosk_agent.bootstrap.host import Host
from kiosk_agent.bootstrap.places import ADMIN_SOCKET

WHEN_NOBODY_BUYS: Final = (
    "When nobody buys: kiosk-agent drain; then kiosk-agent doctor --fix '{}'; then "
    "kiosk-agent drain --off."
)


def may_be_selling(host: Host) -> bool:
    """Say whether this host's agent takes carts, or has one open; it does without AWS, too."""
    status = agent_status(host.path(ADMIN_SOCKET))
    return status is not None and (not status.draining or status.open_carts > 0)
