"""Runs the installer of ECS Anywhere, which registers this host; and says what that used up."""

import os
import re
import tempfile
from pathlib import Path
from typing import Final

from kiosk_agent.bootstrap.checks.cloned import host_id, instance_id
from kiosk_agent.bootstrap.half_installed import quiet
from kiosk_agent.bootstrap.host import Host, Ran
from kiosk_agent.bootstrap.job import Job
from kiosk_agent.bootstrap.line import stopped_or_cut_off
from kiosk_agent.bootstrap.places import ECS_DATA, ECS_INIT, ECS_UNIT, INSTALLER_LOG
from kiosk_agent.bootstrap.refusing import StoppedError
from kiosk_agent.bootstrap.steps.installer import verified_copy
from kiosk_contracts.enrolment import BundleBody
from kiosk_contracts.problem import ProblemCode, ProblemError

_NO_CODE: Final = "not-needed-any-more"
"""The installer wants the flag also where it registers nobody."""
CODE: Final = "EVENTPRO_ACTIVATION_CODE"
_SOURCED: Final = f'set -- --activation-code "${CODE}" "$@"; unset {CODE}; . "$0"'
_FAILED: Final = frozenset({"Installation Failed"})
_COLOURS: Final = re.compile(r"\x1b\[[0-9;]*m")
NOT_AGAIN: Final = "This host's registration is kept; going on uses no other."


def flags(bundle: BundleBody) -> tuple[str, ...]:
    """Return what the installer is told, but for the code. Docker came with the packages."""
    ecs = bundle.endpoints.get("ecs")
    return (
        *("--region", bundle.region, "--cluster", bundle.cluster),
        *("--activation-id", bundle.activation_id),
        *("--docker-install-source", "none"),
        *(("--ecs-endpoint", str(ecs).rstrip("/")) if ecs is not None else ()),
    )


def run(job: Job) -> None:
    """Register this host, or go on with the registration that it has; raises StoppedError."""
    host, before = job.host, instance_id(job.host)
    with tempfile.TemporaryDirectory(prefix="eventpro-installer-") as place:
        script, _ = verified_copy(job, Path(place))
        if before is None:
            _hold_name(job)
        code = job.secrets().activation_code.get_secret_value() if before is None else _NO_CODE
        _clear_the_way(job, before)
        ran = _install(job, script, code)
    host.write(INSTALLER_LOG, (ran.out + ran.err).replace(code, "[removed]"))
    why = last_words(ran).replace(code, "[removed]")
    after = instance_id(host)
    if after is None:
        raise _not_registered(job, why, ran.out + ran.err)
    if before is None:
        job.says.note(f"registered as {after}; that used one registration of the activation")
    if ran.status and not _has_ecs_agent(host):
        # It registers first, then fetches more: there is no ECS agent to wait for.
        raise StoppedError(
            f"this host is {after}, and the installer did not come to its end: {why}",
            f"See that the line is up, then run the same command again. {NOT_AGAIN}",
            again=True,
        )
    if ran.status:
        # What it could not do is seen, said and mended where the host is confirmed.
        job.says.note(f"▲ the installer ended with {ran.status}: {why}. {NOT_AGAIN}")


def _hold_name(job: Job) -> None:
    """See that the name is still this host's before a registration is used.

    Operators may have freed it since, and another host may have it; then one is chosen anew.
    """
    token = job.secrets().enrolment_token.get_secret_value()
    try:
        job.fleet.claim(token, job.granted.kiosk_id, host_id(job.host))
    except ProblemError as refusal:
        if refusal.code == ProblemCode.KIOSK_TAKEN:
            job.remembered.pass_over_kiosk()
        raise


def _install(job: Job, script: Path, code: str) -> Ran:
    """Run the installer, in the folder that it is in and with a keyring of its own there.

    The code reaches it by the environment, which root alone may read: a command line everybody
    reads. It is the first flag that it sees, so no other can be taken for its value.
    """
    keyring = script.with_name("gnupg")
    keyring.mkdir(mode=0o700)
    return job.host.run(
        *("bash", "-c", _SOURCED, str(script), *flags(job.bundle)),
        within_s=job.pace.installer_s,
        more={
            CODE: code,
            "GNUPGHOME": str(keyring),
            "HOME": os.environ.get("HOME", "/root"),
            **quiet(),
        },
        at=script.parent,
        as_one=True,
        keeps=() if job.lock is None else (job.lock,),
    )


def last_words(ran: Ran) -> str:
    """Return the last thing that the installer said before that it failed, without its colours."""
    lines = [_COLOURS.sub("", line).strip() for line in ran.out.splitlines()]
    said = [line for line in lines if line and line not in _FAILED]
    return said[-1] if said else ran.last_words


def _clear_the_way(job: Job, registered: str | None) -> None:
    host = job.host
    if registered is None and host.has(ECS_DATA):
        # Of a registration that is gone: with it the ECS agent would go on as who it was.
        host.run("systemctl", "stop", ECS_UNIT, within_s=60)
        host.set_aside(ECS_DATA)
        job.says.note("▲ data of an ECS agent whose registration is gone was set aside")
    if host.has(ECS_INIT) and not _has_ecs_agent(host):
        # Cut off in the middle of it: the installer takes what is there for installed.
        host.set_aside(ECS_INIT)


def _has_ecs_agent(host: Host) -> bool:
    """Say whether there is a unit of the ECS agent, which the installer lays last."""
    return not host.run("systemctl", "cat", ECS_UNIT).status


def _not_registered(job: Job, why: str, said: str) -> StoppedError:
    told = f"the installer did not register this host: {why}"
    act = next((_ACTS[code] for code in _ACTS if code in said), None)
    return StoppedError(told, act) if act else stopped_or_cut_off(job, told, _ELSE)


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
