"""The UI socket's application: `docs/protocol.md`, "UI to agent"."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from kiosk_agent.api import (
    ui_clock,
    ui_gate,
    ui_look_up,
    ui_pre_show,
    ui_printing,
    ui_quarantine,
    ui_refunds,
    ui_reports,
    ui_scanner,
    ui_screens,
    ui_selling,
    ui_shifts,
    ui_staff,
    ui_training,
    ui_update_lock,
)
from kiosk_agent.api.bodies import MAX_BODY_BYTES
from kiosk_agent.api.keys import DESK, Desk
from kiosk_agent.api.problems import problem_middleware, state_protocol
from kiosk_agent.domain.refusals import agent_stopping
from kiosk_texts import speaking

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_PARTS = (
    ui_staff,
    ui_shifts,
    ui_selling,
    ui_refunds,
    ui_gate,
    ui_look_up,
    ui_quarantine,
    ui_reports,
    ui_clock,
    ui_printing,
    ui_pre_show,
    ui_training,
    ui_scanner,
    ui_screens,
    ui_update_lock,
)


def build_ui_app(desk: Desk) -> web.Application:
    """Return the application to serve on the UI socket; `open_desk` makes the desk.

    No handler waits for a network: all that they use is the journal and memory.
    """
    app = web.Application(
        middlewares=[
            _in_its_language,
            problem_middleware,
            _refuse_when_stopping,
            ui_screens.one_screen_asks,
        ],
        client_max_size=MAX_BODY_BYTES,
    )
    app[DESK] = desk
    app.on_response_prepare.append(state_protocol)
    for part in _PARTS:
        app.add_routes(part.routes)
    return app


@web.middleware
async def _in_its_language(request: web.Request, handler: _Handler) -> web.StreamResponse:
    """Answer in the venue's language; logs and what is stored stay English."""
    with speaking(request.app[DESK].kiosk.language):
        return await handler(request)


@web.middleware
async def _refuse_when_stopping(request: web.Request, handler: _Handler) -> web.StreamResponse:
    if request.app[DESK].kiosk.agent.is_stopping():
        raise agent_stopping()
    return await handler(request)
