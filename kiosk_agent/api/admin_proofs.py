"""The admin socket's part for the supervisor: what the agent wants signed."""

from typing import Final

from aiohttp import web

from kiosk_agent.api.bodies import figure, path_proof_id, read_body
from kiosk_agent.api.office import OFFICE
from kiosk_contracts.proving import ProofMade, ProofNotMade

_LONGEST_WAIT_S: Final = 60
routes = web.RouteTableDef()


@routes.get("/v1/proofs/wanted")
async def wanted(request: web.Request) -> web.Response:
    """Answer 200 with what is wanted, as soon as something is, or 204 after `wait_s`."""
    wait_s = figure(request, "wait_s", least=0, default=0, most=_LONGEST_WAIT_S)
    found = await request.app[OFFICE].proofs.wanted(wait_s)
    return web.Response(status=204) if found is None else web.json_response(found.to_json())


@routes.put("/v1/proofs/{request_id}")
async def given(request: web.Request) -> web.Response:
    """Take a presigned request."""
    made = await read_body(request, ProofMade)
    request.app[OFFICE].proofs.give(path_proof_id(request), made)
    return web.Response(status=204)


@routes.put("/v1/proofs/{request_id}/refusal")
async def not_given(request: web.Request) -> web.Response:
    """Take the reason why there is none."""
    why = await read_body(request, ProofNotMade)
    request.app[OFFICE].proofs.give(path_proof_id(request), why)
    return web.Response(status=204)
