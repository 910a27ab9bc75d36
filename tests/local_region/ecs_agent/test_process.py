"""The agent and its init as processes."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from local_region.ecs_agent.adapters.saved_file import FILE
from tests.support.ecs_agent import managed_instance
from tests.support.external_instance import Ecs, until, write_credentials
from tests.support.region import RunningRegion


class Host:
    """A host's files under a folder, as the real agent has them."""

    def __init__(self, root: Path, endpoint: str) -> None:
        self.root = root
        (root / "etc/ecs").mkdir(parents=True)
        (root / "etc/ecs/ecs.config").write_text("ECS_CLUSTER=kiosks\n")
        (root / "var/lib/ecs").mkdir(parents=True)
        self.point_at(endpoint)

    def point_at(self, endpoint: str) -> None:
        """Have ECS be somewhere."""
        (self.root / "var/lib/ecs/ecs.config").write_text(
            f"AWS_DEFAULT_REGION=eu-central-1\nECS_BACKEND_HOST={endpoint}\n"
        )

    @contextlib.asynccontextmanager
    async def agent(self, *words: str) -> AsyncIterator[asyncio.subprocess.Process]:
        """Start the agent; kill it with the block, if it runs."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "local_region.ecs_agent", "--root", str(self.root)),
            *("--engine", "memory", "--introspection-host", "127.0.0.1"),
            *("--introspection-port", "0", "--pace", "0.02", *words),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={name: value for name, value in os.environ.items() if "AWS" not in name},
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                for child in children(process.pid):
                    os.kill(child, signal.SIGKILL)
                process.kill()
                await process.wait()


async def serving(process: asyncio.subprocess.Process) -> dict[str, Any]:
    """Return the line that an agent which serves writes."""
    assert process.stdout is not None
    async with asyncio.timeout(60):
        line: dict[str, Any] = json.loads(await process.stdout.readline())
    assert line["event"] == "serving"
    return line


async def ended(process: asyncio.subprocess.Process) -> int:
    async with asyncio.timeout(60):
        return await process.wait()


async def logged(process: asyncio.subprocess.Process, event: str) -> dict[str, Any]:
    """Return the next log line of that event."""
    assert process.stderr is not None
    async with asyncio.timeout(60):
        while True:
            line: dict[str, Any] = json.loads(await process.stderr.readline())
            if line["event"] == event:
                return line


@pytest.fixture
def host(region: RunningRegion, tmp_path: Path) -> Host:
    host = Host(tmp_path, region.url)
    write_credentials(managed_instance(region), tmp_path / "root/.aws/credentials")
    return host


async def test_it_reads_what_the_real_one_reads_and_ends_by_sigterm(host: Host, ecs: Ecs) -> None:
    async with host.agent() as process:
        line = await serving(process)
        await ecs.connected(line["arn"])
        process.send_signal(signal.SIGTERM)
        assert await ended(process) == 0
    assert json.loads((host.root / "var/lib/ecs/data" / FILE).read_text())["arn"] == line["arn"]


async def test_what_waits_for_a_throttled_registration_passes_over_sigterm(
    host: Host, region: RunningRegion
) -> None:
    order = {"service": "ecs", "operation": "RegisterContainerInstance", "kind": "throttle"}
    await asyncio.to_thread(lambda: region.fault(**order, times=1000))
    async with host.agent() as process:
        await logged(process, "registration_throttled")
        process.send_signal(signal.SIGTERM)
        for _ in range(2):
            await logged(process, "registration_throttled")

        await asyncio.to_thread(region.admin, "DELETE", "faults")

        await serving(process)
        assert await ended(process) == 0


async def test_its_init_starts_it_until_the_region_is_there(
    host: Host, ecs: Ecs, region: RunningRegion
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        host.point_at(f"http://127.0.0.1:{taken.getsockname()[1]}")
        async with host.agent("--supervised") as init:
            for _ in range(2):
                assert (await logged(init, "agent_again"))["status"] == 1
            host.point_at(region.url)
            line = await serving(init)
            await ecs.connected(line["arn"])

            init.send_signal(signal.SIGTERM)
            assert await ended(init) == 0


async def test_its_init_starts_an_agent_that_was_killed(host: Host) -> None:
    async with host.agent("--supervised") as init:
        first = await serving(init)
        [agent] = children(init.pid)
        os.kill(agent, signal.SIGKILL)
        second = await serving(init)
        assert children(init.pid) != [agent]
        init.send_signal(signal.SIGTERM)
        assert await ended(init) == 0
    assert first["arn"] == second["arn"]
    await until(lambda: not Path(f"/proc/{agent}").exists(), "the agent's end")


def children(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(one) for one in text.split()]


async def test_its_init_gives_up_on_what_will_never_be(host: Host) -> None:
    data = host.root / "var/lib/ecs/data"
    data.mkdir(parents=True)
    (data / FILE).write_text('{"cluster": "other"}')

    async with host.agent("--supervised") as init:
        assert "saved cluster 'other'" in (await logged(init, "ended"))["reason"]
        assert await ended(init) == 5


async def test_a_setting_that_is_missing_is_said(host: Host) -> None:
    (host.root / "var/lib/ecs/ecs.config").unlink()

    async with host.agent() as process:
        assert await ended(process) == 78
        assert process.stderr is not None
        assert b"ECS_BACKEND_HOST is missing" in await process.stderr.read()
