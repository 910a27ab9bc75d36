"""The supervisor's pulling with real Docker, and an agent in memory that wants images."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from kiosk_agent.adapters.system_clock import SystemClock
from kiosk_agent.supervisor.adapters.blob_folder import BlobFolder
from kiosk_agent.supervisor.adapters.docker_answers import docker_at
from kiosk_agent.supervisor.adapters.docker_images import ImagesDisk
from kiosk_agent.supervisor.adapters.docker_pulls import DockerPulls
from kiosk_agent.supervisor.adapters.registry_client import RegistryClient
from kiosk_agent.supervisor.adapters.registry_relay import RegistryRelay
from kiosk_agent.supervisor.adapters.relayed_pulls import RelayedPulls
from kiosk_agent.supervisor.ports import RegistryLogin
from kiosk_agent.supervisor.services.decisions import Decisions
from kiosk_agent.supervisor.services.pulling import Pulling
from kiosk_contracts.images import ImagesSeen, ImageStanding, ImagesWanted
from tests.support.containers.docker import away

SOCKET = Path("/run/docker.sock")


@dataclass
class PullingHost:
    """AgentImages, RegistryLogins and DockerDisk, and what the supervisor makes of them."""

    decisions: Decisions
    relay: RegistryRelay
    parts: BlobFolder
    wants: list[str] = field(default_factory=list)
    logs_in: RegistryLogin | None = None
    seen: ImagesSeen = field(default_factory=ImagesSeen)
    pulling: Pulling = field(init=False)

    async def tell_images(self, seen: ImagesSeen) -> ImagesWanted:
        self.seen = seen
        return ImagesWanted(known=True, images=tuple(self.wants))

    async def login(self, registry: str) -> RegistryLogin | None:
        del registry
        return self.logs_in

    def is_short(self) -> bool:
        return False

    async def pull(self, *wants: str) -> tuple[ImageStanding, ...]:
        """Want images; return how they stand once one try at each is over."""
        self.wants = list(wants)
        for _ in wants or [""]:
            await self.pulling.look()
            await self.pulling.ended()
        return await self.tell()

    async def tell(self) -> tuple[ImageStanding, ...]:
        """Let the supervisor tell how they stand; return that."""
        await self.pulling._hear()
        return self.seen.images

    async def dies(self) -> None:
        """End the supervisor in the middle of a pull, with all that it knows."""
        if self.pulling._under_way is not None:
            self.pulling._under_way[1].cancel()
            await self.pulling.ended()

    def why(self) -> list[str]:
        return [f"{one.what}: {one.outcome}" for one in self.decisions.kept]


@asynccontextmanager
async def pulling_host(
    folder: Path, *, silence_s: float = 300, bytes_per_s: int = 0
) -> AsyncIterator[PullingHost]:
    """Be a host; the names of what was pulled are gone at the end."""
    clock, parts = SystemClock(), BlobFolder(folder / "pulls")
    async with (
        docker_at(SOCKET) as docker,
        RegistryClient() as client,
        RegistryRelay(client, parts, ImagesDisk(folder), clock, bytes_per_s) as relay,
    ):
        host = PullingHost(Decisions(clock), relay, parts)
        images = RelayedPulls(DockerPulls(docker), relay, parts)
        host.pulling = Pulling(
            *(host, images, host, host, host.decisions, clock), silence_s=silence_s
        )
        try:
            yield host
        finally:
            await host.dies()
            await forget_pulled()


async def forget_pulled() -> None:
    """Remove the images of these tests."""
    found = await away("images", "--quiet", "--no-trunc", "--filter", "label=eventpro.test=pulls")
    for image in set(found.split()):
        await away("rmi", "--force", image)
