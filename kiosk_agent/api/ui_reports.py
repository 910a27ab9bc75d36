"""The UI socket: transactions, status, the stream of it."""

import asyncio
import contextlib
from typing import Final

from aiohttp import web

from kiosk_agent.api.bodies import page_query, path_txn_id
from kiosk_agent.api.keys import DESK
from kiosk_agent.api.ui_staff import who
from kiosk_agent.services.kiosk import Kiosk
from kiosk_contracts.kiosk_status import KioskStatus
from kiosk_contracts.status_changes import CHANGES, STATUS, stock_changes

routes = web.RouteTableDef()

KEEP_ALIVE_S: Final = 10.0
LEAST_GAP_S: Final = 0.5
"""At most two statuses a second, however much happens; the first of them comes at once."""


@routes.get("/v1/transactions")
async def transactions(request: web.Request) -> web.Response:
    """Answer a page of transactions, newest first."""
    await who(request)
    before, limit, states = page_query(request)
    page = await request.app[DESK].reports.transactions(before=before, limit=limit, states=states)
    return web.json_response(page.to_json())


@routes.get("/v1/transactions/{txn_id}")
async def transaction(request: web.Request) -> web.Response:
    """Answer what was answered first for a transaction."""
    await who(request)
    return web.json_response(await request.app[DESK].reports.transaction(path_txn_id(request)))


@routes.get("/v1/status")
async def status(request: web.Request) -> web.Response:
    """Answer the kiosk's state."""
    return web.json_response((await request.app[DESK].reports.status()).to_json())


@routes.get("/v1/stream")
async def stream(request: web.Request) -> web.StreamResponse:
    """Send the status at once and after every change, until either side goes away.

    With `?changes=yes`, of a season's stock only what changed: a UI paints between two of them.
    """
    desk = request.app[DESK]
    wants_changes = request.query.get("changes") == "yes"
    response = web.StreamResponse(
        headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
    )
    await response.prepare(request)
    # A UI that went away is no failure: it comes back and asks anew.
    with contextlib.suppress(ConnectionResetError):
        seen = -1
        before: KioskStatus | None = None
        while not desk.kiosk.agent.is_stopping():
            version = desk.kiosk.changes.version
            if version == seen:
                await response.write(b": keep-alive\n\n")
            else:
                seen = version
                now = await desk.reports.status()
                await response.write(_event(now, before))
                before = now if wants_changes else None
                await desk.kiosk.clock.sleep(LEAST_GAP_S)
            await _change_or_keep_alive(desk.kiosk, seen)
    return response


def _event(now: KioskStatus, before: KioskStatus | None) -> bytes:
    changes = stock_changes(now, before) if before is not None else None
    name, told = (STATUS, now) if changes is None else (CHANGES, changes)
    return f"event: {name}\ndata: {told.model_dump_json()}\n\n".encode()


async def _change_or_keep_alive(kiosk: Kiosk, seen: int) -> None:
    """Wait for a change after `seen`, but not beyond the time of a keep-alive."""
    change = asyncio.create_task(kiosk.changes.beyond(seen))
    silence = asyncio.create_task(kiosk.clock.sleep(KEEP_ALIVE_S))
    try:
        await asyncio.wait({change, silence}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (change, silence):
            task.cancel()
        await asyncio.gather(change, silence, return_exceptions=True)
