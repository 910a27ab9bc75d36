"""Runs the installer of ECS Anywhere, which registers this host; and says what that used up."""

import os
from typing import Final

from kiosk_agent.bootstrap.checks.cloned import instance_id
from kiosk_agent.bootstrap.job import Job
from kiosk_agent.bootstrap.observing import installer_digest
from kiosk_agent.bootstrap.places import ECS_DATA, ECS_INIT, ECS_UNIT, INSTALLER, INSTALLER_LOG
from kiosk_agent.bootstrap.refusing import StoppedError
from kiosk_contracts.enrolment import BundleBody

_NO_CODE: Final = "not-needed-any-more"
"""The installer wants the flag also where it registers nobody."""
NOT_AGAIN: Final = "This host's registration is kept; going on uses no other."


def flags(bundle: BundleBody, code: str) -> tuple[str, ...]:
    """Return what the installer is told. Docker comes from the system's packages, before."""
    ecs = bundle.endpoints.get("ecs")
    return (
        *("--region", bundle.region, "--cluster", bundle.cluster),
        *("--activation-id", bundle.activation_id, "--activation-code", code),
        *("--docker-install-source", "none"),
        *(("--ecs-endpoint", str(ecs).rstrip("/")) if ecs is not None else ()),
    )


def run(job: Job) -> None:
    """Register this host, or go on with the registration that it has; raises StoppedError."""
    host, before = job.host, instance_id(job.host)
    verified = job.remembered.now.installer
    if verified is None or installer_digest(host) != verified.sha256:
        raise StoppedError(
            "the installer is not the one that was verified", "Run the same command again."
        )
    code = job.secrets().activation_code.get_secret_value() if before is None else _NO_CODE
    _clear_the_way(job, before)
    ran = host.run(
        "bash",
        str(host.path(INSTALLER)),
        *flags(job.bundle, code),
        within_s=job.pace.installer_s,
        # A service has no HOME, and without one the installer's own gpg fails.
        more={"HOME": os.environ.get("HOME", "/root"), "DEBIAN_FRONTEND": "noninteractive"},
    )
    host.write(INSTALLER_LOG, (ran.out + ran.err).replace(code, "[removed]"))
    after = instance_id(host)
    if after is None:
        raise StoppedError(
            f"the installer did not register this host: {ran.last_words}",
            _what_to_do(ran.out + ran.err),
        )
    if before is None:
        job.says.note(f"registered as {after}; that used one registration of the activation")
    if ran.status:
        # What it could not do is seen, said and mended where the host is confirmed.
        job.says.note(f"▲ the installer ended with {ran.status}: {ran.last_words}. {NOT_AGAIN}")


def _clear_the_way(job: Job, registered: str | None) -> None:
    host = job.host
    if registered is None and host.has(ECS_DATA):
        # Of a registration that is gone: with it the ECS agent would go on as who it was.
        host.run("systemctl", "stop", ECS_UNIT, within_s=60)
        host.set_aside(ECS_DATA)
        job.says.note("▲ data of an ECS agent whose registration is gone was set aside")
    if host.has(ECS_INIT) and host.run("systemctl", "cat", ECS_UNIT).status:
        # Cut off in the middle of it: the installer takes what is there for installed.
        host.set_aside(ECS_INIT)


def _what_to_do(said: str) -> str:
    return next((act for code, act in _ACTS.items() if code in said), _ELSE)


_ACTS: Final = {
    "ActivationExpired": "The activation has ended, and no registration was used. Ask the "
    "operators for a new bundle.",
    "RegistrationLimitExceeded": "All registrations of the activation are used up: "
    "kiosk-provision activation list says by whom. Ask the operators for a new bundle.",
    "InvalidActivation": "SSM knows no such activation in this region, so no registration was "
    "used. Ask the operators whether it was revoked.",
}
"""By the codes that SSM refuses registrations with, in its public model."""
_ELSE: Final = (
    "This host holds no registration. See that the line is up, then run the same command again; "
    "kiosk-provision activation list says whether one was used up."
)
