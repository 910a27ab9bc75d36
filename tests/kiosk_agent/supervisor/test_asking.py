"""The supervisor is root: what answers as the agent is read to a small end, and asked seldom."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import pytest
from aiohttp import web

from kiosk_agent.supervisor.adapters import agent_door
from kiosk_agent.supervisor.adapters.agent_door import HttpAgentDoor
from kiosk_agent.supervisor.domain.memory import REPORTS_MS
from kiosk_agent.supervisor.ports import AgentAwayError, Credentials
from kiosk_agent.supervisor.services.signing import Signing
from tests.support.clock import FakeClock

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def agent(folder: Path, answer: Answer) -> AsyncIterator[HttpAgentDoor]:
    """Let something answer as the agent."""
    app = web.Application()
    app.router.add_get("/v1/proofs/wanted", answer)
    app.router.add_put("/v1/repairs", answer)
    app.router.add_get("/v1/screens", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.UnixSite(runner, str(folder / "admin.sock")).start()
    async with HttpAgentDoor(folder / "admin.sock") as door:
        yield door
    await runner.cleanup()


async def test_an_answer_without_end_is_cut_off(tmp_path: Path) -> None:
    sent = 0

    async def endless(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        answer = web.StreamResponse()
        await answer.prepare(request)
        for _ in range(64):
            await answer.write(b"x" * 1024 * 1024)
            sent += 1
        return answer

    async with agent(tmp_path, endless) as door:
        with pytest.raises(AgentAwayError, match="longer than any of an agent"):
            await door.wanted()
    assert sent < 16


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [(404, "{}", "it answered 404"), (200, "{}", "its answer can't be read")],
)
async def test_an_older_agent_knows_of_no_repairs(
    tmp_path: Path, status: int, body: str, why: str
) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        del request
        return web.Response(status=status, text=body)

    async with agent(tmp_path, answer) as door:
        with pytest.raises(AgentAwayError, match=why):
            await door.tell_repairs(())


async def test_an_agent_that_hangs_holds_up_a_look_for_no_longer_than_a_ui_takes_to_be_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(request: web.Request) -> web.StreamResponse:
        del request
        await asyncio.Event().wait()
        return web.Response()

    assert agent_door.LOOK_S * 1_000 < REPORTS_MS
    monkeypatch.setattr(agent_door, "LOOK_S", 0.01)
    async with agent(tmp_path, never) as door:
        with pytest.raises(AgentAwayError, match="TimeoutError"):
            await asyncio.wait_for(door.screens(), 10)


async def test_nobody_is_asked_at_another_place(tmp_path: Path) -> None:
    async def away(request: web.Request) -> web.StreamResponse:
        if "again" in request.query:
            return web.Response(status=204)
        raise web.HTTPFound("/v1/proofs/wanted?again=1")

    async with agent(tmp_path, away) as door:
        with pytest.raises(AgentAwayError, match="it answered 302"):
            await door.wanted()


async def test_an_agent_that_answers_at_once_is_asked_once_a_second(tmp_path: Path) -> None:
    asked = asyncio.Queue[None]()

    async def nothing(request: web.Request) -> web.StreamResponse:
        del request
        await asked.put(None)
        return web.Response(status=204)

    clock = FakeClock()
    async with agent(tmp_path, nothing) as door:
        signing = Signing(
            door, cast("Credentials", None), clock, region="eu-central-1", audience="fleet"
        )
        task = asyncio.create_task(signing.run())
        await asyncio.wait_for(asked.get(), 10)
        await asyncio.sleep(0.2)
        assert asked.empty()
        assert clock.slept == [1.0]
        clock.advance(1)
        await asyncio.wait_for(asked.get(), 10)
        task.cancel()
