"""Docker that is absent, stops, hangs, is slow or full: what the person at the kiosk sees."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.containers.docker_line import DockerLine, docker_line
from tests.support.containers.images import Image
from tests.support.containers.supervised import SupervisedKiosk, kiosk_at_hand
from tests.support.real_kiosk import sell_one, sign_in

pytestmark = [pytest.mark.containers, pytest.mark.timeout(300)]
MOMENT = "One moment, please"


@pytest.fixture
async def line(tmp_path: Path) -> AsyncIterator[DockerLine]:
    async with docker_line(tmp_path) as line:
        yield line


@pytest.fixture
async def kiosk(
    kiosk_image: Image, tmp_path: Path, line: DockerLine
) -> AsyncIterator[SupervisedKiosk]:
    socket = str(line.socket)
    async with kiosk_at_hand(kiosk_image, tmp_path, docker_socket=socket) as kiosk:
        yield kiosk


async def test_where_docker_is_absent_the_screen_says_one_moment_and_sells_once_it_is_there(
    kiosk: SupervisedKiosk, line: DockerLine
) -> None:
    async with kiosk.supervising(), kiosk.console() as screen:
        await screen.wait_for(MOMENT, 60)
        waits = await kiosk.decided("wait", "Docker does not answer (")
        assert "what runs goes on running" in waits["why"]
        await line.open()
        await sign_in(screen)
        assert await sell_one(screen)


async def test_a_docker_that_hangs_leaves_the_screen_that_sells_and_the_status_says_so(
    kiosk: SupervisedKiosk, line: DockerLine
) -> None:
    await line.open()
    async with kiosk.supervising(), kiosk.console() as screen:
        await sign_in(screen)
        line.hangs = True
        await kiosk.decided("wait", "Docker does not answer (it took too long)")
        assert await sell_one(screen)
        far = kiosk.venue.kiosk.far
        # The first ones may be from before the supervisor has told anything.
        await far.until(
            lambda: (far.heartbeats[-1]["ui"] or {}).get("docker_away") == "it took too long"
        )
        assert far.heartbeats[-1]["ui"]["source"] == "standby"
        assert line.held > 0


async def test_while_docker_hangs_a_console_that_begins_says_one_moment(
    kiosk: SupervisedKiosk, line: DockerLine
) -> None:
    await line.open()
    async with kiosk.supervising():
        assert await kiosk.answers()
        line.hangs = True
        async with kiosk.console() as screen:
            await asyncio.wait_for(line.met.wait(), 60)
            await screen.wait_for(MOMENT, 60)
            line.hangs = False
            await sign_in(screen)
            assert await sell_one(screen)


async def test_a_docker_that_answers_after_five_seconds_still_runs_the_kiosk(
    kiosk: SupervisedKiosk, line: DockerLine
) -> None:
    line.delay_s = 5
    await line.open()
    async with kiosk.supervising():
        await kiosk.decided("wait", "Docker does not answer (it took too long)")
        started = await kiosk.decided("start the standby")
        line.delay_s = 0
        async with kiosk.console() as screen:
            await sign_in(screen)
            assert await sell_one(screen)
        assert started["why"].startswith("no kiosk UI runs")
        assert line.held > 0


async def test_where_docker_s_disk_is_full_the_screen_says_one_moment_until_there_is_room(
    kiosk: SupervisedKiosk, line: DockerLine
) -> None:
    line.full = True
    await line.open()
    async with kiosk.supervising(), kiosk.console() as screen:
        failed = await kiosk.decided("start the standby")
        assert failed["outcome"].endswith("no space left on device")
        await screen.wait_for(MOMENT, 60)
        await kiosk.decided("wait", "the standby ended 2 times: again after 1 s")
        line.full = False
        await sign_in(screen)
        assert await sell_one(screen)
        assert line.held > 0
