"""Writes the ECS agent's and Docker's settings, before ECS takes attributes from them."""

from typing import Final

from kiosk_agent.bootstrap.domain.settings_files import (
    DOCKER_CONFIG,
    ECS_CONFIG,
    SettingsFileError,
    write_docker_config,
    write_ecs_config,
    write_ecs_init_config,
)
from kiosk_agent.bootstrap.job import Job
from kiosk_agent.bootstrap.places import ECS_INIT_CONFIG
from kiosk_agent.bootstrap.refusing import StoppedError

_PUBLIC: Final = 0o644


def run(job: Job) -> None:
    """Write both; raises StoppedError where one that is there can't be read."""
    kiosk = job.remembered.now.kiosk
    if kiosk is None:
        raise StoppedError("no name was granted yet", "Run the same command again.", again=True)
    attributes = {"kiosk.venue": kiosk.venue_id, "kiosk.name": kiosk.kiosk_id}
    host, bundle = job.host, job.bundle
    before = host.read(DOCKER_CONFIG) or ""
    try:
        docker = write_docker_config(before)
    except SettingsFileError as error:
        raise StoppedError(str(error), f"Mend {DOCKER_CONFIG}, or remove it.") from error
    ecs = write_ecs_config(host.read(ECS_CONFIG) or "", bundle.cluster, attributes)
    host.write(ECS_CONFIG, ecs, _PUBLIC)
    # The installer writes these two as well; one that was cut off before had not, and its second
    # run passes over them: https://github.com/aws/amazon-ecs-agent/blob/master/scripts/ecs-anywhere-install.sh
    init = write_ecs_init_config(host.read(ECS_INIT_CONFIG) or "", bundle.region)
    host.write(ECS_INIT_CONFIG, init, _PUBLIC)
    job.says.note(f"cluster {bundle.cluster}, {kiosk.kiosk_id} of {kiosk.venue_id}")
    if docker != before:
        host.write(DOCKER_CONFIG, docker, _PUBLIC)
        if host.is_active("docker"):
            host.run("systemctl", "restart", "docker", within_s=120)
        job.says.note("Docker's logs have a limit")
