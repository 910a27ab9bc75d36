"""`GET /v1/keys`, and announcing the next key."""

import asyncio

from aiohttp import web

from core_services.ticket_api.api.bodies import answer
from core_services.ticket_api.keys.service import KeyFolder

KEYS = web.AppKey("keys", KeyFolder)
routes = web.RouteTableDef()


@routes.get("/v1/keys")
async def get_keys(request: web.Request) -> web.Response:
    """Return the public keys that gates need."""
    return answer(await asyncio.to_thread(request.app[KEYS].public))


@routes.post("/v1/ops/keys")
async def announce_key(request: web.Request) -> web.Response:
    """Announce the next key; it signs once every gate had time to learn it."""
    return answer(await asyncio.to_thread(request.app[KEYS].announce), status=201)
