"""Installs what the installer and the kiosk need, from the system's own package sources."""

import re
from typing import Final

from kiosk_agent.bootstrap.host import Ran
from kiosk_agent.bootstrap.job import Job
from kiosk_agent.bootstrap.refusing import StoppedError

_WITHIN_S: Final = 1200
_AUDITED: Final = re.compile(r"^ ([a-z0-9][a-z0-9+.:-]+)", re.MULTILINE)
"""Packages that `dpkg --audit` names, each on a line of its own behind a space."""
_QUIET: Final = {"DEBIAN_FRONTEND": "noninteractive"}
_APT: Final = ("apt-get", "-y", "-q", "-o", "DPkg::Lock::Timeout=300")


def run(job: Job) -> None:
    """Finish what is half installed, and install what is missing; raises StoppedError."""
    seen = job.looker.look()
    if seen.half_installed:
        _finish(job)
    if not seen.missing_packages:
        return
    job.says.note(f"installing {', '.join(seen.missing_packages)}")
    job.host.run(*_APT, "update", within_s=_WITHIN_S, more=_QUIET)
    install = ("install", "--no-install-recommends", *seen.missing_packages)
    _done(job.host.run(*_APT, *install, within_s=_WITHIN_S, more=_QUIET))


def _finish(job: Job) -> None:
    """Finish what a power cut left half installed; what was half unpacked is laid anew."""
    host = job.host
    job.says.note("finishing what is half installed")
    host.run("dpkg", "--configure", "-a", within_s=_WITHIN_S, more=_QUIET)
    host.run(*_APT, "--fix-broken", "install", within_s=_WITHIN_S, more=_QUIET)
    broken = _AUDITED.findall(host.run("dpkg", "--audit").out)
    if broken:
        _done(host.run(*_APT, "--reinstall", "install", *broken, within_s=_WITHIN_S, more=_QUIET))


def _done(ran: Ran) -> None:
    if ran.status:
        raise StoppedError(
            f"packages can't be installed: {ran.last_words}",
            "See that the package sources can be reached and that the disk has room; then run the "
            "same command again.",
            again=True,
        )
