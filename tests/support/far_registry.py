"""A registry that keeps its layers elsewhere, and the relay before it, asked as Docker asks."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from kiosk_agent.supervisor.adapters.blob_folder import BlobFolder
from kiosk_agent.supervisor.adapters.registry_client import RegistryClient
from kiosk_agent.supervisor.adapters.registry_relay import RegistryRelay
from kiosk_agent.supervisor.domain.pulling import Image
from kiosk_agent.supervisor.ports import RegistryLogin
from tests.support.clock import FakeClock

LAYER = bytes(range(256)) * 800
CONFIG = b'{"os": "linux"}'
LOGIN = RegistryLogin("AWS", "password")


def digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


@dataclass
class Far:
    """A registry, and where it keeps its layers: another address, as with ECR."""

    manifests: dict[str, bytes] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    asked: list[tuple[str, str | None, str | None]] = field(default_factory=list)
    """Path, Authorization and Range of each request."""
    cuts: list[int] = field(default_factory=list)
    """After how many bytes the next answers end."""
    status: int = 0
    layers_at: str = ""
    knows_ranges: bool = True

    def image(self, *layers: bytes, **more: Any) -> str:
        """Put an image in; return its digest."""
        parts = [{"digest": digest(one), "size": len(one)} for one in layers]
        config = {"digest": digest(CONFIG), "size": len(CONFIG)}
        self.blobs |= {digest(one): one for one in (CONFIG, *layers)}
        return self.manifest({"config": config, "layers": parts, **more})

    def manifest(self, said: Any) -> str:
        raw = json.dumps(said).encode()
        self.manifests[digest(raw)] = raw
        return digest(raw)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        told = request.headers
        self.asked.append((request.path, told.get("Authorization"), told.get("Range")))
        word = request.path.rpartition("/")[2]
        if self.status:
            return web.Response(status=self.status)
        if "/manifests/" in request.path:
            kind = "application/vnd.docker.distribution.manifest.v2+json"
            return web.Response(body=self.manifests[word], content_type=kind)
        if self.layers_at and "/kept/" not in request.path:
            raise web.HTTPTemporaryRedirect(f"{self.layers_at}/kept/{word}")
        return await self._send(request, self.blobs[word])

    async def _send(self, request: web.Request, content: bytes) -> web.StreamResponse:
        begin = int(request.headers.get("Range", "bytes=0-")[6:-1]) if self.knows_ranges else 0
        answer = web.StreamResponse(status=206 if begin else 200)
        answer.content_length = len(content) - begin
        await answer.prepare(request)
        end = begin + self.cuts.pop(0) if self.cuts else len(content)
        await answer.write(content[begin:end])
        if end < len(content):
            assert request.transport is not None
            request.transport.close()
        return answer


@dataclass
class Disk:
    """A DockerDisk that becomes short after so many looks."""

    looks_left: int = 1_000_000

    def is_short(self) -> bool:
        self.looks_left -= 1
        return self.looks_left < 0


@dataclass
class Near:
    """The relay, asked as Docker asks."""

    relay: RegistryRelay
    parts: BlobFolder
    disk: Disk
    clock: FakeClock
    http: aiohttp.ClientSession
    place: str
    name: str = "kiosk"
    """By which Docker asks."""

    async def begin(self, word: str) -> str:
        """Serve an image of the registry's."""
        name = await self.relay.begin(Image(self.place, "kiosk", word), LOGIN, "linux/amd64")
        self.name = name.removeprefix(f"{self.relay.place}/").partition("@")[0]
        return name

    async def get(self, path: str, **headers: str) -> tuple[int, bytes]:
        url = f"http://{self.relay.place}/v2/{self.name}/{path}"
        async with self.http.get(url, headers=headers) as answer:
            return answer.status, await answer.read()

    async def get_while_time_passes(self, path: str) -> bytes:
        """Get a layer, with each wait over as soon as it begins."""
        asked = asyncio.create_task(self.get(path))
        while not asked.done():
            sleeps = asyncio.create_task(self.clock.wait_for_sleepers())
            await asyncio.wait({asked, sleeps}, return_when=asyncio.FIRST_COMPLETED)
            sleeps.cancel()
            self.clock.advance(60)
        return (await asked)[1]


@asynccontextmanager
async def served(handler: Any) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_get("/{any:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def near(far: Far, folder: Path, bytes_per_s: int = 0) -> AsyncIterator[Near]:
    clock, parts, disk = FakeClock(), BlobFolder(folder / "pulls"), Disk()
    async with (
        served(far.serve) as place,
        RegistryClient() as client,
        RegistryRelay(client, parts, disk, clock, bytes_per_s) as relay,
        aiohttp.ClientSession() as http,
    ):
        yield Near(relay, parts, disk, clock, http, place)
