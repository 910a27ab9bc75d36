"""A ticket API that fails is left in peace, all hear for how long, and one tries."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp import web

from fleet_service.clock import SystemClock
from fleet_service.metrics import Metrics
from fleet_service.places import PlaceRules
from fleet_service.relay.breaker import Circuit
from fleet_service.relay.ports import UpstreamAnswer
from fleet_service.relay.service import Asked, Relay, RelayRules
from kiosk_agent.adapters.fleet_http import FleetAddress, HttpFleet, KioskProof
from kiosk_agent.adapters.system_clock import SystemClock as AgentClock
from kiosk_agent.ports.fleet import FleetError
from kiosk_contracts.problem import PROBLEM_CONTENT_TYPE
from tests.support.fleet import JOURNAL_ID, KIOSK_ID, SECRET
from tests.support.relay_desk import Desk, Gate, desk_in
from tests.support.upstream import Behaviour, Upstream, answer_ok

RULES = {"relay_failures": 3, "relay_open_s": 10, "ready_cache_s": 0}


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    async with Upstream() as running:
        yield running


def answers(status: int, body: str, content_type: str = "application/json") -> Behaviour:
    async def behave(_request: web.Request, _body: bytes) -> web.StreamResponse:
        return web.Response(status=status, text=body, content_type=content_type)

    return behave


def refusal(status: int) -> str:
    return f'{{"title": "No", "status": {status}, "code": "made_up"}}'


async def _breaks(request: web.Request, _body: bytes) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


FAILURES = {
    "no answer": _breaks,
    "a gateway's error": answers(502, '{"message": "Bad Gateway"}'),
    "a gateway that is throttled": answers(429, '{"message": "Too Many Requests"}'),
    "a gateway that refuses us": answers(403, '{"message": "Forbidden"}'),
    "garbage": answers(200, "<h1>Guest Wi-Fi</h1>", "text/html"),
    "an answer above all limits": answers(200, f'"{"x" * 5000}"'),
    "its own failure": answers(500, refusal(500), PROBLEM_CONTENT_TYPE),
}
ANSWERS = {
    "a refusal": answers(409, refusal(409), PROBLEM_CONTENT_TYPE),
    "a body that it can't read": answers(422, refusal(422), PROBLEM_CONTENT_TYPE),
    "too large": answers(413, '{"message": "Request Entity Too Large"}'),
}


async def open_it(desk: Desk) -> None:
    """Let three requests of two kiosks fail."""
    behave, desk.upstream.behave = desk.upstream.behave, FAILURES["a gateway's error"]
    for kiosk in (0, 1, 0):
        assert (await desk.ask(kiosk)).status == 502
    desk.upstream.behave = behave


@pytest.mark.parametrize("how", FAILURES)
async def test_failures_in_a_row_open_it_and_nobody_asks_any_more(
    tmp_path: Path, upstream: Upstream, how: str
) -> None:
    async with desk_in(tmp_path, upstream, **RULES, body_limit_bytes=4096) as desk:
        upstream.behave = FAILURES[how]
        for kiosk in (0, 1, 0):
            assert desk.relay.breaker.circuit is Circuit.CLOSED
            assert (await desk.ask(kiosk)).status in {500, 502, 503}
        asked = len(upstream.received)
        for kiosk in (0, 1):
            told = await desk.ask(kiosk)
            assert (told.status, told.code) == (503, "upstream_busy")
            assert told.body["retryable"] is True
            assert "nothing was asked" in told.body["detail"]
            assert told.retry_after is not None
            assert 10 <= int(told.retry_after) <= 20
        assert len(upstream.received) == asked == 3


@pytest.mark.parametrize("how", ANSWERS)
async def test_what_the_ticket_api_answers_never_opens_it(
    tmp_path: Path, upstream: Upstream, how: str
) -> None:
    async with desk_in(tmp_path, upstream, **RULES) as desk:
        upstream.behave = ANSWERS[how]
        for kiosk in (0, 1, 0, 1, 0, 1):
            assert (await desk.ask(kiosk)).status < 500
        assert len(upstream.received) == 6
        assert desk.relay.breaker.circuit is Circuit.CLOSED


async def test_a_far_end_that_refuses_connections_opens_it(
    tmp_path: Path, upstream: Upstream
) -> None:
    async with desk_in(tmp_path, upstream, **RULES) as desk:
        await upstream.__aexit__(None, None, None)
        for kiosk in (0, 1, 0):
            assert (await desk.ask(kiosk)).code == "upstream_failed"
        assert (await desk.ask(1)).code == "upstream_busy"
        await upstream.__aenter__()
        desk.clock.advance(10)
        assert (await desk.ask(1)).status == 200


async def test_answers_that_come_too_late_open_it_though_they_pass(
    tmp_path: Path, upstream: Upstream
) -> None:
    async with desk_in(tmp_path, upstream, **RULES, relay_slow_s=20) as desk:

        def takes(seconds: float) -> Behaviour:
            async def slow(request: web.Request, body: bytes) -> web.StreamResponse:
                if request.path != "/healthz":
                    desk.clock.advance(seconds)
                return await answer_ok(request, body)

            return slow

        upstream.behave = takes(19.9)
        for kiosk in (0, 1, 0, 1):
            assert (await desk.ask(kiosk)).status == 200
        upstream.behave = takes(20)
        for kiosk in (0, 1, 0):
            assert (await desk.ask(kiosk)).status == 200
        assert (await desk.ask(1)).code == "upstream_busy"


async def test_it_is_told_in_health_and_metrics(tmp_path: Path, upstream: Upstream) -> None:
    async def circuit(desk: Desk) -> list[float]:
        names = [f'eventpro_fleet_relay_circuit{{state="{one.value}"}}' for one in Circuit]
        return [await desk.figure(name) for name in names]

    async with desk_in(tmp_path, upstream, **RULES) as desk:
        assert (await desk.ready(), await circuit(desk)) == ((200, "closed"), [1, 0, 0])
        await open_it(desk)
        looks = len(upstream.looks)
        assert (await desk.ready(), await circuit(desk)) == ((503, "open"), [0, 1, 0])
        assert len(upstream.looks) == looks, "it is not asked about readiness either"
        desk.clock.advance(10)
        assert (await desk.ready(), await circuit(desk)) == ((200, "half_open"), [0, 0, 1])
        assert (await desk.ask()).status == 200
        assert (await desk.ready(), await circuit(desk)) == ((200, "closed"), [1, 0, 0])
        assert await desk.figure("eventpro_fleet_relay_circuit_opened_total") == 1
        assert await desk.figure('eventpro_fleet_relayed_total{result="upstream_failed"}') == 3


async def test_the_agents_own_client_hears_when_to_come_again(
    tmp_path: Path, upstream: Upstream
) -> None:
    class Proof:
        """The secret."""

        async def prove(self, _nonce: Callable[[], Awaitable[str]]) -> dict[str, str]:
            return {"scheme": "enrolment_secret", "secret": SECRET}

    async with desk_in(tmp_path, upstream, **RULES) as desk:
        await open_it(desk)
        address, proof = FleetAddress(desk.url, 20, 20), KioskProof(KIOSK_ID, "0.1.0", Proof())
        async with HttpFleet(address, proof, JOURNAL_ID, AgentClock()) as agent:
            with pytest.raises(FleetError) as refused:
                await agent.upload(JOURNAL_ID, [{}])
    assert (refused.value.code, refused.value.retryable) == ("upstream_busy", True)
    assert not refused.value.line_down, "the line is well, and nothing in the batch is to blame"
    assert refused.value.retry_after_s is not None
    assert 10 <= refused.value.retry_after_s <= 20


async def test_when_the_time_is_over_one_tries_and_the_others_hear_to_wait(
    tmp_path: Path, upstream: Upstream
) -> None:
    async with desk_in(tmp_path, upstream, **RULES) as desk:
        await open_it(desk)
        gate = upstream.behave = Gate()
        desk.clock.advance(9.9)
        assert (await desk.ask()).code == "upstream_busy"
        desk.clock.advance(0.1)
        trying = asyncio.create_task(desk.send("try"))
        await gate.has(1)
        for kiosk in (0, 1):
            told = await desk.send("other", kiosk)
            assert (told.status, told.code) == (503, "upstream_busy")
        gate.let_go("try")
        assert (await trying).status == 200
        gate.let_go("other")
        assert (await desk.send("other", 1)).status == 200
        assert gate.arrived == ["try", "other"]


async def test_a_try_that_fails_keeps_it_open_for_as_long_again(
    tmp_path: Path, upstream: Upstream
) -> None:
    async with desk_in(tmp_path, upstream, **RULES) as desk:
        await open_it(desk)
        upstream.behave = FAILURES["no answer"]
        desk.clock.advance(10)
        assert (await desk.ask()).code == "upstream_failed"
        upstream.behave = answer_ok
        desk.clock.advance(9.9)
        assert (await desk.ask()).code == "upstream_busy"
        desk.clock.advance(0.1)
        assert (await desk.ask()).status == 200


async def test_one_kiosk_whose_batch_always_fails_shuts_nobody_out(
    tmp_path: Path, upstream: Upstream
) -> None:
    async with desk_in(tmp_path, upstream, **RULES) as desk:
        upstream.behave = FAILURES["no answer"]
        for _ in range(10):
            assert (await desk.ask()).code == "upstream_failed"
        upstream.behave = answer_ok
        assert (await desk.ask(1)).status == 200


async def test_a_try_that_is_given_up_lets_another_try() -> None:
    class Hanging:
        """Answers nothing until it is told to."""

        def __init__(self) -> None:
            self.asked = asyncio.Event()
            self.answer: UpstreamAnswer | None = None

        async def send(self, *_request: object) -> UpstreamAnswer:
            self.asked.set()
            if self.answer is None:
                await asyncio.Event().wait()
            assert self.answer is not None
            return self.answer

    upstream = Hanging()
    places = PlaceRules(whole=2, each=2, waiting=2, wait_s=60)
    rules = RelayRules(places=places, held_bytes=1, failures=1, open_s=1, slow_s=60)
    relay = Relay(upstream, Metrics(), SystemClock(), rules, lambda: 0.0)
    relay.breaker._open_until = 0.0
    trying = asyncio.create_task(relay.relay("a", Asked("GET", "/v1/keys", {}, b"")))
    await upstream.asked.wait()
    trying.cancel()
    await asyncio.wait([trying])
    upstream.answer = UpstreamAnswer(200, "application/json", None, b"{}")
    passed = await relay.relay("b", Asked("GET", "/v1/keys", {}, b""))
    assert passed.body == b"{}"
    assert relay.breaker.circuit is Circuit.CLOSED
