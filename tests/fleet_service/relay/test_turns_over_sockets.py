"""Kiosks ask through a real socket: connections are kept, turns are fair, limits hold."""

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from fleet_service.relay.holding import MOST_OF_ONE
from kiosk_contracts.version import KIOSK_TOKEN_HEADER
from tests.fleet_service.relay.test_slow_and_idle import asked, both_tokens, head, lines
from tests.support.fleet import RunningFleet, fleet_process
from tests.support.relay_desk import POST, Desk, Gate, Told, desk_in, until
from tests.support.upstream import Upstream


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    async with Upstream() as running:
        yield running


def sent(desk: Desk, *names: str, kiosk: int = 0) -> list["asyncio.Task[Told]"]:
    return [asyncio.create_task(desk.send(name, kiosk)) for name in names]


async def test_all_requests_one_after_another_take_one_connection(
    tmp_path: Path, upstream: Upstream
) -> None:
    async with desk_in(tmp_path, upstream) as desk:
        for number in range(100):
            assert (await desk.ask(number % 2)).status == 200
        assert len(upstream.received) == 100
        assert len(upstream.peers) == 1, "also the look before them"


async def test_requests_at_once_take_as_many_connections_as_may_ask_and_keep_them(
    tmp_path: Path, upstream: Upstream
) -> None:
    async with desk_in(tmp_path, upstream, relay_connections=6, relay_per_kiosk=3) as desk:
        for _ in range(3):
            told = await asyncio.gather(*(desk.ask(number % 2) for number in range(24)))
            assert {each.status for each in told} == {200}
        assert len(upstream.received) == 72
        assert upstream.most_asking <= 6
        assert len(upstream.peers) <= 6


async def test_a_kiosk_with_a_backlog_lets_another_go_before_its_next(
    tmp_path: Path, upstream: Upstream
) -> None:
    gate = upstream.behave = Gate()
    many = {"relay_connections": 1, "relay_wait_s": 29}
    async with desk_in(tmp_path, upstream, **many) as desk:
        first = sent(desk, "a0")
        await gate.has(1)
        backlog = []
        for number in range(1, 8):
            backlog += sent(desk, f"a{number}")
            await until(lambda: desk.relay.places.waiting == len(backlog))  # noqa: B023
        other = sent(desk, "b1", kiosk=1)
        await until(lambda: desk.relay.places.waiting == 8)
        for number in range(9):
            gate.let_go((await gate.has(number + 1))[number])
        told = await asyncio.gather(*first, *backlog, *other)
    assert {each.status for each in told} == {200}
    assert gate.arrived == ["a0", "a1", "b1", "a2", "a3", "a4", "a5", "a6", "a7"]


async def test_a_kiosk_whose_requests_hang_takes_its_own_share_and_no_more(
    tmp_path: Path, upstream: Upstream
) -> None:
    gate = upstream.behave = Gate()
    rules = {"relay_connections": 10, "relay_per_kiosk": 2, "relay_wait_s": 29}
    async with desk_in(tmp_path, upstream, **rules) as desk:
        hanging = sent(desk, "a1", "a2", "a3", "a4")
        await until(lambda: desk.relay.places.waiting == 2)
        assert await desk.figure('eventpro_fleet_relay_requests{stage="asking"}') == 2
        assert await desk.figure('eventpro_fleet_relay_requests{stage="waiting"}') == 2
        gate.let_go("b1")
        assert (await desk.send("b1", 1)).status == 200
        assert len(gate.arrived) == 3
        for name in ("a1", "a2", "a3", "a4"):
            gate.let_go(name)
        assert {each.status for each in await asyncio.gather(*hanging)} == {200}


async def test_whoever_waits_too_long_or_is_too_many_hears_when_to_come_again(
    tmp_path: Path, upstream: Upstream
) -> None:
    gate = upstream.behave = Gate()
    rules = {"relay_connections": 1, "relay_waiting": 1}
    async with desk_in(tmp_path, upstream, **rules, relay_wait_s=0.2) as desk:
        first = sent(desk, "a0")
        await gate.has(1)
        waiting = sent(desk, "a1")
        await until(lambda: desk.relay.places.waiting == 1)
        too_many = await desk.send("b1", 1)
        too_long = await waiting[0]
        for refused in (too_many, too_long):
            assert (refused.status, refused.code) == (503, "upstream_busy")
            assert refused.retry_after == "1", "nobody is before it"
            assert refused.body["retryable"] is True
            assert "nothing was asked" in refused.body["detail"]
        assert gate.arrived == ["a0"], "what was refused was not sent"
        gate.let_go("a0")
        assert (await first[0]).status == 200
        gate.let_go("b2")
        assert (await desk.send("b2", 1)).status == 200


async def test_a_kiosk_has_only_so_many_requests_at_hand(
    tmp_path: Path, upstream: Upstream
) -> None:
    gate = upstream.behave = Gate()
    async with desk_in(tmp_path, upstream, relay_wait_s=29) as desk:
        hanging = sent(desk, *(f"a{number}" for number in range(MOST_OF_ONE)))
        await until(lambda: desk.relay.holding.requests == MOST_OF_ONE)
        refused = await desk.send("one more")
        assert (refused.status, refused.code) == (429, "too_many_requests")
        assert refused.retry_after == "5"
        gate.let_go("b1")
        assert (await desk.send("b1", 1)).status == 200
        for number in range(MOST_OF_ONE):
            gate.let_go(f"a{number}")
        assert {each.status for each in await asyncio.gather(*hanging)} == {200}
        gate.let_go("one more")
        assert (await desk.send("one more")).status == 200


async def test_what_is_held_of_bodies_is_bounded_and_given_back(
    tmp_path: Path, upstream: Upstream
) -> None:
    gate = upstream.behave = Gate()
    async with desk_in(tmp_path, upstream, relay_held_bytes=50_000) as desk:
        hanging = sent(desk, "x" * 30_000)
        await gate.has(1)
        assert await desk.figure("eventpro_fleet_relay_held_bytes") == 30_000
        refused = await desk.send("y" * 20_001, 1)
        assert (refused.status, refused.code) == (503, "upstream_busy")
        assert refused.retry_after == "5"
        gate.let_go("z" * 20_000)
        assert (await desk.send("z" * 20_000, 1)).status == 200
        gate.let_go("x" * 30_000)
        assert (await hanging[0]).status == 200
        assert desk.relay.holding.bytes == 0
        assert len(gate.arrived) == 2


async def test_an_answer_is_held_until_it_is_taken(tmp_path: Path, upstream: Upstream) -> None:
    size = 8_000_000

    async def much(_request: web.Request, _body: bytes) -> web.StreamResponse:
        return web.Response(text=f'"{"x" * size}"', content_type="application/json")

    upstream.behave = much
    async with desk_in(tmp_path, upstream) as desk:
        headers = {KIOSK_TOKEN_HEADER: desk.tokens[0]}
        async with desk.session.post(POST, data=b"{}", headers=headers) as answer:
            assert (desk.relay.holding.requests, desk.relay.holding.bytes) == (1, size + 2)
            assert answer.headers["EventPro-Protocol"] == "1"
            assert len(await answer.read()) == size + 2
            await until(lambda: desk.relay.holding.requests == 0)
        assert desk.relay.holding.bytes == 0


async def test_ten_megabytes_pass_and_a_byte_more_does_not(
    tmp_path: Path, upstream: Upstream
) -> None:
    most = 10 * 1024 * 1024
    async with desk_in(tmp_path, upstream) as desk:
        headers = {KIOSK_TOKEN_HEADER: desk.tokens[0]}
        for size, status in ((most, 200), (most + 1, 413)):
            async with desk.session.post(
                POST, data=io.BytesIO(b"x" * size), headers=headers
            ) as answer:
                assert answer.status == status
                if status == 413:
                    assert (await answer.json(content_type=None))["code"] == "body_too_large"
        assert [len(each.body) for each in upstream.received] == [most]


async def test_an_address_that_grows_beyond_what_is_carried_is_refused_clearly(
    tmp_path: Path, upstream: Upstream
) -> None:
    async with desk_in(tmp_path, upstream) as desk:
        for length, status in ((1000, 200), (4000, 431)):
            # Each of these is one byte here and three bytes further on.
            told = await desk.ask(method="GET", path=f"/v1/gate-feed?after={'+' * length}")
            assert told.status == status
        assert told.code == "body_invalid"
        assert "larger than the way to the ticket API carries" in told.body["detail"]
        assert len(upstream.received) == 1
        assert desk.relay.breaker.opened == 0


async def test_who_asks_how_it_is_waits_for_no_place(tmp_path: Path, upstream: Upstream) -> None:
    gate = upstream.behave = Gate()
    rules = {"relay_connections": 2, "relay_per_kiosk": 2, "ready_cache_s": 0}
    async with desk_in(tmp_path, upstream, **rules) as desk:
        hanging = sent(desk, "a1", "a2")
        await gate.has(2)
        assert await desk.ready() == (200, "closed")
        for name in ("a1", "a2"):
            gate.let_go(name)
        await asyncio.gather(*hanging)


async def test_a_kiosk_that_hangs_up_while_it_waits_leaves_its_turn_to_others(
    tmp_path: Path, upstream: Upstream
) -> None:
    gate = upstream.behave = Gate()
    async with desk_in(tmp_path, upstream, relay_connections=1, relay_wait_s=29) as desk:
        first = sent(desk, "a0")
        await gate.has(1)
        gone = sent(desk, "a1")
        await until(lambda: desk.relay.places.waiting == 1)
        gone[0].cancel()
        other = sent(desk, "b1", kiosk=1)
        await until(lambda: desk.relay.holding.requests == 2)
        for name in ("a0", "b1"):
            gate.let_go(name)
        assert (await first[0]).status == 200
        assert (await other[0]).status == 200
        await until(lambda: desk.relay.holding.requests == 0)
        assert (desk.relay.places.taken, desk.relay.places.waiting) == (0, 0)
        assert gate.arrived == ["a0", "b1"], "what nobody waits for is not asked"


async def test_a_kiosk_that_hangs_up_frees_its_waiting_long_before_any_turn_comes(
    tmp_path: Path, upstream: Upstream
) -> None:
    """At a real process: as many as may wait hang up, and others wait in their place."""
    gate = upstream.behave = Gate()
    rules = {"relay_connections": 1, "relay_waiting": 4, "relay_wait_s": 29}
    async with fleet_process(tmp_path, upstream.url, **rules) as fleet:
        slow, quick = await both_tokens(fleet)
        async with lines(fleet, 5) as gone:
            for number, line in enumerate(gone):
                await line.send(f"{head(slow, 2)}a{number}")
                if not number:
                    await gate.has(1)
            await _waits(fleet, 4)
        await _waits(fleet, 0)
        other = asyncio.create_task(asked(fleet, quick))
        await _waits(fleet, 1)
        gate.let_go("a0")
        gate.let_go("{}")
        assert await other == 200
    assert gate.arrived == ["a0", "{}"]


async def _waits(fleet: RunningFleet, count: int) -> None:
    """Wait until so many requests wait for a turn at the ticket API."""
    line = f'eventpro_fleet_relay_requests{{stage="waiting"}} {count}.0\n'
    async with aiohttp.ClientSession(fleet.url) as session, asyncio.timeout(20):
        while True:
            async with session.get("/metrics") as answer:
                if line in await answer.text():
                    return


async def test_a_client_that_breaks_off_its_body_leaves_nothing_held(
    tmp_path: Path, upstream: Upstream
) -> None:
    async with desk_in(tmp_path, upstream) as desk:

        async def endless() -> AsyncIterator[bytes]:
            while True:
                yield b"x" * 1000
                await asyncio.sleep(0)
                if desk.relay.holding.bytes > 5000:
                    await asyncio.Event().wait()

        headers = {KIOSK_TOKEN_HEADER: desk.tokens[0]}
        async with aiohttp.ClientSession(desk.url) as session:
            sending = asyncio.create_task(session.post(POST, data=endless(), headers=headers))
            await until(lambda: desk.relay.holding.bytes > 5000)
            sending.cancel()
        await until(lambda: desk.relay.holding.requests == 0)
        assert desk.relay.holding.bytes == 0
        assert upstream.received == []
