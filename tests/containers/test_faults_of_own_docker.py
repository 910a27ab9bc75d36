"""The real Docker ended and started again, and with no byte left: a screen sells, or says so."""

import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.containers.docker import away
from tests.support.containers.images import Image
from tests.support.containers.own_docker import OwnDocker, own_docker
from tests.support.containers.required import runs_all
from tests.support.containers.supervised import SupervisedKiosk, kiosk_at_hand
from tests.support.real_kiosk import sell_one, sign_in

pytestmark = [pytest.mark.containers, pytest.mark.timeout(300), runs_all]
MOMENT = "One moment, please"


@pytest.fixture
async def docker(kiosk_image: Image, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[OwnDocker]:
    async with own_docker(kiosk_image.digest) as docker:
        monkeypatch.setenv("DOCKER_HOST", f"unix://{docker.socket}")
        yield docker


@pytest.fixture
async def kiosk(
    kiosk_image: Image, tmp_path: Path, docker: OwnDocker
) -> AsyncIterator[SupervisedKiosk]:
    own = {"docker_socket": str(docker.socket), "docker_root": str(docker.disk)}
    async with kiosk_at_hand(kiosk_image, tmp_path, **own) as kiosk:
        yield kiosk


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGKILL])
async def test_where_docker_ends_the_screen_says_one_moment_and_sells_once_it_is_back(
    kiosk: SupervisedKiosk, docker: OwnDocker, sign: int
) -> None:
    async with kiosk.supervising(), kiosk.console() as screen:
        await sign_in(screen)
        assert await sell_one(screen)
        before = await kiosk.shown()
        await docker.end(sign)
        await kiosk.decided("wait", "Docker does not answer (")
        await screen.wait_for(MOMENT, 60)
        await docker.start()
        await screen.wait_for("Done here just now: sale", 60)
        assert await sell_one(screen)
        assert await kiosk.shown() != before
        removed = await kiosk.decided(f"remove a standby that ended: {before[:12]}")
        assert removed["why"].startswith("the standby ended: ")


async def test_on_a_disk_that_is_full_what_runs_sells_and_what_ends_comes_back_with_room(
    kiosk: SupervisedKiosk, docker: OwnDocker
) -> None:
    async with kiosk.supervising(), kiosk.console() as screen:
        await sign_in(screen)
        docker.fill()
        assert await sell_one(screen)
        screen.press("escape")
        await away("kill", await kiosk.shown())
        await screen.wait_for(MOMENT, 60)
        supervisor = kiosk.supervisor
        assert supervisor is not None
        failed = await supervisor.until_logged(
            lambda one: one["event"] == "decided" and "no space left" in one["outcome"]
        )
        assert failed["what"].startswith("start the standby")
        docker.empty()
        await screen.wait_for("Done here just now: sale", 60)
        assert await sell_one(screen)
