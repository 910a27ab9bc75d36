"""The real agent after damage, on another host, from an older copy: it runs, sells and says so."""

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from uuid6 import uuid7

from kiosk_contracts.kiosk_status import JournalState
from kiosk_contracts.version import STAFF_TOKEN_HEADER
from tests.support.agent_process import (
    CASHIER_PIN,
    AgentProcess,
    KioskFolder,
    client,
    command,
    kiosk_folder,
    running_agent,
)
from tests.support.far_side import FarSide, event
from tests.support.ui_socket import sale_of

EUROS = {"amount": "100.00", "currency": "EUR"}


async def _ask(http: aiohttp.ClientSession, method: str, path: str, body: Any = None) -> Any:
    async with http.request(method, path, json=body) as answer:
        return answer.status, await answer.json(content_type=None)


async def _signed_in(agent: AgentProcess) -> aiohttp.ClientSession:
    http = client(agent.folder.ui_socket)
    _, session = await _ask(http, "POST", "/v1/sign-in", {"pin": CASHIER_PIN})
    http.headers[STAFF_TOKEN_HEADER] = session["staff_token"]
    if session["shift_id"] is None:
        opened = {"txn_id": str(uuid7()), "opening_float": EUROS}
        assert (await _ask(http, "POST", "/v1/shifts", opened))[0] == 201
    return http


async def _sell(http: aiohttp.ClientSession) -> Any:
    """Sell one ticket; return the sale, or the problem that refused it."""
    txn_id = str(uuid7())
    line = {"event_id": "tide", "ticket_type_id": "adult", "quantity": 1}
    status, cart = await _ask(http, "PUT", f"/v1/carts/{txn_id}", {"lines": [line]})
    if status != 200:
        return cart
    assert (await _ask(http, "POST", f"/v1/carts/{txn_id}/payment"))[0] == 200
    return (await _ask(http, "POST", "/v1/sales", sale_of(txn_id, cart["total"])))[1]


async def _status(folder: KioskFolder) -> Any:
    async with client(folder.admin_socket) as admin:
        return (await _ask(admin, "GET", "/v1/status"))[1]


def _warnings(status: Any) -> set[str]:
    return {warning["code"] for warning in status["warnings"]}


def _is_stocked(far: FarSide) -> bool:
    """Say whether the kiosk has a roll and, under another journal's id, its reserve."""
    granted = Counter(allotment["journal_id"] for allotment in far.allotments.values())
    return len(granted) == 2


def _sealed(folder: KioskFolder) -> Any:
    path = folder.state_dir / "reserve" / "sealed.json"
    body = path.read_bytes().partition(b"\n")[2] if path.exists() else b"{}"
    return json.loads(body)


async def _stocked(far: FarSide, folder: KioskFolder) -> None:
    def is_sealed() -> bool:
        leases = _sealed(folder).get("leases", [])
        return _is_stocked(far) and bool(leases) and all(lease["allotment"] for lease in leases)

    await far.until(is_sealed)


def _serials(sales: list[Any]) -> list[str]:
    return [ticket["serial"] for sale in sales for ticket in sale["tickets"]]


@pytest.mark.parametrize("gone", ["journal.db-wal", "journal.db"])
async def test_after_damage_it_sells_the_reserve_offline_and_all_that_is_left_settles(
    gone: str,
) -> None:
    async with FarSide() as far:
        far.catalogue["events"] = [event()]
        with kiosk_folder(far.url) as folder:
            async with running_agent(folder) as agent:
                await _stocked(far, folder)
                async with await _signed_in(agent) as http:
                    before = [await _sell(http) for _ in range(5)]
                agent.kill()
                await agent.ended()
            reserve = _sealed(folder)
            await far.stop()
            (folder.state_dir / gone).unlink()
            async with running_agent(folder) as agent:
                status = await _status(folder)
                async with await _signed_in(agent) as http:
                    after = [await _sell(http) for _ in range(5)]
                reason = "lost" if gone == "journal.db" else "damaged"
                assert f"new_epoch_{reason}" in _warnings(status)
                assert (status["epoch"], status["journal_id"]) == (2, reserve["journal_id"])
                *sold, refused = after
                assert refused["code"] == "stock_used_up"
                assert not set(_serials(sold)) & set(_serials(before))
                receipts = [sale["receipt_number"] for sale in sold]
                assert receipts == [f"HB1-2-{number:06d}" for number in range(1, 5)]
                await far.start()
                # The whole log tells of the open shift too, so that no other is opened.
                last = 10 if gone == "journal.db" else 11
                await far.until(lambda: far.reported(queued=0, epoch=2, last_sequence=last))
                assert far.heartbeats[-1]["epoch_reason"] == reason
                assert far.heartbeats[-1]["epoch_acknowledged"] is False
                said = await command(folder, "journal", "acknowledge")
                assert (said.status, said.out.split(".")[0]) == (0, "Acknowledged")
                assert f"new_epoch_{reason}" not in _warnings(await _status(folder))
                assert await agent.stop() == 0
            rows = await folder.rows()
    assert {row.state for row in rows} == {JournalState.SETTLED}
    assert {str(row.txn_id) for row in rows} <= set(far.ledger)
    if gone == "journal.db":
        assert {sale["txn_id"] for sale in before} <= set(far.ledger), "the log held them all"
    events = {line["event"] for line in agent.log}
    assert {"journal_damaged", "epoch_opened", "epochs_acknowledged"} <= events
    assert list((folder.state_dir / "damaged").glob("*/salvage.json")) or not folder.path.exists()


async def test_an_older_copy_of_everything_is_found_out_online_and_replaced_in_one_step() -> None:
    async with FarSide() as far:
        far.catalogue["events"] = [event()]
        with kiosk_folder(far.url) as folder:
            await folder.queue(3)
            async with running_agent(folder) as agent:
                await far.until(lambda: far.reported(last_sequence=3, queued=0))
                await _stocked(far, folder)
                assert await agent.stop() == 0
            copy = folder.path / "copy"
            shutil.copytree(folder.state_dir, copy)
            async with running_agent(folder) as agent:
                async with await _signed_in(agent) as http:
                    newer = [await _sell(http) for _ in range(2)]
                await far.until(lambda: far.reported(last_sequence=6, queued=0))
                assert await agent.stop() == 0
            reserve = _sealed(folder)
            shutil.rmtree(folder.state_dir)
            copy.rename(folder.state_dir)
            async with running_agent(folder) as agent:
                await agent.until_logged(lambda line: line["event"] == "epoch_opened")
                await far.until(lambda: far.reported(epoch=2, queued=0))
                status = await _status(folder)
                async with await _signed_in(agent) as http:
                    sales = [await _sell(http) for _ in range(2)]
                await far.until(lambda: far.reported(epoch=2, queued=0, last_sequence=6))
                assert await agent.stop() == 0
    assert "new_epoch_older_copy" in _warnings(status)
    assert status["journal_id"] == reserve["journal_id"]
    assert {sale["receipt_number"][:6] for sale in sales} == {"HB1-2-"}
    assert not set(_serials(sales)) & set(_serials(newer))
    assert {sale["txn_id"] for sale in (*newer, *sales)} <= set(far.ledger)


async def test_on_another_host_it_says_so_and_gets_new_stock_with_the_line() -> None:
    async with FarSide() as far:
        far.catalogue["events"] = [event()]
        with kiosk_folder(far.url) as folder:
            machine = folder.path / "machine-id"
            machine.write_text("one\n")
            folder.settings["machine_id_file"] = str(machine)
            folder.write()
            async with running_agent(folder) as agent:
                await _stocked(far, folder)
                assert await agent.stop() == 0
            machine.write_text("two\n")
            async with running_agent(folder) as agent:
                await far.until(lambda: far.reported(epoch=2, frozen=40))
                await far.until(lambda: len(far.allotments) == 4)
                status = await _status(folder)
                said = await command(folder, "status")
                assert await agent.stop() == 0
    assert "new_epoch_other_host" in _warnings(status)
    assert "40 frozen" in said.out
    assert said.status == 1


async def test_on_a_fresh_disk_no_epoch_comes_twice(tmp_path: Path) -> None:
    async with FarSide() as far:
        with kiosk_folder(far.url) as folder:
            await folder.queue(1)
            async with running_agent(folder) as agent:
                await far.until(lambda: far.reported(last_sequence=1, queued=0))
                assert await agent.stop() == 0
            folder.state_dir.rename(tmp_path / "lost")
            folder.write()
            far.catalogue["events"] = [event()]
            async with running_agent(folder) as agent:
                await far.until(lambda: far.reported(epoch=2))
                await _stocked(far, folder)
                async with await _signed_in(agent) as http:
                    sale = await _sell(http)
                assert await agent.stop() == 0
    assert sale["receipt_number"] == "HB1-2-000001"
