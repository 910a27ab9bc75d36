"""What the agent needs of the world: an engine that runs containers, and ECS."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from local_region.ecs_agent.domain.tasks import Saved

EngineErrorName = Literal[
    "CannotPullContainerError",
    "CannotCreateContainerError",
    "CannotStartContainerError",
    "CannotStopContainerError",
    "CannotInspectContainerError",
    "CannotGetDockerClientError",
]


class EngineError(Exception):
    """The engine did not do it. The text is as the real agent reports it: name, colon, reason.

    `retryable`: the engine itself did not answer, so the same may work later.
    """

    def __init__(self, name: EngineErrorName, reason: str, *, retryable: bool = False) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.retryable = retryable


class NoSuchContainerError(Exception):
    """The engine does not know a container."""


@dataclass(frozen=True, slots=True)
class ContainerFacts:
    """What the engine knows of a container.

    `exit_code` is None while it runs or never ran, `health` where nothing checks it.
    """

    docker_id: str
    running: bool
    exit_code: int | None = None
    reason: str | None = None
    health: Literal["HEALTHY", "UNHEALTHY", "UNKNOWN"] | None = None
    image_id: str = ""
    created: datetime | None = None
    started: datetime | None = None
    finished: datetime | None = None
    bindings: list[dict[str, Any]] = field(default_factory=list)
    volumes: list[dict[str, str]] = field(default_factory=list)


class Engine(Protocol):
    """Runs containers. Every method raises EngineError unless it says another."""

    async def version(self) -> str:
        """Return the engine's version, e.g. `20.10.24`."""
        ...

    async def has_image(self, image: str) -> bool:
        """Return whether an image is on this host."""
        ...

    async def pull(self, image: str) -> None:
        """Bring an image onto this host; the same again is no error."""
        ...

    async def image_digest(self, image: str) -> str | None:
        """Return the digest by which a registry knows an image, or None if none does."""
        ...

    async def create(self, name: str, body: dict[str, Any]) -> str:
        """Return the id of a container that was created; a name that is taken is an error."""
        ...

    async def start(self, docker_id: str) -> None:
        """Start a container; one that runs stays as it is."""
        ...

    async def stop(self, docker_id: str, grace_s: int) -> None:
        """Send SIGTERM, after `grace_s` SIGKILL; return when it has ended, also if it had."""
        ...

    async def remove(self, docker_id: str) -> None:
        """Remove a container that has ended; one that is not there is no error."""
        ...

    async def inspect(self, name_or_id: str) -> ContainerFacts:
        """Return what is known of a container; raises NoSuchContainerError too."""
        ...

    def ends(self) -> AbstractAsyncContextManager[AsyncIterator[str]]:
        """Give the ids of containers as they end, from the block's beginning on.

        The iterator ends, or raises EngineError, when the engine goes away: what ended meanwhile
        is to be asked for.
        """
        ...


class UnreachableError(Exception):
    """ECS did not answer; the same may work later."""


class RefusedError(Exception):
    """ECS answered no. `code` is the `__type` of its answer, without a namespace."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.status = status

    @property
    def throttled(self) -> bool:
        """Return whether the same call may work in a while."""
        return "Throttl" in self.code or self.code == "TooManyRequestsException"

    @property
    def by_the_server(self) -> bool:
        """Return whether it is ECS's own failure."""
        return self.status >= 500  # noqa: PLR2004  HTTP's line


class Checkpoint(Protocol):
    """What survives a restart of the agent."""

    saved: Saved

    def save(self) -> None:
        """Have it on disk when this returns; raises OSError."""
        ...


class Line(Protocol):
    """An open websocket."""

    async def send(self, text: str) -> None:
        """Send a text frame; raises UnreachableError."""
        ...

    async def receive(self) -> str | None:
        """Return the next text frame, or None when the other end closed it in good order.

        Raises UnreachableError when it broke.
        """
        ...


class Ecs(Protocol):
    """ECS, as the agent's network and credentials reach it."""

    async def call(
        self, operation: str, params: dict[str, Any], *, timeout_s: float
    ) -> dict[str, Any]:
        """Call an operation once; raises UnreachableError or RefusedError."""
        ...

    def line(self, url: str, *, timeout_s: float) -> AbstractAsyncContextManager[Line]:
        """Open a websocket; raises UnreachableError, or RefusedError for a refused upgrade."""
        ...

    def signed_frame(self, url: str, body: str) -> str:
        """Return a frame of TCS: header lines of a signature, an empty line, the body."""
        ...
