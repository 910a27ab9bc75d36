"""`/v1/ops/releases` and `/v1/ops/moves`."""

from collections.abc import Awaitable, Callable
from typing import Final
from uuid import UUID

from aiohttp import web

from fleet_service.api.bodies import read_model
from fleet_service.api.queries import limit_of
from fleet_service.operators.gate import asking_operator
from fleet_service.operators.rights import OPS_PREFIX
from fleet_service.releases.making import MOST_LISTED, Releases
from fleet_service.releases.ordering import MOST_DECISIONS, Moves
from fleet_service.releases.refusing import move_unknown
from kiosk_contracts.releases import MoveAct, NewMove, NewRelease

RELEASES: web.AppKey[Releases] = web.AppKey("releases", Releases)
MOVES: web.AppKey[Moves] = web.AppKey("moves", Moves)
_RELEASES: Final = f"{OPS_PREFIX}releases"
_MOVES: Final = f"{OPS_PREFIX}moves"
_MOVE: Final = f"{_MOVES}/{{move_id}}"


async def create_release(request: web.Request) -> web.Response:
    """Make a release."""
    order = await read_model(request, NewRelease)
    told = await request.app[RELEASES].create(order, asking_operator(request))
    return web.json_response(told.to_json(), status=201)


async def list_releases(request: web.Request) -> web.Response:
    """Answer with a page of releases."""
    after, limit = request.query.get("after", ""), limit_of(request, MOST_LISTED)
    return web.json_response((await request.app[RELEASES].page(after, limit)).to_json())


async def get_release(request: web.Request) -> web.Response:
    """Answer with one release."""
    told = await request.app[RELEASES].get(request.match_info["release_id"])
    return web.json_response(told.to_json())


async def retire_release(request: web.Request) -> web.Response:
    """Take a release away that nobody needs."""
    told = await request.app[RELEASES].retire(request.match_info["release_id"])
    return web.json_response(told.to_json())


async def begin_move(request: web.Request) -> web.Response:
    """Have kiosks moved."""
    order = await read_model(request, NewMove)
    told = await request.app[MOVES].begin(order, asking_operator(request))
    return web.json_response(told.to_json(), status=201)


async def list_moves(request: web.Request) -> web.Response:
    """Answer with a page of moves."""
    after, limit = request.query.get("after", ""), limit_of(request, MOST_LISTED)
    still_open = request.query.get("open") == "true"
    told = await request.app[MOVES].page(after, limit, still_open=still_open)
    return web.json_response(told.to_json())


async def get_move(request: web.Request) -> web.Response:
    """Answer with one move."""
    return web.json_response((await request.app[MOVES].get(_move_id(request))).to_json())


async def list_decisions(request: web.Request) -> web.Response:
    """Answer with a page of a move's decisions."""
    after, limit = request.query.get("after", ""), limit_of(request, MOST_DECISIONS)
    told = await request.app[MOVES].decisions(_move_id(request), after, limit)
    return web.json_response(told.to_json())


def _move_id(request: web.Request) -> str:
    """Return the id as it is kept; raises ProblemError 404 where it is none."""
    given = request.match_info["move_id"]
    try:
        return str(UUID(given))
    except ValueError:
        raise move_unknown(given[:64]) from None


def _act(act: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Return the handler of an act of operators on a move."""

    async def handle(request: web.Request) -> web.Response:
        order = await read_model(request, MoveAct) if request.body_exists else MoveAct()
        by = asking_operator(request)
        told = await request.app[MOVES].act(_move_id(request), act, order, by)
        return web.json_response(told.to_json())

    return handle


def add_routes(app: web.Application) -> None:
    """Add this feature's routes."""
    app.router.add_post(_RELEASES, create_release)
    app.router.add_get(_RELEASES, list_releases)
    app.router.add_get(f"{_RELEASES}/{{release_id}}", get_release)
    app.router.add_post(f"{_RELEASES}/{{release_id}}/retire", retire_release)
    app.router.add_post(_MOVES, begin_move)
    app.router.add_get(_MOVES, list_moves)
    app.router.add_get(_MOVE, get_move)
    app.router.add_get(f"{_MOVE}/decisions", list_decisions)
    for act in ("pause", "resume", "abort"):
        app.router.add_post(f"{_MOVE}/{act}", _act(act))
