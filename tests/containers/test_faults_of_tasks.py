"""A task of ECS's with things in it that nobody here has heard of: adopted, kept, started again."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.containers.docker import away, inspect
from tests.support.containers.images import Image
from tests.support.containers.required import runs_all
from tests.support.containers.supervised import SupervisedKiosk, kiosk_at_hand
from tests.support.real_kiosk import sell_one, sign_in

pytestmark = [pytest.mark.containers, pytest.mark.timeout(300)]

ODD = (
    "--label=com.amazonaws.ecs.task-arn=arn:aws:ecs:eu-central-1:111122223333:task/venues/0",
    "--label=org.example.odd=1",
    "--env=ECS_CONTAINER_METADATA_URI_V4=http://169.254.170.2/v4/0",
    "--env=AWS_EXECUTION_ENV=AWS_ECS_EXTERNAL",
    "--env=ODD_WORDS=kept = as they are",
    "--volume=/etc/hostname:/odd/host:ro",
    "--mount=type=volume,target=/odd/volume",
    "--tmpfs=/odd/memory:size=1m",
    "--add-host=odd.example.org:192.0.2.1",
    "--ulimit=nofile=4096:8192",
    "--shm-size=32m",
    "--cpu-shares=128",
    "--memory-reservation=64m",
    "--pids-limit=200",
    "--oom-score-adj=100",
    "--device=/dev/null:/dev/odd",
    "--group-add=12",
    "--restart=on-failure:1",
    "--init",
)
"""Docker runs with all of it; of ours nobody asks for any."""


@pytest.fixture
async def kiosk(kiosk_image: Image, tmp_path: Path) -> AsyncIterator[SupervisedKiosk]:
    async with kiosk_at_hand(kiosk_image, tmp_path) as kiosk:
        yield kiosk


async def test_a_standby_from_a_task_with_unknown_fields_sells_and_so_does_ecs_s_own(
    kiosk: SupervisedKiosk,
) -> None:
    await kiosk.remember(*ODD)
    file = kiosk.folder / "good-tasks.json"
    kept = json.loads(file.read_text())
    # As a supervisor that is newer than this one may write it.
    file.write_text(json.dumps({**kept, "last": {**kept["last"], "odd": {"a": 1}}, "odd": [1]}))
    async with kiosk.supervising(), kiosk.console() as screen:
        await sign_in(screen)
        assert await sell_one(screen)
        check_standby(inspect("container", await kiosk.shown()))
        screen.press("escape")
        async with kiosk.ecs_ui(*ODD) as ecs:
            await kiosk.decided(f"move the screen to {ecs.name[:12]}")
            await screen.wait_for("Done here just now: sale", 60)
            assert await sell_one(screen)
            assert await kiosk.shown() == ecs.name


@runs_all
async def test_a_task_with_unknown_fields_is_remembered_once_it_has_run_well(
    kiosk: SupervisedKiosk,
) -> None:
    (kiosk.folder / "good-tasks.json").unlink()
    async with kiosk.supervising(), kiosk.console() as screen, kiosk.ecs_ui(*ODD) as ecs:
        await sign_in(screen)
        assert await kiosk.shown() == ecs.name
        await kiosk.decided("remember a task", "it has answered keys for a minute")
        assert await sell_one(screen)
        screen.press("escape")
        # No end by itself, or Docker starts it once more.
        await away("stop", "--time=1", ecs.name)
        await kiosk.decided("start the standby", "no kiosk UI runs")
        await screen.wait_for("Done here just now: sale", 60)
        check_standby(inspect("container", await kiosk.shown()))
        assert await sell_one(screen)


def check_standby(facts: dict[str, Any]) -> None:
    """Check what of the task the standby has: what the kiosk UI is told, and none of the host."""
    said = dict(one.split("=", 1) for one in facts["Config"]["Env"])
    assert said["ODD_WORDS"] == "kept = as they are"
    assert not [name for name in said if name.startswith(("ECS_", "AWS_"))]
    places = {one["Destination"] for one in facts["Mounts"]}
    assert "/run/eventpro" in places
    assert not places & {"/odd/host", "/odd/volume"}
    assert not facts["HostConfig"]["Devices"]
    assert facts["HostConfig"]["NetworkMode"] == "none"
