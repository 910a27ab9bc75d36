"""Docker in a venue host, a stand-in for the ECS agent, and the registry that they pull from."""

import asyncio
import shutil
import sysconfig
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.support.required import require
from tests.support.venue.door import door
from tests.support.venue.machine import VenueMachine
from tests.support.venue.network import CLOUD_ADDRESS
from tests.support.venue.required import PLACE, ROOT
from tests.support.venue.spaces import DIES_WITH_US
from tests.support.venue.venue import know

REGISTRY = "registry.example.com:5000"
NAMED = PLACE / "kiosk-ui"
_READY_S = 30
_CONTROLLERS = "blkio cpu,cpuacct cpuset devices freezer memory pids"

_PACKAGES = Path(sysconfig.get_path("purelib")).resolve()

_DOCKER = f"""\
[Service]
# A container that systemd-nspawn boots may read its cgroups and not write them.
ExecStartPre=-/bin/sh -c 'for one in /sys/fs/cgroup/*; do mount -o remount,bind,rw "$$one"; done'
ExecStart=
ExecStart=/usr/sbin/dockerd -H fd:// --bridge=none --iptables=false \\
  --exec-opt native.cgroupdriver=cgroupfs --insecure-registry={REGISTRY}
"""
_ECS = f"""\
[Unit]
After=docker.service
Wants=docker.service
[Service]
Environment=PYTHONPATH={ROOT}:{_PACKAGES}
ExecStart=
ExecStart=/usr/bin/python3 -m local_region.ecs_agent --supervised
"""


def require_kiosk_ui() -> None:
    """Skip unless hosts can run the kiosk UI here; with VENUE_ALL, fail."""
    what, target = "hosts run the kiosk UI", "test-venue ALL=1"
    require(what, target, "VENUE_ALL", ("docker-registry",), _missing)


def _missing() -> str:
    return "" if NAMED.exists() else "there is no image of it"


def image() -> str:
    """Return the kiosk UI's image as hosts pull it, by digest."""
    return f"{REGISTRY}/{NAMED.read_text().strip()}"


def lay_docker(host: VenueMachine) -> list[str]:
    """Let a host that is off run containers; return the options that it is booted with."""
    know(host, REGISTRY.partition(":")[0])
    for unit, text in (("docker", _DOCKER), ("ecs", _ECS)):
        drop_in = host.root / f"etc/systemd/system/{unit}.service.d/venue.conf"
        drop_in.parent.mkdir(parents=True, exist_ok=True)
        drop_in.write_text(text)
    # The host's disk is an overlay, on which Docker can't lay one of its own.
    images = host.root.parent / "docker"
    images.mkdir(exist_ok=True)
    return [
        "--capability=all",
        "--system-call-filter=add_key keyctl bpf",
        f"--bind={images}:/var/lib/docker",
        f"--bind-ro={ROOT}",
        f"--bind-ro={_PACKAGES}",
    ]


@asynccontextmanager
async def registry(folder: Path) -> AsyncIterator[None]:
    """Serve what tools/venue_registry.py has filled, where hosts look for it."""
    kept = folder / "registry"
    shutil.copytree(PLACE / "registry", kept)
    settings = folder / "registry.yml"
    settings.write_text(
        "version: 0.1\n"
        f"storage: {{filesystem: {{rootdirectory: {kept}}}}}\n"
        "http: {addr: '127.0.0.1:5000'}\n"
    )
    process = await asyncio.create_subprocess_exec(
        *(*DIES_WITH_US, "docker-registry", "serve", str(settings)),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await _until_it_listens()
        async with door((CLOUD_ADDRESS, 5000), ("127.0.0.1", 5000)):
            yield
    finally:
        process.kill()
        await process.wait()


async def _until_it_listens() -> None:
    async with asyncio.timeout(_READY_S):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", 5000)
            except OSError:
                await asyncio.sleep(0.1)
            else:
                writer.close()
                return
