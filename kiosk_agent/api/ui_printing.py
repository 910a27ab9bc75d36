"""The UI socket: the print queue."""

from typing import Final

from aiohttp import web

from kiosk_agent.api.bodies import read_body
from kiosk_agent.api.keys import DESK
from kiosk_agent.api.problems import field_invalid
from kiosk_agent.api.ui_staff import who
from kiosk_contracts.printing import PrintAgain, PrintReport
from kiosk_texts import tr

routes = web.RouteTableDef()
_LONGEST_ID: Final = 18


@routes.get("/v1/prints")
async def prints(request: web.Request) -> web.Response:
    """Answer the printer's state, and what is not printed."""
    await who(request)
    return web.json_response((await request.app[DESK].printing.prints()).to_json())


@routes.post("/v1/prints")
async def print_again(request: web.Request) -> web.Response:
    """Print what a transaction printed once more, as a copy."""
    person = await who(request)
    wanted = await read_body(request, PrintAgain)
    found = await request.app[DESK].printing.print_again(person, wanted)
    return web.json_response(found.to_json(), status=202)


@routes.post("/v1/prints/report")
async def print_report(request: web.Request) -> web.Response:
    """Print an X or Z report."""
    desk, person = request.app[DESK], await who(request)
    wanted = await read_body(request, PrintReport)
    report = await desk.shift_reports.report(person, wanted.shift_id)
    found = await desk.printing.print_report(person, report)
    return web.json_response(found.to_json(), status=202)


@routes.delete("/v1/prints/{print_id}")
async def give_up(request: web.Request) -> web.Response:
    """Take a sheet off the queue."""
    person = await who(request)
    text = request.match_info["print_id"]
    if not text.isascii() or not text.isdigit() or len(text) > _LONGEST_ID:
        raise field_invalid("print_id", tr("the address needs the number of a print"))
    found = await request.app[DESK].printing.give_up(person, int(text))
    return web.json_response(found.to_json())
