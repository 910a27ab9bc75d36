"""Every answer tells a browser to run, guess and keep nothing of it."""

import asyncio

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from fleet_service.api.hardening import API_POLICY, PAGE_POLICY, harden
from tests.support.operator_desk import OperatorDesk


@pytest.mark.parametrize(
    ("method", "path", "kept"),
    [
        ("GET", "/v1/ops/me", False),
        ("GET", "/v1/ops/nothing", False),
        ("POST", "/v1/ops/session", False),
        ("PUT", "/v1/ops/venues/a", False),
        ("GET", "/healthz", True),
        ("GET", "/metrics", False),
        ("GET", "/nothing", True),
        ("POST", "/v1/heartbeats", True),
    ],
)
async def test_every_answer_says_so(
    desk: OperatorDesk, method: str, path: str, *, kept: bool
) -> None:
    async with desk.http.request(method, path) as answer:
        assert answer.headers["Content-Security-Policy"] == API_POLICY
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers.get("Cache-Control") == (None if kept else "no-store")


def test_a_page_runs_our_own_files_alone_and_is_framed_by_nobody() -> None:
    policy = dict(part.strip().split(" ", 1) for part in PAGE_POLICY.split(";"))
    own = ("script-src", "style-src", "img-src", "connect-src", "form-action")
    assert {policy.pop(name) for name in own} == {"'self'"}
    assert policy.pop("require-trusted-types-for") == "'script'"
    assert set(policy) == {"default-src", "frame-ancestors", "base-uri", "trusted-types"}
    assert set(policy.values()) == {"'none'"}
    assert "unsafe" not in PAGE_POLICY


async def test_a_stream_has_them_from_its_start_and_a_page_its_own_policy() -> None:
    began, ends = asyncio.Event(), asyncio.Event()

    async def stream(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        began.set()
        await ends.wait()
        return answer

    async def page(_: web.Request) -> web.Response:
        return web.Response(headers={"Content-Security-Policy": PAGE_POLICY})

    app = web.Application()
    app.on_response_prepare.append(harden)
    app.router.add_get("/v1/ops/stream", stream)
    app.router.add_get("/", page)
    async with TestServer(app) as server, aiohttp.ClientSession(server.make_url("/")) as http:
        async with http.get("/v1/ops/stream") as answer:
            assert began.is_set()
            assert answer.headers["Cache-Control"] == "no-store"
            assert answer.headers["Content-Security-Policy"] == API_POLICY
            ends.set()
        async with http.get("/") as answer:
            assert answer.headers.getall("Content-Security-Policy") == [PAGE_POLICY]
