"""Docker, through its socket. Works with Docker 20.10 (API 1.41) and later."""

import contextlib
import json
import re
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final, Literal, Self

import aiodocker
import aiohttp
from aiodocker.channel import ChannelSubscriber

from local_region.ecs_agent.ports import (
    ContainerFacts,
    EngineError,
    EngineErrorName,
    NoSuchContainerError,
)

# The real agent's limits for create and start are of this order (`agent/config/config.go`).
_CALL_LIMIT_S: Final = 240.0
_UNREACHABLE: Final = (aiohttp.ClientError, OSError, TimeoutError)
# What aiodocker itself says where no daemon answers (aiodocker/docker.py).
_NO_DAEMON: Final = 900
_NEVER: Final = "0001-01-01T00:00:00Z"
_FRACTION: Final = re.compile(r"(\.\d{1,6})\d*")


class DockerEngine:
    """Docker by the address of its socket, `unix:///…`. Use it as an async context manager."""

    def __init__(self, url: str = "unix:///var/run/docker.sock") -> None:
        self._url = url
        self._docker: aiodocker.Docker | None = None

    async def __aenter__(self) -> Self:
        self._docker = self._client()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._open.close()

    async def version(self) -> str:
        """Return the daemon's version."""
        with _told_as("CannotGetDockerClientError"):
            told = await self._open.version()
        return str(told["Version"])

    async def has_image(self, image: str) -> bool:
        """Return whether an image is on this host."""
        try:
            with _told_as("CannotInspectContainerError"):
                await self._open.images.inspect(image)
        except NoSuchContainerError:
            return False
        return True

    async def pull(self, image: str) -> None:
        """Pull an image; without credentials for a registry."""
        with _told_as("CannotPullContainerError", missing_is_error=True):
            await self._open.images.pull(image)

    async def image_digest(self, image: str) -> str | None:
        """Return the first of an image's registry digests."""
        try:
            with _told_as("CannotInspectContainerError"):
                told = await self._open.images.inspect(image)
        except NoSuchContainerError:
            return None
        known = [str(one).partition("@")[2] for one in told.get("RepoDigests") or []]
        return known[0] if known else None

    async def create(self, name: str, body: dict[str, Any]) -> str:
        """Create a container."""
        with _told_as("CannotCreateContainerError", missing_is_error=True):
            made = await self._open.containers.create(body, name=name)
        return made.id

    async def start(self, docker_id: str) -> None:
        """Start a container."""
        with _told_as("CannotStartContainerError", missing_is_error=True):
            await self._open.containers.container(docker_id).start()

    async def stop(self, docker_id: str, grace_s: int) -> None:
        """Stop a container; Docker itself sends SIGKILL when the grace is over."""
        with _told_as("CannotStopContainerError", missing_is_error=True):
            await self._open.containers.container(docker_id).stop(t=grace_s)

    async def remove(self, docker_id: str) -> None:
        """Remove a container and its anonymous volumes."""
        with contextlib.suppress(NoSuchContainerError), _told_as("CannotStopContainerError"):
            await self._open.containers.container(docker_id).delete(v=True)

    async def inspect(self, name_or_id: str) -> ContainerFacts:
        """Return what Docker knows."""
        with _told_as("CannotInspectContainerError"):
            told = await self._open.containers.container(name_or_id).show()
        return _facts(told)

    @contextlib.asynccontextmanager
    async def ends(self) -> AsyncIterator[AsyncIterator[str]]:
        """Give the ids of containers whose process ended.

        The stream is asked for what ended since now, so that nothing is lost until it is open; an
        end may be told twice.
        """
        client = self._client()
        try:
            events = client.events.subscribe(
                filters=json.dumps({"type": ["container"], "event": ["die"]}),
                since=str(int(time.time())),
            )
            yield _ids(events)
        finally:
            # A stream that broke says so once more when it is stopped.
            with contextlib.suppress(aiodocker.DockerError, *_UNREACHABLE):
                await client.events.stop()
            await client.close()

    @property
    def _open(self) -> aiodocker.Docker:
        if self._docker is None:
            raise RuntimeError("use DockerEngine as an async context manager")
        return self._docker

    def _client(self) -> aiodocker.Docker:
        limit = aiohttp.ClientTimeout(total=_CALL_LIMIT_S)
        return aiodocker.Docker(url=self._url, timeout=limit)


async def _ids(events: ChannelSubscriber) -> AsyncIterator[str]:
    while (event := await events.get()) is not None:
        yield str(event["Actor"]["ID"])


@contextlib.contextmanager
def _told_as(name: EngineErrorName, *, missing_is_error: bool = False) -> Iterator[None]:
    """Raise what Docker says as this agent's own errors."""
    try:
        yield
    except aiodocker.DockerError as error:
        if error.status == HTTPStatus.NOT_FOUND and not missing_is_error:
            raise NoSuchContainerError(error.message) from error
        if error.status == _NO_DAEMON:
            raise _unreachable(name, error.message) from error
        raise EngineError(name, f"Error response from daemon: {error.message}") from error
    except _UNREACHABLE as error:
        raise _unreachable(name, str(error) or type(error).__name__) from error


def _unreachable(name: EngineErrorName, why: str) -> EngineError:
    return EngineError(name, f"Cannot connect to the Docker daemon: {why}", retryable=True)


def _facts(told: dict[str, Any]) -> ContainerFacts:
    state = told["State"]
    running = bool(state.get("Running"))
    started = _time(state.get("StartedAt"))
    reason = state.get("Error") or None
    if state.get("OOMKilled"):
        reason = "OutOfMemoryError: Container killed due to memory usage"
    return ContainerFacts(
        docker_id=told["Id"],
        running=running,
        exit_code=None if running or started is None else int(state.get("ExitCode", 0)),
        reason=reason,
        health=_health(state.get("Health")),
        image_id=told.get("Image", ""),
        created=_time(told.get("Created")),
        started=started,
        finished=_time(state.get("FinishedAt")),
        bindings=_bindings(told.get("NetworkSettings", {}).get("Ports") or {}),
        volumes=[
            {"Source": one.get("Source", ""), "Destination": one.get("Destination", "")}
            for one in told.get("Mounts") or []
        ],
    )


def _health(told: dict[str, Any] | None) -> Literal["HEALTHY", "UNHEALTHY", "UNKNOWN"] | None:
    if not told or told.get("Status") in (None, "", "none"):
        return None
    match told["Status"]:
        case "healthy":
            return "HEALTHY"
        case "unhealthy":
            return "UNHEALTHY"
        case _:
            return "UNKNOWN"


def _bindings(ports: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for name, hosts in ports.items():
        port, _, protocol = name.partition("/")
        found.extend(
            {
                "bindIP": one.get("HostIp", ""),
                "containerPort": int(port),
                "hostPort": int(one["HostPort"]),
                "protocol": protocol,
            }
            for one in hosts or []
        )
    return found


def _time(text: str | None) -> datetime | None:
    """Read Docker's times, which have nanoseconds; what never was is None."""
    if not text or text == _NEVER:
        return None
    return datetime.fromisoformat(_FRACTION.sub(r"\1", text)).astimezone(UTC)
