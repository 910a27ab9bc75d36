"""`/v1/ops/activations` for operators, `/v1/enrolment` for hosts that are no kiosks yet."""

from aiohttp import web

from fleet_service.api.bodies import STRANGERS, read_model
from fleet_service.api.described import described, paged
from fleet_service.api.etags import json_with_etag
from fleet_service.api.queries import limit_of
from fleet_service.api.senders import sender_of
from fleet_service.enrolment.refusing import hosts_not_asked, token_missing
from fleet_service.enrolment.service import MOST_LISTED, Enrolment
from fleet_service.kiosks.evidence import EvidenceDesk
from fleet_service.operators.rights import OPS_PREFIX
from kiosk_contracts.enrolment import (
    ActivationPage,
    ActivationStanding,
    ClaimName,
    EnrolmentOffer,
    GrantedName,
    NewActivation,
)
from kiosk_contracts.host_evidence import AskForEvidence, HostEvidence
from kiosk_contracts.problem import ProblemCode
from kiosk_contracts.version import ENROLMENT_TOKEN_HEADER

ENROLMENT: web.AppKey[Enrolment] = web.AppKey("enrolment", Enrolment)
EVIDENCE: web.AppKey[EvidenceDesk] = web.AppKey("evidence", EvidenceDesk)


@described(
    ActivationStanding,
    ProblemCode.VENUE_UNKNOWN,
    ProblemCode.KIOSK_UNKNOWN,
    ProblemCode.KIOSK_IN_SERVICE,
    ProblemCode.KIOSK_TAKEN,
    status=201,
    body=NewActivation,
)
async def add_activation(request: web.Request) -> web.Response:
    """Take an activation that operators made."""
    told = await request.app[ENROLMENT].add(await read_model(request, NewActivation))
    return web.json_response(told.to_json(), status=201)


@described(ActivationPage, query=paged(MOST_LISTED), has_etag=True)
async def list_activations(request: web.Request) -> web.Response:
    """Answer with a page of activations."""
    page = await request.app[ENROLMENT].page(
        request.query.get("after", ""), limit_of(request, MOST_LISTED)
    )
    return json_with_etag(request, page.to_json())


@described(ActivationStanding, ProblemCode.ACTIVATION_UNKNOWN)
async def revoke_activation(request: web.Request) -> web.Response:
    """Let an activation enrol nobody more."""
    told = await request.app[ENROLMENT].revoke(request.match_info["activation_id"])
    return web.json_response(told.to_json())


@described(EnrolmentOffer, ProblemCode.ACTIVATION_ENDED, query={"host_id": str})
async def offer(request: web.Request) -> web.Response:
    """Answer with the names that a host may choose."""
    told = await request.app[ENROLMENT].offer(_token(request), request.query.get("host_id", ""))
    return web.json_response(told.to_json(), headers={"Cache-Control": "no-store"})


@described(
    GrantedName,
    ProblemCode.ACTIVATION_ENDED,
    ProblemCode.KIOSK_TAKEN,
    ProblemCode.KIOSK_IN_SERVICE,
    ProblemCode.KIOSK_UNKNOWN,
    status=201,
    body=ClaimName,
)
async def claim(request: web.Request) -> web.Response:
    """Grant a host a name."""
    token = _token(request)
    wanted = await read_model(request, ClaimName, most=STRANGERS)
    granted = await request.app[ENROLMENT].claim(token, wanted)
    return web.json_response(granted.to_json(), status=201)


@described(
    HostEvidence, ProblemCode.PROOF_REFUSED, ProblemCode.HOST_NOT_MATCHED, body=AskForEvidence
)
async def evidence(request: web.Request) -> web.Response:
    """Answer a host with what AWS says of it."""
    asked = await read_model(request, AskForEvidence, most=STRANGERS)
    desk = request.app.get(EVIDENCE)
    if desk is None:
        raise hosts_not_asked()
    told = await desk.tell(asked.kiosk_id, asked.proof, sender_of(request))
    return web.json_response(told.to_json(), headers={"Cache-Control": "no-store"})


def add_routes(app: web.Application) -> None:
    """Add this feature's routes."""
    app.router.add_post(f"{OPS_PREFIX}activations", add_activation)
    app.router.add_get(f"{OPS_PREFIX}activations", list_activations)
    app.router.add_post(f"{OPS_PREFIX}activations/{{activation_id}}/revoke", revoke_activation)
    app.router.add_get("/v1/enrolment", offer)
    app.router.add_post("/v1/enrolment/claims", claim)
    app.router.add_post("/v1/enrolment/evidence", evidence)


def _token(request: web.Request) -> str:
    given = request.headers.getall(ENROLMENT_TOKEN_HEADER, [])
    if len(given) != 1 or not given[0]:
        raise token_missing()
    return given[0]
