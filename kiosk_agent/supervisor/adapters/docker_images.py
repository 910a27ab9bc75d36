"""Docker's images of the kiosk UI, and the disk that they are on."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import aiodocker

from kiosk_agent.supervisor.adapters.docker_answers import CONFLICT, NOT_FOUND, answers
from kiosk_agent.supervisor.domain.images import ImageSeen

OURS: Final = "org.opencontainers.image.title=EventPro kiosk UI"
"""A label of Dockerfile.kiosk."""
SHORT_BYTES: Final = 2_000_000_000
"""Less than this is short: an image, unpacked twice while it is pulled, and what a host writes."""


class DockerImages:
    """Adapter of UiImages; `docker_at` makes its client."""

    def __init__(self, docker: aiodocker.Docker) -> None:
        self._docker = docker

    async def images(self) -> Sequence[ImageSeen]:
        """Return the kiosk UI's images, whatever names them."""
        async with answers():
            listed = await self._docker.images.list(filters={"label": [OURS]})
            return [
                ImageSeen(
                    image_id=one["Id"],
                    names=tuple(
                        name
                        for name in (*(one["RepoTags"] or ()), *(one["RepoDigests"] or ()))
                        if "<none>" not in name
                    ),
                    size_bytes=one["Size"],
                    made_s=one["Created"],
                )
                for one in listed
            ]

    async def remove_image(self, image: ImageSeen) -> bool:
        """Remove one with all its names; say whether it is gone: one in use after all stays."""
        for name in image.names or (image.image_id,):
            async with answers(fine={NOT_FOUND}):
                try:
                    await self._docker.images.delete(name)
                except aiodocker.DockerError as error:
                    if error.status != CONFLICT:
                        raise
                    return False
        return True


class ImagesDisk:
    """Adapter of DockerDisk: the file systems that folders are on."""

    def __init__(self, *folders: Path) -> None:
        self._folders = folders

    def is_short(self) -> bool:
        """Say whether less than `SHORT_BYTES` are free; a folder that is not there is not short."""
        return any(_free(folder) < SHORT_BYTES for folder in self._folders)


def _free(folder: Path) -> int:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return SHORT_BYTES
