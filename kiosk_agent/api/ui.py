"""The UI socket: what venue staff do at a kiosk. Nothing here waits for the network."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel

from kiosk_agent.api import lists
from kiosk_agent.api.problems import Handler, problems, read_body, read_value
from kiosk_agent.api.stream import stream_status
from kiosk_agent.domain.people import StaffMember
from kiosk_agent.services.admitting import Admitting
from kiosk_agent.services.carts import CartDesk
from kiosk_agent.services.kiosk import Kiosk
from kiosk_agent.services.selling import Selling
from kiosk_agent.services.shifts import Shifts
from kiosk_agent.services.staff import Staff
from kiosk_agent.services.status import StatusReports
from kiosk_contracts.admitting import Admit
from kiosk_contracts.ids import TxnId
from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_contracts.selling import MakeSale, MakeVoid, PutCart
from kiosk_contracts.staff import OpenShift, SignIn
from kiosk_contracts.version import STAFF_TOKEN_HEADER

BODY_LIMIT_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Counter:
    """The services behind the UI socket."""

    kiosk: Kiosk
    staff: Staff
    shifts: Shifts
    carts: CartDesk
    selling: Selling
    admitting: Admitting
    reports: StatusReports


COUNTER: Final = web.AppKey("counter", Counter)
routes = web.RouteTableDef()


class _TxnPath(BaseModel):
    txn_id: TxnId


def build_ui_app(counter: Counter) -> web.Application:
    """Put the UI socket's application together."""
    app = web.Application(
        middlewares=[problems, _refuse_when_stopping], client_max_size=BODY_LIMIT_BYTES
    )
    app[COUNTER] = counter
    app[lists.REPORTS] = counter.reports
    app.router.add_get("/v1/status", lists.status)
    app.router.add_get("/v1/transactions", lists.transactions)
    app.router.add_routes(routes)
    return app


@web.middleware
async def _refuse_when_stopping(request: web.Request, handler: Handler) -> web.StreamResponse:
    if request.app[COUNTER].kiosk.agent.is_stopping():
        raise ProblemError(
            503,
            ProblemCode.AGENT_STOPPING,
            "The agent is being restarted",
            hint="Wait a moment; it is asked again by itself, and nothing is lost.",
            retryable=True,
            retry_after_s=1,
        )
    return await handler(request)


@routes.post("/v1/sign-in")
async def sign_in(request: web.Request) -> web.Response:
    """Sign a person in by PIN."""
    body = await read_body(request, SignIn)
    session = await request.app[COUNTER].staff.sign_in(body.pin.get_secret_value())
    return web.json_response(session.to_json())


@routes.post("/v1/sign-out")
async def sign_out(request: web.Request) -> web.Response:
    """End the session of the token."""
    await request.app[COUNTER].staff.sign_out(_token(request))
    return web.Response(status=204)


@routes.get("/v1/session")
async def session(request: web.Request) -> web.Response:
    """Say who is signed in."""
    return web.json_response((await request.app[COUNTER].staff.session(_token(request))).to_json())


@routes.post("/v1/shifts")
async def open_shift(request: web.Request) -> web.Response:
    """Open a shift at the drawer."""
    person = await _person(request)
    body = await read_body(request, OpenShift)
    return web.json_response(await request.app[COUNTER].shifts.open(person, body), status=201)


@routes.get("/v1/catalogue")
async def catalogue(request: web.Request) -> web.Response:
    """Return what this kiosk can sell and admit."""
    return web.json_response((await request.app[COUNTER].reports.catalogue()).to_json())


@routes.get("/v1/carts")
async def list_carts(request: web.Request) -> web.Response:
    """Return the carts that are open or in payment."""
    await _person(request)
    return web.json_response((await request.app[COUNTER].carts.list()).to_json())


@routes.get("/v1/carts/{txn_id}")
async def get_cart(request: web.Request) -> web.Response:
    """Return one cart."""
    await _person(request)
    return web.json_response((await request.app[COUNTER].carts.get(_txn_id(request))).to_json())


@routes.put("/v1/carts/{txn_id}")
async def put_cart(request: web.Request) -> web.Response:
    """Make a cart, or set its whole content."""
    person = await _person(request)
    txn_id = _txn_id(request)
    body = await read_body(request, PutCart)
    cart = await request.app[COUNTER].carts.put(person, txn_id, body)
    return web.json_response(cart.to_json())


@routes.delete("/v1/carts/{txn_id}")
async def delete_cart(request: web.Request) -> web.Response:
    """Release a cart."""
    await _person(request)
    await request.app[COUNTER].carts.delete(_txn_id(request))
    return web.Response(status=204)


@routes.post("/v1/carts/{txn_id}/payment")
async def start_payment(request: web.Request) -> web.Response:
    """Put `payment_started` on disk before anybody is charged."""
    person = await _person(request)
    cart = await request.app[COUNTER].carts.start_payment(person, _txn_id(request))
    return web.json_response(cart.to_json())


@routes.delete("/v1/carts/{txn_id}/payment")
async def cancel_payment(request: web.Request) -> web.Response:
    """Open the cart again."""
    person = await _person(request)
    cart = await request.app[COUNTER].carts.cancel_payment(person, _txn_id(request))
    return web.json_response(cart.to_json())


@routes.post("/v1/sales")
async def sell(request: web.Request) -> web.Response:
    """Close a cart with a sale."""
    person = await _person(request)
    body = await read_body(request, MakeSale)
    return web.json_response(await request.app[COUNTER].selling.sell(person, body), status=201)


@routes.post("/v1/admissions")
async def admit(request: web.Request) -> web.Response:
    """Let a ticket in."""
    person = await _person(request)
    body = await read_body(request, Admit)
    return web.json_response(await request.app[COUNTER].admitting.admit(person, body), status=201)


@routes.post("/v1/exits")
async def let_out(request: web.Request) -> web.Response:
    """Let a ticket holder out, who may come back."""
    person = await _person(request)
    body = await read_body(request, Admit)
    return web.json_response(await request.app[COUNTER].admitting.let_out(person, body), status=201)


@routes.post("/v1/voids")
async def void(request: web.Request) -> web.Response:
    """Undo a sale that has not settled."""
    counter = request.app[COUNTER]
    person = await _person(request)
    body = await read_body(request, MakeVoid)
    # A repeat is answered before the PIN is tried: the first try was approved, and a manager who
    # has left must not be needed to hear the same answer again.
    answer = await counter.selling.repeat_of_void(body)
    if answer is None:
        pin = None if body.approval_pin is None else body.approval_pin.get_secret_value()
        approver = await counter.staff.approve(person, pin)
        answer = await counter.selling.void(person, approver, body)
    return web.json_response(answer, status=201)


@routes.get("/v1/transactions/{txn_id}")
async def get_transaction(request: web.Request) -> web.Response:
    """Return the first answer of a transaction."""
    await _person(request)
    return web.json_response(await request.app[COUNTER].reports.transaction(_txn_id(request)))


@routes.get("/v1/stream")
async def stream(request: web.Request) -> web.StreamResponse:
    """Stream the status."""
    counter = request.app[COUNTER]
    return await stream_status(request, counter.reports, counter.kiosk.changes)


def _token(request: web.Request) -> str:
    return request.headers.get(STAFF_TOKEN_HEADER, "")


async def _person(request: web.Request) -> StaffMember:
    return await request.app[COUNTER].staff.who(_token(request))


def _txn_id(request: web.Request) -> UUID:
    return read_value({"txn_id": request.match_info["txn_id"]}, _TxnPath).txn_id
