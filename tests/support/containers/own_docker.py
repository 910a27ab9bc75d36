"""A Docker of a test's own, its disk a small one in memory: it can be ended, and be full."""

import asyncio
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from kiosk_agent.bootstrap.domain.settings_files import write_docker_config
from tests.support.containers.docker import DockerError, away

_BRIDGE = "own-docker0"
"""Of its own: with `none` it would take the bridge of the machine's Docker away."""
_ADDRESS = "10.213.57.1/24"
_DISK = "size=600m"
_ANSWERS_S = 60


@dataclass
class OwnDocker:
    """`dockerd` with the settings that bootstrap writes, and no networks.

    As on a venue host, containerd is another process, which outlives it.
    """

    folder: Path
    process: asyncio.subprocess.Process | None = None

    @property
    def socket(self) -> Path:
        return self.folder / "docker.sock"

    @property
    def disk(self) -> Path:
        return self.folder / "disk"

    async def start(self) -> None:
        """Start it, and wait until it answers."""
        config = self.folder / "daemon.json"
        config.write_text(write_docker_config(""))
        self.process = await _begun(
            self.folder / "log",
            "dockerd",
            f"--config-file={config}",
            f"--data-root={self.disk}",
            f"--exec-root={self.folder}/run",
            f"--pidfile={self.folder}/pid",
            f"--host=unix://{self.socket}",
            f"--containerd={_containerd_socket(self.folder)}",
            *(f"--bridge={_BRIDGE}", "--iptables=false"),
        )
        async with asyncio.timeout(_ANSWERS_S):
            while not await self._answers():
                assert self.process.returncode is None, (self.folder / "log").read_text()

    async def end(self, sign: int) -> None:
        """Send it a signal, and wait for its end."""
        assert self.process is not None
        self.process.send_signal(sign)
        await self.process.wait()

    def fill(self) -> None:
        """Leave no byte of its disk."""
        size = 1 << 20
        with (self.disk / "full").open("wb", buffering=0) as file:
            while size:
                try:
                    file.write(bytes(size))
                except OSError:
                    size //= 2

    def empty(self) -> None:
        """Give the room back."""
        (self.disk / "full").unlink()

    async def _answers(self) -> bool:
        try:
            await away("--host", f"unix://{self.socket}", "info")
        except DockerError:
            return False
        return True


@asynccontextmanager
async def own_docker(image: str) -> AsyncIterator[OwnDocker]:
    """Run one that has an image."""
    # Sockets have short paths.
    with (
        tempfile.TemporaryDirectory(prefix="docker-", dir="/tmp") as name,
        _disk(Path(name)),
        _bridge(),
    ):
        docker = OwnDocker(Path(name))
        async with _containerd(docker):
            try:
                await docker.start()
                await away("--host", f"unix://{docker.socket}", "pull", "--quiet", image)
                yield docker
            finally:
                if docker.process is not None and docker.process.returncode is None:
                    await docker.end(signal.SIGTERM)


def _containerd_socket(folder: Path) -> Path:
    return folder / "containerd.sock"


@asynccontextmanager
async def _containerd(docker: OwnDocker) -> AsyncIterator[None]:
    process = await _begun(
        docker.folder / "containerd.log",
        "containerd",
        f"--address={_containerd_socket(docker.folder)}",
        f"--root={docker.disk}/containerd",
        f"--state={docker.folder}/containerd",
    )
    try:
        yield
    finally:
        process.terminate()
        await process.wait()


async def _begun(log: Path, *command: str) -> asyncio.subprocess.Process:
    with log.open("ab") as said:
        return await asyncio.create_subprocess_exec(
            *command,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )


@contextmanager
def _bridge() -> Iterator[None]:
    subprocess.run(["ip", "link", "add", _BRIDGE, "type", "bridge"], check=True)
    try:
        subprocess.run(["ip", "addr", "add", _ADDRESS, "dev", _BRIDGE], check=True)
        subprocess.run(["ip", "link", "set", _BRIDGE, "up"], check=True)
        yield
    finally:
        subprocess.run(["ip", "link", "delete", _BRIDGE], check=True)


@contextmanager
def _disk(folder: Path) -> Iterator[None]:
    disk = folder / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", _DISK, "own-docker", disk], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--recursive", disk], check=True)
