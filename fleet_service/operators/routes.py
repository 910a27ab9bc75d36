"""`/v1/ops/me`, `/v1/ops/session` and `/v1/ops/operator-tokens`."""

from typing import Final

from aiohttp import web

from fleet_service.api.bodies import read_model
from fleet_service.api.described import described, paged
from fleet_service.api.etags import json_with_etag
from fleet_service.api.queries import limit_of
from fleet_service.audit.summary import target
from fleet_service.operators.carrying import give_cookie, take_cookie
from fleet_service.operators.gate import ASKING
from fleet_service.operators.ports import Operator
from fleet_service.operators.refusing import needs_a_token
from fleet_service.operators.rights import OPS_PREFIX
from fleet_service.operators.service import MOST_LISTED, Operators
from fleet_service.operators.sessions import DashboardSession, DashboardSessions
from kiosk_contracts.operators import (
    MadeOperatorToken,
    NewOperatorToken,
    OperatorSelf,
    OperatorSession,
    OperatorTokenPage,
    OperatorTokenStanding,
)
from kiosk_contracts.problem import ProblemCode

OPERATORS: web.AppKey[Operators] = web.AppKey("operators", Operators)
DASHBOARD_SESSIONS: web.AppKey[DashboardSessions] = web.AppKey(
    "dashboard_sessions", DashboardSessions
)
_TOKENS: Final = f"{OPS_PREFIX}operator-tokens"


@described(OperatorSelf)
async def who_am_i(request: web.Request) -> web.Response:
    """Answer with who asks; to a dashboard also with what its changes carry."""
    asking = request[ASKING]
    return web.json_response(_self(asking.operator, asking.session).to_json())


@described(OperatorSelf, status=201)
async def open_session(request: web.Request) -> web.Response:
    """Turn a token into a cookie."""
    asking = request[ASKING]
    if asking.session is not None:
        raise needs_a_token()
    sessions = request.app[DASHBOARD_SESSIONS]
    session, sealed = sessions.open(asking.operator)
    answer = web.json_response(_self(asking.operator, session).to_json(), status=201)
    give_cookie(request, answer, sealed, sessions.left_s(session))
    return answer


@described(None, status=204)
async def end_session(request: web.Request) -> web.Response:
    """End the session of whoever asks; nothing happens to one who has none."""
    session = request[ASKING].session
    if session is not None:
        await request.app[DASHBOARD_SESSIONS].end(session)
    answer = web.Response(status=204)
    take_cookie(request, answer)
    return answer


@described(MadeOperatorToken, status=201, body=NewOperatorToken)
async def make_token(request: web.Request) -> web.Response:
    """Answer 201 with the one body that shows a token."""
    wanted, asking = await read_model(request, NewOperatorToken), request[ASKING]
    made = await request.app[OPERATORS].make(wanted, asking.operator)
    asking.concerned.append(target("operator-token", made.token_id))
    return web.json_response(made.revealed(), status=201)


@described(OperatorTokenPage, query=paged(MOST_LISTED), has_etag=True)
async def list_tokens(request: web.Request) -> web.Response:
    """Answer with a page of tokens, without their secrets."""
    page = await request.app[OPERATORS].page(
        request.query.get("after", ""), limit_of(request, MOST_LISTED)
    )
    return json_with_etag(request, page.to_json())


@described(OperatorTokenStanding, ProblemCode.OPERATOR_TOKEN_UNKNOWN, ProblemCode.NOT_ALLOWED)
async def revoke_token(request: web.Request) -> web.Response:
    """Let a token count no more."""
    told = await request.app[OPERATORS].revoke(
        request.match_info["token_id"], request[ASKING].operator
    )
    return web.json_response(told.to_json())


def add_routes(app: web.Application) -> None:
    """Add this feature's routes."""
    app.router.add_get(f"{OPS_PREFIX}me", who_am_i)
    app.router.add_post(f"{OPS_PREFIX}session", open_session)
    app.router.add_delete(f"{OPS_PREFIX}session", end_session)
    app.router.add_get(_TOKENS, list_tokens)
    app.router.add_post(_TOKENS, make_token)
    app.router.add_post(f"{_TOKENS}/{{token_id}}/revoke", revoke_token)


def _self(operator: Operator, session: DashboardSession | None) -> OperatorSelf:
    told = None
    if session is not None:
        told = OperatorSession(expires_at=session.expires_at, csrf_token=session.csrf_token)
    return OperatorSelf(
        token_id=operator.token_id,
        name=operator.name,
        role=operator.role,
        expires_at=operator.expires_at,
        session=told,
    )
