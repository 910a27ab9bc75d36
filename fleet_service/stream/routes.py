"""`GET /v1/stream`: what changes, as it changes."""

import asyncio
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from cloud_store.port import StoreError
from fleet_service.api.described import described
from fleet_service.api.queries import refused_query
from fleet_service.api.requests import REQUEST_ID
from fleet_service.operators.gate import ASKING, OPS_GATE
from fleet_service.stream.clients import StreamClient, StreamClients
from fleet_service.stream.feed import Feed
from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_contracts.version import PROTOCOL_HEADER, PROTOCOL_VERSION, REQUEST_ID_HEADER

FEED: web.AppKey[Feed] = web.AppKey("feed", Feed)
STREAMS: web.AppKey[StreamClients] = web.AppKey("streams", StreamClients)
_LAST_ID: Final = "Last-Event-ID"
_STILL_HERE: Final = b": still here\n\n"
_COME_BACK: Final = b"retry: 2000\n\n"
"""Milliseconds, for browsers."""
_RECHECK_S: Final = 1.0
"""Who is revoked sees nothing more within it, besides what is remembered of a token."""


@dataclass(frozen=True, slots=True)
class StreamPace:
    """How often a stream in which nothing happens says that it is there."""

    comment_s: float


PACE: web.AppKey[StreamPace] = web.AppKey("stream_pace", StreamPace)


@described("text/event-stream", ProblemCode.TOO_MANY_REQUESTS, query={"since": str})
async def stream(request: web.Request) -> web.StreamResponse:
    """Tell what changes until the client goes, is let go, or may not see it any more."""
    last_id = _last_id(request)
    with request.app[STREAMS].place_for(request[ASKING].operator.token_id) as client:
        async with request.app[FEED].telling(client, last_id):
            answer = web.StreamResponse(
                headers={
                    "Content-Type": "text/event-stream; charset=utf-8",
                    # A proxy that keeps events together until there are many tells nothing live.
                    "X-Accel-Buffering": "no",
                    # Sent before what sets them on all other answers.
                    PROTOCOL_HEADER: str(PROTOCOL_VERSION),
                    REQUEST_ID_HEADER: request[REQUEST_ID],
                }
            )
            await answer.prepare(request)
            sending = asyncio.create_task(_send(request, answer, client), name="stream")
            letting_go = asyncio.create_task(client.let_go.wait(), name="stream let go")
            try:
                await asyncio.wait({sending, letting_go}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in (sending, letting_go):
                    task.cancel()
                await asyncio.gather(sending, letting_go, return_exceptions=True)
                if request.transport is not None:
                    # Not a whole answer: what a slow client has not taken is not waited for.
                    request.transport.abort()
    return answer


def add_routes(app: web.Application) -> None:
    """Add this feature's routes."""
    app.router.add_get("/v1/stream", stream, allow_head=False)


def _last_id(request: web.Request) -> str:
    """Return behind which event the stream begins; raises ProblemError 422.

    A browser that comes back sends the header, and the query that it first came with.
    """
    if stray := sorted({*request.query} - {"since"}):
        raise refused_query(f"{stray[0]}: the stream has no filters.")
    return request.headers.get(_LAST_ID, request.query.get("since", "")).strip()


async def _send(request: web.Request, answer: web.StreamResponse, client: StreamClient) -> None:
    """Send what waits until the client is gone or may see nothing more."""
    loop = asyncio.get_running_loop()
    pace, said_at = request.app[PACE].comment_s, loop.time()
    checked_at = loop.time()
    try:
        await answer.write(_COME_BACK)
        while not client.let_go.is_set() and not _is_gone(request):
            told = await client.next(min(_RECHECK_S, pace))
            if loop.time() - checked_at >= _RECHECK_S:
                if not await _may_still(request):
                    return
                checked_at = loop.time()
            if not told and loop.time() - said_at >= pace:
                told = _STILL_HERE
            if told:
                await answer.write(told)
                said_at = loop.time()
    except ConnectionError:
        return


def _is_gone(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()


async def _may_still(request: web.Request) -> bool:
    """Say whether who asked still may: tokens end, and are revoked."""
    try:
        await request.app[OPS_GATE].recognise_again(request)
    except ProblemError:
        return False
    except StoreError:
        # While the store is away nothing is told, either.
        return True
    return True
