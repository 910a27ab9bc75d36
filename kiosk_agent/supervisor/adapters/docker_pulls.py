"""Docker, as it pulls images by their digest."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Final

import aiodocker

from kiosk_agent.supervisor.adapters.docker_answers import SO_ANYWAY, answers
from kiosk_agent.supervisor.domain.pulling import Image, OnHost, Progress
from kiosk_agent.supervisor.ports import PullFailedError, RegistryLogin

_NOT_FOUND: Final = 404


class DockerPulls:
    """Docker's own pulls; `docker_at` makes its client.

    Docker has no limit to a pull's rate, and throws away all layers of a pull that failed.
    https://github.com/moby/moby/issues/26146
    """

    def __init__(self, docker: aiodocker.Docker) -> None:
        self._docker = docker
        self._platform = ""

    async def platform(self) -> str:
        """Return what this host runs."""
        if not self._platform:
            async with answers():
                said = await self._docker.version()
                self._platform = f"{said['Os']}/{said['Arch']}"
        return self._platform

    async def find(self, image: Image) -> OnHost | None:
        """Return what Docker has by that name and digest."""
        async with answers():
            try:
                said = await self._docker.images.inspect(image.name)
            except aiodocker.DockerError as error:
                if error.status == _NOT_FOUND:
                    return None
                raise
            return OnHost(
                image_id=said["Id"],
                names=tuple(said["RepoDigests"] or ()),
                platform=f"{said['Os']}/{said['Architecture']}",
            )

    async def pull(self, name: str, login: RegistryLogin | None) -> AsyncGenerator[Progress]:
        """Pull by any name, telling how far that is. Raises PullFailedError, DockerAwayError."""
        auth: dict[str, Any] | None = None
        if login is not None:
            auth = {"username": login.username, "password": login.password}
        progress = Progress()
        async with answers():
            try:
                lines: Any = self._docker.images.pull(name, auth=auth, stream=True)
                async with aclosing(lines):
                    async for line in lines:
                        progress = progress.heard(line)
                        yield progress
            except aiodocker.DockerError as error:
                raise PullFailedError(error.message) from error

    async def take_name(self, name: str) -> None:
        """Take a name from an image that has another one; gone is no failure."""
        async with answers(fine=SO_ANYWAY):
            await self._docker.images.delete(name)
