"""The one way to what is operators': who asks, how often, whether they may, written down.

In this order: an address that asks too fast is refused before anything is looked up; then who it
is; then what came by a cookie has to come from the dashboard; and every change is written into the
audit before it is known whether the role allows it, so that who tried is told of as well.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from cloud_store.port import StoreError
from fleet_service.api.bodies import read_body
from fleet_service.api.requests import REQUEST_ID
from fleet_service.audit.service import AuditTrail, Intent
from fleet_service.audit.summary import MOST_TARGETS, parsed, summary_of, targets_of
from fleet_service.operators import refusing
from fleet_service.operators.addresses import address_of, bucket_of
from fleet_service.operators.carrying import cookie_of, refuse_cross_site, token_of
from fleet_service.operators.limits import OperatorLimits
from fleet_service.operators.ports import Operator
from fleet_service.operators.rights import METRICS, READING, is_operators, role_needed
from fleet_service.operators.service import Operators
from fleet_service.operators.sessions import DashboardSession, DashboardSessions
from fleet_service.operators.tokens import OperatorToken
from kiosk_contracts.operators import OperatorRole
from kiosk_contracts.problem import ProblemCode, ProblemError

log = structlog.get_logger()

_TELL_S: Final = 2.0
_BY_TOKEN: Final = "token"  # noqa: S105  a way, not a secret
_BY_SESSION: Final = "session"


@dataclass(slots=True)
class Asking:
    """Who asks on an operators' route, as handlers find them under ASKING."""

    operator: Operator
    address: str
    session: DashboardSession | None
    """Of who asks by a cookie."""
    concerned: list[str]
    """What a change turned out to be about, that its request did not say: for the audit."""


ASKING: web.RequestKey[Asking] = web.RequestKey("asking", Asking)


class OperatorGate:
    """Lets operators in, one request at a time."""

    def __init__(  # noqa: PLR0913  what each request goes by, once each
        self,
        operators: Operators,
        sessions: DashboardSessions,
        limits: OperatorLimits,
        trail: AuditTrail,
        *,
        proxies: int,
        tell_tasks: Callable[[Sequence[str]], Awaitable[None]],
    ) -> None:
        """`proxies`: how many of ours stand before this service (see `address_of`).

        `tell_tasks` has all tasks told of what changed, and of the kiosks named in any case; raises
        StoreError, and is made good later.
        """
        self._operators = operators
        self._sessions = sessions
        self._limits = limits
        self._trail = trail
        self._proxies = proxies
        self._tell_tasks = tell_tasks

    async def let_in(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer by `handler` if whoever asks may; raises ProblemError 401, 403, 429, 503."""
        address = address_of(request, self._proxies)
        try:
            asking = await self._who(request, address)
        except ProblemError as error:
            log.warning("operator_refused", code=error.code, address=address)
            raise
        request[ASKING] = asking
        with structlog.contextvars.bound_contextvars(operator=asking.operator.token_id):
            if request.method in READING or request.match_info.http_exception is not None:
                _refuse_role(request, asking.operator)
                return await handler(request)
            if asking.session is not None:
                _refuse_cross_site(request, asking.session, address)
            return await self._audited(request, handler, asking)

    async def recognise_again(self, request: web.Request) -> None:
        """Raise what `let_in` would, of whom it let in before: a stream outlasts its token."""
        await self._recognised(request, bucket_of(request[ASKING].address))

    async def note_look(self, request: web.Request, targets: tuple[str, ...], summary: str) -> None:
        """Write down that who was let in looks at something that is a person's.

        Raises ProblemError 503 `audit_unwritten`.
        """
        intent = _intent(request, request[ASKING], b"")
        for start in range(0, len(targets), MOST_TARGETS):
            some = targets[start : start + MOST_TARGETS]
            await self._trail.note(replace(intent, targets=some, summary=summary))

    async def _who(self, request: web.Request, address: str) -> Asking:
        counted = bucket_of(address)
        self._limits.asked_from(counted)
        try:
            operator, session = await self._recognised(request, counted)
        except ProblemError as error:
            # One that was right once is no guess.
            if error.code == ProblemCode.TOKEN_INVALID:
                self._limits.failed_from(counted)
            raise
        self._limits.asked_by(operator.token_id)
        return Asking(operator, address, session, [])

    async def _recognised(
        self, request: web.Request, counted: str
    ) -> tuple[Operator, DashboardSession | None]:
        token = token_of(request)
        if token is not None:
            if OperatorToken.parse(token) is None:
                self._limits.may_guess_from(counted)
            # A task whose store is away has to tell so to who watches it.
            outlasting = request.path == METRICS
            return await self._operators.authenticate(token, outlasting=outlasting), None
        cookie = cookie_of(request)
        if cookie is None:
            raise refusing.token_missing()
        session, operator = await self._sessions.recognise(cookie)
        return operator, session

    async def _audited(
        self, request: web.Request, handler: Handler, asking: Asking
    ) -> web.StreamResponse:
        body = await read_body(request)
        entry = await self._trail.begin(_intent(request, asking, body))
        try:
            _refuse_role(request, asking.operator)
            answer = await handler(request)
        except Exception as error:
            await self._trail.finish(entry, *_outcome_of(error), asking.concerned)
            raise
        await self._trail.finish(entry, answer.status, "", asking.concerned)
        await self._told(request)
        return answer

    async def _told(self, request: web.Request) -> None:
        """Have all tasks told before the answer: this one may die, and who is revoked is out."""
        kiosk_id = request.match_info.get("kiosk_id")
        try:
            async with asyncio.timeout(_TELL_S):
                await self._tell_tasks([] if kiosk_id is None else [kiosk_id])
        except (StoreError, TimeoutError) as error:
            log.warning("change_not_told_yet", why=str(error) or f"it took over {_TELL_S:g} s")


OPS_GATE: web.AppKey[OperatorGate] = web.AppKey("ops_gate", OperatorGate)


@web.middleware
async def operators_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let nobody but operators reach what is theirs, however the address is spelt."""
    # By the path with all escapes undone: routes are matched by no more than that.
    if is_operators(request.path, request.method):
        return await request.app[OPS_GATE].let_in(request, handler)
    return await handler(request)


def asking_operator(request: web.Request) -> str:
    """Return in whose name an operator asks."""
    return request[ASKING].operator.name


def refuse_role_below(request: web.Request, needed: OperatorRole) -> None:
    """Raise ProblemError 403 `role_too_low` where a body asks for more than its route does."""
    role = request[ASKING].operator.role
    if not role.reaches(needed):
        raise refusing.role_too_low(role, needed)


def _refuse_cross_site(request: web.Request, session: DashboardSession, address: str) -> None:
    try:
        refuse_cross_site(request, session)
    except ProblemError as error:
        # Not in the audit: whose browser it was did not ask for it, so it is no act of theirs.
        log.warning("cross_site_refused", why=error.problem.detail, address=address)
        raise


def _refuse_role(request: web.Request, operator: Operator) -> None:
    if request.match_info.http_exception is not None:
        return
    needed = role_needed(request.method, _route(request))
    if needed is None:
        log.error("route_has_no_role", method=request.method, route=_route(request))
        raise refusing.not_for_operators()
    if not operator.role.reaches(needed):
        raise refusing.role_too_low(operator.role, needed)


def _intent(request: web.Request, asking: Asking, body: bytes) -> Intent:
    fields = parsed(body)
    return Intent(
        token_id=asking.operator.token_id,
        name=asking.operator.name,
        role=asking.operator.role,
        via=_BY_TOKEN if asking.session is None else _BY_SESSION,
        address=asking.address,
        request_id=request[REQUEST_ID],
        method=request.method,
        route=_route(request),
        targets=targets_of(request.match_info, fields),
        body_sha256=hashlib.sha256(body).hexdigest(),
        summary=summary_of(fields),
    )


def _outcome_of(error: Exception) -> tuple[int, str]:
    match error:
        case ProblemError():
            return error.problem.status, error.code
        case StoreError():
            return 503, ProblemCode.UPSTREAM_BUSY
        case web.HTTPException():
            return error.status, ""
        case _:
            return 500, ProblemCode.INTERNAL_ERROR


def _route(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return "" if resource is None else resource.canonical
