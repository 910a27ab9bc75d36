"""The admin socket: shifts and their reports."""

from typing import Final

from aiohttp import web

from kiosk_agent.api.bodies import figure, path_shift_id
from kiosk_agent.api.office import OFFICE

routes = web.RouteTableDef()
MOST_SHIFTS: Final = 1000


@routes.get("/v1/shifts")
async def shifts(request: web.Request) -> web.Response:
    """Answer shifts, the newest first; `limit` 1 to 1,000, by default 100."""
    limit = figure(request, "limit", 1, 100, MOST_SHIFTS)
    found = await request.app[OFFICE].shift_history.shifts_for_root(limit)
    return web.json_response(found.to_json())


@routes.get("/v1/cancelled-payments")
async def cancelled(request: web.Request) -> web.Response:
    """Answer payments cancelled after money was taken, the newest first; `limit` as of shifts."""
    limit = figure(request, "limit", 1, 100, MOST_SHIFTS)
    found = await request.app[OFFICE].shift_history.cancelled_for_root(limit, None)
    return web.json_response(found.to_json())


@routes.get("/v1/shifts/{shift_id}/cancelled-payments")
async def cancelled_of_shift(request: web.Request) -> web.Response:
    """Answer those of a shift."""
    limit = figure(request, "limit", 1, 100, MOST_SHIFTS)
    history, shift_id = request.app[OFFICE].shift_history, path_shift_id(request)
    found = await history.cancelled_for_root(limit, shift_id)
    return web.json_response(found.to_json())


@routes.get("/v1/shifts/{shift_id}")
async def report(request: web.Request) -> web.Response:
    """Answer a shift's X report, or its Z report if it is closed."""
    found = await request.app[OFFICE].shift_reports.report_for_root(path_shift_id(request))
    return web.json_response(found.to_json())
