"""Pulls that go on where the line was cut: through the relay, then by the image's own name."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import structlog

from kiosk_agent.supervisor.adapters.blob_folder import BlobFolder
from kiosk_agent.supervisor.adapters.docker_pulls import DockerPulls
from kiosk_agent.supervisor.adapters.registry_relay import RegistryRelay
from kiosk_agent.supervisor.domain.pulling import Image, OnHost, Progress
from kiosk_agent.supervisor.ports import PullFailedError, RegistryLogin

log = structlog.get_logger(__name__)


class RelayedPulls:
    """Adapter of WantedImages."""

    def __init__(self, docker: DockerPulls, relay: RegistryRelay, folder: BlobFolder) -> None:
        self._docker = docker
        self._relay = relay
        self._folder = folder

    async def platform(self) -> str:
        """Return what this host runs."""
        return await self._docker.platform()

    async def find(self, image: Image) -> OnHost | None:
        """Return what Docker has by that name and digest."""
        return await self._docker.find(image)

    async def pull(self, image: Image, login: RegistryLogin | None) -> AsyncGenerator[Progress]:
        """Pull it, telling how far that is."""
        platform, progress = await self._docker.platform(), Progress()
        near = await self._relay.begin(image, login, platform)
        try:
            async with aclosing(self._docker.pull(near, None)) as told:
                async for progress in told:
                    yield progress
                    self._end_where_given_up()
        except PullFailedError as error:
            raise PullFailedError(self._relay.why or str(error)) from error
        # All layers are here, so this moves a manifest alone. By this name ECS, too, will ask.
        async with aclosing(self._docker.pull(image.name, login)) as told:
            async for _ in told:
                yield progress
        await self._docker.take_name(near)
        self._forget()

    def _forget(self) -> None:
        """Give the room back at once: another image that is never ready may keep all else here."""
        try:
            self._relay.forget_parts()
        except OSError as error:
            log.warning("parts_not_removed", why=str(error))

    def _end_where_given_up(self) -> None:
        """Raise PullFailedError: Docker would ask for a minute more."""
        if self._relay.gave_up:
            raise PullFailedError(self._relay.why)

    async def forget_parts(self) -> None:
        """Remove what came of images that are here by now, or not wanted any more."""
        await asyncio.to_thread(self._folder.clear)
