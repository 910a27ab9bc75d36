"""The composition root of the supervisor: in which order it starts and stops."""

import asyncio
import json
import os
import socket
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

import aiodocker
import structlog
from aiohttp import web

from kiosk_agent.adapters.service_manager import ServiceManager
from kiosk_agent.adapters.stop_signals import stop_on_signals
from kiosk_agent.adapters.system_clock import SystemClock
from kiosk_agent.adapters.unix_sockets import unix_socket
from kiosk_agent.host_role.credentials_file import CredentialsFile
from kiosk_agent.ports.clock import Clock
from kiosk_agent.supervisor.adapters.agent_door import HttpAgentDoor
from kiosk_agent.supervisor.adapters.blob_folder import BlobFolder
from kiosk_agent.supervisor.adapters.docker_answers import docker_at
from kiosk_agent.supervisor.adapters.docker_containers import DockerContainers
from kiosk_agent.supervisor.adapters.docker_images import DockerImages, ImagesDisk
from kiosk_agent.supervisor.adapters.docker_pulls import DockerPulls
from kiosk_agent.supervisor.adapters.ecr_login import EcrLogins
from kiosk_agent.supervisor.adapters.ecs_introspection import EcsIntrospection
from kiosk_agent.supervisor.adapters.errand_unit import ERRAND_S, UnitErrands
from kiosk_agent.supervisor.adapters.host_signs import LookedUpSigns, Places
from kiosk_agent.supervisor.adapters.image_file import ImageFile
from kiosk_agent.supervisor.adapters.registry_client import RegistryClient
from kiosk_agent.supervisor.adapters.registry_relay import RegistryRelay
from kiosk_agent.supervisor.adapters.relayed_pulls import RelayedPulls
from kiosk_agent.supervisor.adapters.systemd_units import SystemdUnits
from kiosk_agent.supervisor.adapters.task_file import TaskFile
from kiosk_agent.supervisor.api import build_app
from kiosk_agent.supervisor.services.commanding import Commanding
from kiosk_agent.supervisor.services.decisions import Decisions
from kiosk_agent.supervisor.services.pruning import Pruning
from kiosk_agent.supervisor.services.pulling import Pulling
from kiosk_agent.supervisor.services.repairing import Repairing
from kiosk_agent.supervisor.services.signing import Signing
from kiosk_agent.supervisor.services.steering import Steering
from kiosk_agent.supervisor.services.telling import Telling
from kiosk_agent.supervisor.settings import SupervisorSettings

log = structlog.get_logger(__name__)

SOCKET_MODE: Final = 0o600
_HTTP_GRACE_S: Final = 2.0
_LAST_GOOD: Final = "good-tasks.json"
_KNOWN_IMAGES: Final = "known-images.json"
_PARTS: Final = "pulls"
_OWN_SOCKET_EVERY_S: Final = 5.0


async def run(settings: SupervisorSettings) -> None:
    """Run the supervisor until SIGTERM or SIGINT. Raises ProblemError if it can't start."""
    clock, manager = SystemClock(), ServiceManager()
    credentials = CredentialsFile(settings.credentials_file)
    with stop_on_signals() as stop, unix_socket(settings.supervisor_socket, SOCKET_MODE) as bound:
        async with (
            HttpAgentDoor(settings.admin_socket) as door,
            docker_at(settings.docker_socket) as docker,
            EcsIntrospection(settings.ecs_agent_url) as ecs_agent,
        ):
            names = {"region": settings.region, "audience": settings.identity_audience}
            signing = Signing(door, credentials, clock, **names)
            tasks_kept = TaskFile(settings.state_dir / _LAST_GOOD)
            containers = DockerContainers(docker, settings.ui_socket.parent)
            steering = Steering(containers, door, ecs_agent, tasks_kept, clock)
            async with _pulling(settings, credentials, door, docker, steering.decisions) as pulling:
                disk = ImagesDisk(settings.docker_root)
                known = ImageFile(settings.state_dir / _KNOWN_IMAGES)
                pruning = Pruning(DockerImages(docker), disk, steering, pulling, clock, known)
                repairing = _repairing(settings, door, pruning, steering)
                errands = UnitErrands(settings.errands_dir, SystemdUnits(within_s=ERRAND_S))
                commanding = Commanding(door, steering, errands, clock)
                app = build_app(signing, steering, repairing)
                workers: dict[str, Callable[[], Coroutine[Any, Any, None]]] = {
                    "signing": signing.run,
                    "steering": steering.run,
                    "commanding": commanding.run,
                    "pruning": pruning.run,
                    "pulling": pulling.run,
                    "telling": Telling(door, steering, clock).run,
                    **({"repairing": repairing.run} if settings.repairs else {}),
                    "watchdog": partial(_watchdog, manager, clock),
                    "own socket": partial(_own_socket, settings.supervisor_socket, clock, stop),
                }
                async with _serving(app, bound), asyncio.TaskGroup() as group:
                    tasks = [group.create_task(run(), name=name) for name, run in workers.items()]
                    _announce(settings)
                    manager.ready("signing for the agent, keeping a kiosk UI on the screen")
                    await stop.wait()
                    manager.stopping()
                    for task in tasks:
                        task.cancel()
    log.info("supervisor_stopped")


@asynccontextmanager
async def _pulling(
    settings: SupervisorSettings,
    credentials: CredentialsFile,
    door: HttpAgentDoor,
    docker: aiodocker.Docker,
    decisions: Decisions,
) -> AsyncIterator[Pulling]:
    clock, folder = SystemClock(), BlobFolder(settings.state_dir / _PARTS)
    disk = ImagesDisk(settings.docker_root, settings.state_dir)
    async with (
        RegistryClient(settings.https_proxy) as client,
        RegistryRelay(client, folder, disk, clock, settings.pull_bytes_per_s) as relay,
        EcrLogins(credentials, clock, proxy=settings.https_proxy) as logins,
    ):
        images = RelayedPulls(DockerPulls(docker), relay, folder)
        yield Pulling(door, images, logins, disk, decisions, clock)


def _repairing(
    settings: SupervisorSettings, door: HttpAgentDoor, pruning: Pruning, steering: Steering
) -> Repairing:
    units, clock = SystemdUnits(), SystemClock()
    signs = LookedUpSigns(_places(settings), units, clock)
    return Repairing(signs, units, door, pruning, steering, clock)


def _places(settings: SupervisorSettings) -> Places:
    return Places(
        credentials=settings.credentials_file,
        admin_socket=settings.admin_socket,
        ui_socket=settings.ui_socket,
        disks=(settings.docker_root, settings.state_dir),
    )


async def _watchdog(manager: ServiceManager, clock: Clock) -> None:
    every_s = manager.watchdog_every_s()
    while every_s is not None:
        manager.alive()
        await clock.sleep(every_s)


async def _own_socket(path: Path, clock: Clock, stop: asyncio.Event) -> None:
    """Stop once it is gone: nobody could ask any more, and systemd starts all of it anew."""
    while path.exists():  # noqa: ASYNC240  in memory, never on a disk
        await clock.sleep(_OWN_SOCKET_EVERY_S)
    log.error("own_socket_gone", path=str(path))
    stop.set()


@asynccontextmanager
async def _serving(app: web.Application, bound: socket.socket) -> AsyncIterator[None]:
    runner = web.AppRunner(app, shutdown_timeout=_HTTP_GRACE_S, access_log=None)
    try:
        await runner.setup()
        await web.SockSite(runner, bound).start()
        yield
    finally:
        await runner.cleanup()


def _announce(settings: SupervisorSettings) -> None:
    """Print the one line that says the socket answers."""
    ready = {
        "event": "supervisor_ready",
        "pid": os.getpid(),
        "supervisor_socket": str(settings.supervisor_socket),
    }
    sys.stdout.write(json.dumps(ready) + "\n")
    sys.stdout.flush()
    log.info("supervisor_ready")
