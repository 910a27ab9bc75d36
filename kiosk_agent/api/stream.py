"""`GET /v1/stream`: the kiosk's status as server-sent events."""

import asyncio
from typing import Final

from aiohttp import web

from kiosk_agent.services.changes import Changes
from kiosk_agent.services.status import StatusReports
from kiosk_contracts.version import PROTOCOL_HEADER, PROTOCOL_VERSION

KEEP_ALIVE_S: Final = 10.0
LEAST_GAP_S: Final = 0.25
"""At most four events a second, however much happens."""


async def stream_status(
    request: web.Request, reports: StatusReports, changes: Changes
) -> web.StreamResponse:
    """Send the status at once and after every change, until the client goes or the agent stops."""
    response = web.StreamResponse(
        headers={
            "Content-Type": "text/event-stream",
            "Cache-Control": "no-store",
            PROTOCOL_HEADER: str(PROTOCOL_VERSION),
        }
    )
    await response.prepare(request)
    try:
        while True:
            seen = changes.version
            status = await reports.status()
            await response.write(f"event: status\ndata: {status.model_dump_json()}\n\n".encode())
            await asyncio.sleep(LEAST_GAP_S)
            await _until_changed(response, changes, seen)
    except ConnectionResetError:
        return response


async def _until_changed(response: web.StreamResponse, changes: Changes, seen: int) -> None:
    while True:
        try:
            async with asyncio.timeout(KEEP_ALIVE_S):
                await changes.beyond(seen)
        except TimeoutError:
            await response.write(b": keep-alive\n\n")
        else:
            return
