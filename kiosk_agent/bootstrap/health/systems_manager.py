"""The SSM agent: without it the host has no role, and so no proof of who it is.

After long outages it may hibernate with a signature that has expired; a restart cures that:
https://github.com/aws/amazon-ssm-agent/issues/616
"""

import time
from typing import Final

from kiosk_agent.bootstrap.domain.checking import Found, bad, good
from kiosk_agent.bootstrap.host import Host
from kiosk_agent.bootstrap.places import CREDENTIALS, SSM_UNIT

NAME = "SSM agent"
_LIFE_S: Final = 3600
"""Of the role's credentials; the agent writes them anew every half hour."""
_SEE: Final = f"See: journalctl -u {SSM_UNIT}; then kiosk-agent doctor --fix."


def check(host: Host) -> Found:
    """Say whether it runs and keeps the role's credentials fresh."""
    if not host.is_active(SSM_UNIT):
        return bad("it does not run", _SEE)
    try:
        age_s = time.time() - host.path(CREDENTIALS).stat().st_mtime
    except OSError:
        return bad("this host has no credentials of its role", _SEE)
    if age_s > _LIFE_S:
        return bad(f"the role's credentials are {age_s / 60:.0f} minutes old", _SEE)
    return good(f"it runs; the role's credentials are {max(age_s, 0) / 60:.0f} minutes old")


def mend(host: Host) -> str:
    """Restart it."""
    host.run("systemctl", "enable", SSM_UNIT)
    ran = host.run("systemctl", "restart", SSM_UNIT, within_s=90)
    return "restarted; it gets credentials within a minute" if not ran.status else ran.last_words
