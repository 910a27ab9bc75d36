"""Layers on their way through the relay: how they come, how fast, and what is kept of them."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from kiosk_agent.supervisor.adapters.layers import Layers, LayerSource
from kiosk_agent.supervisor.adapters.registry_client import RegistryClient
from kiosk_agent.supervisor.domain.pulling import Image
from tests.support.far_registry import CONFIG, LAYER, LOGIN, Far, digest, near


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
