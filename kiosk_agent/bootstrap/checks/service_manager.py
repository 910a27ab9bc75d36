"""systemd as the first process: agents, Docker and our own units are its services."""

from kiosk_agent.bootstrap.domain.checking import Found, bad, good
from kiosk_agent.bootstrap.host import Host

NAME = "systemd"


def check(host: Host) -> Found:
    """Say whether systemd runs this host (sd_booted(3))."""
    if host.has("/run/systemd/system"):
        return good("systemd runs this host")
    return bad(
        "systemd does not run this host", "Use Debian as it is installed, not a container of it."
    )
