"""Installs what the installer and the kiosk need, from the system's own package sources."""

from kiosk_agent.bootstrap.checks import earlier
from kiosk_agent.bootstrap.half_installed import APT, WITHIN_S, finish, quiet
from kiosk_agent.bootstrap.host import Ran
from kiosk_agent.bootstrap.job import Job
from kiosk_agent.bootstrap.refusing import StoppedError
from kiosk_agent.bootstrap.screen import WHEN_NOBODY_BUYS, may_be_selling


def run(job: Job) -> None:
    """Finish what is half installed, and install what is missing; raises StoppedError."""
    if may_be_selling(job.host):
        # Packages restart what is of them, Docker too, and with it the screen's container.
        raise StoppedError(
            "packages are not installed while this kiosk may be selling",
            WHEN_NOBODY_BUYS.format(earlier.NAME),
        )
    seen = job.looker.look()
    if seen.half_installed:
        job.says.note("finishing what is half installed")
        _done(finish(job.host))
    if not seen.missing_packages:
        return
    job.says.note(f"installing {', '.join(seen.missing_packages)}")
    job.host.run(*APT, "update", within_s=WITHIN_S, more=quiet())
    install = ("install", "--no-install-recommends", *seen.missing_packages)
    _done(job.host.run(*APT, *install, within_s=WITHIN_S, more=quiet()))


def _done(ran: Ran) -> None:
    if ran.status:
        raise StoppedError(
            f"packages can't be installed: {ran.last_words}",
            "See that the line is up, that the package sources can be reached and that the disk "
            "has room; then run the same command again.",
            again=True,
        )
