"""The admin socket's part for the supervisor: what it mended on the host."""

from aiohttp import web

from kiosk_agent.api.bodies import read_body
from kiosk_agent.api.office import OFFICE
from kiosk_contracts.repairs import RepairsReport

routes = web.RouteTableDef()


@routes.put("/v1/repairs")
async def told(request: web.Request) -> web.Response:
    """Take the last repairs; answer how the line is."""
    report = await read_body(request, RepairsReport)
    return web.json_response(request.app[OFFICE].repairs.take(report).to_json())
