"""The folder of the sockets removed under agent, supervisor and UI, and what repairs it."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from kiosk_agent.unit_names import AGENT
from tests.support.agent_process import running_agent
from tests.support.containers.images import Image
from tests.support.containers.required import runs_all
from tests.support.containers.supervised import SupervisedKiosk, kiosk_at_hand
from tests.support.containers.venue_kiosk import make_sockets_folder
from tests.support.real_kiosk import sell_one, sign_in, sign_in_again
from tests.support.systemctl import StandInSystemctl

pytestmark = [pytest.mark.containers, pytest.mark.timeout(600)]


@pytest.fixture
async def kiosk(kiosk_image: Image, tmp_path: Path) -> AsyncIterator[SupervisedKiosk]:
    async with kiosk_at_hand(kiosk_image, tmp_path, repairs=True) as kiosk:
        yield kiosk


@pytest.fixture
def systemd(tmp_path: Path) -> StandInSystemctl:
    """Give one that knows the agent's unit alone; what it is asked for the test does itself."""
    folder = tmp_path / "systemd"
    folder.mkdir()
    systemd = StandInSystemctl(folder)
    systemd.tell({AGENT: ("loaded", "active", "enabled")})
    return systemd


@runs_all
@pytest.mark.parametrize("who", ["ecs", "standby"])
async def test_where_the_sockets_folder_is_removed_a_ui_that_has_the_new_one_sells(
    kiosk: SupervisedKiosk, systemd: StandInSystemctl, who: str
) -> None:
    """tests/venue/test_repairs.py has the same by the real systemd, without containers."""
    path = f"{systemd.folder}:{os.environ['PATH']}"
    async with AsyncExitStack() as stack:
        supervisor = await stack.enter_async_context(kiosk.supervising(PATH=path))
        await kiosk.decided("start the standby")
        if who == "ecs":
            ecs = await stack.enter_async_context(kiosk.ecs_ui())
            await kiosk.decided(f"move the screen to {ecs.name[:12]}")
        screen = await stack.enter_async_context(kiosk.console())
        await sign_in(screen)
        assert await sell_one(screen)
        screen.press("escape")
        before = await kiosk.shown()
        shutil.rmtree(kiosk.venue.sockets)
        repaired = await supervisor.until_logged(lambda one: one["event"] == "repaired")
        assert repaired["why"] == "the agent runs, and its UI socket is gone"
        assert systemd.acts() == [
            "start kiosk-socket-folders.service",
            "restart kiosk-agent.service",
        ]
        make_sockets_folder(kiosk.venue.sockets)
        assert await kiosk.venue.agent.stop() == 0
        await stack.enter_async_context(running_agent(kiosk.venue.kiosk.folder))
        # What mounts the folder that was removed never sees the agent again.
        await screen.wait_for("NO AGENT since", 60)
        if who == "ecs":
            await kiosk.decided("start the standby", "the kiosk UI that ECS runs does not answer")
        else:
            why = "the standby has the sockets of a folder that is gone"
            await kiosk.decided("end a kiosk UI", why)
        # Who was signed in was in the memory of the agent that ended.
        await sign_in_again(screen)
        assert await sell_one(screen)
        assert await kiosk.shown() not in {"", before}
        wanted = "repair ui_socket: start kiosk-socket-folders, restart kiosk-agent"
        assert wanted in [one["what"] for one in await kiosk.why()]
