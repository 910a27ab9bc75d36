"""The admin socket, for root: status, queue, export, drain, settings, metrics."""

import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import structlog
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, Info, generate_latest
from pydantic import ConfigDict

from kiosk_agent.api import (
    admin_commands,
    admin_console,
    admin_images,
    admin_moving,
    admin_proofs,
    admin_quarantine,
    admin_repairs,
    admin_screens,
    admin_shifts,
    admin_ui,
    admin_update_lock,
    admin_verify,
)
from kiosk_agent.api.bodies import page_query, read_body
from kiosk_agent.api.office import OFFICE, Office
from kiosk_agent.api.problems import problem_middleware, state_protocol
from kiosk_agent.domain.room import RoomState
from kiosk_agent.ports.journal import JournalReader, JournalRow
from kiosk_contracts.ids import TxnId
from kiosk_contracts.kiosk_status import JournalState, KioskStatus, LineState
from kiosk_contracts.wire import WireModel
from kiosk_texts import ENGLISH, speaking

log = structlog.get_logger(__name__)
UNSETTLED: Final = tuple(state for state in JournalState if state is not JournalState.SETTLED)
_EXPORT_PAGE: Final = 200
routes = web.RouteTableDef()


class _Drain(WireModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    on: bool


class _Retry(WireModel):
    model_config = ConfigDict(extra="forbid")

    txn_ids: tuple[TxnId, ...] | None
    """None: every parked and every quarantined transaction."""


@web.middleware
async def _in_english(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Answer in English, as command lines and logs do, whatever the venue speaks."""
    with speaking(ENGLISH):
        return await handler(request)


def build_admin_app(office: Office) -> web.Application:
    """Put the admin socket's application together."""
    app = web.Application(middlewares=[_in_english, problem_middleware])
    app[OFFICE] = office
    app.on_response_prepare.append(state_protocol)
    for part in (routes, admin_quarantine.routes, admin_verify.routes, admin_moving.routes):
        app.router.add_routes(part)
    for part in (admin_shifts.routes, admin_proofs.routes, admin_screens.routes):
        app.router.add_routes(part)
    app.router.add_routes(admin_console.routes)
    app.router.add_routes(admin_images.routes)
    app.router.add_routes(admin_repairs.routes)
    app.router.add_routes(admin_ui.routes)
    app.router.add_routes(admin_update_lock.routes)
    app.router.add_routes(admin_commands.routes)
    return app


@routes.get("/v1/status")
async def status(request: web.Request) -> web.Response:
    """Answer the kiosk's state."""
    return web.json_response((await request.app[OFFICE].reports.status()).to_json())


@routes.get("/v1/transactions")
async def transactions(request: web.Request) -> web.Response:
    """Answer a page of transactions, newest first."""
    before, limit, states = page_query(request)
    reports = request.app[OFFICE].reports
    page = await reports.transactions(before=before, limit=limit, states=states)
    return web.json_response(page.to_json())


@routes.get("/v1/export")
async def export(request: web.Request) -> web.StreamResponse:
    """Stream every unsettled transaction, oldest first, one JSON object a line."""
    journal = request.app[OFFICE].here.journal
    response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
    await response.prepare(request)
    pages = []
    before: int | None = None
    while True:
        rows = await journal.read(_unsettled_below(before))
        if not rows:
            break
        pages.append([row.transaction for row in reversed(rows)])
        before = rows[-1].sequence
    for page in reversed(pages):
        lines = "".join(f"{json.dumps(transaction.to_json())}\n" for transaction in page)
        await response.write(lines.encode())
    await response.write_eof()
    return response


def _unsettled_below(before: int | None) -> Callable[[JournalReader], Sequence[JournalRow]]:
    return lambda reader: reader.rows_page(before=before, limit=_EXPORT_PAGE, states=UNSETTLED)


@routes.post("/v1/drain")
async def drain(request: web.Request) -> web.Response:
    """Begin or end draining; answer the status."""
    office = request.app[OFFICE]
    body = await read_body(request, _Drain)
    await office.draining.set(on=body.on)
    return web.json_response((await office.reports.status()).to_json())


@routes.get("/v1/settings")
async def settings(request: web.Request) -> web.Response:
    """Answer the settings in force."""
    return web.json_response(dict(request.app[OFFICE].settings))


@routes.get("/v1/archives")
async def archives(request: web.Request) -> web.Response:
    """Answer which archives the journal has, with the SHA-256 of their lines."""
    journal = request.app[OFFICE].here.journal
    found = await journal.read(lambda reader: reader.archives())
    return web.json_response({"archives": {facts.name: facts.sha256 for facts in found}})


@routes.post("/v1/retry")
async def retry(request: web.Request) -> web.Response:
    """Let parked and quarantined transactions try again; answer how many."""
    office = request.app[OFFICE]
    body = await read_body(request, _Retry)
    count = await office.here.journal.write(lambda writer: writer.requeue_stuck(body.txn_ids))
    office.here.changes.notify()
    return web.json_response({"requeued": count})


@routes.post("/v1/journal/acknowledge")
async def acknowledge(request: web.Request) -> web.Response:
    """Take down the warnings of new epochs: a person knows; answer how many."""
    here = request.app[OFFICE].here
    now = here.clock.now()
    count = await here.journal.write(lambda writer: writer.acknowledge_epochs(now))
    log.info("epochs_acknowledged", epochs=count)
    here.changes.notify()
    return web.json_response({"acknowledged": count})


@routes.get("/metrics")
async def metrics(request: web.Request) -> web.Response:
    """Answer Prometheus text."""
    body = generate_latest(_measure(await request.app[OFFICE].reports.status()))
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})


def _measure(status: KioskStatus) -> CollectorRegistry:
    registry = CollectorRegistry()
    rows = Gauge(
        "kiosk_journal_transactions", "Transactions by state", ["state"], registry=registry
    )
    for state in JournalState:
        rows.labels(state.value).set(status.counts.get(state.value, 0))
    frozen = Gauge(
        "kiosk_stock_frozen",
        "Tickets of an earlier journal",
        ["event_id", "type"],
        registry=registry,
    )
    left = Gauge(
        "kiosk_stock_left", "Tickets left to sell", ["event_id", "type"], registry=registry
    )
    for line in status.stock:
        left.labels(line.event_id, line.ticket_type_id).set(line.left)
        frozen.labels(line.event_id, line.ticket_type_id).set(line.frozen)
    for name, words, value in (
        ("kiosk_line_online", "Whether the cloud answers", status.line == LineState.ONLINE),
        ("kiosk_draining", "Whether the kiosk is drained", status.draining),
        ("kiosk_open_carts", "Carts open or in payment", status.open_carts),
        ("kiosk_safe_to_power_off", "Always 1", status.safe_to_power_off),
        ("kiosk_safe_to_reinstall", "Whether nothing would be lost", status.safe_to_reinstall),
        ("kiosk_journal_handed_over", "Quarantined ones handed over", status.handed_over),
        ("kiosk_journal_last_sequence", "Newest transaction", status.last_sequence),
        ("kiosk_disk_free_bytes", "Room left for the journal", status.free_bytes or 0),
        (
            "kiosk_disk_stops_sales",
            "Whether new sales wait for room",
            status.room == RoomState.STOP,
        ),
    ):
        Gauge(name, words, registry=registry).set(float(value))
    sqlite = Info("kiosk_sqlite", "The library that keeps the journal", registry=registry)
    sqlite.info({"version": status.sqlite_version})
    return registry
