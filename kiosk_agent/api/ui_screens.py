"""The UI socket: which of several screens answers keys."""

from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from kiosk_agent.api.bodies import header_screen_id, path_screen_id, read_body
from kiosk_agent.api.keys import DESK
from kiosk_agent.services.screens import ScreenDesk
from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_contracts.screens import SCREEN_HEADER, ScreenReport
from kiosk_contracts.version import STAFF_TOKEN_HEADER

routes = web.RouteTableDef()
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_FOR_ALL: Final = ("/v1/screens/", "/v1/stream")
"""What a screen may ask that waits for its turn."""
_LEAVES: Final = "/v1/sign-out"


@routes.put("/v1/screens/{screen_id}")
async def report(request: web.Request) -> web.Response:
    """Take a screen's report; answer whether it has the lease."""
    body = await read_body(request, ScreenReport)
    answer = _desk(request).report(path_screen_id(request), body)
    return web.json_response(answer.to_json())


@routes.delete("/v1/screens/{screen_id}")
async def end(request: web.Request) -> web.Response:
    """Forget a screen that ends."""
    _desk(request).end(path_screen_id(request))
    return web.Response(status=204)


@web.middleware
async def one_screen_asks(request: web.Request, handler: _Handler) -> web.StreamResponse:
    """Refuse a screen that has not the lease what only one may do at a time."""
    screens, screen_id = request.app[DESK].kiosk.screens, header_screen_id(request)
    changes = request.method not in {"GET", "HEAD"}
    # One that takes no turns may look, and change things where nobody else takes turns.
    if screens is not None and (screen_id or changes) and not request.path.startswith(_FOR_ALL):
        token = request.headers.get(STAFF_TOKEN_HEADER, "")
        screens.check(screen_id, token, changes=changes, leaves=request.path == _LEAVES)
    return await handler(request)


def _desk(request: web.Request) -> ScreenDesk:
    screens = request.app[DESK].kiosk.screens
    if screens is None:
        raise ProblemError(
            404,
            ProblemCode.NOT_FOUND,
            "No screens here",
            detail="Training leases no screen.",
            hint=f"Ask the kiosk's own socket, and say {SCREEN_HEADER} there.",
        )
    return screens
