"""Root: everything that comes needs it."""

from kiosk_agent.bootstrap.domain.checking import Found, bad, good
from kiosk_agent.bootstrap.host import Host

NAME = "rights"


def check(host: Host) -> Found:
    """Say whether this runs as root."""
    if host.is_root():
        return good("this runs as root")
    return bad("this does not run as root", "Run it with sudo.")
