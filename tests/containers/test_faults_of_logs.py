"""A kiosk UI that floods its log: the disk keeps its room, and the screen goes on selling."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kiosk_agent.bootstrap.domain.settings_files import write_docker_config
from tests.support.containers.docker import Container, away, container
from tests.support.containers.images import Image
from tests.support.containers.supervised import SupervisedKiosk, kiosk_at_hand
from tests.support.containers.variants import FLOOD_BYTES, FLOODS, variant
from tests.support.real_kiosk import sell_one, sign_in

pytestmark = [pytest.mark.containers, pytest.mark.timeout(300)]

UI_LOG_BYTES = 2 * 1_000_000
"""Docker 20.10 keeps a full file beside the one that it writes, also where it is to have one."""
HOST_LOG_BYTES = 3 * 10_000_000
A_LINE = 16_384 + 256
"""So much more a file may have: Docker looks at its size before each piece of a line."""


@pytest.fixture
async def kiosk(kiosk_image: Image, tmp_path: Path) -> AsyncIterator[SupervisedKiosk]:
    async with kiosk_at_hand(kiosk_image, tmp_path) as kiosk:
        yield kiosk


async def test_a_kiosk_ui_that_floods_its_log_sells_by_the_standby_and_by_ecs(
    kiosk: SupervisedKiosk,
) -> None:
    assert FLOOD_BYTES > 5 * UI_LOG_BYTES
    async with variant(kiosk.image, *FLOODS) as flooding:
        await kiosk.remember(last=flooding)
        async with kiosk.supervising(), kiosk.console() as screen:
            await sign_in(screen)
            assert await sell_one(screen)
            standby = Container(await kiosk.shown())
            assert UI_LOG_BYTES / 2 < standby.log_bytes <= UI_LOG_BYTES + 2 * A_LINE
            screen.press("escape")
            async with kiosk.ecs_ui(image=flooding) as ecs:
                await kiosk.decided(f"move the screen to {ecs.name[:12]}")
                await screen.wait_for("Done here just now: sale", 60)
                assert await sell_one(screen)
                assert UI_LOG_BYTES / 2 < ecs.log_bytes <= UI_LOG_BYTES + 2 * A_LINE


async def test_what_says_nothing_of_its_log_is_bounded_by_what_bootstrap_tells_docker(
    kiosk_image: Image,
) -> None:
    told = json.loads(write_docker_config(""))
    assert set(told) == {"log-driver", "log-opts"}
    options = [f"--log-opt={name}={value}" for name, value in told["log-opts"].items()]
    flood = f"for _ in range({2 * HOST_LOG_BYTES} // 1200): print('flood ' * 199 + 'flood')"
    words = [f"--log-driver={told['log-driver']}", *options, "--entrypoint=python3"]
    async with container([*words, kiosk_image.digest, "-c", flood]) as any_other:
        assert await any_other.ended() == 0
        last = await away("logs", "--tail=1", any_other.name)
        assert last.endswith("flood")
        assert HOST_LOG_BYTES / 2 < any_other.log_bytes <= HOST_LOG_BYTES + 3 * A_LINE
