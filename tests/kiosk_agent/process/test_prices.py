"""Concessions and rules by the real agent at the real ticket API, without a line and afterwards."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp
from uuid6 import uuid7

from demo.line import Line
from kiosk_contracts.kiosk_status import LineState
from tests.support.agent_process import MANAGER_PIN, KioskFolder, running_agent
from tests.support.cashier import Cashier, cashier
from tests.support.cloud import Cloud, cloud_in, until_status
from tests.support.far_side import event
from tests.support.prices import STUDENT, eur
from tests.support.ticket_api import OPS_TOKEN

THREE: dict[str, Any] = {
    "rule_id": "three",
    "name": "Three for ten",
    "parts": [{"ticket_type_ids": ["adult"], "quantity": 3}],
    "reduction": {"kind": "fixed_price", "amount": eur("10.00")},
}


async def _put_terms(cloud: Cloud, version: int, **terms: Any) -> None:
    """Publish the next price list of the event."""
    async with (
        aiohttp.ClientSession(cloud.api.url, headers={"EventPro-Ops-Token": OPS_TOKEN}) as ops,
        ops.put(
            "/v1/ops/events/tide",
            json=event(price_list={"version": version, "prices": {"adult": eur("12.50")}, **terms}),
        ) as answer,
    ):
        assert answer.status == 200, await answer.text()


@asynccontextmanager
async def _counter(folder: Path) -> AsyncIterator[tuple[Cloud, Line, KioskFolder, Cashier]]:
    """Sell at a kiosk whose stock and catalogue came with a concession and a rule."""
    async with (
        cloud_in(folder) as cloud,
        Line(int(cloud.fleet.url.rpartition(":")[2]), seed=3) as line,
    ):
        await _put_terms(cloud, 2, concessions=[STUDENT], rules=[THREE])
        with cloud.kiosk() as kiosk:
            kiosk.fleet_url = line.url
            kiosk.write()
            async with running_agent(kiosk):
                await until_status(kiosk, lambda status: sum(s.left for s in status.stock) > 0)
                async with cashier(kiosk) as person:
                    yield cloud, line, kiosk, person


async def _sell(person: Cashier, plain: int, students: int) -> dict[str, Any]:
    txn_id, line = str(uuid7()), {"event_id": "tide", "ticket_type_id": "adult"}
    lines = [
        {**line, "quantity": plain},
        {**line, "concession_id": "student", "quantity": students},
    ]
    status, cart = await person.ask("PUT", f"/v1/carts/{txn_id}", {"lines": lines})
    assert status == 200, cart
    assert (await person.ask("POST", f"/v1/carts/{txn_id}/payment"))[0] == 200
    tender = [{"method": "card", "amount": cart["total"], "reference": "A1"}]
    status, sold = await person.close({"txn_id": txn_id, "total": cart["total"], "tender": tender})
    assert status == 201, sold
    found: dict[str, Any] = sold
    return found


async def test_what_was_sold_offline_by_an_older_list_settles_unflagged_though_a_newer_one_holds(
    tmp_path: Path,
) -> None:
    async with _counter(tmp_path) as (cloud, line, kiosk, person):
        await line.cut()
        await until_status(kiosk, lambda status: status.line == LineState.OFFLINE)
        await _put_terms(cloud, 3)
        sold = await _sell(person, 4, 1)
        # 10.00 for three, 12.50 for the fourth, 8.75 for the student.
        assert sold["total"] == eur("31.25")
        await line.up()
        await until_status(kiosk, lambda status: status.unsent == 0)
        ledger = await cloud.ledger()
        assert ledger["attention"] == []
        assert [one["gross"] for one in ledger["lines"]] == [eur("31.25")]


async def test_single_tickets_of_a_set_are_refunded_at_what_was_paid_for_each(
    tmp_path: Path,
) -> None:
    async with _counter(tmp_path) as (cloud, _, kiosk, person):
        sold = await _sell(person, 3, 1)
        await until_status(kiosk, lambda status: status.unsent == 0)
        back = Decimal(0)
        for ticket in sold["tickets"]:
            request = {
                "txn_id": str(uuid7()),
                "sale_txn_id": sold["txn_id"],
                "serials": [ticket["serial"]],
                "reason": "they are ill",
                "approval_pin": MANAGER_PIN,
            }
            status, asked = await person.ask("POST", "/v1/refunds", request)
            assert status == 202, asked
            assert asked["total"] == ticket["unit_price"]
            back += Decimal(asked["total"]["amount"])
            await until_status(kiosk, lambda status: status.unsent == 0)
        assert back == Decimal(sold["total"]["amount"]) == Decimal("18.75")
        assert [one["gross"] for one in (await cloud.ledger())["lines"]] == [eur("0.00")]
