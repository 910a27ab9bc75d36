"""`POST /v1/sessions` and what it needs, and who asks on every other route."""

from aiohttp import web

from fleet_service.api.bodies import STRANGERS, read_model
from fleet_service.api.described import described
from fleet_service.api.senders import sender_of
from fleet_service.sessions.nonces import Nonces
from fleet_service.sessions.ports import KnownKiosks, RegisteredKiosk
from fleet_service.sessions.refusing import kiosk_unknown, refuse_replaced, refuse_standing
from fleet_service.sessions.service import Sessions
from fleet_service.sessions.tokens import (
    AskingKiosk,
    SessionTokens,
    token_missing,
    token_of_another_host,
)
from kiosk_contracts.problem import ProblemCode
from kiosk_contracts.sessions import KioskSession, SessionNonce, SessionRequest
from kiosk_contracts.version import KIOSK_TOKEN_HEADER

SESSIONS: web.AppKey[Sessions] = web.AppKey("sessions", Sessions)
TOKENS: web.AppKey[SessionTokens] = web.AppKey("tokens", SessionTokens)
NONCES: web.AppKey[Nonces] = web.AppKey("nonces", Nonces)
KIOSKS: web.AppKey[KnownKiosks] = web.AppKey("kiosks", KnownKiosks)


@described(
    KioskSession,
    ProblemCode.PROOF_REFUSED,
    ProblemCode.KIOSK_UNKNOWN,
    ProblemCode.KIOSK_PENDING,
    ProblemCode.KIOSK_REVOKED,
    ProblemCode.KIOSK_RETIRED,
    ProblemCode.HOST_NOT_MATCHED,
    status=201,
    body=SessionRequest,
)
async def open_session(request: web.Request) -> web.Response:
    """Answer 201 with the one body that shows a token."""
    wanted = await read_model(request, SessionRequest, most=STRANGERS)
    session = await request.app[SESSIONS].open(wanted, sender_of(request))
    return web.json_response(session.revealed(), status=201, headers={"Cache-Control": "no-store"})


@described(SessionNonce, status=201)
async def make_nonce(request: web.Request) -> web.Response:
    """Answer 201 with a nonce for a proof; anybody may ask."""
    nonce = request.app[NONCES].make()
    return web.json_response(nonce.to_json(), status=201, headers={"Cache-Control": "no-store"})


async def asking_kiosk(request: web.Request) -> AskingKiosk:
    """Return who asks, by its token, if it is still what is registered.

    Raises ProblemError 401 `token_…`; 403 `kiosk_unknown`, `kiosk_pending`, `kiosk_revoked`,
    `kiosk_retired`.
    """
    asking = token_holder(request)
    await still_kiosk(request, asking)
    return asking


def token_holder(request: web.Request) -> AskingKiosk:
    """Return who asks, by its token alone: it may be no kiosk any more.

    Raises ProblemError 401 `token_…`.
    """
    given = request.headers.getall(KIOSK_TOKEN_HEADER, [])
    if not given:
        raise token_missing()
    # Two tokens could be read as another one by the next hop; neither counts.
    return request.app[TOKENS].verify(given[0] if len(given) == 1 else "")


async def still_kiosk(request: web.Request, asking: AskingKiosk) -> RegisteredKiosk:
    """Return a token's kiosk, if it is still what is registered.

    Raises ProblemError as `asking_kiosk` does.
    """
    kiosk = await request.app[KIOSKS].recall(asking.kiosk_id)
    if kiosk is None:
        raise kiosk_unknown(asking.kiosk_id)
    refuse_replaced(kiosk, asking.instance_id)
    refuse_standing(kiosk)
    by_secret = asking.instance_id is None and kiosk.secret_hash is not None
    if not by_secret and (asking.instance_id is None or asking.instance_id != kiosk.instance_id):
        raise token_of_another_host(asking.kiosk_id)
    return kiosk


def add_routes(app: web.Application) -> None:
    """Add this feature's routes."""
    app.router.add_post("/v1/sessions", open_session)
    app.router.add_post("/v1/session-nonces", make_nonce)
