"""The UI socket: sign-in."""

from aiohttp import web

from kiosk_agent.api.bodies import read_body
from kiosk_agent.api.keys import DESK
from kiosk_agent.domain.people import StaffMember
from kiosk_contracts.staff import SignIn
from kiosk_contracts.version import STAFF_TOKEN_HEADER

routes = web.RouteTableDef()


async def who(request: web.Request) -> StaffMember:
    """Return whose request it is; ProblemError `not_signed_in`."""
    return await request.app[DESK].staff.who(request.headers.get(STAFF_TOKEN_HEADER))


@routes.post("/v1/sign-in")
async def sign_in(request: web.Request) -> web.Response:
    """Take a PIN, answer a StaffSession."""
    body = await read_body(request, SignIn)
    session = await request.app[DESK].staff.sign_in(body.pin.get_secret_value())
    return web.json_response(session.to_json())


@routes.post("/v1/sign-out")
async def sign_out(request: web.Request) -> web.Response:
    """End the session of the request's token."""
    await who(request)
    await request.app[DESK].staff.sign_out(request.headers[STAFF_TOKEN_HEADER])
    return web.Response(status=204)


@routes.get("/v1/session")
async def session(request: web.Request) -> web.Response:
    """Answer who is signed in."""
    token = request.headers.get(STAFF_TOKEN_HEADER, "")
    return web.json_response((await request.app[DESK].staff.session(token)).to_json())
