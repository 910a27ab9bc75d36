"""SIGKILL of the real agent while it sells and sends, and the ledgers compared in the end.

Agent, fleet service and ticket API are processes of their own. Tills sell over the UI socket; a
till whose agent was killed asks again with the same txn_id until it is answered, as the UI does.
"""

import asyncio
import json
import random
import signal
import sqlite3
from asyncio import FIRST_EXCEPTION
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
from uuid6 import uuid7

from kiosk_agent.adapters.journal.store import open_journal
from kiosk_agent.adapters.system_clock import SystemClock
from kiosk_agent.waiting import first_of
from kiosk_contracts.kiosk_status import JournalState
from kiosk_contracts.version import STAFF_TOKEN_HEADER
from tests.proof.books import all_rows, journal_findings
from tests.proof.findings import Finding, doubled, lost, wrong
from tests.support.agent_process import (
    CASHIER_PIN,
    KioskFolder,
    client,
    kiosk_folder,
    running_agent,
)
from tests.support.fleet import FleetFiles, fleet_process, registered
from tests.support.journal import KIOSK_CODE, KIOSK_ID, VENUE_ID
from tests.support.ticket_api import api_process, money, run_cli, write_config
from tests.support.ui_socket import line, sale_of

TILLS = 3
EVENT = "endless"
PRICE = money("12.50")
SEASON = {
    "venues": [
        {
            "venue_id": VENUE_ID,
            "name": "Harbour Hall",
            "events": [
                {
                    "event_id": EVENT,
                    "event_no": 1,
                    "venue_id": VENUE_ID,
                    "name": "Endless",
                    "starts_at": "+2d 20:00",
                    "sales_close_at": "+2d 20:00",
                    "state": "on_sale",
                    "ticket_types": [
                        {"ticket_type_id": "adult", "type_no": 1, "name": "Adult",
                         "capacity": 100_000}
                    ],
                    "price_list": {"version": 1, "prices": {"adult": PRICE}},
                    "stock_rule": {"per_kiosk": 300, "keep_back": 0, "top_up_below": 200},
                }
            ],
        }
    ]
}  # fmt: skip
LATER = frozenset({"stock_used_up", "event_unknown"})
"""Refusals that end once the agent has got stock."""


@dataclass
class KillReport:
    """What came of the kills."""

    kills: int = 0
    answers: int = 0
    """How many 201 the tills have read."""
    transactions: int = 0
    replays: int = 0
    """How many transactions the ticket API was sent more than once."""
    findings: list[Finding] = field(default_factory=list)


@dataclass
class Till:
    """Sells one ticket after the other, and keeps every answer."""

    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    pending: UUID | None = None

    async def sell_for_ever(self, http: aiohttp.ClientSession, sold: asyncio.Event) -> None:
        """Sell until the agent is gone; `sold` is set after each answer."""
        while True:
            await self.sell_one(http)
            sold.set()

    async def sell_one(self, http: aiohttp.ClientSession) -> None:
        """Sell a ticket: the pending one, if an earlier answer was lost."""
        self.pending = self.pending or uuid7()
        txn_id = self.pending
        while not await self._cart_is_ready(http, txn_id):
            await until_status(http, lambda status: any(one["left"] for one in status["stock"]))
        async with http.post("/v1/sales", json=sale_of(txn_id, PRICE)) as answer:
            body = await answer.json()
            assert answer.status == 201, body
        self.answers[str(txn_id)] = {**body, "replayed": False}
        self.pending = None

    async def _cart_is_ready(self, http: aiohttp.ClientSession, txn_id: UUID) -> bool:
        cart = {"lines": [line(EVENT, "adult", 1)]}
        steps = ("PUT", f"/v1/carts/{txn_id}", cart), ("POST", f"/v1/carts/{txn_id}/payment", None)
        for method, path, body in steps:
            async with http.request(method, path, json=body) as answer:
                told = await answer.json()
                if answer.status == 200 or told["code"] in {"cart_closed", "payment_started"}:
                    continue
                assert told["code"] in LATER, told
                return False
        return True


async def until_status(
    http: aiohttp.ClientSession, holds: Callable[[dict[str, Any]], bool]
) -> None:
    """Wait until the agent's stream of statuses tells one that holds."""
    async with http.get("/v1/stream") as stream:
        async for text in stream.content:
            if text.startswith(b"data: ") and holds(json.loads(text.removeprefix(b"data: "))):
                return
    raise aiohttp.ServerDisconnectedError


@dataclass
class Venue:
    """A kiosk's folder, the cloud behind its line, and the tills."""

    kiosk: KioskFolder
    store: Path
    """The ticket API's store."""
    tills: list[Till] = field(default_factory=lambda: [Till() for _ in range(TILLS)])


@asynccontextmanager
async def venue(work: Path) -> AsyncIterator[Venue]:
    """Run fleet service and ticket API with one endless event."""
    (work / "fleet").mkdir()
    files = FleetFiles(work / "fleet").write()
    files.register(registered(KIOSK_ID, KIOSK_CODE, VENUE_ID, "let me in"))
    (work / "season.json").write_text(json.dumps(SEASON))
    config = write_config(work, fleet_keys_file=files.public_keys)
    season = str(work / "season.json")
    status, _, told = await run_cli("seed", "--config", str(config), "--season", season)
    assert status == 0, told
    async with api_process(config) as api, fleet_process(work / "fleet", api.url) as fleet:
        with kiosk_folder(fleet.url, batch_max=7) as folder:
            yield Venue(folder, work / "store.db")


async def kill_at_random(
    venue: Venue, seed: int, kills: int, progress: Callable[[KillReport], None] = lambda _: None
) -> KillReport:
    """Start the agent, sell, kill it, so many times; then let all settle and compare."""
    chance = random.Random(seed)
    report = KillReport()
    for _ in range(kills):
        await _sell_and_kill(venue, chance)
        report.kills += 1
        report.answers = sum(len(till.answers) for till in venue.tills)
        progress(report)
    await _finish(venue)
    report.answers = sum(len(till.answers) for till in venue.tills)
    await _compare(venue, report)
    return report


@asynccontextmanager
async def _signed_in(kiosk: KioskFolder) -> AsyncIterator[aiohttp.ClientSession]:
    async with client(kiosk.ui_socket) as http:
        async with http.post("/v1/sign-in", json={"pin": CASHIER_PIN}) as answer:
            http.headers[STAFF_TOKEN_HEADER] = (await answer.json())["staff_token"]
        async with http.get("/v1/session") as answer:
            shift_id = (await answer.json())["shift_id"]
        if shift_id is None:
            body = {"txn_id": str(uuid7()), "opening_float": money("100.00")}
            async with http.post("/v1/shifts", json=body) as answer:
                assert answer.status == 201, await answer.text()
        yield http


async def _sell_and_kill(venue: Venue, chance: random.Random) -> None:
    """Kill the agent after a few answers, and somewhere in the middle of the next ones."""
    answers, turns = chance.randrange(12), chance.randrange(150)
    async with running_agent(venue.kiosk) as agent, _signed_in(venue.kiosk) as http:
        sold = asyncio.Event()
        selling = [asyncio.create_task(till.sell_for_ever(http, sold)) for till in venue.tills]
        for _ in range(answers):
            await first_of(sold.wait(), asyncio.wait(selling, return_when=FIRST_EXCEPTION))
            sold.clear()
        for _ in range(turns):
            await asyncio.sleep(0)
        agent.kill()
        ended = await asyncio.gather(*selling, return_exceptions=True)
        assert await agent.ended() == -signal.SIGKILL
    for error in ended:
        if error is not None and not isinstance(error, aiohttp.ClientError | OSError):
            raise error


async def _finish(venue: Venue) -> None:
    """Answer what is pending, wait until all is settled, stop in order."""
    async with running_agent(venue.kiosk) as agent:
        async with _signed_in(venue.kiosk) as http:
            for till in venue.tills:
                await till.sell_one(http)
            await until_status(http, lambda status: status["unsent"] == 0)
        assert await agent.stop() == 0


async def _compare(venue: Venue, report: KillReport) -> None:
    async with open_journal(
        venue.kiosk.journal_path, clock=SystemClock(), kiosk_id=KIOSK_ID
    ) as journal:
        report.findings += await journal.read(journal_findings)
        rows = {str(row.transaction.envelope.txn_id): row for row in await journal.read(all_rows)}
    report.transactions = len(rows)
    for till in venue.tills:
        for txn_id, answer in till.answers.items():
            if txn_id not in rows:
                report.findings.append(lost(f"{txn_id} was answered with 201"))
            elif rows[txn_id].answer != answer:
                report.findings.append(wrong(f"{answer} was answered, {rows[txn_id].answer} is it"))
    report.findings += [
        lost(f"{txn_id} is {row.state} in the end")
        for txn_id, row in rows.items()
        if row.state is not JournalState.SETTLED
    ]
    sales = sum(row.transaction.envelope.kind == "sale" for row in rows.values())
    _compare_ledger(venue.store, set(rows), sales, report)


def _compare_ledger(store: Path, txn_ids: set[str], sales: int, report: KillReport) -> None:
    """Compare the ticket API's own books: the same transactions, each once, one ticket each."""
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as connection:
        kept = {
            pk: json.loads(body)
            for pk, body in connection.execute(
                "SELECT pk, body FROM items WHERE kind = 'transaction'"
            )
        }
        sold = sum(
            json.loads(body)["sold"]
            for (body,) in connection.execute("SELECT body FROM items WHERE kind = 'takings'")
        )
    report.replays = sum(bool(body["replays"]) for body in kept.values())
    if set(kept) != txn_ids:
        report.findings.append(lost(f"only one side has {set(kept) ^ txn_ids}"))
    report.findings += [
        lost(f"{txn_id} is {body['status']} at the ticket API")
        for txn_id, body in kept.items()
        if body["status"] != "settled"
    ]
    if sold != sales:
        report.findings.append(doubled(f"{sold} tickets count as sold, of {sales}"))
