"""A terminal for the public: the kiosk's screen is on tty1."""

from kiosk_agent.bootstrap.domain.checking import Found, good, look
from kiosk_agent.bootstrap.host import Host
from kiosk_agent.bootstrap.places import CONSOLE

NAME = "console"


def check(host: Host) -> Found:
    """Say whether there is a console."""
    if host.has(CONSOLE):
        return good("there is a console, tty1")
    return look("there is no console", "The UI can be served another way; see the documentation.")
