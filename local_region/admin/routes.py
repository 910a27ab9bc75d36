"""The region's own paths under `/_region/`: faults, clock, credentials. AWS has none of them."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final, TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from local_region.clock import Clock, ShiftedClock
from local_region.faults.faults import Fault, Faults
from local_region.identity.credentials import Credential, Credentials
from local_region.identity.principals import RoleSession
from local_region.ssm.model import SsmState
from local_region.wire.front import Keeper

PREFIX: Final = "/_region"
_MONTH_S: Final = 31 * 86400
T = TypeVar("T", bound=BaseModel)


class _Advance(BaseModel):
    model_config = ConfigDict(extra="forbid")

    advance_s: float = Field(ge=0, le=_MONTH_S)


class _Wanted(BaseModel):
    """A user's pair, or a role's session; with another account, if it says so."""

    model_config = ConfigDict(extra="forbid")

    user: str | None = None
    role: str | None = None
    session: str = "session"
    account: str | None = None
    valid_s: int = Field(default=3600, ge=1, le=43200)


class _Ended(BaseModel):
    model_config = ConfigDict(extra="forbid")

    command_id: str
    instance_id: str
    status: str = "Success"
    output: str = ""
    code: int = 0


class Admin:
    """Answers the region's own paths."""

    def __init__(  # noqa: PLR0913, PLR0917  what it reaches
        self,
        faults: Faults,
        clock: Clock,
        credentials: Credentials,
        keeper: Keeper,
        account: str,
        ssm: SsmState,
    ) -> None:
        self._faults = faults
        self._clock = clock
        self._credentials = credentials
        self._keeper = keeper
        self._account = account
        self._ssm = ssm

    def routes(self) -> list[web.RouteDef]:
        """Return the routes, for the app."""
        handlers: dict[tuple[str, str], Callable[[web.Request], Awaitable[web.Response]]] = {
            ("GET", "/health"): self._health,
            ("GET", "/faults"): self._list_faults,
            ("POST", "/faults"): self._order_fault,
            ("DELETE", "/faults"): self._clear_faults,
            ("POST", "/clock"): self._advance,
            ("POST", "/credentials"): self._issue,
            ("GET", "/run-command"): self._list_invocations,
            ("POST", "/run-command"): self._end_invocation,
        }
        return [web.route(how, PREFIX + path, what) for (how, path), what in handlers.items()]

    async def _health(self, _request: web.Request) -> web.Response:
        return web.json_response({"account": self._account, "now": self._clock.now().isoformat()})

    async def _list_faults(self, _request: web.Request) -> web.Response:
        orders = [fault.model_dump(mode="json") for fault in self._faults.orders]
        return web.json_response({"orders": orders, "hits": self._faults.hits})

    async def _order_fault(self, request: web.Request) -> web.Response:
        self._faults.order(await _read(request, Fault))
        return await self._list_faults(request)

    async def _clear_faults(self, request: web.Request) -> web.Response:
        self._faults.clear()
        return await self._list_faults(request)

    async def _advance(self, request: web.Request) -> web.Response:
        advance = await _read(request, _Advance)
        if not isinstance(self._clock, ShiftedClock):
            raise web.HTTPConflict(text="this region's clock is its owner's to move")
        self._clock.advance(advance.advance_s)
        return await self._health(request)

    async def _list_invocations(self, _request: web.Request) -> web.Response:
        known = self._ssm.invocations.values()
        return web.json_response({"invocations": [one.model_dump(mode="json") for one in known]})

    async def _end_invocation(self, request: web.Request) -> web.Response:
        """Let a command end at its instance, as if the SSM agent there had run it."""
        ended = await _read(request, _Ended)
        key = f"{ended.command_id} {ended.instance_id}"
        if key not in self._ssm.invocations:
            raise web.HTTPNotFound(text="no such command was sent to that instance")
        news = ended.model_dump(include={"status", "output", "code"})
        self._ssm.invocations[key] = self._ssm.invocations[key].model_copy(update=news)
        self._keeper.keep()
        return await self._list_invocations(request)

    async def _issue(self, request: web.Request) -> web.Response:
        wanted = await _read(request, _Wanted)
        if (wanted.user is None) == (wanted.role is None):
            raise web.HTTPBadRequest(text="give user or role")
        issued = self._issued(wanted)
        self._keeper.keep()
        return web.json_response(
            {
                "access_key_id": issued.access_key_id,
                "secret_access_key": issued.secret_key,
                "session_token": issued.token,
                "expires": issued.expires.isoformat() if issued.expires else None,
                "arn": issued.owner.arn,
            }
        )

    def _issued(self, wanted: _Wanted) -> Credential:
        account = wanted.account or self._account
        if wanted.user is not None:
            return self._credentials.for_user(account, wanted.user)
        role = wanted.role or ""
        owner = RoleSession(
            account=account,
            role=role,
            role_id=self._credentials.role_id(role),
            session=wanted.session,
        )
        now = self._clock.now()
        expires = (now + timedelta(seconds=wanted.valid_s)).replace(microsecond=0)
        return self._credentials.for_session(owner, expires, now)


async def _read(request: web.Request, kind: type[T]) -> T:
    try:
        return kind.model_validate_json(await request.read())
    except ValidationError as error:
        raise web.HTTPBadRequest(text=str(error)) from error
