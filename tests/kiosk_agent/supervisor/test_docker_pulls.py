"""A pull that is broken off, as Docker sees it."""

import asyncio
import gc
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web

from kiosk_agent.supervisor.adapters.docker_answers import docker_at
from kiosk_agent.supervisor.adapters.docker_pulls import DockerPulls

NAME = f"127.0.0.1:1/kiosk-ui@sha256:{'a' * 64}"


@dataclass
class PullingDocker:
    """Docker that pulls for ever, until whoever asked goes away."""

    left_alone: asyncio.Event = field(default_factory=asyncio.Event)

    async def version(self, request: web.Request) -> web.Response:
        del request
        return web.json_response({"ApiVersion": "1.41", "Os": "linux", "Arch": "amd64"})

    async def create(self, request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        try:
            await answer.write(b'{"status":"Pulling fs layer","id":"one"}\n')
            await asyncio.Event().wait()
        finally:
            self.left_alone.set()
        return answer


@pytest.fixture
def nothing_is_collected() -> Iterator[None]:
    """Keep open what was forgotten, which is closed when garbage is collected."""
    gc.disable()
    yield
    gc.enable()


@pytest.fixture
async def docker(tmp_path: Path) -> AsyncIterator[PullingDocker]:
    docker, app = PullingDocker(), web.Application()
    app.router.add_get("/version", docker.version)
    app.router.add_post("/v1.41/images/create", docker.create)
    runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    await web.UnixSite(runner, str(tmp_path / "docker.sock")).start()
    yield docker
    await runner.cleanup()


@pytest.mark.usefixtures("nothing_is_collected")
async def test_docker_ends_a_pull_that_is_broken_off_at_once(
    docker: PullingDocker, tmp_path: Path
) -> None:
    told = asyncio.Event()
    async with docker_at(tmp_path / "docker.sock") as client:

        async def pull() -> None:
            async for _ in DockerPulls(client).pull(NAME, None):
                told.set()

        pulling = asyncio.create_task(pull())
        await told.wait()
        pulling.cancel()
        # Whoever looks at the end has its traceback, and with it all that was open.
        with pytest.raises(asyncio.CancelledError) as _ended:
            await pulling
        await docker.left_alone.wait()
