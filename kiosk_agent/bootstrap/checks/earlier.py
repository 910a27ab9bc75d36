"""No half-finished earlier try that would spoil the next one."""

from kiosk_agent.bootstrap.checks.cloned import instance_id
from kiosk_agent.bootstrap.domain.checking import Found, good, look
from kiosk_agent.bootstrap.half_installed import finish, is_half_installed
from kiosk_agent.bootstrap.host import Host
from kiosk_agent.bootstrap.places import ECS_DATA
from kiosk_agent.bootstrap.screen import WHEN_NOBODY_BUYS, may_be_selling

NAME = "earlier try"


def check(host: Host) -> Found:
    """Say what an earlier try left (dpkg(1))."""
    if is_half_installed(host):
        return look("a package is half installed", "It is finished first.")
    if instance_id(host) is None and host.has(ECS_DATA):
        return look(
            "the ECS agent has data of a registration that is gone",
            "It is moved aside before this host registers.",
        )
    return good("no earlier try is in the way")


def mend(host: Host) -> str:
    """Finish half-installed packages, and set aside what a lost registration left.

    A package that is finished restarts what is of it, Docker too.
    """
    if is_half_installed(host):
        if may_be_selling(host):
            return f"not finished: this kiosk may be selling. {WHEN_NOBODY_BUYS.format(NAME)}"
        if (ran := finish(host)).status:
            return ran.last_words
    if instance_id(host) is None:
        host.set_aside(ECS_DATA)
    return check(host).text
