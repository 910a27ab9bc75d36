"""A small stand-in for the agent's UI socket: real HTTP on a real unix socket, stock in memory.

It keeps the rules that screens depend on (holds, payment, the first answer again, admissions) and
can be told to go away, to lose an answer after committing, to hold one back, or to garble one.
"""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from kiosk_contracts.kiosk_status import MOST_ROWS
from kiosk_contracts.problem import PROBLEM_CONTENT_TYPE, ProblemError
from kiosk_contracts.version import STAFF_TOKEN_HEADER
from tests.support.ui_agent_books import STAFF, Books

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
FIXED_NOW = datetime(2026, 11, 21, 19, 14, 5, tzinfo=UTC)


@dataclass
class Faults:
    """What is to go wrong next, by `METHOD /path`, and how often something did."""

    lose_answer: Counter[str] = field(default_factory=Counter)
    garble: Counter[str] = field(default_factory=Counter)
    hold_back: dict[str, asyncio.Event] = field(default_factory=dict)
    dawdle: Random | None = None
    """Every answer takes as many turns of the event loop as this dice says, up to 200."""
    fired: Counter[str] = field(default_factory=Counter)


class UiAgent:
    """The stand-in; an async context manager that listens at `socket_path`."""

    def __init__(self, socket_path: Path, books: Books | None = None) -> None:
        self.socket_path = socket_path
        self.books = books or Books(now=lambda: FIXED_NOW)
        self.faults = Faults()
        self.requests: list[str] = []
        self._runner: web.AppRunner | None = None
        self._changed = asyncio.Condition()

    async def __aenter__(self) -> Self:
        """Listen."""
        await self.come_back()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Go away."""
        await self.go_away()

    async def come_back(self) -> None:
        """Listen, with everything that is on record."""
        app = web.Application(middlewares=[self._middleware])
        app.add_routes(
            [
                web.post("/v1/sign-in", self._sign_in),
                web.post("/v1/sign-out", self._sign_out),
                web.get("/v1/session", self._session),
                web.post("/v1/shifts", self._open_shift),
                web.get("/v1/catalogue", self._catalogue),
                web.get("/v1/carts", self._carts),
                web.put("/v1/carts/{txn_id}", self._put_cart),
                web.delete("/v1/carts/{txn_id}", self._delete_cart),
                web.post("/v1/carts/{txn_id}/payment", self._start_payment),
                web.put("/v1/carts/{txn_id}/payment", self._take),
                web.delete("/v1/carts/{txn_id}/payment", self._cancel_payment),
                web.post("/v1/sales", self._sale),
                web.post("/v1/admissions", self._admission),
                web.post("/v1/exits", self._exit),
                web.get("/v1/gates/{event_id}", self._gate_now),
                web.get("/v1/gates/{event_id}/tickets", self._gate_tickets),
                web.post("/v1/voids", self._void),
                web.post("/v1/quarantine/{txn_id}/retry", self._retry),
                web.post("/v1/clock/confirm", self._confirm_clock),
                web.get("/v1/transactions", self._transactions),
                web.get("/v1/transactions/{txn_id}", self._transaction),
                web.get("/v1/stream", self._stream),
            ]
        )
        self._runner = web.AppRunner(app, shutdown_timeout=0.01, handler_cancellation=True)
        await self._runner.setup()
        await web.UnixSite(self._runner, str(self.socket_path)).start()

    async def go_away(self) -> None:
        """Stop listening and cut every connection, as a killed process does."""
        runner, self._runner = self._runner, None
        if runner is None:
            return
        server = runner.server
        for connection in list(server.connections) if server is not None else ():
            connection.force_close()
            if connection.transport is not None:
                connection.transport.abort()
        await runner.cleanup()
        self.socket_path.unlink(missing_ok=True)

    async def say(self) -> None:
        """Send the status to whoever listens to the stream."""
        async with self._changed:
            self._changed.notify_all()

    @web.middleware
    async def _middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        what = f"{request.method} {_route(request)}"
        self.requests.append(what)
        if (event := self.faults.hold_back.get(what)) is not None:
            self.faults.fired["hold_back"] += 1
            try:
                await event.wait()
            finally:
                self.faults.fired["let_go"] += 1
        if self.faults.dawdle is not None:
            self.faults.fired["dawdle"] += 1
            for _ in range(self.faults.dawdle.randrange(200)):
                await asyncio.sleep(0)
        try:
            answer = await handler(request)
        except ProblemError as refusal:
            return web.json_response(
                refusal.problem.to_json(),
                status=refusal.problem.status,
                content_type=PROBLEM_CONTENT_TYPE,
            )
        if request.method != "GET":
            await self.say()
        if self.faults.lose_answer[what] > 0 and request.transport is not None:
            self.faults.lose_answer[what] -= 1
            self.faults.fired["lose_answer"] += 1
            request.transport.abort()
        if self.faults.garble[what] > 0:
            self.faults.garble[what] -= 1
            self.faults.fired["garble"] += 1
            return web.Response(text="<html>not what you asked</html>")
        return answer

    def _who(self, request: web.Request) -> str:
        return self.books.who(request.headers.get(STAFF_TOKEN_HEADER, ""))

    async def _sign_in(self, request: web.Request) -> web.Response:
        return web.json_response(self.books.sign_in(str((await request.json())["pin"])))

    async def _sign_out(self, request: web.Request) -> web.Response:
        self.books.tokens.pop(request.headers.get(STAFF_TOKEN_HEADER, ""), None)
        return web.Response(status=204)

    async def _session(self, request: web.Request) -> web.Response:
        return web.json_response(self.books.session(self._who(request)))

    async def _open_shift(self, request: web.Request) -> web.Response:
        who = self._who(request)
        return web.json_response(self.books.open_shift(who, await request.json()), status=201)

    async def _catalogue(self, _request: web.Request) -> web.Response:
        return web.json_response(self.books.catalogue())

    async def _carts(self, request: web.Request) -> web.Response:
        self._who(request)
        return web.json_response({"carts": self.books.open_carts()})

    async def _put_cart(self, request: web.Request) -> web.Response:
        who = self._who(request)
        lines = (await request.json())["lines"]
        return web.json_response(self.books.put_cart(who, request.match_info["txn_id"], lines))

    async def _delete_cart(self, request: web.Request) -> web.Response:
        self.books.delete_cart(request.match_info["txn_id"])
        return web.Response(status=204)

    async def _start_payment(self, request: web.Request) -> web.Response:
        return web.json_response(
            self.books.start_payment(self._who(request), request.match_info["txn_id"])
        )

    async def _take(self, request: web.Request) -> web.Response:
        taken = (await request.json())["taken"]
        return web.json_response(self.books.take(request.match_info["txn_id"], taken))

    async def _cancel_payment(self, request: web.Request) -> web.Response:
        return web.json_response(self.books.set_state(request.match_info["txn_id"], "open"))

    async def _sale(self, request: web.Request) -> web.Response:
        return web.json_response(
            self.books.sale(self._who(request), await request.json()), status=201
        )

    async def _admission(self, request: web.Request) -> web.Response:
        return web.json_response(
            self.books.admission(self._who(request), await request.json()), status=201
        )

    async def _exit(self, request: web.Request) -> web.Response:
        return web.json_response(
            self.books.exit(self._who(request), await request.json()), status=201
        )

    async def _gate_now(self, request: web.Request) -> web.Response:
        self._who(request)
        return web.json_response({"inside": len(self.books.admitted)})

    async def _gate_tickets(self, request: web.Request) -> web.Response:
        self._who(request)
        return web.json_response({"candidates": [], "more": False})

    async def _void(self, request: web.Request) -> web.Response:
        return web.json_response(
            self.books.void(self._who(request), await request.json()), status=201
        )

    async def _retry(self, request: web.Request) -> web.Response:
        self._who(request)
        return web.json_response(self.books.retry(request.match_info["txn_id"]))

    async def _confirm_clock(self, request: web.Request) -> web.Response:
        approver = self.books.approve(self._who(request), await request.json())
        self.books.warnings.clear()
        shown = self.books.now().isoformat()
        return web.json_response({"device_time": shown, "confirmed_by": approver})

    async def _transactions(self, request: web.Request) -> web.Response:
        self._who(request)
        states = request.query.getall("state", [])
        older_than = int(request.query.get("before", sys.maxsize))
        rows = [
            row
            for row in self.books.newest_first()
            if row["sequence"] < older_than and (not states or row["state"] in states)
        ]
        limit = int(request.query.get("limit", "50"))
        if limit > MOST_ROWS:
            return web.json_response({"title": "Too many at once"}, status=422)
        before = int(rows[limit - 1]["sequence"]) if len(rows) > limit else None
        return web.json_response({"transactions": rows[:limit], "next_before": before})

    async def _transaction(self, request: web.Request) -> web.Response:
        return web.json_response(self.books.first_answer(request.match_info["txn_id"]))

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await answer.prepare(request)
        while True:
            text = json.dumps(self.books.status())
            await answer.write(f"event: status\ndata: {text}\n\n".encode())
            async with self._changed:
                await self._changed.wait()


def _route(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else request.path


def later(minutes: int) -> datetime:
    """Return a moment after the stand-in's fixed one."""
    return FIXED_NOW + timedelta(minutes=minutes)


def pin_of(name: str) -> str:
    """Return the PIN of a person of the stand-in's roster."""
    return next(pin for pin, person in STAFF.items() if person["name"] == name)


def jsonable(value: Any) -> Any:
    """Return `value` through JSON, as the other side sees it."""
    return json.loads(json.dumps(value))
