"""The relay between Docker and a registry: what it gives, to whom, how fast, and what it keeps."""

import asyncio
import hashlib
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from kiosk_agent.supervisor.adapters.blob_folder import BlobFolder
from kiosk_agent.supervisor.adapters.layers import Layers, LayerSource
from kiosk_agent.supervisor.adapters.registry_client import MOST_MANIFEST_BYTES, RegistryClient
from kiosk_agent.supervisor.adapters.registry_relay import RegistryRelay
from kiosk_agent.supervisor.domain.pulling import Image
from kiosk_agent.supervisor.ports import LoginRefusedError, PullFailedError, RegistryLogin
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


async def test_an_image_s_parts_are_given_with_the_login_that_was_said(tmp_path: Path) -> None:
    far = Far()
    word = far.image(LAYER)
    async with near(far, tmp_path) as host:
        name = await host.begin(word)
        assert re.fullmatch(f"{host.relay.place}/[0-9a-f]{{32}}/kiosk@{word}", name)
        assert await host.get(f"manifests/{word}") == (200, far.manifests[word])
        assert await host.get(f"blobs/{digest(CONFIG)}") == (200, CONFIG)
        assert await host.get(f"blobs/{digest(LAYER)}") == (200, LAYER)
        assert await host.get(f"blobs/{digest(LAYER)}") == (200, LAYER)
    # Each once, and the second time from here.
    assert len(far.asked) == 3
    assert {said for _, said, _ in far.asked} == {"Basic QVdTOnBhc3N3b3Jk"}


async def test_nobody_has_anything_but_the_parts_of_that_image(tmp_path: Path) -> None:
    far = Far()
    first, second = far.image(LAYER), far.image(LAYER + b"x")
    async with near(far, tmp_path) as host:
        assert (await host.get(f"manifests/{first}"))[0] == 404
        await host.begin(first)
        for path in (
            f"manifests/{second}",
            f"blobs/{digest(LAYER + b'x')}",
            "blobs/..%2f..%2fetc%2fpasswd",
            "manifests/latest",
        ):
            assert (await host.get(path))[0] == 404, path
        await host.begin(second)
        assert (await host.get(f"blobs/{digest(LAYER)}"))[0] == 404


async def test_a_login_is_not_shown_where_the_layers_are_kept(tmp_path: Path) -> None:
    far, kept = Far(), Far()
    word = far.image(LAYER)
    kept.blobs = far.blobs
    async with served(kept.serve) as place, near(far, tmp_path) as host:
        far.layers_at = f"http://{place}"
        await host.begin(word)
        assert await host.get(f"blobs/{digest(LAYER)}") == (200, LAYER)
    assert [said for _, said, _ in kept.asked] == [None]


async def test_a_layer_that_is_cut_goes_on_at_that_byte_for_whoever_asked(tmp_path: Path) -> None:
    far = Far(cuts=[1000, 70_000, 1])
    word = far.image(LAYER)
    async with near(far, tmp_path) as host:
        await host.begin(word)
        assert await host.get_while_time_passes(f"blobs/{digest(LAYER)}") == LAYER
    ranges = [asked for path, _, asked in far.asked if digest(LAYER) in path]
    assert ranges == [None, "bytes=1000-", "bytes=71000-", "bytes=71001-"]


async def test_a_registry_that_always_begins_at_the_beginning_is_no_trouble(tmp_path: Path) -> None:
    far = Far(cuts=[1000, 500], knows_ranges=False)
    word = far.image(LAYER)
    async with near(far, tmp_path) as host:
        await host.begin(word)
        assert await host.get_while_time_passes(f"blobs/{digest(LAYER)}") == LAYER


async def test_whoever_asks_for_the_end_of_a_layer_has_that(tmp_path: Path) -> None:
    far = Far()
    word = far.image(LAYER)
    async with near(far, tmp_path) as host:
        await host.begin(word)
        path = f"blobs/{digest(LAYER)}"
        assert await host.get(path, Range="bytes=100000-") == (206, LAYER[100_000:])


async def test_a_line_of_which_nothing_comes_is_given_up_after_some_tries(tmp_path: Path) -> None:
    far = Far(cuts=[500] + [0] * 20)
    word = far.image(LAYER)
    async with near(far, tmp_path) as host:
        await host.begin(word)
        with pytest.raises(aiohttp.ClientPayloadError):
            await host.get_while_time_passes(f"blobs/{digest(LAYER)}")
        assert host.relay.gave_up
        assert host.relay.why.startswith(f"{host.place}: ")
        assert host.clock.slept == [1.0, 1.0, 2.0, 5.0, 10.0]
        # What had come is there for the next pull.
        assert host.parts.length(digest(LAYER)) == 500


@pytest.mark.parametrize("left", [bytes(len(LAYER)), LAYER + b"x", LAYER[:-1] + b"x"])
async def test_what_was_left_damaged_of_a_whole_layer_is_fetched_again(
    tmp_path: Path, left: bytes
) -> None:
    far = Far()
    word = far.image(LAYER)
    async with near(far, tmp_path) as host:
        host.parts.write(digest(LAYER), 0, left)
        await host.begin(word)
        assert await host.get(f"blobs/{digest(LAYER)}") == (200, LAYER)
    assert [asked for path, _, asked in far.asked if "/blobs/" in path] == [None]


async def test_a_whole_layer_is_looked_through_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    far, looked = Far(), list[str]()
    word = far.image(LAYER)
    async with near(far, tmp_path) as host:
        sound = host.parts.is_sound
        monkeypatch.setattr(
            host.parts, "is_sound", lambda digest: looked.append(digest) or sound(digest)
        )
        host.parts.write(digest(LAYER), 0, LAYER)
        await host.begin(word)
        for content in (LAYER, CONFIG):
            for _ in range(3):
                assert await host.get(f"blobs/{digest(content)}") == (200, content)
    # One that was here, and one that came.
    assert looked == [digest(LAYER), digest(CONFIG)]
    assert len(far.asked) == 2


async def test_who_does_not_know_the_relay_s_secret_has_nothing(tmp_path: Path) -> None:
    far = Far()
    word = far.image(LAYER)
    async with near(far, tmp_path) as host:
        await host.begin(word)
        host.parts.write(digest(LAYER), 0, LAYER)
        for name in ("kiosk", f"{'0' * 32}/kiosk"):
            host.name = name
            assert (await host.get(f"manifests/{word}"))[0] == 404
            assert (await host.get(f"blobs/{digest(LAYER)}"))[0] == 404
    assert len(far.asked) == 1


async def test_one_that_reads_nothing_holds_up_nobody(tmp_path: Path) -> None:
    far, large = Far(), bytes(30_000_000)
    word = far.image(large)
    async with near(far, tmp_path) as host:
        await host.begin(word)
        place, port = host.relay.place.split(":")
        path = f"/v2/{host.name}/blobs/{digest(large)}"
        reader, writer = await asyncio.open_connection(place, int(port), limit=1024)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert await reader.readline() == b"HTTP/1.1 200 OK\r\n"
        async with asyncio.timeout(60):
            assert await host.get(f"blobs/{digest(large)}") == (200, large)
        writer.close()
    assert len([path for path, _, _ in far.asked if "/blobs/" in path]) == 1


async def test_one_that_goes_away_ends_the_fetch_for_nobody_else(tmp_path: Path) -> None:
    far = Far()
    word = far.image(LAYER)
    async with near(far, tmp_path) as host, RegistryClient() as client:
        layers = Layers(client, host.parts, host.disk, host.clock, bytes_per_s=10_000)
        source = LayerSource(Image(host.place, "kiosk", word), LOGIN)
        first, second = (layers.pieces(source, digest(LAYER), 0, len(LAYER)) for _ in range(2))
        got = await anext(second)
        assert await anext(first) == got
        await first.aclose()
        rest = asyncio.create_task(joined(second))
        while not rest.done():
            await asyncio.sleep(0)
            host.clock.advance(60)
        assert got + await rest == LAYER
        assert not layers.is_fetching
    assert len(far.asked) == 1


async def joined(pieces: AsyncIterator[bytes]) -> bytes:
    return b"".join([piece async for piece in pieces])


async def test_what_nobody_reads_any_more_is_fetched_no_further(tmp_path: Path) -> None:
    far = Far()
    word = far.image(LAYER)
    async with near(far, tmp_path, bytes_per_s=10_000) as host:
        await host.begin(word)
        readers = [asyncio.create_task(host.get(f"blobs/{digest(LAYER)}")) for _ in range(2)]
        await host.clock.wait_for_sleepers()
        first, second = readers
        first.cancel()
        await asyncio.wait({first})
        host.clock.advance(60)
        await host.clock.wait_for_sleepers()
        second.cancel()
        await asyncio.wait({second})
        while host.relay.is_fetching:  # noqa: ASYNC110  the connection's end comes by itself
            await asyncio.sleep(0)
        has = host.parts.length(digest(LAYER))
        assert 0 < has < len(LAYER)
        # Whoever asks then goes on from there.
        assert await host.get_while_time_passes(f"blobs/{digest(LAYER)}") == LAYER
    assert far.asked[-1][2] == f"bytes={has}-"


async def test_a_layer_that_came_damaged_is_not_kept(tmp_path: Path) -> None:
    far = Far()
    word = far.image(LAYER)
    far.blobs[digest(LAYER)] = LAYER[:-1] + b"x"
    async with near(far, tmp_path) as host:
        await host.begin(word)
        with pytest.raises(aiohttp.ClientPayloadError):
            await host.get(f"blobs/{digest(LAYER)}")
        assert host.relay.why == "a layer of it came damaged: it has another digest"
        assert host.parts.length(digest(LAYER)) == 0
    assert len(far.asked) == 2, "once is enough"


async def test_a_layer_that_is_longer_than_its_manifest_says_is_cut_off(tmp_path: Path) -> None:
    far = Far()
    word = far.image(LAYER)
    far.blobs[digest(LAYER)] = LAYER + b"x" * 10_000_000
    async with near(far, tmp_path) as host:
        await host.begin(word)
        with pytest.raises(aiohttp.ClientPayloadError):
            await host.get(f"blobs/{digest(LAYER)}")
        assert host.relay.why == "a layer is longer than its manifest says"
        assert host.parts.length(digest(LAYER)) <= len(LAYER)
    assert len(far.asked) == 2, "once is enough"


async def test_of_an_index_without_end_only_so_much_is_read(tmp_path: Path) -> None:
    far = Far()
    ours = {"os": "linux", "architecture": "amd64"}
    words = [far.image(LAYER, number=number) for number in range(50)]
    word = far.manifest({"manifests": [{"digest": one, "platform": ours} for one in words]})
    async with near(far, tmp_path) as host:
        await host.begin(word)
    assert len(far.asked) == 1 + 20


async def test_a_manifest_without_end_is_refused(tmp_path: Path) -> None:
    far = Far()
    said = b"[" + b" " * MOST_MANIFEST_BYTES + b"]"
    word = digest(said)
    far.manifests[word] = said
    async with near(far, tmp_path) as host:
        with pytest.raises(PullFailedError, match="its manifest is longer than any of an image"):
            await host.begin(word)


async def test_a_disk_that_becomes_short_ends_it_and_keeps_what_came(tmp_path: Path) -> None:
    far = Far()
    word = far.image(LAYER)
    async with near(far, tmp_path) as host:
        await host.begin(word)
        host.disk.looks_left = 1
        with pytest.raises(aiohttp.ClientPayloadError):
            await host.get(f"blobs/{digest(LAYER)}")
        assert host.relay.why == "the disk became short while it was pulled"
        kept = host.parts.length(digest(LAYER))
        assert 0 < kept < len(LAYER)
        assert host.parts.read(digest(LAYER), 0, kept) == LAYER[:kept]


async def test_all_layers_together_come_no_faster_than_was_said(tmp_path: Path) -> None:
    far = Far()
    word = far.image(LAYER, LAYER + b"x")
    async with near(far, tmp_path, bytes_per_s=10_000) as host:
        await host.begin(word)
        for content in (LAYER, LAYER + b"x"):
            assert await host.get_while_time_passes(f"blobs/{digest(content)}") == content
        assert sum(host.clock.slept) == pytest.approx((2 * len(LAYER) + 1) / 10_000)


async def test_two_layers_at_once_share_the_pace(tmp_path: Path) -> None:
    far = Far()
    layers = (LAYER, LAYER + b"x")
    word = far.image(*layers)
    async with near(far, tmp_path, bytes_per_s=10_000) as host:
        await host.begin(word)
        asked = [asyncio.create_task(host.get(f"blobs/{digest(one)}")) for one in layers]
        while not all(host.parts.length(digest(one)) for one in layers):  # noqa: ASYNC110  a file
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert len(host.clock.slept) == 1
        for one in asked:
            one.cancel()
        await asyncio.wait(asked)


async def test_of_an_index_this_hosts_manifests_are_had(tmp_path: Path) -> None:
    far = Far()
    ours, other = far.image(LAYER), far.image(LAYER + b"x")
    index = far.manifest(
        {
            "manifests": [
                {"digest": ours, "platform": {"os": "linux", "architecture": "amd64"}},
                {"digest": other, "platform": {"os": "linux", "architecture": "arm64"}},
            ]
        }
    )
    async with near(far, tmp_path) as host:
        await host.begin(index)
        assert await host.get(f"manifests/{ours}") == (200, far.manifests[ours])
        assert await host.get(f"blobs/{digest(LAYER)}") == (200, LAYER)
        assert (await host.get(f"manifests/{other}"))[0] == 404


@pytest.mark.parametrize(
    ("status", "why", "of_login"),
    [
        (401, "does not give it to the host's role", True),
        (403, "does not give it to the host's role", True),
        (404, "has not kiosk by that digest", False),
        (503, "answers 503", False),
    ],
)
async def test_what_a_registry_refuses_is_said_and_whether_another_login_may_do(
    tmp_path: Path, status: int, why: str, *, of_login: bool
) -> None:
    far = Far(status=status)
    async with near(far, tmp_path) as host:
        with pytest.raises(PullFailedError, match=why) as refused:
            await host.begin(f"sha256:{'a' * 64}")
        assert isinstance(refused.value, LoginRefusedError) is of_login


async def test_who_asked_without_a_login_is_refused_as_that(tmp_path: Path) -> None:
    async with near(Far(status=401), tmp_path) as host:
        with pytest.raises(PullFailedError, match="which has no login there") as refused:
            await host.relay.begin(Image(host.place, "kiosk", f"sha256:{'a' * 64}"), None, "x/y")
        assert not isinstance(refused.value, LoginRefusedError)


@pytest.mark.parametrize(
    "said",
    [
        *([], {"layers": [{}]}, {"layers": [{"digest": "../../x", "size": 1}]}),
        {"layers": [{"digest": digest(LAYER), "size": -1}]},
        {"layers": [{"digest": digest(LAYER), "size": 10**15}]},
        {"manifests": [{"digest": "x", "platform": {"os": "linux", "architecture": "amd64"}}]},
    ],
)
async def test_a_manifest_that_can_t_be_is_refused(tmp_path: Path, said: Any) -> None:
    far = Far()
    word = far.manifest(said)
    async with near(far, tmp_path) as host:
        with pytest.raises(PullFailedError, match="its manifest"):
            await host.begin(word)


@pytest.mark.parametrize(
    ("registry", "scheme"),
    [
        *(("127.0.0.1:5000", "http"), ("localhost", "http"), ("127.evil.example.com", "https")),
        *(("localhost.example.com:80", "https"), ("111122223333.dkr.ecr.x.amazonaws.com", "https")),
    ],
)
async def test_only_this_host_is_asked_without_tls(
    registry: str, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def refuses(url: str, **_: object) -> None:
        asked.append(url)
        raise OSError("no")

    async with RegistryClient() as client:
        monkeypatch.setattr(client._http, "get", refuses)
        with pytest.raises(PullFailedError, match="no"):
            await client.manifest(Image(registry, "kiosk", digest(LAYER)), digest(LAYER), None)
    assert asked == [f"{scheme}://{registry}/v2/kiosk/manifests/{digest(LAYER)}"]


async def test_a_manifest_that_came_damaged_is_refused(tmp_path: Path) -> None:
    far = Far()
    word = far.image(LAYER)
    far.manifests[word] += b" "
    async with near(far, tmp_path) as host:
        with pytest.raises(PullFailedError, match="its manifest came damaged"):
            await host.begin(word)
