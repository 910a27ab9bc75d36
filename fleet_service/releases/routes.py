"""`/v1/releases` and `/v1/moves`, read; made and changed below `/v1/ops/`."""

from collections.abc import Awaitable, Callable
from typing import Final, Literal
from uuid import UUID

from aiohttp import web

from fleet_service.api.bodies import read_model
from fleet_service.api.described import described, paged
from fleet_service.api.etags import json_with_etag
from fleet_service.api.queries import choice_of, known_query, limit_of
from fleet_service.operators.gate import asking_operator
from fleet_service.operators.rights import OPS_PREFIX
from fleet_service.releases.making import MOST_LISTED, Releases
from fleet_service.releases.ordering import MOST_DECISIONS, Moves
from fleet_service.releases.refusing import move_unknown
from kiosk_contracts.problem import ProblemCode
from kiosk_contracts.releases import (
    DecisionPage,
    MoveAct,
    MovePage,
    MoveStanding,
    NewMove,
    NewRelease,
    ReleasePage,
    ReleaseStanding,
    ReleaseState,
)

RELEASES: web.AppKey[Releases] = web.AppKey("releases", Releases)
MOVES: web.AppKey[Moves] = web.AppKey("moves", Moves)
_READ: Final = "/v1/"
_RELEASES: Final = "releases"
_MOVES: Final = "moves"
_MOVE: Final = f"{_MOVES}/{{move_id}}"
_RELEASES_QUERY: Final = paged(MOST_LISTED, state=ReleaseState)
_MOVES_QUERY: Final = paged(MOST_LISTED, open=Literal["true", "false"])
_DECISIONS_QUERY: Final = paged(MOST_DECISIONS)
_NOT_BEGUN: Final = (
    ProblemCode.RELEASE_UNKNOWN,
    ProblemCode.KIOSK_UNKNOWN,
    ProblemCode.VENUE_UNKNOWN,
    ProblemCode.RELEASE_NOT_LIVE,
    ProblemCode.RELEASE_RETIRED,
    ProblemCode.STANDING_DIFFERS,
    ProblemCode.NOTHING_TO_MOVE,
    ProblemCode.NO_WAY_BACK,
    ProblemCode.MOVE_RUNS_ALREADY,
    ProblemCode.MOVE_DIFFERS,
)


@described(
    ReleaseStanding,
    ProblemCode.RELEASE_DIFFERS,
    ProblemCode.RELEASE_RETIRED,
    ProblemCode.RELEASE_BUSY,
    ProblemCode.NOTHING_TO_MOVE,
    ProblemCode.ECS_AWAY,
    status=201,
    body=NewRelease,
)
async def create_release(request: web.Request) -> web.Response:
    """Make a release."""
    order = await read_model(request, NewRelease)
    told = await request.app[RELEASES].create(order, asking_operator(request))
    return web.json_response(told.to_json(), status=201)


@described(ReleasePage, query=_RELEASES_QUERY, has_etag=True)
async def list_releases(request: web.Request) -> web.Response:
    """Answer with a page of releases."""
    known_query(request, _RELEASES_QUERY)
    after, limit = request.query.get("after", ""), limit_of(request, MOST_LISTED)
    state = choice_of(request, "state", [*ReleaseState])
    page = await request.app[RELEASES].page(after, limit, state)
    return json_with_etag(request, page.to_json())


@described(ReleaseStanding, ProblemCode.RELEASE_UNKNOWN, has_etag=True)
async def get_release(request: web.Request) -> web.Response:
    """Answer with one release."""
    told = await request.app[RELEASES].get(request.match_info["release_id"])
    return json_with_etag(request, told.to_json())


@described(
    ReleaseStanding,
    ProblemCode.RELEASE_UNKNOWN,
    ProblemCode.RELEASE_IN_USE,
    ProblemCode.RELEASE_BUSY,
    ProblemCode.NOTHING_TO_MOVE,
    ProblemCode.ECS_AWAY,
)
async def retire_release(request: web.Request) -> web.Response:
    """Take a release away that nobody needs."""
    told = await request.app[RELEASES].retire(request.match_info["release_id"])
    return web.json_response(told.to_json())


@described(MoveStanding, *_NOT_BEGUN, status=201, body=NewMove)
async def begin_move(request: web.Request) -> web.Response:
    """Have kiosks moved."""
    order = await read_model(request, NewMove)
    told = await request.app[MOVES].begin(order, asking_operator(request))
    return web.json_response(told.to_json(), status=201)


@described(MovePage, query=_MOVES_QUERY, has_etag=True)
async def list_moves(request: web.Request) -> web.Response:
    """Answer with a page of moves."""
    known_query(request, _MOVES_QUERY)
    after, limit = request.query.get("after", ""), limit_of(request, MOST_LISTED)
    still_open = choice_of(request, "open", ["true", "false"]) == "true"
    told = await request.app[MOVES].page(after, limit, still_open=still_open)
    return json_with_etag(request, told.to_json())


@described(MoveStanding, ProblemCode.MOVE_UNKNOWN, has_etag=True)
async def get_move(request: web.Request) -> web.Response:
    """Answer with one move."""
    told = await request.app[MOVES].get(_move_id(request))
    return json_with_etag(request, told.to_json())


@described(DecisionPage, ProblemCode.MOVE_UNKNOWN, query=_DECISIONS_QUERY, has_etag=True)
async def list_decisions(request: web.Request) -> web.Response:
    """Answer with a page of a move's decisions."""
    after, limit = request.query.get("after", ""), limit_of(request, MOST_DECISIONS)
    told = await request.app[MOVES].decisions(_move_id(request), after, limit)
    return json_with_etag(request, told.to_json())


def _move_id(request: web.Request) -> str:
    """Return the id as it is kept; raises ProblemError 404 where it is none."""
    given = request.match_info["move_id"]
    try:
        return str(UUID(given))
    except ValueError:
        raise move_unknown(given[:64]) from None


def _act(act: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Return the handler of an act of operators on a move."""
    words = f"{act.capitalize()} a move."

    @described(
        MoveStanding,
        ProblemCode.MOVE_UNKNOWN,
        ProblemCode.MOVE_ENDED,
        body=MoveAct,
        body_optional=True,
        name=act,
        summary=words,
    )
    async def handle(request: web.Request) -> web.Response:
        order = await read_model(request, MoveAct) if request.body_exists else MoveAct()
        by = asking_operator(request)
        told = await request.app[MOVES].act(_move_id(request), act, order, by)
        return web.json_response(told.to_json())

    return handle


def add_routes(app: web.Application) -> None:
    """Add this feature's routes."""
    app.router.add_get(f"{_READ}{_RELEASES}", list_releases)
    app.router.add_get(f"{_READ}{_RELEASES}/{{release_id}}", get_release)
    app.router.add_get(f"{_READ}{_MOVES}", list_moves)
    app.router.add_get(f"{_READ}{_MOVE}", get_move)
    app.router.add_get(f"{_READ}{_MOVE}/decisions", list_decisions)
    app.router.add_post(f"{OPS_PREFIX}{_RELEASES}", create_release)
    app.router.add_post(f"{OPS_PREFIX}{_RELEASES}/{{release_id}}/retire", retire_release)
    app.router.add_post(f"{OPS_PREFIX}{_MOVES}", begin_move)
    for act in ("pause", "resume", "abort"):
        app.router.add_post(f"{OPS_PREFIX}{_MOVE}/{act}", _act(act))
