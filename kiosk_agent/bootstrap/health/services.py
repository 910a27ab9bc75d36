"""Our own two services."""

from kiosk_agent.bootstrap.domain.checking import Found, bad, good
from kiosk_agent.bootstrap.host import Host
from kiosk_agent.bootstrap.places import UNITS

NAME = "services"


def check(host: Host) -> Found:
    """Say whether both run."""
    down = [unit for unit in UNITS if not host.is_active(unit)]
    if not down:
        return good(f"{' and '.join(UNITS)} run")
    return bad(f"{' and '.join(down)} {'does' if len(down) == 1 else 'do'} not run", _SEE)


def mend(host: Host) -> str:
    """Start what does not run."""
    for unit in UNITS:
        if not host.is_active(unit):
            host.run("systemctl", "enable", unit)
            host.run("systemctl", "restart", unit, within_s=120)
    return check(host).text


_SEE = "See: journalctl -u kiosk-agent -u kiosk-supervisor."
