"""Installs what the installer and the kiosk need, from the system's own package sources."""

from typing import Final

from kiosk_agent.bootstrap.host import Ran
from kiosk_agent.bootstrap.job import Job
from kiosk_agent.bootstrap.refusing import StoppedError

_WITHIN_S: Final = 1200
_QUIET: Final = {"DEBIAN_FRONTEND": "noninteractive"}
_APT: Final = ("apt-get", "-y", "-q", "-o", "DPkg::Lock::Timeout=300")


def run(job: Job) -> None:
    """Finish what is half installed, and install what is missing; raises StoppedError."""
    seen = job.looker.look()
    if seen.half_installed:
        job.says.note("finishing what is half installed")
        _done(job.host.run("dpkg", "--configure", "-a", within_s=_WITHIN_S, more=_QUIET))
    if not seen.missing_packages:
        return
    job.says.note(f"installing {', '.join(seen.missing_packages)}")
    job.host.run(*_APT, "update", within_s=_WITHIN_S, more=_QUIET)
    install = ("install", "--no-install-recommends", *seen.missing_packages)
    _done(job.host.run(*_APT, *install, within_s=_WITHIN_S, more=_QUIET))


def _done(ran: Ran) -> None:
    if ran.status:
        raise StoppedError(
            f"packages can't be installed: {ran.last_words}",
            "See that the package sources can be reached and that the disk has room; then run the "
            "same command again.",
            again=True,
        )
