"""Whose names an operator looked at is written down, before they are shown."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from fleet_service.audit.summary import MOST_TARGETS
from fleet_service.relay.judging import Passed
from fleet_service.relay.service import Relay
from fleet_service.transactions.looks import LOOK_LASTS, Looks
from fleet_service.transactions.routes import SEARCH
from tests.support.fleet import FakeFleetClock
from tests.support.operator_desk import OperatorDesk


def sale(number: int, *, buyer: str | None = "Grace Hopper") -> dict[str, Any]:
    return {
        "txn_id": f"0197a000-0000-7000-8000-{number:012}",
        "kiosk_id": "till-hb1",
        "journal_id": "0197a000-0000-7000-8000-000000000002",
        "epoch": 1,
        "sequence": number,
        "kind": "sale",
        "status": "settled",
        "code": "",
        "detail": "",
        "hint": "",
        "flags": [],
        "received_at": "2026-11-24T12:00:00Z",
        "settled_at": None,
        "recorded_at": None,
        "receipt_number": "HB1-1-000001",
        "serials": [],
        "total": None,
        "sale_txn_id": None,
        "buyer": None if buyer is None else {"name": buyer},
    }


class TicketApi:
    """A relay to a ticket API that has these."""

    def __init__(self) -> None:
        self.sales = [sale(1)]

    async def relay(self, *_asked: Any) -> Passed:
        body = {"transactions": self.sales, "next_after": None}
        return Passed(200, "application/json", None, json.dumps(body).encode())


@pytest.fixture
def tickets(desk: OperatorDesk, tmp_path: Path) -> TicketApi:
    """Have the search ask a ticket API."""
    (tmp_path / "ops-token").write_text("a token")
    tickets, search = TicketApi(), desk.app[SEARCH]
    search._relay, search._token_file = cast("Relay", tickets), tmp_path / "ops-token"
    return tickets


FIND = "/v1/transactions?receipt=HB1-1-000001"


async def looks(desk: OperatorDesk) -> list[Any]:
    return [one for one in await desk.audit() if one["route"] == "/v1/transactions"]


async def test_who_looked_at_whose_names_is_written_down_with_what_was_asked(
    desk: OperatorDesk, tickets: TicketApi
) -> None:
    made = await desk.make("operator", "Ana")
    tickets.sales.append(sale(2, buyer=None))
    told = await desk.ask("GET", FIND, token=made["token"])
    assert told.body["transactions"][0]["buyer"]["name"] == "Grace Hopper"
    [entry] = await looks(desk)
    assert (entry["name"], entry["method"], entry["via"]) == ("Ana", "GET", "token")
    assert (entry["state"], entry["status"]) == ("done", 200)
    assert entry["targets"] == [f"transaction/{sale(1)['txn_id']}"]
    assert entry["summary"] == "looked at who bought, by receipt: HB1-1-000001"
    assert entry["request_id"] == told.headers["EventPro-Request-Id"]
    assert "Hopper" not in json.dumps(await desk.audit())
    by_target = await desk.audit(f"?target=transaction/{sale(1)['txn_id']}")
    assert [one["entry_id"] for one in by_target] == [entry["entry_id"]]


async def test_nobody_is_shown_a_name_that_can_not_be_written_down(
    desk: OperatorDesk, tickets: TicketApi
) -> None:
    assert tickets.sales
    faulty = desk.break_audit()
    faulty.fail_commits_after(0)
    told = await desk.ask("GET", FIND)
    assert (told.status, told.code) == (503, "audit_unwritten")
    assert "Hopper" not in told.text
    faulty.heal()
    # It was not shown, so it is new.
    assert (await desk.ask("GET", FIND)).status == 200
    assert len(await looks(desk)) == 1


async def test_who_is_shown_nobody_looks_at_nobody(desk: OperatorDesk, tickets: TicketApi) -> None:
    assert (await desk.ask("GET", FIND, token=await desk.token("viewer"))).status == 200
    tickets.sales = [sale(1, buyer=None)]
    assert (await desk.ask("GET", FIND)).status == 200
    assert await looks(desk) == []


async def test_looking_on_is_one_look_until_something_is_new_or_a_while_is_over(
    desk: OperatorDesk, tickets: TicketApi
) -> None:
    for _ in range(3):
        await desk.ask("GET", FIND)
    assert len(await looks(desk)) == 1
    tickets.sales.append(sale(2))
    desk.clock.advance(1)
    await desk.ask("GET", FIND)
    newest, _ = await looks(desk)
    assert newest["targets"] == [f"transaction/{sale(2)['txn_id']}"]
    await desk.ask("GET", FIND, token=await desk.token("operator"))
    assert len(await looks(desk)) == 3, "another person looks"
    desk.clock.advance(LOOK_LASTS.total_seconds())
    await desk.ask("GET", FIND)
    assert len(await looks(desk)) == 4


async def test_a_page_with_more_names_than_an_entry_holds_is_written_down_whole(
    desk: OperatorDesk, tickets: TicketApi
) -> None:
    tickets.sales = [sale(number) for number in range(1, 101)]
    assert (await desk.ask("GET", FIND)).status == 200
    entries = await looks(desk)
    told = {one for entry in entries for one in entry["targets"]}
    assert told == {f"transaction/{one['txn_id']}" for one in tickets.sales}
    assert max(len(entry["targets"]) for entry in entries) == MOST_TARGETS


def test_what_is_remembered_of_looks_has_a_bound() -> None:
    clock = FakeFleetClock()
    looks = Looks(clock, most=2)
    looks.noted("ana", ["1", "2"])
    looks.noted("ana", ["1", "3"])
    assert [looks.is_new("ana", one) for one in ("1", "2", "3")] == [False, True, False]
    clock.advance(LOOK_LASTS.total_seconds() - timedelta(seconds=1).total_seconds())
    assert not looks.is_new("ana", "3")
