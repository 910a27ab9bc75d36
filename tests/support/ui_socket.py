"""The agent's UI socket for real: journal file, unix socket, HTTP; without the network side."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
from aiohttp import web
from uuid6 import uuid7

from kiosk_agent.adapters.check_folder import FileKeptChecks
from kiosk_agent.adapters.ed25519 import verify_ed25519
from kiosk_agent.adapters.hand_over_folder import FileHandOvers
from kiosk_agent.adapters.pin_hashes import ArgonPinHashes
from kiosk_agent.adapters.report_folder import ReportFolder
from kiosk_agent.adapters.update_lock_file import FileUpdateLock
from kiosk_agent.api.keys import Desk, open_desk
from kiosk_agent.api.ui import build_ui_app
from kiosk_agent.domain.people import Roster, StaffMember
from kiosk_agent.domain.printing import PaperRules
from kiosk_agent.services.changes import Changes
from kiosk_agent.services.kiosk import Kiosk
from kiosk_agent.services.known_staff import StaffView
from kiosk_agent.services.screens import ScreenDesk
from kiosk_agent.services.update_locks import UpdateLocks
from kiosk_contracts.gates import VerifyKey
from kiosk_contracts.kiosk_status import LineState, StatusWarning
from kiosk_contracts.staff import StaffRole
from kiosk_contracts.version import STAFF_TOKEN_HEADER
from kiosk_texts import spoken
from tests.support.clock import FakeClock
from tests.support.journal import OpenJournal, journal_in
from tests.support.tickets import Signer, euros, season

PINS = {"gus": "1111", "ana": "2222", "mia": "9999"}
_ROLES = {"gus": StaffRole.GATE, "ana": StaffRole.CASHIER, "mia": StaffRole.MANAGER}
CHEAP_PINS = ArgonPinHashes(memory_kib=8, passes=1)


@dataclass
class FakeLine:
    """A LineView that a test sets."""

    clock: FakeClock
    up: bool = True
    offset_ms: int | None = 40
    since_at: datetime | None = None
    """None is now."""

    def state(self) -> LineState:
        return LineState.ONLINE if self.up else LineState.OFFLINE

    def is_offline(self) -> bool:
        return not self.up

    def since(self) -> datetime:
        return self.since_at or self.clock.now()

    def detail(self) -> str:
        return "" if self.up else "nothing answers"

    def last_contact_at(self) -> datetime | None:
        return self.clock.now() if self.up else None

    def server_offset_ms(self) -> int | None:
        return self.offset_ms


@dataclass
class FakeAgent:
    """An AgentView that a test sets."""

    draining: bool = False
    stopping: bool = False
    left: bool = False
    retired: bool = False
    restarts_until: int = 0
    said: list[StatusWarning] = field(default_factory=list)

    def is_draining(self) -> bool:
        return self.draining

    def has_left(self) -> bool:
        return self.left

    def is_retired(self) -> bool:
        return self.retired

    def restarts_until_ms(self) -> int:
        return self.restarts_until

    def set_restarts(self, until_ms: int) -> None:
        self.restarts_until = until_ms

    def is_stopping(self) -> bool:
        return self.stopping

    def warnings(self) -> Sequence[StatusWarning]:
        return self.said


@dataclass
class Answer:
    """A status and a body."""

    status: int
    body: Any
    headers: Any

    @property
    def code(self) -> str:
        """The problem's code."""
        return str(self.body["code"])


@dataclass
class Till:
    """A kiosk's agent as a test has it: its parts, and a client on its socket."""

    opened: OpenJournal
    line: FakeLine
    agent: FakeAgent
    desk: Desk
    http: aiohttp.ClientSession
    signer: Signer
    token: str | None = None

    @property
    def clock(self) -> FakeClock:
        return self.opened.clock

    async def ask(
        self, method: str, path: str, body: Any = None, *, headers: dict[str, str] | None = None
    ) -> Answer:
        """Send a request of the person who is signed in."""
        sent = {STAFF_TOKEN_HEADER: self.token} if self.token else {}
        kind = "data" if isinstance(body, bytes) else "json"
        async with self.http.request(
            method, path, headers={**sent, **(headers or {})}, **{kind: body}
        ) as answer:
            read = await answer.json(content_type=None) if await answer.read() else None
            return Answer(answer.status, read, answer.headers)

    async def sign_in(self, staff_id: str) -> Answer:
        """Sign in; later requests are that person's."""
        answer = await self.ask("POST", "/v1/sign-in", {"pin": PINS[staff_id]})
        assert answer.status == 200, answer.body
        self.token = answer.body["staff_token"]
        return answer

    async def open_shift(self, staff_id: str = "ana") -> None:
        """Sign a cashier in and open their shift."""
        await self.sign_in(staff_id)
        body = {"txn_id": str(uuid7()), "opening_float": euros("100.00").to_json()}
        answer = await self.ask("POST", "/v1/shifts", body)
        assert answer.status == 201, answer.body

    async def close_shift(self) -> None:
        """Close the shift of whoever is signed in, with what should be in its drawer."""
        report = (await self.ask("GET", "/v1/shifts/current")).body
        counted = {"txn_id": str(uuid7()), "counted": report["expected_cash"]}
        closed = await self.ask("POST", f"/v1/shifts/{report['shift_id']}/close", counted)
        assert closed.status == 201, closed.body

    async def put_cart(self, txn_id: object, **quantities: int) -> Answer:
        """Set a cart to so many of each type of `tide`, e.g. `adult=2`."""
        lines = [line("tide", kind, quantity) for kind, quantity in quantities.items()]
        return await self.ask("PUT", f"/v1/carts/{txn_id}", {"lines": lines})

    async def sell(self, **quantities: int) -> Answer:
        """Sell by cash, all steps."""
        txn_id = str(uuid7())
        cart = await self.put_cart(txn_id, **quantities)
        assert cart.status == 200, cart.body
        assert (await self.ask("POST", f"/v1/carts/{txn_id}/payment")).status == 200
        return await self.ask("POST", "/v1/sales", sale_of(txn_id, cart.body["total"]))

    async def stock(self) -> Mapping[tuple[str, str], tuple[int, int]]:
        """Return by event and type what is available and what carts hold."""
        return await self.opened.journal.read(lambda reader: reader.stock_counts())

    async def recorded(self) -> tuple[int, Mapping[tuple[str, str], tuple[int, int]]]:
        """Return what changes with every acknowledged act: how far the journal is, and stock."""
        counts = await self.opened.journal.read(lambda reader: reader.counts())
        return counts.last_sequence, await self.stock()

    async def admit(self, code: str, event_id: str = "tide", path: str = "admissions") -> Answer:
        """Scan a ticket at the gate of an event."""
        body = {"txn_id": str(uuid7()), "event_id": event_id, "gate": "North", "code": code}
        return await self.ask("POST", f"/v1/{path}", body)


def line(event_id: str, ticket_type_id: str, quantity: object) -> dict[str, Any]:
    """Return a line of a cart."""
    return {"event_id": event_id, "ticket_type_id": ticket_type_id, "quantity": quantity}


def cash(amount: dict[str, Any]) -> dict[str, Any]:
    """Return exact cash."""
    nothing = {"amount": "0.00", "currency": amount["currency"]}
    return {"method": "cash", "amount": amount, "given": amount, "change": nothing}


def sale_of(txn_id: object, total: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return a sale by exact cash."""
    return {"txn_id": str(txn_id), "total": total, "tender": [cash(total)], **changes}


@cache
def roster() -> Roster:
    """Return a gate keeper, a cashier and a manager."""
    return Roster(
        tuple(
            StaffMember(staff_id, staff_id.title(), _ROLES[staff_id], CHEAP_PINS.hash(pin))
            for staff_id, pin in PINS.items()
        )
    )


@asynccontextmanager
async def till_in(
    folder: Path,
    clock: FakeClock | None = None,
    signer: Signer | None = None,
    paper: PaperRules | None = None,
    staff: StaffView | None = None,
    *,
    training: bool = False,
) -> AsyncIterator[Till]:
    """Serve a kiosk's UI socket from a folder, with the season and the keys synced."""
    async with journal_in(folder, clock) as opened:
        signer = signer or Signer()
        keys: list[VerifyKey] = [signer.verify_key()]
        opened.code = signer.code
        await opened.journal.write(lambda writer: writer.put_catalogue(season()))
        await opened.journal.write(lambda writer: writer.put_verify_keys(keys))
        async with till_at(opened, folder, signer, paper, staff, training=training) as till:
            yield till


@asynccontextmanager
async def till_at(
    opened: OpenJournal,
    folder: Path,
    signer: Signer | None = None,
    paper: PaperRules | None = None,
    staff: StaffView | None = None,
    *,
    training: bool = False,
) -> AsyncIterator[Till]:
    """Serve a kiosk's UI socket on a journal that is open already, as it is.

    The kiosk speaks what this process does.
    """
    line_, agent = FakeLine(opened.clock), FakeAgent()
    changes = Changes()
    kiosk = Kiosk(
        opened.journal,
        opened.clock,
        line_,
        agent,
        changes,
        paper=paper or PaperRules(),
        language=spoken(),
        training=training,
        screens=None if training else ScreenDesk(opened.clock, changes),
        update_locks=None if training else _update_locks(opened.clock, changes, folder),
    )
    desk = open_desk(
        kiosk,
        roster=staff or roster(),
        pins=CHEAP_PINS,
        verify=verify_ed25519,
        hand_overs=FileHandOvers(folder),
        kept_checks=FileKeptChecks(folder),
        report_files=ReportFolder(folder / "reports"),
    )
    async with _served(desk, folder / "ui.sock") as http:
        yield Till(opened, line_, agent, desk, http, signer or Signer())


def _update_locks(clock: FakeClock, changes: Changes, folder: Path) -> UpdateLocks:
    return UpdateLocks(clock, changes, FileUpdateLock(folder))


@asynccontextmanager
async def _served(desk: Desk, path: Path) -> AsyncIterator[aiohttp.ClientSession]:
    runner = web.AppRunner(build_ui_app(desk), shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    await web.UnixSite(runner, str(path)).start()
    try:
        connector = aiohttp.UnixConnector(str(path))
        async with aiohttp.ClientSession("http://agent", connector=connector) as http:
            yield http
    finally:
        await runner.cleanup()


def same_txn(answer: Answer) -> UUID:
    """Return the txn_id of an answer."""
    return UUID(answer.body["txn_id"])
