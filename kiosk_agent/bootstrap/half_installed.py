"""Packages that were left half installed, e.g. by a power cut (dpkg(1)): found, and finished."""

import re
from typing import Final

from kiosk_agent.bootstrap.host import Host, Ran
from kiosk_agent.bootstrap.proxies import proxy_environment

WITHIN_S: Final = 1200
APT: Final = ("apt-get", "-y", "-q", "-o", "DPkg::Lock::Timeout=300")
_AUDITED: Final = re.compile(r"^ ([a-z0-9][a-z0-9+.:-]+)", re.MULTILINE)
"""Packages that `dpkg --audit` names, each on a line of its own behind a space."""


def quiet() -> dict[str, str]:
    """Return what has apt and dpkg ask nothing, and go by the venue's proxy."""
    return {"DEBIAN_FRONTEND": "noninteractive", **proxy_environment()}


def is_half_installed(host: Host) -> bool:
    """Say whether a package is."""
    if host.find("dpkg") is None:
        return False
    audit = host.run("dpkg", "--audit")
    return bool(audit.status or audit.out.strip())


def finish(host: Host) -> Ran:
    """Finish them; what was cut off while it was unpacked is laid anew. Return the last command."""
    host.run("dpkg", "--configure", "-a", within_s=WITHIN_S, more=quiet())
    ran = host.run(*APT, "--fix-broken", "install", within_s=WITHIN_S, more=quiet())
    broken = _AUDITED.findall(host.run("dpkg", "--audit").out)
    if broken:
        ran = host.run(*APT, "--reinstall", "install", *broken, within_s=WITHIN_S, more=quiet())
    return ran
