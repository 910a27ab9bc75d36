"""`/v1/ops/kiosks/{kiosk_id}`."""

from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from fleet_service.api.bodies import read_model
from fleet_service.api.described import described
from fleet_service.api.etags import json_with_etag
from fleet_service.kiosks.service import Kiosks
from fleet_service.operators.rights import OPS_PREFIX
from kiosk_contracts.kiosks import KioskDetail, WriteOffKiosk
from kiosk_contracts.problem import ProblemCode

PLANNED_KIOSKS: web.AppKey[Kiosks] = web.AppKey("planned_kiosks", Kiosks)
_ONE: Final = f"{OPS_PREFIX}kiosks/{{kiosk_id}}"


@described(KioskDetail, ProblemCode.KIOSK_UNKNOWN, has_etag=True)
async def get_kiosk(request: web.Request) -> web.Response:
    """Answer with one kiosk."""
    told = await request.app[PLANNED_KIOSKS].get(request.match_info["kiosk_id"])
    return json_with_etag(request, told.to_json())


@described(
    KioskDetail,
    ProblemCode.KIOSK_UNKNOWN,
    ProblemCode.STANDING_DIFFERS,
    ProblemCode.RISK_NOT_ACCEPTED,
    body=WriteOffKiosk,
)
async def write_off(request: web.Request) -> web.Response:
    """Give a kiosk up."""
    order = await read_model(request, WriteOffKiosk)
    told = await request.app[PLANNED_KIOSKS].write_off(request.match_info["kiosk_id"], order)
    return web.json_response(told.to_json())


def _act(
    name: str, words: str, act: Callable[[Kiosks, str], Awaitable[KioskDetail]]
) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Return a handler of an act that needs no body."""
    refusals = (
        ProblemCode.KIOSK_UNKNOWN,
        ProblemCode.STANDING_DIFFERS,
        ProblemCode.KIOSK_NOT_DRAINED,
    )

    @described(KioskDetail, *refusals, name=name, summary=words)
    async def handle(request: web.Request) -> web.Response:
        told = await act(request.app[PLANNED_KIOSKS], request.match_info["kiosk_id"])
        return web.json_response(told.to_json())

    return handle


def add_routes(app: web.Application) -> None:
    """Add this feature's routes."""
    app.router.add_get(_ONE, get_kiosk)
    app.router.add_post(f"{_ONE}/write-off", write_off)
    for name, words, act in (
        ("revoke", "Let a kiosk in nowhere.", Kiosks.revoke),
        ("restore", "Let a kiosk in again.", Kiosks.restore),
        ("free", "Let a name that was granted be anybody's again.", Kiosks.free),
        ("leave", "Ask a kiosk to leave: it drains for good.", Kiosks.leave),
        ("retire", "Take a kiosk out of service for good.", Kiosks.retire),
        ("renew", "Let a kiosk's name expect another host.", Kiosks.renew),
    ):
        app.router.add_post(f"{_ONE}/{name}", _act(name, words, act))
