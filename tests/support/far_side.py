"""A stand-in for the fleet service and what is behind it: real TCP, real deduplication, faults.

It keeps every transaction by txn_id, as the ticket API does, so a test can tell what was lost and
what was counted twice. Faults are queued by route and counted when they fire.
"""

import asyncio
import json
from collections import Counter, deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

from aiohttp import web
from pydantic import ValidationError

from kiosk_contracts.serials import format_serial
from kiosk_contracts.transactions import Transaction
from kiosk_contracts.version import KIOSK_TOKEN_HEADER, PROTOCOL_HEADER
from tests.support.far_faults import Fault, Hit, misbehave, problem

Judge = Callable[[dict[str, Any]], dict[str, Any]]


def settled(item: dict[str, Any]) -> dict[str, Any]:
    """Judge an item as the ticket API mostly does."""
    return {
        "txn_id": item["envelope"]["txn_id"],
        "status": "settled",
        "settled_at": "2026-11-23T20:00:00Z",
    }


def txn_id_of(item: Any) -> str | None:
    """Return which transaction an item is; None if it is none."""
    try:
        return str(Transaction.model_validate(item).envelope.txn_id)
    except ValidationError:
        return None


_UNREADABLE: dict[str, Any] = {
    "txn_id": None,
    "status": "quarantined",
    "code": "payload_unreadable",
    "detail": "This is no transaction.",
    "hint": "Call the control room.",
}


class FarSide:
    """`async with FarSide() as far:` answers at `far.url`."""

    def __init__(self, kiosk_id: str = "harbour-till-1") -> None:
        self.kiosk_id = kiosk_id
        self.venue_name = "Harbour Hall"
        self.judge: Judge = settled
        self.faults: deque[Fault] = deque()
        self.fired: Counter[str] = Counter()
        self.requests: Counter[str] = Counter()
        self.poison: set[str] = set()
        """txn_ids that make a whole batch unreadable."""
        self.raw: list[Any] = []
        """Items that could not be read, as they came."""
        self.ledger: dict[str, dict[str, Any]] = {}
        """Settled items by txn_id, in the order in which they settled."""
        self.replays: Counter[str] = Counter()
        self.batches: list[list[str]] = []
        self.heartbeats: list[dict[str, Any]] = []
        self.images_wanted: list[str] = []
        self.leave = False
        """Whether operators want the kiosk to leave."""
        self.allotments: dict[str, dict[str, Any]] = {}
        self.catalogue: dict[str, Any] = {
            "venue_id": "harbour-hall",
            "venue_name": "Harbour Hall",
            "version": 1,
            "events": [],
        }
        self.keys: list[dict[str, Any]] = []
        self.roster: dict[str, Any] = {"version": 0, "members": []}
        self.feed: list[dict[str, Any]] = []
        self.heads: dict[str, dict[str, Any]] = {}
        """What is told of a journal in place of what the ledger says, by its id."""
        self.left: dict[tuple[str, str], int] = {}
        """Places that are left to lease; a type not named has plenty."""
        self.tokens: set[str] = set()
        self.token_life_s = 3600
        self.port = 0
        self._serials = iter(range(1, 1 << 20))
        self._arrivals = asyncio.Event()
        self._released = asyncio.Event()

    @property
    def url(self) -> str:
        """Its base address."""
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen: the first time at a free port, later at the same."""
        self._released = asyncio.Event()
        app = web.Application(client_max_size=16 * 1024 * 1024)
        app.router.add_route("*", "/{tail:.*}", self._serve)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Refuse connections from now on; open ones are dropped."""
        self._released.set()
        await self._runner.cleanup()

    def break_with(self, kind: str, **changes: Any) -> Fault:
        """Queue a fault; return it."""
        fault = Fault(kind, **changes)
        self.faults.append(fault)
        return fault

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until `condition` holds; it is looked at after every answer and fault."""
        while not condition():
            self._arrivals.clear()
            await self._arrivals.wait()

    def reported(self, **figures: int) -> bool:
        """Say whether the last heartbeat has these figures."""
        last = self.heartbeats[-1] if self.heartbeats else {}
        return all(last.get(name) == figure for name, figure in figures.items())

    def revoke_tokens(self) -> None:
        """Refuse every token given so far."""
        self.tokens.clear()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.requests[request.path] += 1
        try:
            response = await self._answer(request, body)
        finally:
            self._arrivals.set()
        response.headers.setdefault(PROTOCOL_HEADER, "1")
        if response.headers.pop("No-Protocol", None):
            del response.headers[PROTOCOL_HEADER]
        return response

    async def _answer(self, request: web.Request, body: bytes) -> web.StreamResponse:
        fault = self._take_fault(request.path)
        if fault is not None:
            return await misbehave(Hit(self, request, body, fault))
        return self.behave(request, body)

    def _take_fault(self, path: str) -> Fault | None:
        for fault in self.faults:
            if fault.path == path and fault.times > 0:
                fault.times -= 1
                self.fired[fault.kind] += 1
                self._arrivals.set()
                return fault
        return None

    def behave(self, request: web.Request, body: bytes) -> web.Response:
        asked = json.loads(body) if body else {}
        if request.path == "/v1/sessions":
            return self._session(asked)
        if request.headers.get(KIOSK_TOKEN_HEADER) not in self.tokens:
            return problem(401, "token_invalid", "The token is unknown")
        routes: dict[str, Callable[[dict[str, Any]], web.Response]] = {
            "/v1/heartbeats": self._heartbeat,
            "/v1/catalogue": lambda _: web.json_response(self.catalogue),
            "/v1/roster": lambda _: web.json_response(self.roster),
            "/v1/keys": lambda _: web.json_response({"keys": self.keys}),
            "/v1/gate-feed": lambda _: self._gate_feed(
                int(request.query["after"]), int(request.query["limit"])
            ),
            "/v1/allotments": self._allotment,
            "/v1/transactions": self._transactions,
        }
        if request.path.startswith("/v1/journals/"):
            return self._journal_head(request.path.rpartition("/")[2])
        if request.path not in routes:
            return problem(404, "not_found", "There is no such route")
        return routes[request.path](asked)

    def _journal_head(self, journal_id: str) -> web.Response:
        """Tell what the ledger has of a journal, or what a test says that it has."""
        envelopes = [item["envelope"] for item in self.ledger.values()]
        ours = [one for one in envelopes if one["journal_id"] == journal_id]
        newest = max(ours, key=lambda one: one["sequence"], default={})
        head = {
            "journal_id": journal_id,
            "epoch": newest.get("epoch", 0),
            "sequence": newest.get("sequence", 0),
            "hash": newest.get("hash", "0" * 64),
            "kiosk_epoch": max((one["epoch"] for one in envelopes), default=0),
        }
        return web.json_response({**head, **self.heads.get(journal_id, {})})

    def _heartbeat(self, asked: dict[str, Any]) -> web.Response:
        self.heartbeats.append(asked)
        return web.json_response(
            {"server_time": _now(), "leave": self.leave, "images_wanted": self.images_wanted}
        )

    def _session(self, asked: dict[str, Any]) -> web.Response:
        if asked["proof"] != {"scheme": "enrolment_secret", "secret": "let me in"}:
            return problem(403, "proof_refused", "The enrolment secret is wrong")
        token = f"token-{len(self.tokens)}-{uuid4()}"
        self.tokens.add(token)
        kiosk = {
            "kiosk_id": self.kiosk_id,
            "kiosk_code": "HB1",
            "venue_id": "harbour-hall",
            "venue_name": self.venue_name,
        }
        answer = {
            "token": token,
            "expires_in_s": self.token_life_s,
            "server_time": _now(),
            "kiosk": kiosk,
        }
        return web.json_response(answer, status=201)

    def _gate_feed(self, after: int, limit: int) -> web.Response:
        later = [entry for entry in self.feed if entry["cursor"] > after]
        page = later[:limit]
        head = page[-1]["cursor"] if page else after
        return web.json_response(
            {"entries": page, "next_cursor": head, "more": len(later) > len(page)}
        )

    def _allotment(self, asked: dict[str, Any]) -> web.Response:
        known = self.allotments.get(asked["request_id"])
        if known is None:
            key = asked["event_id"], asked["ticket_type_id"]
            granted = min(asked["quantity"], self.left.get(key, 1 << 20))
            if key in self.left:
                self.left[key] -= granted
            serials = [format_serial(next(self._serials)) for _ in range(granted)]
            known = {
                **asked,
                "allotment_id": str(uuid4()),
                "price_list_version": 1,
                "unit_price": {"amount": "12.50", "currency": "EUR"},
                "granted_at": _now(),
                "lease_s": 86_400,
                "tickets": [{"serial": serial, "code": f"EP1{serial}"} for serial in serials],
                "limited_by": "" if granted == asked["quantity"] else "inventory",
            }
            self.allotments[asked["request_id"]] = known
        return web.json_response(known, status=201)

    def _transactions(self, asked: dict[str, Any]) -> web.Response:
        for place, item in enumerate(asked["items"]):
            if txn_id_of(item) in self.poison:
                return problem(422, "body_invalid", f"items.{place}: too deep to read")
        return web.json_response(
            {"journal_id": asked["journal_id"], "outcomes": self.judge_all(asked["items"])}
        )

    def judge_all(self, items: list[Any]) -> list[dict[str, Any]]:
        """Judge a batch; what settles is kept for ever, and known when it comes again."""
        self.batches.append([str(txn_id_of(item)) for item in items])
        outcomes = []
        for item in items:
            txn_id = txn_id_of(item)
            if txn_id is None:
                self.raw.append(item)
                outcomes.append(_UNREADABLE)
                continue
            if txn_id in self.ledger:
                self.replays[txn_id] += 1
                outcomes.append({**settled(item), "replayed": True})
                continue
            outcome = self.judge(item)
            if outcome["status"] == "settled":
                self.ledger[txn_id] = item
            outcomes.append(outcome)
        return outcomes

    async def hang(self) -> None:
        """Wait until this far side is stopped."""
        await self._released.wait()


def event(**changes: Any) -> dict[str, Any]:
    """Return an event of the catalogue, on sale till tomorrow."""
    return {
        "event_id": "tide",
        "event_no": 1,
        "venue_id": "harbour-hall",
        "name": "Tide",
        "starts_at": (datetime.now(UTC) + timedelta(hours=20)).isoformat(),
        "sales_close_at": (datetime.now(UTC) + timedelta(hours=19)).isoformat(),
        "state": "on_sale",
        "ticket_types": [
            {"ticket_type_id": "adult", "type_no": 1, "name": "Adult", "capacity": 500}
        ],
        "price_list": {"version": 1, "prices": {"adult": {"amount": "12.50", "currency": "EUR"}}},
        "stock_rule": {"per_kiosk": 40, "keep_back": 0, "top_up_below": 10},
        **changes,
    }


def _now() -> str:
    return datetime.now(UTC).isoformat()
