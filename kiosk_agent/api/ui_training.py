"""The UI socket: training mode."""

from aiohttp import web

from kiosk_agent.api.keys import DESK
from kiosk_agent.domain.refusals import no_training_here
from kiosk_contracts.training import TrainingReady

routes = web.RouteTableDef()


@routes.post("/v1/training")
async def begin(request: web.Request) -> web.Response:
    """Have training ready; answer where. Nobody need be signed in: nothing is sold there."""
    ground = request.app[DESK].training
    if ground is None:
        raise no_training_here()
    return web.json_response(TrainingReady(socket_name=await ground.open()).to_json())
