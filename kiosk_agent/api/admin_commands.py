"""The admin socket's part for the supervisor: what operators have it do."""

from typing import Final
from uuid import UUID

from aiohttp import web
from pydantic import ConfigDict, Field

from kiosk_agent.api.bodies import figure, read_body
from kiosk_agent.api.office import OFFICE
from kiosk_agent.api.problems import field_invalid
from kiosk_contracts.commands import MOST_OUTCOME_BYTES, CommandOutcome
from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_contracts.wire import WireModel

_LONGEST_WAIT_S: Final = 60
routes = web.RouteTableDef()


class _Restart(WireModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    # As text: strict JSON has no UUIDs of its own.
    command_id: UUID = Field(strict=False)
    """Whose decision it is: nobody else takes it back."""
    forced: bool


@routes.get("/v1/commands/wanted")
async def wanted(request: web.Request) -> web.Response:
    """Answer 200 with a command, as soon as there is one, or 204 after `wait_s`."""
    wait_s = figure(request, "wait_s", least=0, default=0, most=_LONGEST_WAIT_S)
    found = await request.app[OFFICE].commands.wanted(wait_s)
    return web.Response(status=204) if found is None else web.json_response(found.to_json())


@routes.put("/v1/commands/{command_id}/outcome")
async def ended(request: web.Request) -> web.Response:
    """Take what came of a command."""
    command_id = _named(request)
    said = CommandOutcome.model_validate_json(await _bounded(request))
    await request.app[OFFICE].commands.end(command_id, said)
    return web.Response(status=204)


@routes.post("/v1/restart")
async def restart(request: web.Request) -> web.Response:
    """Decide that the host restarts, for whoever has it do so; answer who would be broken off.

    Where nobody is named nothing is sold anew from now on.
    """
    body = await read_body(request, _Restart)
    why = await request.app[OFFICE].restarting.begin(body.command_id, forced=body.forced)
    return web.json_response({"why": why})


@routes.delete("/v1/restart/{command_id}")
async def stays_up(request: web.Request) -> web.Response:
    """Sell again, unless another was decided: what this one decided could not be done."""
    request.app[OFFICE].restarting.end(_named(request))
    return web.Response(status=204)


def _named(request: web.Request) -> UUID:
    try:
        return UUID(request.match_info["command_id"])
    except ValueError as error:
        raise field_invalid("command_id", "the address needs a UUID") from error


async def _bounded(request: web.Request) -> bytes:
    """Return a body that may be larger than any other here; raises ProblemError 413."""
    body = bytearray()
    async for piece in request.content.iter_any():
        body += piece
        if len(body) > MOST_OUTCOME_BYTES:
            raise ProblemError(
                413,
                ProblemCode.BODY_TOO_LARGE,
                "The outcome is too large",
                detail=f"It may have {MOST_OUTCOME_BYTES} bytes.",
                hint="Bring back less.",
            )
    return bytes(body)
