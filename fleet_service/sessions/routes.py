"""`POST /v1/sessions`, and who asks on every other route."""

from aiohttp import web

from fleet_service.api.bodies import read_model
from fleet_service.sessions.service import Sessions
from fleet_service.sessions.tokens import AskingKiosk, SessionTokens, token_missing
from kiosk_contracts.sessions import SessionRequest
from kiosk_contracts.version import KIOSK_TOKEN_HEADER

SESSIONS: web.AppKey[Sessions] = web.AppKey("sessions", Sessions)
TOKENS: web.AppKey[SessionTokens] = web.AppKey("tokens", SessionTokens)


async def open_session(request: web.Request) -> web.Response:
    """Answer 201 with the one body that shows a token."""
    session = await request.app[SESSIONS].open(await read_model(request, SessionRequest))
    return web.json_response(session.revealed(), status=201, headers={"Cache-Control": "no-store"})


def asking_kiosk(request: web.Request) -> AskingKiosk:
    """Return who asks, by its token; raises ProblemError 401."""
    given = request.headers.getall(KIOSK_TOKEN_HEADER, [])
    if not given:
        raise token_missing()
    # Two tokens could be read as another one by the next hop; neither counts.
    return request.app[TOKENS].verify(given[0] if len(given) == 1 else "")


def add_routes(app: web.Application) -> None:
    """Add this feature's routes."""
    app.router.add_post("/v1/sessions", open_session)
