"""Sees that SSM and ECS know this host as what it is, by their own word; and mends what can be."""

from collections.abc import Mapping
from typing import Final

from kiosk_agent.bootstrap.checks.cloned import instance_id
from kiosk_agent.bootstrap.ecs_agent import ecs_agent
from kiosk_agent.bootstrap.job import Job
from kiosk_agent.bootstrap.line import stopped_or_cut_off
from kiosk_agent.bootstrap.observing import ONLINE
from kiosk_agent.bootstrap.places import CREDENTIALS, ECS_DATA, ECS_UNIT, SSM_UNIT
from kiosk_agent.bootstrap.refusing import StoppedError
from kiosk_contracts.host_evidence import ContainerInstanceEvidence, HostEvidence

_UNIT_S: Final = 90


def run(job: Job) -> None:
    """Wait until all of it is so; raises StoppedError with what is not."""
    kiosk, instance = job.granted, instance_id(job.host)
    if instance is None:
        raise StoppedError("this host is not registered", "Run the same command again.", again=True)
    _ssm(job, instance)
    _right_cluster(job)
    attributes = job.wanted.attributes(kiosk.kiosk_id)
    lacking: list[str] = []

    def known() -> bool:
        lacking[:] = _lacking(job, kiosk.kiosk_id, attributes)
        return not lacking

    if not job.wait(f"AWS is to know {instance}", job.pace.confirm_s, known):
        why, again = f"{instance}: {'; '.join(lacking)}", job.looker.may_pass
        act = _GO_ON if again else _ACTS.get(lacking[0], _ASK)
        raise stopped_or_cut_off(job, why, act, again=again)
    job.says.note(f"{instance}: online, ACTIVE in {job.bundle.cluster} as {kiosk.kiosk_id}")


_NO_ECS: Final = "ECS has no such host in the kiosks' cluster"
_NO_SSM: Final = "its SSM agent is not online"
_ASK: Final = "Run: kiosk-agent doctor. If it names nothing, tell the operators."
_GO_ON: Final = (
    "Run the same command again; it goes on from here. If it says so again, tell the operators."
)
_ACTS: Final = {
    _NO_ECS: "See: journalctl -u ecs. The cluster must exist, and the role must let it register: "
    "operators run kiosk-provision role check.",
    _NO_SSM: "See: journalctl -u amazon-ssm-agent; then run the same command again.",
}


def _ssm(job: Job, instance: str) -> None:
    """See that the SSM agent runs and keeps the host's credentials."""
    if not job.host.is_active(SSM_UNIT):
        job.host.run("systemctl", "enable", SSM_UNIT)
        job.host.run("systemctl", "restart", SSM_UNIT, within_s=_UNIT_S)
    if _gets_credentials(job):
        return
    job.host.run("systemctl", "restart", SSM_UNIT, within_s=_UNIT_S)
    if not _gets_credentials(job):
        raise stopped_or_cut_off(
            job,
            f"{instance} gets no credentials of its role",
            "Tell the operators: the role must exist and trust ssm.amazonaws.com: "
            "kiosk-provision role check.",
        )


def _gets_credentials(job: Job) -> bool:
    return job.wait(
        "the SSM agent is to get its credentials",
        job.pace.confirm_s / 2,
        lambda: job.host.has(CREDENTIALS),
    )


def _right_cluster(job: Job) -> None:
    """Have the ECS agent in the cluster of the bundle; an installed one passes over another."""
    host, cluster = job.host, job.bundle.cluster
    if not host.is_active(ECS_UNIT):
        host.run("systemctl", "enable", ECS_UNIT)
        host.run("systemctl", "restart", ECS_UNIT, within_s=_UNIT_S)
    if not job.wait(
        "the ECS agent is to register", job.pace.confirm_s, lambda: ecs_agent(host) is not None
    ):
        raise stopped_or_cut_off(
            job, f"the ECS agent did not register in {cluster}", _ACTS[_NO_ECS]
        )
    seen = ecs_agent(host)
    if seen is None or seen.cluster == cluster:
        return
    job.says.note(f"▲ the ECS agent is in the cluster {seen.cluster}; it is moved to {cluster}")
    host.run("systemctl", "stop", ECS_UNIT, within_s=_UNIT_S)
    # It holds to the cluster that it remembers, whatever its settings say.
    host.set_aside(ECS_DATA)
    host.run("systemctl", "start", ECS_UNIT, within_s=_UNIT_S)

    def moved() -> bool:
        now = ecs_agent(host)
        return now is not None and now.cluster == cluster

    if not job.wait(f"the ECS agent is to register in {cluster}", job.pace.confirm_s, moved):
        raise stopped_or_cut_off(job, f"the ECS agent stays in {seen.cluster}", _ACTS[_NO_ECS])
    job.says.note(f"operators may deregister {seen.arn}: nobody is it any more")


def _lacking(job: Job, kiosk_id: str, attributes: Mapping[str, str]) -> list[str]:
    evidence = job.looker.evidence(kiosk_id)
    refuse_not_this_host(job)
    if evidence is None:
        return [f"nobody says what AWS knows: {job.looker.why_no_evidence}"]
    return _of_ssm(evidence) + _of_ecs(evidence.container_instance, attributes)


def refuse_not_this_host(job: Job) -> None:
    """Raise StoppedError where the fleet service said for good that this host is not the kiosk."""
    refused = job.looker.refused
    if refused is not None:
        raise StoppedError(job.looker.why_no_evidence, refused.problem.hint)


def _of_ssm(evidence: HostEvidence) -> list[str]:
    return [] if evidence.ping == ONLINE else [_NO_SSM]


def _of_ecs(seen: ContainerInstanceEvidence | None, attributes: Mapping[str, str]) -> list[str]:
    if seen is None:
        return [_NO_ECS]
    if seen.status != "ACTIVE":
        return [f"ECS has it as {seen.status}"]
    wrong = [name for name in attributes if seen.attributes.get(name) != attributes[name]]
    if wrong:
        told = ", ".join(f"{name}={seen.attributes.get(name, '')!r}" for name in wrong)
        return [f"ECS has it with {told}"]
    return [] if seen.connected else ["its ECS agent is not connected"]
