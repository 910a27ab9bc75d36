"""Composition: settings in, a running ticket API out."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path

import structlog
from aiohttp import web

from cloud_store import opening
from cloud_store.places import TICKET_API
from cloud_store.port import Store
from core_services.ticket_api import health, metrics
from core_services.ticket_api.allotments import routes as allotment_routes
from core_services.ticket_api.allotments.service import AllotmentService
from core_services.ticket_api.api.problems import REQUEST_TIMEOUT_S, problems
from core_services.ticket_api.api.tokens import TOKEN_GATE, FleetKeyFile, TokenGate, who_is_asking
from core_services.ticket_api.catalogue import routes as catalogue_routes
from core_services.ticket_api.catalogue.service import CatalogueService
from core_services.ticket_api.clock import Clock, SystemClock
from core_services.ticket_api.gates import routes as gate_routes
from core_services.ticket_api.gates.service import GateService
from core_services.ticket_api.journals import routes as journal_routes
from core_services.ticket_api.journals.service import JournalService
from core_services.ticket_api.keys import routes as key_routes
from core_services.ticket_api.keys.service import KeyFolder
from core_services.ticket_api.ops import routes as ops_routes
from core_services.ticket_api.ops.finding import TransactionFinder
from core_services.ticket_api.ops.ledger import LedgerService
from core_services.ticket_api.ops.write_offs import WriteOffService
from core_services.ticket_api.settings import Settings
from core_services.ticket_api.staff import routes as staff_routes
from core_services.ticket_api.staff.service import RosterService
from core_services.ticket_api.transactions import routes as transaction_routes
from core_services.ticket_api.transactions.domain.decision import Rules
from core_services.ticket_api.transactions.service import TransactionService

_log = structlog.get_logger(__name__)
_KEEPALIVE_S = 75.0


@asynccontextmanager
async def open_store(settings: Settings) -> AsyncIterator[Store]:
    """Open the store that the settings name."""
    place = settings.store_place
    if isinstance(place, Path):
        place.parent.mkdir(parents=True, exist_ok=True)
    async with opening.open_store(place, TICKET_API) as store:
        yield store


def open_keys(settings: Settings, clock: Clock) -> KeyFolder:
    """Open the folder of signing keys, making the first key if there is none."""
    return KeyFolder(settings.keys_dir, clock, timedelta(days=settings.max_offline_days)).open()


def build_app(settings: Settings, store: Store, clock: Clock | None = None) -> web.Application:
    """Put the app together on `store`, which stays its caller's to close.

    Raises KeyFolderError and FleetKeysError.
    """
    clock = clock or SystemClock()
    app = web.Application(
        middlewares=[metrics.measure, problems, who_is_asking],
        client_max_size=settings.body_limit_bytes,
    )
    app[health.STORE] = store
    app[health.PHASE] = health.Phase()
    app[metrics.METRICS] = metrics.Metrics()
    app[REQUEST_TIMEOUT_S] = settings.request_timeout_s
    fleet_keys = FleetKeyFile(settings.fleet_keys_file)
    fleet_keys.check()
    app[TOKEN_GATE] = TokenGate(fleet_keys, settings.ops_token_sha256, settings.token_leeway_s)
    _add_features(app, settings, store, clock)
    app.router.add_get("/healthz", health.get_healthz)
    app.router.add_get("/readyz", health.get_readyz)
    app.router.add_get("/metrics", metrics.get_metrics)
    return app


def _add_features(app: web.Application, settings: Settings, store: Store, clock: Clock) -> None:
    keys = open_keys(settings, clock)
    journals = JournalService(store)
    margin = timedelta(seconds=settings.lease_margin_s)
    rules = Rules(margin, timedelta(seconds=settings.clock_tolerance_s))
    observe = app[metrics.METRICS].observe_outcome
    app[catalogue_routes.CATALOGUE] = CatalogueService(store)
    app[allotment_routes.ALLOTMENTS] = AllotmentService(store, journals, keys, clock, margin=margin)
    app[transaction_routes.TRANSACTIONS] = TransactionService(
        store, journals, rules, clock, observe
    )
    app[journal_routes.JOURNALS] = journals
    app[gate_routes.GATES] = GateService(store)
    app[key_routes.KEYS] = keys
    app[staff_routes.ROSTERS] = RosterService(store)
    app[ops_routes.WRITE_OFFS] = WriteOffService(store, clock)
    app[ops_routes.LEDGER] = LedgerService(store)
    app[ops_routes.FINDER] = TransactionFinder(store)
    for feature in (
        catalogue_routes,
        allotment_routes,
        transaction_routes,
        journal_routes,
        gate_routes,
        key_routes,
        staff_routes,
        ops_routes,
    ):
        app.router.add_routes(feature.routes)


async def serve(settings: Settings, store: Store | None = None) -> None:
    """Serve until SIGTERM or SIGINT; then finish the requests at hand, and close.

    With `store`, e.g. one that is decorated, it is used as it is and stays its caller's to close.
    Raises StoreError, KeyFolderError, FleetKeysError, OSError (the address is taken).
    """
    async with AsyncExitStack() as stack:
        if store is None:
            store = await stack.enter_async_context(open_store(settings))
        app = build_app(settings, store)
        runner = web.AppRunner(
            app,
            access_log=None,
            keepalive_timeout=_KEEPALIVE_S,
            shutdown_timeout=settings.shutdown_timeout_s,
        )
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, settings.host, settings.port).start()
        # Before it is told that we listen: whoever waits for that may ask us to stop at once.
        stop = _stop_on_signals()
        _log.info("listening", host=settings.host, port=runner.addresses[0][1])
        await stop.wait()
        app[health.PHASE].draining = True
        _log.info("draining")
    _log.info("stopped")


def _stop_on_signals() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop
