"""Composes what lets operators in: their tokens and sessions, limits, and the audit."""

from collections.abc import AsyncIterator

from aiohttp import web

from fleet_service.admission import STORE
from fleet_service.audit.routes import AUDIT
from fleet_service.audit.routes import add_routes as add_audit_routes
from fleet_service.audit.service import AuditTrail
from fleet_service.clock import Clock
from fleet_service.operators.gate import OPS_GATE, OperatorGate, operators_only
from fleet_service.operators.limits import OperatorLimits
from fleet_service.operators.routes import DASHBOARD_SESSIONS, OPERATORS
from fleet_service.operators.routes import add_routes as add_operator_routes
from fleet_service.operators.service import Operators
from fleet_service.operators.sessions import DashboardSessions, SessionSeal
from fleet_service.sessions.keys import SigningKey
from fleet_service.settings import FleetSettings
from fleet_service.stream.keeping import MARK_WRITER


class Operating:
    """`add_to` puts the gate before an app's routes; `open` has it work, once the store is open."""

    def __init__(self, settings: FleetSettings, signing: SigningKey, clock: Clock) -> None:
        self._settings = settings
        self._seal = SessionSeal(signing.private.private_bytes_raw())
        self._clock = clock

    def add_to(self, app: web.Application) -> None:
        """Let nobody below `/v1/ops/` but through the gate, and add the routes about operators."""
        app.middlewares.append(operators_only)
        add_operator_routes(app)
        add_audit_routes(app)

    async def open(self, app: web.Application) -> AsyncIterator[None]:
        """Give the app its operators."""
        settings, store, clock = self._settings, app[STORE], self._clock
        app[AUDIT] = AuditTrail(store, clock)
        app[OPERATORS] = Operators(store, clock, settings.ops_token_sha256)
        app[DASHBOARD_SESSIONS] = DashboardSessions(
            store, clock, app[OPERATORS], self._seal, life_s=settings.ops_session_s
        )
        limits = OperatorLimits(
            clock,
            per_s=settings.ops_requests_per_s,
            burst=settings.ops_requests_burst,
            failures=settings.ops_failures_allowed,
        )
        app[OPS_GATE] = OperatorGate(
            app[OPERATORS],
            app[DASHBOARD_SESSIONS],
            limits,
            app[AUDIT],
            proxies=settings.proxies,
            tell_tasks=app[MARK_WRITER].tell,
        )
        yield
