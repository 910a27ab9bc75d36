"""An engine without Docker: its containers are entries in a table.

For tests of the protocol and for laptops without Docker. It is held to the same conformance tests
as Docker's adapter.
"""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal

from local_region.ecs_agent.ports import ContainerFacts, EngineError, NoSuchContainerError

SIGTERM_EXIT: Final = 143
SIGKILL_EXIT: Final = 137


@dataclass(slots=True)
class MemoryContainer:
    """A container. `ignores_term`: it ends by SIGKILL alone."""

    docker_id: str
    name: str
    body: dict[str, Any]
    created: datetime
    running: bool = False
    started: datetime | None = None
    finished: datetime | None = None
    exit_code: int | None = None
    graces: list[int] = field(default_factory=list)
    health: Literal["HEALTHY", "UNHEALTHY", "UNKNOWN"] | None = None
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def ignores_term(self) -> bool:
        """Return whether its command is one that passes over SIGTERM."""
        return "ignores-term" in self.body.get("Cmd", [])


class MemoryEngine:
    """Containers of this process. `images` are on the host, `registry` can be pulled from.

    With `registry` None every image can be pulled, but those whose name has `no-such` in it.
    """

    def __init__(self, *, images: set[str] | None = None, registry: set[str] | None = None) -> None:
        self.images = images or set()
        self.registry = registry
        self.containers: dict[str, MemoryContainer] = {}
        self.pulls: list[str] = []
        self._hearing: set[asyncio.Queue[str | None]] = set()

    async def version(self) -> str:
        """Return what stands where Docker's version does."""
        return "0.0.0"

    async def has_image(self, image: str) -> bool:
        """Return whether an image is on this host."""
        return image in self.images

    async def pull(self, image: str) -> None:
        """Take an image from the registry."""
        self.pulls.append(image)
        known = "no-such" not in image if self.registry is None else image in self.registry
        if not known:
            raise EngineError("CannotPullContainerError", f"manifest for {image} not found")
        self.images.add(image)

    async def image_digest(self, image: str) -> str | None:
        """Return the digest in an image's name."""
        return image.partition("@")[2] or None

    async def create(self, name: str, body: dict[str, Any]) -> str:
        """Make a container."""
        if body["Image"] not in self.images:
            raise EngineError("CannotCreateContainerError", f"No such image: {body['Image']}")
        if any(one.name == name for one in self.containers.values()):
            raise EngineError("CannotCreateContainerError", f"the name {name} is already in use")
        made = MemoryContainer(secrets.token_hex(32), name, body, datetime.now(UTC))
        made.health = "UNKNOWN" if "Healthcheck" in body else None
        self.containers[made.docker_id] = made
        return made.docker_id

    async def start(self, docker_id: str) -> None:
        """Have a container run, unless its command is `no-such`."""
        found = self._container(docker_id, "CannotStartContainerError")
        if found.body.get("Cmd", [])[:1] == ["no-such"]:
            raise EngineError("CannotStartContainerError", "no-such: not found in $PATH")
        if not found.running:
            found.running, found.exit_code, found.finished = True, None, None
            found.started = datetime.now(UTC)
            found.ended.clear()

    async def stop(self, docker_id: str, grace_s: int) -> None:
        """End a container; one that ignores SIGTERM after its grace."""
        found = self._container(docker_id, "CannotStopContainerError")
        found.graces.append(grace_s)
        if found.running and found.ignores_term:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(grace_s):
                    await found.ended.wait()
        if found.running:
            self.end(docker_id, SIGKILL_EXIT if found.ignores_term else SIGTERM_EXIT)

    async def remove(self, docker_id: str) -> None:
        """Forget a container."""
        self.containers.pop(docker_id, None)

    async def inspect(self, name_or_id: str) -> ContainerFacts:
        """Return what is known of a container."""
        for one in self.containers.values():
            if name_or_id in (one.docker_id, one.name):
                return ContainerFacts(
                    docker_id=one.docker_id,
                    running=one.running,
                    exit_code=one.exit_code,
                    health=one.health if one.running else None,
                    image_id=f"sha256:{one.body['Image']}",
                    created=one.created,
                    started=one.started,
                    finished=one.finished,
                )
        raise NoSuchContainerError(name_or_id)

    @contextlib.asynccontextmanager
    async def ends(self) -> AsyncIterator[AsyncIterator[str]]:
        """Give the ids of containers as they end."""
        queue: asyncio.Queue[str | None] = asyncio.Queue()
        self._hearing.add(queue)
        try:
            yield _until_none(queue)
        finally:
            self._hearing.discard(queue)

    def end(self, docker_id: str, exit_code: int) -> None:
        """End a container, as its own process would."""
        found = self.containers[docker_id]
        found.running, found.exit_code = False, exit_code
        found.finished = datetime.now(UTC)
        found.ended.set()
        for queue in self._hearing:
            queue.put_nowait(docker_id)

    def go_away(self) -> None:
        """End every stream of ends, as a daemon that is stopped does."""
        for queue in self._hearing:
            queue.put_nowait(None)

    def _container(self, docker_id: str, error: Any) -> MemoryContainer:
        if docker_id not in self.containers:
            raise EngineError(error, f"No such container: {docker_id}")
        return self.containers[docker_id]


async def _until_none(queue: asyncio.Queue[str | None]) -> AsyncIterator[str]:
    while (docker_id := await queue.get()) is not None:
        yield docker_id
