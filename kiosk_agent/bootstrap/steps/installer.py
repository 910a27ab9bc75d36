"""Fetches the installer, and verifies it: when it came, and again whenever it is run."""

import hashlib
import tempfile
from pathlib import Path
from typing import Final

from kiosk_agent.bootstrap.job import Job
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
    with tempfile.TemporaryDirectory(prefix="eventpro-verify-") as place:
        script, fingerprint = verified_copy(job, Path(place))
        digest = hashlib.sha256(script.read_bytes()).hexdigest()
    job.remembered.keep_installer(InstallerRecord(sha256=digest, verified_by=fingerprint))
    job.says.note(f"signed by {fingerprint}")


def verified_copy(job: Job, folder: Path) -> tuple[Path, str]:
    """Copy the installer into a folder of root's alone, and verify the copy.

    Raises StoppedError and OSError. Returns the copy and the pinned fingerprint that signed it.

    A signature that held months ago says nothing of today: the key may have expired, or another be
    pinned. And what lies in the installer's place may be changed between a look at it and its run.
    """
    script, signature = folder / Path(INSTALLER).name, folder / Path(INSTALLER_SIGNATURE).name
    for name, copy in ((INSTALLER, script), (INSTALLER_SIGNATURE, signature)):
        copy.write_bytes(job.host.path(name).read_bytes())
    source = job.bundle.installer
    try:
        return script, verify_installer(
            script, signature, PinnedKeys(source.keys, source.fingerprints)
        )
    except NotVerifiedError as error:
        # The next run fetches both anew, whatever was found of these bytes before.
        job.remembered.keep_installer(None)
        raise StoppedError(f"the installer is not run: {error}", error.what_to_do) from error
