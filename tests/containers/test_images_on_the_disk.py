"""Images that nothing needs any more, removed from a real Docker; what is needed stays."""

from collections.abc import AsyncIterator, Sequence

import pytest

from kiosk_agent.adapters.system_clock import SystemClock
from kiosk_agent.supervisor.adapters.docker_answers import docker_at
from kiosk_agent.supervisor.adapters.docker_images import DockerImages
from kiosk_agent.supervisor.domain.host import Host, UiTask
from kiosk_agent.supervisor.domain.images import ImageSeen, ImagesKnown
from kiosk_agent.supervisor.domain.memory import GoodTasks
from kiosk_agent.supervisor.services.decisions import Decisions
from kiosk_agent.supervisor.services.pruning import IN_USE, Pruning
from tests.support.containers.docker import DockerError, away, docker, inspect
from tests.support.containers.images import Image
from tests.support.containers.pulling_host import SOCKET
from tests.support.containers.variants import variant

pytestmark = [pytest.mark.containers, pytest.mark.timeout(300)]


class Known:
    """What steering, pulling, disk and memory say; the disk is short."""

    def __init__(self, needed: str) -> None:
        self.host = Host()
        self.good = GoodTasks(last=UiTask(needed, f"kiosk@{needed}"))
        self.decisions = Decisions(SystemClock())
        self.desired: Sequence[str] = ()
        self.is_told = True
        self.is_pulling = False

    def is_short(self) -> bool:
        return True

    def load(self) -> ImagesKnown:
        return ImagesKnown()

    def keep(self, known: ImagesKnown) -> None:
        pass


class OfThisTest(DockerImages):
    """Sees the images of the test alone: this Docker has others."""

    names: frozenset[str] = frozenset()

    async def images(self) -> Sequence[ImageSeen]:
        return [one for one in await super().images() if one.image_id in self.names]


@pytest.fixture
async def images() -> AsyncIterator[OfThisTest]:
    async with docker_at(SOCKET) as docker:
        yield OfThisTest(docker)


def is_here(image_id: str) -> bool:
    try:
        return bool(inspect("image", image_id))
    except DockerError:
        return False


async def test_what_nothing_needs_goes_with_all_its_names_and_never_while_pulling(
    kiosk_image: Image, images: OfThisTest
) -> None:
    async with (
        variant(kiosk_image.digest, "needed") as needed,
        variant(kiosk_image.digest, "in use") as in_use,
        variant(kiosk_image.digest, "old") as old,
    ):
        for tag in ("one", "two"):
            docker("tag", old, f"eventpro-test/kiosk:{tag}")
        stopped = await away("create", in_use)
        images.names = frozenset({needed, in_use, old})
        assert {one.image_id for one in await images.images()} == images.names
        known = Known(needed)
        pruning = Pruning(images, known, known, known, SystemClock(), known)  # type: ignore[arg-type]
        known.is_pulling = True
        await pruning.prune()
        assert all(map(is_here, images.names))
        known.is_pulling = False
        await pruning.prune()
        assert (is_here(needed), is_here(in_use), is_here(old)) == (True, True, False)
        outcomes = {one.what: one.outcome for one in known.decisions.kept}
        assert outcomes == {
            f"remove the image {in_use}": IN_USE,
            f"remove the image {old}": "done",
        }
        docker("rm", stopped)
