"""`/v1/ops/kiosks/{kiosk_id}/commands`, and `PUT /v1/commands/{command_id}/outcome` of kiosks."""

from typing import Final
from uuid import UUID

from aiohttp import web

from fleet_service.api.bodies import read_model
from fleet_service.api.described import described, paged
from fleet_service.api.etags import json_with_etag
from fleet_service.api.queries import known_query, limit_of
from fleet_service.commands.by_ssm import CommandsBySsm
from fleet_service.commands.refusing import command_unknown, in_service, known
from fleet_service.commands.service import MOST_LISTED, Commands
from fleet_service.heartbeats.pace import PACE
from fleet_service.operators.gate import asking_operator, refuse_role_below
from fleet_service.operators.rights import OPS_PREFIX
from fleet_service.sessions.routes import KIOSKS, asking_kiosk
from kiosk_contracts.commands import (
    MOST_OUTCOME_BYTES,
    CommandOutcome,
    CommandPage,
    CommandStanding,
    CommandWay,
    NewCommand,
)
from kiosk_contracts.operators import OperatorRole
from kiosk_contracts.problem import ProblemCode

COMMANDS: web.AppKey[Commands] = web.AppKey("commands", Commands)
BY_SSM: web.AppKey[CommandsBySsm] = web.AppKey("commands_by_ssm", CommandsBySsm)
_ALL: Final = f"{OPS_PREFIX}kiosks/{{kiosk_id}}/commands"
_ONE: Final = f"{_ALL}/{{command_id}}"
_QUERY: Final = paged(MOST_LISTED)
_NO_SUCH: Final = (ProblemCode.KIOSK_UNKNOWN, ProblemCode.COMMAND_UNKNOWN)


@described(
    CommandStanding,
    ProblemCode.KIOSK_UNKNOWN,
    ProblemCode.STANDING_DIFFERS,
    ProblemCode.COMMAND_DIFFERS,
    ProblemCode.TOO_MANY_COMMANDS,
    ProblemCode.SSM_AWAY,
    status=201,
    body=NewCommand,
)
async def order(request: web.Request) -> web.Response:
    """Have a kiosk do something."""
    kiosk_id = request.match_info["kiosk_id"]
    wanted = await read_model(request, NewCommand)
    if wanted.forced:
        refuse_role_below(request, OperatorRole.ADMIN)
    kiosk = in_service(kiosk_id, await request.app[KIOSKS].find(kiosk_id))
    by_ssm = request.app[BY_SSM]
    if wanted.way is CommandWay.SSM:
        by_ssm.check(wanted, kiosk)
    by, host = asking_operator(request), kiosk.instance_id or ""
    told = await request.app[COMMANDS].order(kiosk_id, wanted, by, host)
    if wanted.way is CommandWay.SSM:
        told = await by_ssm.send(kiosk, str(wanted.command_id))
    return web.json_response(told.to_json(), status=201)


@described(CommandPage, ProblemCode.KIOSK_UNKNOWN, query=_QUERY, has_etag=True)
async def list_commands(request: web.Request) -> web.Response:
    """Answer with a page of a kiosk's commands."""
    known_query(request, _QUERY)
    kiosk_id, limit = request.match_info["kiosk_id"], limit_of(request, MOST_LISTED)
    known(kiosk_id, await request.app[KIOSKS].find(kiosk_id))
    told = await request.app[COMMANDS].page(kiosk_id, request.query.get("after", ""), limit)
    return json_with_etag(request, told.to_json())


@described(CommandStanding, *_NO_SUCH, has_etag=True)
async def get_command(request: web.Request) -> web.Response:
    """Answer with one command."""
    kiosk_id, command_id = _named(request)
    await request.app[BY_SSM].look(kiosk_id, command_id)
    told = await request.app[COMMANDS].get(kiosk_id, command_id)
    return json_with_etag(request, told.to_json())


@described(CommandStanding, *_NO_SUCH, ProblemCode.COMMAND_ENDED, ProblemCode.SSM_AWAY)
async def withdraw(request: web.Request) -> web.Response:
    """Tell a command no more, and have Systems Manager take back what it has of it."""
    kiosk_id, command_id = _named(request)
    by_ssm, by = request.app[BY_SSM], asking_operator(request)
    await by_ssm.look(kiosk_id, command_id)
    told = await request.app[COMMANDS].withdraw(kiosk_id, command_id, by)
    await by_ssm.take_back(kiosk_id, command_id)
    return web.json_response(told.to_json())


@described("*/*", *_NO_SUCH)
async def get_content(request: web.Request) -> web.Response:
    """Answer with what a command brought back, as a file."""
    content_type, content = await request.app[COMMANDS].content(*_named(request))
    return web.Response(
        body=content,
        content_type=content_type,
        charset=None if content_type == "application/age" else "utf-8",
        headers={"Content-Disposition": "attachment"},
    )


@described(
    None,
    ProblemCode.COMMAND_UNKNOWN,
    ProblemCode.TOO_MANY_REQUESTS,
    status=204,
    body=CommandOutcome,
)
async def take_outcome(request: web.Request) -> web.Response:
    """Take what came of a command, of the kiosk that asks."""
    asking = await asking_kiosk(request)
    command_id = _command_id(request, asking.kiosk_id)
    request.app[PACE].count(asking)
    # Before megabytes are read and looked through for it.
    await request.app[COMMANDS].refuse_untold(asking.kiosk_id, command_id)
    outcome = await read_model(request, CommandOutcome, most=MOST_OUTCOME_BYTES)
    kiosk = await request.app[KIOSKS].find(asking.kiosk_id)
    host = "" if kiosk is None else kiosk.instance_id or ""
    await request.app[COMMANDS].take(asking.kiosk_id, command_id, outcome, host)
    return web.Response(status=204)


def _named(request: web.Request) -> tuple[str, str]:
    kiosk_id = request.match_info["kiosk_id"]
    return kiosk_id, _command_id(request, kiosk_id)


def _command_id(request: web.Request, kiosk_id: str) -> str:
    """Return the id as it is kept; raises ProblemError 404 where it is none."""
    given = request.match_info["command_id"]
    try:
        return str(UUID(given))
    except ValueError:
        raise command_unknown(kiosk_id, given[:64]) from None


def add_routes(app: web.Application) -> None:
    """Add this feature's routes."""
    app.router.add_post(_ALL, order)
    app.router.add_get(_ALL, list_commands)
    app.router.add_get(_ONE, get_command)
    app.router.add_delete(_ONE, withdraw)
    app.router.add_get(f"{_ONE}/content", get_content)
    app.router.add_put("/v1/commands/{command_id}/outcome", take_outcome)
