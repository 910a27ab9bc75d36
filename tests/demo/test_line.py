"""The line between a venue and the cloud: every fault happens for real, and is counted."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from demo.line import FaultKind, Line
from tests.support.upstream import Upstream

UPLOADS = "/v1/transactions"


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    async with Upstream() as running:
        yield running


@pytest.fixture
async def line(upstream: Upstream) -> AsyncIterator[Line]:
    async with Line(upstream.port, seed=7) as running:
        yield running


@pytest.fixture
async def kiosk(line: Line) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(line.url) as session:
        yield session


async def upload(kiosk: aiohttp.ClientSession, path: str = UPLOADS) -> tuple[int, bytes]:
    async with kiosk.post(path, json={"items": [1, 2]}) as answer:
        return answer.status, await answer.read()


async def test_what_passes_the_line_is_byte_for_byte_what_was_sent(
    upstream: Upstream, kiosk: aiohttp.ClientSession
) -> None:
    body = bytes(range(256)) * 4000
    async with kiosk.put("/v1/x%2Fy?b=2&a=1", data=body, headers={"X-Mixed-Case": "1"}) as answer:
        assert await answer.json() == {"path": "/v1/x/y", "bytes": len(body)}
    (received,) = upstream.received
    assert (received.method, received.target) == ("PUT", "/v1/x%2Fy?b=2&a=1")
    assert received.body == body
    assert "X-Mixed-Case" in [str(name) for name in received.headers]


async def test_chunked_bodies_pass_both_ways(
    upstream: Upstream, kiosk: aiohttp.ClientSession
) -> None:
    async def chunked(request: web.Request, body: bytes) -> web.StreamResponse:
        answer = web.StreamResponse()
        answer.enable_chunked_encoding()
        await answer.prepare(request)
        for part in (b"one", body, b"two"):
            await answer.write(part)
        return answer

    async def parts() -> AsyncIterator[bytes]:
        yield b"first "
        yield b"second"

    upstream.behave = chunked
    async with kiosk.post("/v1/any", data=parts()) as answer:
        assert await answer.read() == b"onefirst secondtwo"


async def test_answers_without_a_body_and_connections_that_close_pass(
    upstream: Upstream, kiosk: aiohttp.ClientSession
) -> None:
    async def closing(_request: web.Request, _body: bytes) -> web.StreamResponse:
        answer = web.Response(status=204)
        answer.force_close()
        return answer

    upstream.behave = closing
    for _ in range(2):
        async with kiosk.delete("/v1/thing") as answer:
            assert answer.status == 204
        async with kiosk.head("/v1/thing") as answer:
            assert answer.status == 204
    assert len(upstream.received) == 4


async def test_a_cut_refuses_new_connections_and_resets_open_ones(
    line: Line, upstream: Upstream
) -> None:
    reader, writer = await asyncio.open_connection(line.host, line.port)
    writer.write(b"GET /v1/catalogue HTTP/1.1\r\nHost: x\r\n\r\n")
    assert (await reader.readline()).startswith(b"HTTP/1.1 200")
    await line.cut()
    with pytest.raises(ConnectionResetError):
        await reader.read()
    writer.close()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(line.host, line.port)
    fired = line.status()["fired"]
    assert fired["cut"] == 1
    assert fired["connections_reset"] == 1
    assert len(upstream.received) == 1


async def test_the_line_comes_back_at_the_same_port_however_often_it_is_cut(
    line: Line, kiosk: aiohttp.ClientSession
) -> None:
    port = line.port
    for _ in range(5):
        await line.cut()
        with pytest.raises(aiohttp.ClientConnectorError):
            await upload(kiosk)
        await line.up()
        assert (await upload(kiosk))[0] == 200
    assert line.port == port
    assert line.status()["fired"]["cut"] == 5


async def test_a_cut_resets_a_request_that_the_far_end_is_still_working_on(
    line: Line, upstream: Upstream, kiosk: aiohttp.ClientSession
) -> None:
    arrived = asyncio.Event()

    async def never(_request: web.Request, _body: bytes) -> web.StreamResponse:
        arrived.set()
        await asyncio.Event().wait()
        raise AssertionError

    upstream.behave = never
    sending = asyncio.create_task(upload(kiosk))
    await arrived.wait()
    await line.cut()
    with pytest.raises(aiohttp.ClientConnectionError):
        await sending


async def test_a_hung_line_accepts_and_forwards_nothing_until_it_is_up(
    line: Line, upstream: Upstream, kiosk: aiohttp.ClientSession
) -> None:
    await line.hang()
    sending = asyncio.create_task(upload(kiosk))
    await line.wait_fired("hang")
    await line.hang()
    await asyncio.sleep(0)
    assert upstream.received == []
    assert not sending.done()
    await line.up()
    assert (await sending)[0] == 200


async def test_a_line_that_hangs_after_delivery_withholds_the_answer(
    line: Line, upstream: Upstream, kiosk: aiohttp.ClientSession
) -> None:
    async def hang_now(_request: web.Request, _body: bytes) -> web.StreamResponse:
        await line.hang()
        return web.json_response({})

    upstream.behave = hang_now
    sending = asyncio.create_task(upload(kiosk))
    await line.wait_fired("hang")
    assert len(upstream.received) == 1
    assert not sending.done()
    await line.cut()
    with pytest.raises(aiohttp.ClientConnectionError):
        await sending


async def test_a_request_given_up_while_the_line_hung_is_not_delivered_later(
    line: Line, upstream: Upstream, kiosk: aiohttp.ClientSession
) -> None:
    await line.hang()
    _, writer = await asyncio.open_connection(line.host, line.port)
    writer.write(b"POST /v1/transactions HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
    await line.wait_fired("hang")
    writer.close()
    await writer.wait_closed()
    for _ in range(5):
        # Lets the loop see the end of the connection, which the kernel already has.
        await asyncio.sleep(0)
    await line.up()
    await line.wait_fired("given_up")
    assert (await upload(kiosk))[0] == 200
    assert len(upstream.received) == 1


async def test_lost_answers_are_uploads_carried_out_and_then_reset(
    line: Line, upstream: Upstream, kiosk: aiohttp.ClientSession
) -> None:
    line.add(FaultKind.LOSE_ANSWERS, 2)
    for count in (1, 2):
        async with kiosk.get("/v1/catalogue") as answer:
            assert answer.status == 200
        with pytest.raises(aiohttp.ClientConnectionError):
            await upload(kiosk)
        assert line.status()["fired"]["lose-answers"] == count
    assert (await upload(kiosk))[0] == 200
    assert len([each for each in upstream.received if each.target == UPLOADS]) == 3
    assert line.status()["pending"] == []


async def test_a_duplicated_upload_reaches_the_far_end_twice_and_is_answered_once(
    line: Line, upstream: Upstream, kiosk: aiohttp.ClientSession
) -> None:
    async def numbered(_request: web.Request, _body: bytes) -> web.StreamResponse:
        return web.json_response({"delivery": len(upstream.received)})

    upstream.behave = numbered
    line.add(FaultKind.DUPLICATE)
    assert await upload(kiosk) == (200, b'{"delivery": 1}')
    assert await upload(kiosk) == (200, b'{"delivery": 3}')
    first, second, _ = upstream.received
    assert first.body == second.body
    assert line.status()["fired"] == {"duplicate": 1}


async def test_a_truncated_answer_breaks_off_after_the_request_was_carried_out(
    line: Line, upstream: Upstream
) -> None:
    async def long(_request: web.Request, _body: bytes) -> web.StreamResponse:
        return web.json_response({"text": "x" * 5000})

    upstream.behave = long
    line.add(FaultKind.TRUNCATE, 20)
    for _ in range(20):
        reader, writer = await asyncio.open_connection(line.host, line.port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        part = await reader.read()
        writer.close()
        assert b"HTTP/1.1 200".startswith(part[:12])
        assert not part.endswith(b'x"}')
    assert len(upstream.received) == 20
    assert line.status()["fired"] == {"truncate": 20}


async def test_errors_busy_and_garbage_come_from_the_line_itself(
    line: Line, upstream: Upstream, kiosk: aiohttp.ClientSession
) -> None:
    line.add(FaultKind.ERRORS, 2, status=502)
    assert [(await upload(kiosk))[0] for _ in range(2)] == [502, 502]
    line.add(FaultKind.BUSY, retry_after_s=9)
    async with kiosk.get("/v1/catalogue") as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (503, "9")
    line.add(FaultKind.GARBAGE, 8)
    bodies = {(await upload(kiosk))[1] for _ in range(8)}
    assert len(bodies) > 1
    assert upstream.received == []
    assert line.status()["fired"] == {"errors": 2, "busy": 1, "garbage": 8}
    assert (await upload(kiosk))[0] == 200


async def test_a_fault_for_one_path_leaves_the_others_alone(
    line: Line, upstream: Upstream, kiosk: aiohttp.ClientSession
) -> None:
    line.add(FaultKind.ERRORS, only="/v1/allotments")
    async with kiosk.get("/v1/allotments") as answer:
        assert answer.status == 200
    assert (await upload(kiosk))[0] == 200
    assert (await upload(kiosk, "/v1/allotments"))[0] == 500
    assert len(upstream.received) == 2


async def test_faults_that_did_not_happen_are_kept_and_can_be_forgotten(
    line: Line, upstream: Upstream, kiosk: aiohttp.ClientSession
) -> None:
    line.add(FaultKind.LOSE_ANSWERS)
    await upstream.__aexit__(None, None, None)
    with pytest.raises(aiohttp.ClientConnectionError):
        await upload(kiosk)
    assert line.status()["pending"] == [{"fault": "lose-answers", "left": 1, "only": UPLOADS}]
    assert line.status()["fired"] == {}
    await upstream.__aenter__()
    line.clear()
    assert (await upload(kiosk))[0] == 200


async def test_the_same_seed_makes_the_same_garbage(upstream: Upstream) -> None:
    async def garbage(seed: int) -> list[bytes]:
        async with Line(upstream.port, seed=seed) as line, aiohttp.ClientSession(line.url) as kiosk:
            line.add(FaultKind.GARBAGE, 6)
            return [(await upload(kiosk))[1] for _ in range(6)]

    assert await garbage(3) == await garbage(3)
    assert await garbage(3) != await garbage(4)


@pytest.mark.parametrize(
    "sent",
    [
        b"hello\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"x" * 100_000,
    ],
)
async def test_what_is_no_http_is_reset_and_harms_nobody_else(
    line: Line, kiosk: aiohttp.ClientSession, sent: bytes
) -> None:
    reader, writer = await asyncio.open_connection(line.host, line.port)
    writer.write(sent)
    with pytest.raises(ConnectionResetError):
        await reader.read()
    writer.close()
    assert (await upload(kiosk))[0] == 200
