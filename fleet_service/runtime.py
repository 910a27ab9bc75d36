"""The composition root: settings become parts, parts become an app, the app is served."""

import asyncio
import gc
import json
import signal
from collections.abc import AsyncIterator, Callable
from typing import Final

import structlog
from aiohttp import web

from cloud_store.opening import open_store
from cloud_store.places import FLEET_SERVICE, StorePlace
from cloud_store.together import ReadsTogether
from fleet_service.admission import READS, STORE, Admission
from fleet_service.api.bodies import BODY_PATIENCE_S
from fleet_service.api.hardening import harden
from fleet_service.api.problems import problems
from fleet_service.api.requests import SAYS_ALL, guarded, observed
from fleet_service.api.senders import PROXIES
from fleet_service.clock import Clock, SystemClock
from fleet_service.commands.by_ssm import CommandsBySsm
from fleet_service.commands.routes import BY_SSM, COMMANDS
from fleet_service.commands.routes import add_routes as add_command_routes
from fleet_service.commands.service import Commands
from fleet_service.commands.ssm import SsmRunner
from fleet_service.dashboard.routes import add_routes as add_dashboard_routes
from fleet_service.description.routes import add_routes as add_description_routes
from fleet_service.enrolment.routes import ENROLMENT
from fleet_service.enrolment.routes import add_routes as add_enrolment_routes
from fleet_service.enrolment.service import Enrolment
from fleet_service.health.routes import HEALTH
from fleet_service.health.routes import add_routes as add_health_routes
from fleet_service.health.service import Liveness
from fleet_service.heap import use_one_arena
from fleet_service.heartbeats.memory import MemoryHeartbeats
from fleet_service.heartbeats.pace import PACE, KioskPace
from fleet_service.heartbeats.routes import HEARTBEATS
from fleet_service.heartbeats.routes import add_routes as add_heartbeat_routes
from fleet_service.heartbeats.service import Heartbeats
from fleet_service.heartbeats.stored import StoredHeartbeats
from fleet_service.kiosks.routes import PLANNED_KIOSKS
from fleet_service.kiosks.routes import add_routes as add_kiosk_routes
from fleet_service.kiosks.service import Kiosks
from fleet_service.metrics import METRICS, Metrics
from fleet_service.operating import Operating
from fleet_service.relay.routes import RELAY
from fleet_service.relay.routes import add_routes as add_relay_routes
from fleet_service.relaying import Relaying
from fleet_service.releases.beside import MovesBeside
from fleet_service.releasing import Releasing
from fleet_service.sessions.keys import SigningKey, load_public_keys, load_signing_key
from fleet_service.sessions.nonces import MemoryUsedNonces, Nonces, UsedNonces
from fleet_service.sessions.registry import KioskRegistry
from fleet_service.sessions.routes import NONCES, TOKENS
from fleet_service.sessions.routes import add_routes as add_session_routes
from fleet_service.sessions.stored_nonces import StoredUsedNonces
from fleet_service.sessions.tokens import SessionTokens
from fleet_service.settings import FleetSettings
from fleet_service.stream.following import FOLLOWING
from fleet_service.streaming import Streaming, marking
from fleet_service.transactions.looks import Looks
from fleet_service.transactions.routes import LOOKS, SEARCH
from fleet_service.transactions.routes import add_routes as add_search_routes
from fleet_service.transactions.service import TransactionSearch
from fleet_service.venues.routes import VENUES
from fleet_service.venues.routes import add_routes as add_venue_routes
from fleet_service.venues.service import Venues
from fleet_service.watching import Watching

log = structlog.get_logger()
_PATIENCE_S: Final = 2.0
"""A store that says nothing of a kiosk for so long is away: the relay goes by what it said last."""
_NEW_OBJECTS, _YOUNG_ROUNDS, _OLD_ROUNDS = 50_000, 20, 100
"""After so many new objects, or rounds of the younger ones, Python looks for cycles."""
_BACKLOG = 2048
"""Connections that may wait to be taken up: a fleet that comes back makes hundreds in the moment in
which something else is worked out, and one that finds no room is tried again only seconds later."""


async def build_app(settings: FleetSettings, *, clock: Clock | None = None) -> web.Application:
    """Make the app; raises KeyFileError, RegistryError or NoCredentialsError and opens nothing."""
    clock = clock or SystemClock()
    app = web.Application(
        middlewares=[observed, problems, guarded], client_max_size=settings.body_limit_bytes
    )
    metrics = app[METRICS] = Metrics()
    signing = load_signing_key(settings.signing_key_file)
    app[TOKENS] = _tokens(settings, signing, clock)
    app[NONCES] = _nonces(signing, MemoryUsedNonces(clock), clock)
    registry = KioskRegistry(settings.kiosks_file)
    admission = Admission(settings, registry, clock)
    relaying = await Relaying.prepare(settings, clock)
    relaying.add_to(app)
    app[PACE] = KioskPace(
        clock, per_s=settings.kiosk_reports_per_s, burst=settings.kiosk_reports_burst
    )
    app[SAYS_ALL] = settings.log_level == "debug"
    app[BODY_PATIENCE_S] = settings.body_timeout_s
    app[PROXIES] = settings.proxies
    app.on_response_prepare.append(harden)
    place = settings.store_place()
    if place is not None:
        runner = SsmRunner(settings.instance_regions) if settings.run_commands else None
        if runner is not None:
            app.cleanup_ctx.append(_open_while_running(runner))
        app.cleanup_ctx.append(_stored(place, signing, clock, runner))
        _let_operators_in(app, Operating(settings, signing, clock))
        watching = Watching(settings, registry, clock)
        watching.add_routes(app)
        app.cleanup_ctx.append(watching.open)
        releasing = Releasing(settings, clock)
        releasing.add_routes(app)
        app.cleanup_ctx.append(releasing.open)
        app[SEARCH] = TransactionSearch(app[RELAY], settings.ticket_api_ops_token_file)
        app[LOOKS] = Looks(clock)
        add_search_routes(app)
        streaming = Streaming(settings)
        streaming.add_routes(app)
        app.cleanup_ctx.append(streaming.open)
    else:
        app[HEARTBEATS] = Heartbeats(MemoryHeartbeats(), clock)
        metrics.register(app[HEARTBEATS])
    # After the store, which they look into.
    app.cleanup_ctx.append(relaying.open)
    app.cleanup_ctx.append(admission.open)
    for add_routes in _FEATURES:
        add_routes(app)
    add_description_routes(app)
    return app


async def serve(settings: FleetSettings) -> None:
    """Serve until SIGTERM or SIGINT; then drain, as the settings say, and return."""
    use_one_arena()
    app = await build_app(settings)
    # Handlers at hand are waited for; connections that idle are closed at once.
    runner = web.AppRunner(
        app,
        access_log=None,
        shutdown_timeout=settings.drain_s,
        keepalive_timeout=settings.idle_s,
    )
    await runner.setup()
    # What was imported stays: looked through again with every collection, it holds up requests.
    gc.freeze()
    # What is known of ten thousand kiosks is a million objects, none of them in cycles: to look
    # through them holds everybody up for most of a second.
    gc.set_threshold(_NEW_OBJECTS, _YOUNG_ROUNDS, _OLD_ROUNDS)
    try:
        await web.TCPSite(runner, settings.host, settings.port, backlog=_BACKLOG).start()
        signals = _stop_signals()
        print(json.dumps({"event": "listening", "port": runner.addresses[0][1]}), flush=True)  # noqa: T201  for whoever started us
        log.info("listening", host=settings.host, port=runner.addresses[0][1])
        await signals.get()
        app[HEALTH].liveness = Liveness.DRAINING
        log.info("draining", notice_s=settings.drain_notice_s)
        await _wait_for_second(signals, settings.drain_notice_s)
    finally:
        await runner.cleanup()
    log.info("stopped")


_FEATURES: tuple[Callable[[web.Application], None], ...] = (
    add_session_routes,
    add_relay_routes,
    add_heartbeat_routes,
    add_health_routes,
)


def _tokens(settings: FleetSettings, signing: SigningKey, clock: Clock) -> SessionTokens:
    others = load_public_keys(settings.public_keys_file) if settings.public_keys_file else {}
    return SessionTokens(signing, clock, ttl_s=settings.token_ttl_s, others=others)


def _let_operators_in(app: web.Application, operating: Operating) -> None:
    app.cleanup_ctx.append(operating.open)
    operating.add_to(app)
    add_venue_routes(app)
    add_enrolment_routes(app)
    add_kiosk_routes(app)
    add_dashboard_routes(app)
    add_command_routes(app)


def _nonces(signing: SigningKey, used: UsedNonces, clock: Clock) -> Nonces:
    return Nonces(signing.private.private_bytes_raw(), used, clock)


def _stored(
    place: StorePlace, signing: SigningKey, clock: Clock, runner: SsmRunner | None
) -> Callable[[web.Application], AsyncIterator[None]]:
    """Have what is kept in the store there while the app runs."""

    async def stored(app: web.Application) -> AsyncIterator[None]:
        async with open_store(place, FLEET_SERVICE) as opened, marking(app, opened, clock) as store:
            app[STORE] = store
            app[VENUES] = Venues(store)
            app[ENROLMENT] = Enrolment(store, clock)
            app[PLANNED_KIOSKS] = Kiosks(store, clock)
            app[READS] = ReadsTogether(store, patience_s=_PATIENCE_S)
            app[HEARTBEATS] = Heartbeats(
                StoredHeartbeats(store, clock, app[READS], app[FOLLOWING].instances), clock
            )
            app[COMMANDS] = Commands(store, clock, MovesBeside(clock))
            app[BY_SSM] = CommandsBySsm(app[COMMANDS], clock, runner)
            used = await StoredUsedNonces.open(store, clock)
            app[NONCES] = _nonces(signing, used, clock)
            async with used.sweeping():
                yield

    return stored


def _open_while_running(
    part: SsmRunner,
) -> Callable[[web.Application], AsyncIterator[None]]:
    async def opened(_app: web.Application) -> AsyncIterator[None]:
        async with part:
            yield

    return opened


def _stop_signals() -> asyncio.Queue[int]:
    received: asyncio.Queue[int] = asyncio.Queue()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, received.put_nowait, number)
    return received


async def _wait_for_second(signals: asyncio.Queue[int], seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await signals.get()
    except TimeoutError:
        log.info("drain_notice_over")
