"""Writes the ECS agent's and Docker's settings, before ECS takes attributes from them."""

from typing import Final

from kiosk_agent.bootstrap.checks.cloned import instance_id
from kiosk_agent.bootstrap.checks.docker import PENDING, PENDING_ACT
from kiosk_agent.bootstrap.domain.settings_files import (
    DOCKER_CONFIG,
    ECS_CONFIG,
    SettingsFileError,
    write_docker_config,
    write_ecs_config,
    write_ecs_init_config,
    write_proxy_drop_in,
)
from kiosk_agent.bootstrap.job import Job
from kiosk_agent.bootstrap.places import DOCKER_PENDING, ECS_INIT_CONFIG, ECS_UNIT, SSM_UNIT
from kiosk_agent.bootstrap.proxies import proxy_for, skipped_hosts
from kiosk_agent.bootstrap.refusing import StoppedError

_PUBLIC: Final = 0o644
_PRIVATE: Final = 0o600
"""A proxy's address may have a password in it."""


def run(job: Job) -> None:
    """Write both; raises StoppedError where one that is there can't be read."""
    kiosk = job.granted
    attributes = job.wanted.attributes(kiosk.kiosk_id)
    host, bundle = job.host, job.bundle
    docker = host.read(DOCKER_CONFIG)
    if docker is None and host.has(DOCKER_CONFIG):
        raise StoppedError(f"{DOCKER_CONFIG} can't be read", f"Mend {DOCKER_CONFIG}, or remove it.")
    docker = docker or ""
    try:
        limited = write_docker_config(docker)
    except SettingsFileError as error:
        raise StoppedError(str(error), f"Mend {DOCKER_CONFIG}, or remove it.") from error
    ecs = write_ecs_config(host.read(ECS_CONFIG) or "", bundle.cluster, attributes)
    host.write(ECS_CONFIG, ecs, _PUBLIC)
    # The installer writes these two as well; one that was cut off before had not, and its second
    # run passes over them: https://github.com/aws/amazon-ecs-agent/blob/master/scripts/ecs-anywhere-install.sh
    init = write_ecs_init_config(host.read(ECS_INIT_CONFIG) or "", bundle.region)
    host.write(ECS_INIT_CONFIG, init, _PUBLIC)
    _go_by_proxy(job)
    job.says.note(f"cluster {bundle.cluster}, {kiosk.kiosk_id} of {kiosk.venue_id}")
    if limited != docker:
        host.write(DOCKER_PENDING, "")
        host.write(DOCKER_CONFIG, limited, _PUBLIC)
        job.says.note("Docker's logs have a limit")
    _renew_docker(job)


def _renew_docker(job: Job) -> None:
    """Have Docker run with its settings; raises StoppedError.

    It reads those of its logs and its proxy only when it starts, and its start ends containers. So
    it is restarted before the first registration alone: from then on this host may be selling.
    """
    host = job.host
    if not host.has(DOCKER_PENDING):
        return
    if instance_id(host) is not None:
        job.says.note(f"▲ {PENDING}. {PENDING_ACT}")
        return
    if host.is_active("docker"):
        ran = host.run("systemctl", "restart", "docker", within_s=120)
        if ran.status:
            raise StoppedError(
                f"Docker does not start with its settings: {ran.last_words}",
                f"See: journalctl -u docker. Mend {DOCKER_CONFIG}, then run the same again.",
            )
    host.remove(DOCKER_PENDING)


def _go_by_proxy(job: Job) -> None:
    """Have the agents of AWS, and Docker, go by the proxy that is set, if one is."""
    host, region = job.host, job.bundle.region
    proxy = proxy_for(f"ssm.{region}.amazonaws.com")
    if not proxy:
        return
    try:
        text = write_proxy_drop_in(proxy, skipped_hosts())
    except SettingsFileError as error:
        raise StoppedError(str(error), "Mend https_proxy and no_proxy.") from error
    for unit in (SSM_UNIT, ECS_UNIT, "docker"):
        name = f"/etc/systemd/system/{unit}.service.d/eventpro-proxy.conf"
        if unit == "docker" and host.read(name) != text:
            host.write(DOCKER_PENDING, "")
        host.write(name, text, _PRIVATE)
    host.run("systemctl", "daemon-reload", within_s=60)
    job.says.note("AWS's agents and Docker go by the proxy that is set")
