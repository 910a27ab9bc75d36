"""Refunds by the real agent at the real ticket API: once at most, whatever happens in between."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from uuid6 import uuid7

from demo.line import FaultKind, Line
from kiosk_agent.ports.journal import JournalRow
from kiosk_contracts.kiosk_status import JournalState, LineState
from kiosk_contracts.payloads import ShiftPaidOutPayload
from kiosk_contracts.version import KIOSK_TOKEN_HEADER
from tests.support.agent_process import MANAGER_PIN, KioskFolder, running_agent
from tests.support.cashier import Cashier, cashier
from tests.support.cloud import Cloud, cloud_in, until_status
from tests.support.fleet import open_session, registered, session_request
from tests.support.journal import KIOSK_ID, VENUE_ID
from tests.support.ticket_api import Caller
from tests.support.till import Till

FLOAT = Decimal(100)
PRICE = Decimal("12.50")
KILLS = 5


@dataclass
class Desk:
    """A cashier at a running agent, and the line to the cloud."""

    folder: KioskFolder
    line: Line
    cloud: Cloud
    person: Cashier

    async def settled_sale(self, quantity: int = 1) -> dict[str, Any]:
        """Sell for cash, and wait until the sale has settled."""
        sale = await self.person.pay(quantity)
        total = sale["total"]
        nothing = {**total, "amount": "0.00"}
        cash = {"method": "cash", "amount": total, "given": total, "change": nothing}
        status, sold = await self.person.close({**sale, "tender": [cash]})
        assert status == 201, sold
        await until_status(self.folder, lambda status: status.unsent == 0)
        recorded: dict[str, Any] = sold
        return recorded

    async def ask(self, request: dict[str, Any]) -> tuple[int, Any]:
        """Ask for a refund."""
        return await self.person.ask("POST", "/v1/refunds", request)

    async def decided(self, txn_id: str) -> dict[str, Any]:
        """Wait until the ticket API has decided; return where the refund stands."""
        await until_status(self.folder, lambda status: status.unsent == 0)
        status, standing = await self.person.ask("GET", f"/v1/refunds/{txn_id}")
        assert status == 200, standing
        found: dict[str, Any] = standing
        return found

    async def give(self, txn_id: str) -> tuple[int, Any]:
        """Say that its money was given back."""
        body = {"txn_id": str(uuid7())}
        return await self.person.ask("POST", f"/v1/refunds/{txn_id}/given", body)

    async def drawer(self) -> Decimal:
        """Return what should be in the drawer."""
        _, report = await self.person.ask("GET", "/v1/shifts/current")
        return Decimal(report["expected_cash"]["amount"])


@asynccontextmanager
async def _counter(folder: Path, **settings: Any) -> AsyncIterator[Desk]:
    async with (
        cloud_in(folder) as cloud,
        Line(int(cloud.fleet.url.rpartition(":")[2]), seed=3) as line,
    ):
        with cloud.kiosk(**settings) as kiosk:
            kiosk.fleet_url = line.url
            kiosk.write()
            async with running_agent(kiosk):
                await until_status(kiosk, lambda status: sum(s.left for s in status.stock) > 0)
                async with cashier(kiosk) as person:
                    yield Desk(kiosk, line, cloud, person)


def refund_of(sale: dict[str, Any], count: int | None = None) -> dict[str, Any]:
    serials = [ticket["serial"] for ticket in sale["tickets"]]
    return {
        "txn_id": str(uuid7()),
        "sale_txn_id": sale["txn_id"],
        "serials": serials[:count],
        "reason": "they are ill",
        "approval_pin": MANAGER_PIN,
    }


@asynccontextmanager
async def _another_kiosk(cloud: Cloud) -> AsyncIterator[tuple[Caller, Till]]:
    """Be another kiosk of the venue, on a line of its own."""
    secret = "another secret"
    cloud.fleet.files.register(
        registered(KIOSK_ID, "HB1", VENUE_ID, "let me in"),
        registered("harbour-gate-2", "HB2", VENUE_ID, secret),
    )
    till = Till()
    async with aiohttp.ClientSession(cloud.fleet.url) as session:
        request = session_request("harbour-gate-2", secret, till.journal_id)
        token = await open_session(session, request)
        yield Caller(session, {KIOSK_TOKEN_HEADER: token}), till


def _sale_item(sale: dict[str, Any]) -> dict[str, Any]:
    """Return a sale as a refund by another kiosk needs to know it."""
    lines = [{"serials": [ticket["serial"] for ticket in sale["tickets"]]}]
    payload = {"lines": lines, "total": sale["total"], "tender": sale["tender"]}
    return {"envelope": {"txn_id": sale["txn_id"]}, "payload": payload}


async def _refunded(cloud: Cloud) -> int:
    return sum(line["refunded"] for line in (await cloud.ledger())["lines"])


async def test_a_refund_settles_its_money_is_given_and_the_ticket_api_has_it_all(
    tmp_path: Path,
) -> None:
    async with _counter(tmp_path) as counter:
        sale = await counter.settled_sale(2)
        request = refund_of(sale, 1)
        status, asked = await counter.ask(request)
        assert status == 202, asked
        assert (await counter.decided(asked["txn_id"]))["decision"] == "give_back"
        assert await counter.drawer() == FLOAT + 2 * PRICE
        status, given = await counter.give(asked["txn_id"])
        assert status == 201, given
        assert await counter.drawer() == FLOAT + PRICE
        await until_status(counter.folder, lambda status: status.unsent == 0)
        ledger = await counter.cloud.ledger()
        assert ledger["kinds"]["shift_paid_out"] == 1
        assert await _refunded(counter.cloud) == 1
        # Asked again by the same id, after all that: the first answer, and nothing more.
        status, again = await counter.ask(request)
        assert (status, again["replayed"]) == (202, True)
        assert await _refunded(counter.cloud) == 1


async def test_an_answer_that_is_lost_on_the_line_is_asked_again_and_decided_once(
    tmp_path: Path,
) -> None:
    async with _counter(tmp_path) as counter:
        sale = await counter.settled_sale()
        counter.line.add(FaultKind.LOSE_ANSWERS)
        counter.line.add(FaultKind.DUPLICATE)
        status, asked = await counter.ask(refund_of(sale))
        assert status == 202, asked
        assert (await counter.decided(asked["txn_id"]))["decision"] == "give_back"
        assert counter.line.status()["fired"][FaultKind.LOSE_ANSWERS] == 1
        assert await _refunded(counter.cloud) == 1
        assert [(await counter.give(asked["txn_id"]))[0] for _ in range(2)] == [201, 409]
        assert await counter.drawer() == FLOAT


async def test_where_the_line_is_cut_it_waits_and_is_decided_when_it_is_back(
    tmp_path: Path,
) -> None:
    async with _counter(tmp_path) as counter:
        sale = await counter.settled_sale()
        other = await counter.settled_sale()
        # The uploads are held up where nobody sees it: the line still counts as up.
        await counter.line.hang()
        status, asked = await counter.ask(refund_of(sale))
        assert status == 202, asked
        await counter.line.cut()
        await until_status(counter.folder, lambda status: status.line == LineState.OFFLINE)
        _, standing = await counter.person.ask("GET", f"/v1/refunds/{asked['txn_id']}")
        assert standing["decision"] == "asking"
        status, refused = await counter.give(asked["txn_id"])
        assert (status, refused["code"]) == (409, "refund_undecided")
        status, refused = await counter.ask(refund_of(other))
        assert (status, refused["code"]) == (409, "line_down")
        await counter.line.up()
        assert (await counter.decided(asked["txn_id"]))["decision"] == "give_back"
        assert await _refunded(counter.cloud) == 1


async def test_a_ticket_used_at_a_gate_meanwhile_is_not_refunded(tmp_path: Path) -> None:
    # This kiosk hears of no gate before the test is over.
    async with _counter(tmp_path, sync_s=3600) as counter:
        sale = await counter.settled_sale()
        async with _another_kiosk(counter.cloud) as (kiosk, till):
            admission = till.admission(
                sale["tickets"][0]["serial"], "South", event_id=sale["tickets"][0]["event_id"]
            )
            (outcome,) = await kiosk.upload(till.journal_id, admission)
            assert outcome["status"] == "settled", outcome
        status, asked = await counter.ask(refund_of(sale))
        assert status == 202, asked
        standing = await counter.decided(asked["txn_id"])
        assert standing["decision"] == "refused"
        assert "was used at South" in standing["why"]
        status, refused = await counter.give(asked["txn_id"])
        assert (status, refused["code"]) == (409, "refund_refused")
        assert await _refunded(counter.cloud) == 0
        assert await counter.drawer() == FLOAT + PRICE


async def test_of_two_kiosks_that_refund_a_ticket_at_once_one_gives_money(tmp_path: Path) -> None:
    async with _counter(tmp_path, sync_s=3600) as counter:
        sales = [await counter.settled_sale() for _ in range(4)]
        async with _another_kiosk(counter.cloud) as (kiosk, till):
            for sale in sales:
                theirs, (status, asked) = await asyncio.gather(
                    kiosk.upload(till.journal_id, till.refund(_sale_item(sale))),
                    counter.ask(refund_of(sale)),
                )
                assert status == 202, asked
                ours = await counter.decided(asked["txn_id"])
                outcomes = sorted([theirs[0]["status"], ours["state"]])
                assert outcomes == ["quarantined", "settled"]
                status, _ = await counter.give(asked["txn_id"])
                assert status == (201 if ours["state"] == "settled" else 409)
        assert await _refunded(counter.cloud) == len(sales)


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_a_kill_at_any_step_refunds_and_gives_back_once_at_most(
    tmp_path: Path, seed: int
) -> None:
    """Ask, wait, give, each by one id until it is answered, while the agent is killed."""
    chance = random.Random(seed)  # noqa: S311  a repeatable moment is the point
    async with cloud_in(tmp_path) as cloud:
        with cloud.kiosk() as folder:
            async with running_agent(folder):
                await until_status(folder, lambda status: sum(s.left for s in status.stock) > 9)
                async with cashier(folder) as person:
                    counter = Desk(folder, None, cloud, person)  # type: ignore[arg-type]
                    sales = [await counter.settled_sale() for _ in range(4)]
            steps = [_Refund(refund_of(sale), str(uuid7())) for sale in sales]
            kills = 0
            while not all(step.is_over for step in steps):
                async with running_agent(folder) as agent, cashier(folder) as person:
                    budget = chance.randint(1, 3) if kills < KILLS else 99
                    if await _work(person, folder, steps, budget) == budget:
                        # The next request is on its way when the agent dies.
                        last = asyncio.create_task(_work(person, folder, steps, 1))
                        await asyncio.sleep(0)
                        agent.kill()
                        kills += 1
                        await asyncio.gather(last, return_exceptions=True)
            assert kills >= 2, "the fault fired"
            async with running_agent(folder):
                await until_status(folder, lambda status: status.unsent == 0)
                async with cashier(folder) as person:
                    counter = Desk(folder, None, cloud, person)  # type: ignore[arg-type]
                    assert await counter.drawer() == FLOAT
            rows = await folder.rows()
            assert await _refunded(cloud) == len(sales)
    refunds = [row for row in rows if row.kind == "refund"]
    assert [str(row.txn_id) for row in refunds] == [step.request["txn_id"] for step in steps]
    assert {row.state for row in refunds} == {JournalState.SETTLED}
    assert _given(rows) == dict.fromkeys((row.txn_id for row in refunds), 1)


@dataclass
class _Refund:
    """One refund on its way, by the ids that it keeps whatever happens."""

    request: dict[str, Any]
    payment: str
    is_over: bool = False


async def _work(person: Cashier, folder: KioskFolder, steps: list[_Refund], budget: int) -> int:
    """Do what is left of the refunds, up to so many answers; return how many there were."""
    answers = 0
    await until_status(folder, lambda status: status.line == LineState.ONLINE)
    for step in (one for one in steps if not one.is_over):
        status, body = await person.ask("POST", "/v1/refunds", step.request)
        assert status == 202, body
        if (answers := answers + 1) == budget:
            return answers
        await until_status(folder, lambda status: status.refunds_asking == 0)
        path = f"/v1/refunds/{step.request['txn_id']}/given"
        status, body = await person.ask("POST", path, {"txn_id": step.payment})
        assert status == 201, body
        step.is_over = True
        if (answers := answers + 1) == budget:
            return answers
    return answers


def _given(rows: list[JournalRow]) -> dict[Any, int]:
    """Return how often each refund's money was given back."""
    payouts = [row.read_payload() for row in rows if row.kind == "shift_paid_out"]
    return dict(
        Counter(one.refund_txn_id for one in payouts if isinstance(one, ShiftPaidOutPayload))
    )
