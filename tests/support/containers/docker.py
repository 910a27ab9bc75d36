"""Docker by its command line, and one container of a test."""

import asyncio
import contextlib
import json
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class DockerError(Exception):
    """Docker refused; the message is its own."""


def docker(*words: str) -> str:
    """Run a command of Docker's; return what it printed. Raises DockerError."""
    done = subprocess.run(["docker", *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        msg = f"docker {' '.join(words[:2])}: {done.stdout}{done.stderr}".strip()
        raise DockerError(msg)
    return done.stdout.strip()


async def away(*words: str) -> str:
    """Run it while the event loop goes on."""
    return await asyncio.to_thread(docker, *words)


def inspect(kind: str, name: str) -> dict[str, Any]:
    """Return what Docker knows of an image or a container."""
    told: dict[str, Any] = json.loads(docker(kind, "inspect", name))[0]
    return told


@dataclass(frozen=True, slots=True)
class Container:
    """A container that runs, or did."""

    name: str

    async def python(self, code: str) -> str:
        """Run a program inside, as the UI's own user; return what it prints."""
        return await away("exec", self.name, "python3", "-c", code)

    async def ended(self) -> int:
        """Wait for its end; return its exit status."""
        return int(await away("wait", self.name))

    async def log(self) -> str:
        """Return all that it has written."""
        return await away("logs", self.name)

    @property
    def log_bytes(self) -> int:
        """How much of the disk all that Docker keeps of its log takes."""
        path = Path(inspect("container", self.name)["LogPath"])
        return sum(one.stat().st_size for one in path.parent.glob(f"{path.name}*"))

    @property
    def state(self) -> dict[str, Any]:
        """What Docker says of its state."""
        state: dict[str, Any] = inspect("container", self.name)["State"]
        return state


@asynccontextmanager
async def container(words: Sequence[str]) -> AsyncIterator[Container]:
    """Run a container in the background; remove it at the end."""
    made = Container(await away("create", *words))
    try:
        await away("start", made.name)
        yield made
    finally:
        await away("rm", "--force", "--volumes", made.name)


@dataclass(frozen=True, slots=True)
class HealthLine:
    """What Docker tells of a container's health, verdict by verdict."""

    _stream: asyncio.StreamReader

    async def until(self, verdict: str) -> None:
        """Wait until that is said next."""
        async with asyncio.timeout(60):
            while line := await self._stream.readline():
                if line.decode().strip() == f"health_status: {verdict}":
                    return
        raise DockerError("the events ended")


@asynccontextmanager
async def health_of(made: Container) -> AsyncIterator[HealthLine]:
    """Listen to a container's health from its beginning."""
    began = await away("container", "inspect", "--format", "{{.State.StartedAt}}", made.name)
    process = await asyncio.create_subprocess_exec(
        *("docker", "events", "--since", began, "--format", "{{.Action}}"),
        *("--filter", f"container={made.name}", "--filter", "event=health_status"),
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        yield HealthLine(process.stdout)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
