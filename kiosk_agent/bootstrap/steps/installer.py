"""Fetches the installer, and verifies it before anything of it is run."""

from typing import Final

from kiosk_agent.bootstrap.job import Job
from kiosk_agent.bootstrap.observing import installer_digest
from kiosk_agent.bootstrap.places import INSTALLER, INSTALLER_SIGNATURE
from kiosk_agent.bootstrap.record import InstallerRecord
from kiosk_agent.bootstrap.refusing import StoppedError
from kiosk_agent.bootstrap.signatures import NotVerifiedError, PinnedKeys, verify_installer
from kiosk_agent.bootstrap.web import NotReachedError, fetch

_PRIVATE: Final = 0o600


def fetch_installer(job: Job) -> None:
    """Put the installer and its signature there; raises StoppedError."""
    source = job.bundle.installer
    try:
        script, signature = fetch(str(source.url)), fetch(str(source.signature_url))
    except NotReachedError as error:
        raise StoppedError(
            f"the installer can't be fetched: {error}",
            "See that the line is up, then run the same command again.",
            again=True,
        ) from error
    job.remembered.keep_installer(None)
    job.host.write(INSTALLER, script, _PRIVATE)
    job.host.write(INSTALLER_SIGNATURE, signature, _PRIVATE)
    job.says.note(f"{len(script)} bytes from {source.url}")


def verify(job: Job) -> None:
    """Remember that exactly these bytes were signed by a pinned key; raises StoppedError."""
    source = job.bundle.installer
    digest = installer_digest(job.host)
    try:
        fingerprint = verify_installer(
            job.host.path(INSTALLER),
            job.host.path(INSTALLER_SIGNATURE),
            PinnedKeys(source.keys, source.fingerprints),
        )
    except NotVerifiedError as error:
        raise StoppedError(f"the installer is not run: {error}", error.what_to_do) from error
    if digest is None or digest != installer_digest(job.host):
        raise StoppedError(
            "the installer changed while it was verified", "Run the same command again.", again=True
        )
    job.remembered.keep_installer(InstallerRecord(sha256=digest, verified_by=fingerprint))
    job.says.note(f"signed by {fingerprint}")
