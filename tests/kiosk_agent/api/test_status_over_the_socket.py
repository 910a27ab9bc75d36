"""Status, its stream, and the list of transactions."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
from uuid6 import uuid7

from kiosk_agent.api.ui_reports import LEAST_GAP_S
from kiosk_contracts.kiosk_status import KioskStatus, StatusWarning
from kiosk_contracts.status_changes import with_changes
from kiosk_contracts.uploads import ItemOutcome
from tests.support.journal import damage, new_transaction
from tests.support.tickets import euros
from tests.support.ui_socket import Till, till_in


async def _status(till: Till) -> Any:
    return (await till.ask("GET", "/v1/status")).body


def _codes(status: Any) -> list[str]:
    return [warning["code"] for warning in status["warnings"]]


async def test_the_status_counts_what_is_there(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(5)
        await till.open_shift()
        await till.sell(adult=2)
        await till.put_cart(uuid7(), adult=1)
        till.line.up = False
        status = await _status(till)
    assert (status["kiosk_code"], status["venue_name"]) == ("HB1", "Harbour Hall")
    assert (status["line"], status["line_detail"]) == ("offline", "nothing answers")
    assert (status["unsent"], status["counts"]["queued"], status["last_sequence"]) == (2, 2, 2)
    assert status["open_carts"] == 1
    left = {
        (one["event_id"], one["ticket_type_id"]): (one["left"], one["held"])
        for one in status["stock"]
    }
    assert left["tide", "adult"] == (2, 1)
    assert left["gone", "adult"] == (0, 0)
    assert _codes(status) == ["stock_low"]


async def test_warnings_say_what_a_person_must_know(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        assert _codes(await _status(till)) == ["nothing_leased"]
        await till.opened.stock(4, lease_s=60)
        bad, parked = new_transaction(), new_transaction()
        outcome = ItemOutcome(txn_id=None, status="quarantined", detail="the hash differs")
        write = till.opened.journal.write
        for new in (bad, parked):
            await write(lambda writer, new=new: writer.append(new))  # type: ignore[misc]
        await write(lambda writer: writer.quarantine(1, outcome, till.clock.now()))
        await write(lambda writer: writer.park(2, outcome, till.clock.now()))
        till.clock.advance(60)
        till.agent.said = [StatusWarning(code="worker_failing", text="Uploads fail.")]
        status = await _status(till)
        assert _codes(status) == ["quarantined", "parked", "lease_ended", "worker_failing"]
        assert (status["unsent"], status["stock"][0]["left"]) == (1, 0)
        till.clock.reboot(away_s=-120)
        assert "clock_behind" in _codes(await _status(till))


async def test_a_kiosk_that_was_never_told_who_it_is_says_so(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.journal.write(lambda writer: writer.put_identity("", "", ""))
        status = await _status(till)
    assert (status["kiosk_code"], _codes(status)) == ("NEW", ["not_enrolled"])


async def test_the_list_says_why_a_transaction_is_stuck_and_what_to_do(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(3)
        await till.open_shift()
        sale = await till.sell(adult=2)
        outcome = ItemOutcome(
            txn_id=UUID(sale.body["txn_id"]),
            status="quarantined",
            code="serial_leased_elsewhere",
            detail="the serial is another kiosk's",
        )
        await till.opened.journal.write(
            lambda writer: writer.quarantine(sale.body["sequence"], outcome, till.clock.now())
        )
        page = (await till.ask("GET", "/v1/transactions?limit=1")).body
        [row] = page["transactions"]
        assert (row["kind"], row["state"], row["tickets"]) == ("sale", "quarantined", 2)
        assert row["total"] == {"amount": "25.00", "currency": "EUR"}
        assert row["reason"] == "the serial is another kiosk's"
        assert row["hint"]
        older = (await till.ask("GET", f"/v1/transactions?before={page['next_before']}")).body
        assert [one["kind"] for one in older["transactions"]] == ["shift_opened"]
        assert older["next_before"] is None
        waiting = await till.ask("GET", "/v1/transactions?state=queued&state=parked")
        assert [one["kind"] for one in waiting.body["transactions"]] == ["shift_opened"]
        first = await till.ask("GET", f"/v1/transactions/{sale.body['txn_id']}")
        assert first.body == sale.body


class _Stream:
    """Reads events of `/v1/stream` one by one."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer

    async def next(self) -> str:
        """Return the next event's text, without its end."""
        raw = await self._answer.content.readuntil(b"\n\n")
        return raw.decode().rstrip("\n")

    async def status(self) -> Any:
        """Return the next event, which is a status."""
        return await self.event("status")

    async def event(self, name: str) -> Any:
        """Return the data of the next event, which has this name."""
        kind, data = (await self.next()).split("\n")
        assert kind == f"event: {name}"
        return json.loads(data.removeprefix("data: "))


async def test_the_stream_tells_at_once_after_changes_and_keeps_alive(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till, till.http.get("/v1/stream") as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        assert answer.headers["EventPro-Protocol"] == "1"
        stream = _Stream(answer)
        assert (await stream.status())["line"] == "online"
        await till.clock.advance_when_asleep(LEAST_GAP_S)
        till.line.up = False
        till.desk.kiosk.changes.notify()
        assert (await stream.status())["line"] == "offline"
        await till.clock.advance_when_asleep(LEAST_GAP_S)
        await till.clock.advance_when_asleep(10)
        assert await stream.next() == ": keep-alive"
        await till.clock.wait_for_sleepers()
        till.agent.stopping = True
        till.desk.kiosk.changes.notify()
        assert await answer.content.read() == b"", "the stream ends with the agent"


async def test_many_changes_at_once_are_one_status(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till, till.http.get("/v1/stream") as answer:
        stream = _Stream(answer)
        await stream.status()
        for _ in range(50):
            till.desk.kiosk.changes.notify()
        await till.clock.advance_when_asleep(LEAST_GAP_S)
        await stream.status()
        await till.clock.advance_when_asleep(LEAST_GAP_S)
        await till.clock.wait_for_sleepers()
        till.clock.advance(10)
        assert await stream.next() == ": keep-alive"


async def test_what_staff_do_shows_on_the_stream(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till, till.http.get("/v1/stream") as answer:
        stream = _Stream(answer)
        assert (await stream.status())["unsent"] == 0
        await till.open_shift()
        await till.clock.advance_when_asleep(LEAST_GAP_S)
        assert (await stream.status())["unsent"] == 1


async def test_who_asks_for_changes_hears_of_the_stock_that_changed(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(5)
        await till.open_shift()
        async with till.http.get("/v1/stream?changes=yes") as answer:
            stream = _Stream(answer)
            whole = KioskStatus.model_validate(await stream.status())
            await till.put_cart(uuid7(), adult=2)
            await till.clock.advance_when_asleep(LEAST_GAP_S)
            changes = KioskStatus.model_validate(await stream.event("changes"))
            assert [(one.ticket_type_id, one.held) for one in changes.stock] == [("adult", 2)]
            assert len(whole.stock) > 1
            now = KioskStatus.model_validate((await till.ask("GET", "/v1/status")).body)
            assert with_changes(whole, changes) == now


async def test_a_ui_that_goes_away_leaves_nothing_behind(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        before = len(asyncio.all_tasks())
        async with till.http.get("/v1/stream") as answer:
            await _Stream(answer).status()
            await till.clock.advance_when_asleep(LEAST_GAP_S)
        while len(asyncio.all_tasks()) > before:
            till.clock.advance(10)
            await asyncio.sleep(0)
        assert not till.desk.kiosk.changes._waiting


async def test_what_will_be_sent_again_has_no_reason_to_act_on(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await till.open_shift()
        outcome = ItemOutcome(txn_id=None, status="retry", code="upstream_busy", detail="busy")
        write = till.opened.journal.write
        await write(lambda writer: writer.begin_upload(1, 1 << 20))
        await write(lambda writer: writer.requeue([1], till.clock.now(), outcome))
        [row] = (await till.ask("GET", "/v1/transactions")).body["transactions"]
        assert (row["state"], row["reason"], row["hint"]) == ("queued", "", "")
        await write(lambda writer: writer.park(1, outcome, till.clock.now()))
        [row] = (await till.ask("GET", "/v1/transactions")).body["transactions"]
        assert (row["state"], row["reason"]) == ("parked", "busy")
        assert "tried again by itself" in row["hint"]


async def test_a_list_names_people_as_the_roster_does_and_others_by_their_id(
    tmp_path: Path,
) -> None:
    async with till_in(tmp_path) as till:
        await till.open_shift()
        moved = {"txn_id": str(uuid7()), "amount": euros("7.50").to_json(), "reason": "change"}
        assert (await till.ask("POST", "/v1/cash-in", moved)).status == 201
        gone = new_transaction()
        gone = replace(gone, payload={**gone.payload, "cashier_id": "left-us"})
        await till.opened.journal.write(lambda writer: writer.append(gone))
        listed = (await till.ask("GET", "/v1/transactions")).body["transactions"]
    assert [(one["cashier_id"], one["cashier_name"]) for one in listed] == [
        ("left-us", "left-us"),
        ("ana", "Ana"),
        ("ana", "Ana"),
    ]
    assert [one["total"] for one in listed[1:]] == [euros("7.50").to_json(), None]
    assert {one["handed_over_name"] for one in listed} == {""}


async def test_a_damaged_transaction_is_listed_without_what_can_not_be_read(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await till.opened.stock(3)
        await till.open_shift()
        sale = await till.sell(adult=2)
        for column, text in (("payload", b'{"total":"much","lines":[7]}'), ("payload", b"{")):
            damage(till.opened.path, column, text)
            page = (await till.ask("GET", "/v1/transactions")).body
            row, shift = page["transactions"]
            assert (row["txn_id"], row["kind"]) == (sale.body["txn_id"], "sale")
            assert row["receipt_number"] == "HB1-1-000001"
            assert (row["total"], row["tickets"], row["cashier_id"]) == (None, 0, "")
            assert (shift["kind"], shift["cashier_id"]) == ("shift_opened", "ana")
        first = await till.ask("GET", f"/v1/transactions/{sale.body['txn_id']}")
        assert first.body == sale.body, "what was answered first is still known"
