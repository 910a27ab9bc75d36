"""The UI socket: shifts, cash in and out, reports."""

from typing import Final

from aiohttp import web

from kiosk_agent.api.bodies import figure, path_shift_id, read_body, typed_pin
from kiosk_agent.api.keys import DESK
from kiosk_agent.api.ui_staff import who
from kiosk_contracts.payloads import TransactionKind
from kiosk_contracts.shifts import CloseShift, MoveCash, OpenShift

routes = web.RouteTableDef()
SHIFTS_IN_A_LIST: Final = 50
MOST_SHIFTS: Final = 1000


@routes.post("/v1/shifts")
async def open_shift(request: web.Request) -> web.Response:
    """Open the person's shift."""
    person = await who(request)
    body = await read_body(request, OpenShift)
    return web.json_response(await request.app[DESK].shifts.open(person, body), status=201)


@routes.get("/v1/shifts")
async def shifts(request: web.Request) -> web.Response:
    """Answer shifts, the newest first: a cashier's own, everybody's for a manager."""
    person = await who(request)
    limit = figure(request, "limit", 1, SHIFTS_IN_A_LIST, MOST_SHIFTS)
    return web.json_response(
        (await request.app[DESK].shift_history.shifts(person, limit)).to_json()
    )


@routes.get("/v1/shifts/current")
async def report_of_mine(request: web.Request) -> web.Response:
    """Answer the X report of the person's own shift."""
    person = await who(request)
    report = await request.app[DESK].shift_reports.report(person, None)
    return web.json_response(report.to_json())


@routes.get("/v1/shifts/{shift_id}")
async def report(request: web.Request) -> web.Response:
    """Answer a shift's X report, or its Z report if it is closed."""
    person = await who(request)
    found = await request.app[DESK].shift_reports.report(person, path_shift_id(request))
    return web.json_response(found.to_json())


@routes.get("/v1/drawer")
async def drawer(request: web.Request) -> web.Response:
    """Answer what the last closed shift left in the drawer."""
    person = await who(request)
    return web.json_response((await request.app[DESK].shift_reports.drawer(person)).to_json())


@routes.post("/v1/cash-in")
async def pay_in(request: web.Request) -> web.Response:
    """Put cash into the drawer."""
    person = await who(request)
    body = await read_body(request, MoveCash)
    kind = TransactionKind.SHIFT_PAID_IN
    answer = await request.app[DESK].shifts.move_cash(person, kind, body, None)
    return web.json_response(answer, status=201)


@routes.post("/v1/cash-out")
async def pay_out(request: web.Request) -> web.Response:
    """Take cash out. A repeat is answered before any PIN is asked for."""
    desk, kind = request.app[DESK], TransactionKind.SHIFT_PAID_OUT
    person = await who(request)
    body = await read_body(request, MoveCash)
    answer = await desk.shifts.repeat_of(kind, body)
    if answer is None:
        await desk.shifts.check_cash_out(person, body)
        approver = await desk.staff.approve(person, typed_pin(body.approval_pin))
        answer = await desk.shifts.move_cash(person, kind, body, approver.staff_id)
    return web.json_response(answer, status=201)


@routes.post("/v1/shifts/{shift_id}/close")
async def close_shift(request: web.Request) -> web.Response:
    """Close a shift. A repeat is answered before any PIN is asked for."""
    desk = request.app[DESK]
    person = await who(request)
    shift_id, body = path_shift_id(request), await read_body(request, CloseShift)
    answer = await desk.shifts.repeat_of(TransactionKind.SHIFT_CLOSED, body)
    if answer is None:
        approver = None
        if await desk.shifts.needs_approval(person, shift_id, body):
            approver = await desk.staff.approve(person, typed_pin(body.approval_pin))
        answer = await desk.shifts.close(person, approver, shift_id, body)
    return web.json_response(answer, status=201)


@routes.post("/v1/shifts/{shift_id}/export")
async def export(request: web.Request) -> web.Response:
    """Write a shift's report to files as it is now."""
    person = await who(request)
    exported = await request.app[DESK].exports.export(person, path_shift_id(request))
    return web.json_response(exported.to_json())
