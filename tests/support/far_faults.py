"""How the stand-in far side misbehaves, one function for each way."""

import json
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from aiohttp import web

from kiosk_contracts.problem import PROBLEM_CONTENT_TYPE
from kiosk_contracts.version import PROTOCOL_HEADER


@dataclass
class Fault:
    """One way of misbehaving, on a route, for so many requests."""

    kind: str
    """A name in MISBEHAVIOURS."""
    path: str = "/v1/transactions"
    times: int = 1
    status: int = 500
    headers: dict[str, str] = field(default_factory=dict)
    problem: dict[str, Any] | None = None


class Misbehaving(Protocol):
    """What a far side lends to its faults."""

    fired: Counter[str]

    @property
    def url(self) -> str: ...
    def behave(self, request: web.Request, body: bytes) -> web.Response: ...
    def judge_all(self, items: list[dict[str, Any]]) -> list[dict[str, Any]]: ...
    async def hang(self) -> None: ...


@dataclass(frozen=True)
class Hit:
    """A request that a fault was taken for."""

    far: Misbehaving
    request: web.Request
    body: bytes
    fault: Fault


def problem(
    status: int, code: str, detail: str, headers: dict[str, str] | None = None, **more: Any
) -> web.Response:
    """Return a problem body."""
    body = {"title": detail, "status": status, "detail": detail, "code": code, **more}
    return web.Response(
        status=status,
        text=json.dumps(body),
        content_type=PROBLEM_CONTENT_TYPE,
        headers=headers,
    )


def _drop(request: web.Request) -> None:
    transport = request.transport
    assert transport is not None
    transport.abort()


async def _reset(hit: Hit) -> web.StreamResponse:
    _drop(hit.request)
    return web.Response()


async def _hang(hit: Hit) -> web.StreamResponse:
    await hit.far.hang()
    return web.Response()


async def _status(hit: Hit) -> web.StreamResponse:
    fault = hit.fault
    if fault.problem is not None:
        return problem(fault.status, headers=fault.headers, **fault.problem)
    return web.Response(status=fault.status, text="Oh no", headers=fault.headers)


async def _garbage(_hit: Hit) -> web.StreamResponse:
    noise = random.Random(7).randbytes(500)  # noqa: S311  the same garbage in every run
    return web.Response(body=noise, content_type="application/json")


async def _portal(_hit: Hit) -> web.StreamResponse:
    page = "<html>Welcome to Hotel Harbour. Please sign in.</html>"
    return web.Response(text=page, content_type="text/html", headers={"No-Protocol": "1"})


async def _portal_busy(_hit: Hit) -> web.StreamResponse:
    headers = {"No-Protocol": "1", "Retry-After": "20"}
    return web.Response(status=503, text="<html>Busy</html>", headers=headers)


async def _redirect(hit: Hit) -> web.StreamResponse:
    return web.Response(status=307, headers={"Location": f"{hit.far.url}/elsewhere"})


async def _truncated(hit: Hit) -> web.StreamResponse:
    whole = hit.far.behave(hit.request, hit.body).body
    assert isinstance(whole, bytes)
    response = web.StreamResponse(headers={PROTOCOL_HEADER: "1"})
    response.content_length = len(whole)
    response.content_type = "application/json"
    await response.prepare(hit.request)
    await response.write(whole[: len(whole) // 2])
    _drop(hit.request)
    return response


async def _huge(hit: Hit) -> web.StreamResponse:
    response = web.StreamResponse(headers={PROTOCOL_HEADER: "1"})
    await response.prepare(hit.request)
    try:
        for _ in range(40):
            await response.write(b" " * (1024 * 1024))
    except ConnectionError:
        hit.far.fired["huge_refused"] += 1
    return response


async def _reordered(hit: Hit) -> web.StreamResponse:
    asked = json.loads(hit.body)
    outcomes = hit.far.judge_all(asked["items"])[::-1]
    return web.json_response({"journal_id": asked["journal_id"], "outcomes": outcomes})


async def _short(hit: Hit) -> web.StreamResponse:
    asked = json.loads(hit.body)
    outcomes = hit.far.judge_all(asked["items"])[:-1]
    return web.json_response({"journal_id": asked["journal_id"], "outcomes": outcomes})


async def _commit_then_reset(hit: Hit) -> web.StreamResponse:
    hit.far.behave(hit.request, hit.body)
    _drop(hit.request)
    return web.Response()


async def _commit_then_hang(hit: Hit) -> web.StreamResponse:
    hit.far.behave(hit.request, hit.body)
    await hit.far.hang()
    return web.Response()


async def _delivered_twice(hit: Hit) -> web.StreamResponse:
    hit.far.behave(hit.request, hit.body)
    return hit.far.behave(hit.request, hit.body)


_Misbehaviour = Callable[[Hit], Awaitable[web.StreamResponse]]
MISBEHAVIOURS: dict[str, _Misbehaviour] = {
    "reset": _reset,
    "hang": _hang,
    "status": _status,
    "garbage": _garbage,
    "portal": _portal,
    "portal_busy": _portal_busy,
    "redirect": _redirect,
    "truncated": _truncated,
    "huge": _huge,
    "reordered": _reordered,
    "short": _short,
    "commit_then_reset": _commit_then_reset,
    "commit_then_hang": _commit_then_hang,
    "delivered_twice": _delivered_twice,
}


async def misbehave(hit: Hit) -> web.StreamResponse:
    """Answer a request as its fault says."""
    return await MISBEHAVIOURS[hit.fault.kind](hit)
