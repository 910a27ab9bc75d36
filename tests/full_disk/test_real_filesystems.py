"""The real agent on a real filesystem without one byte left. Run as root: `make full-disk`."""

import sqlite3
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from uuid6 import uuid7

from kiosk_agent.adapters.disk_room import RESERVE_NAME
from kiosk_contracts.version import STAFF_TOKEN_HEADER
from tests.support.agent_process import (
    CASHIER_PIN,
    MANAGER_PIN,
    AgentProcess,
    KioskFolder,
    client,
    command,
    running_agent,
)
from tests.support.far_side import FarSide, event, settled
from tests.support.mounts import fill, small_filesystem
from tests.support.ui_socket import Answer, line, sale_of

pytestmark = [pytest.mark.mounts, pytest.mark.timeout(300)]

LIMITS = {
    "room_warn_bytes": 9_000_000,
    "room_stop_bytes": 4_000_000,
    "room_reserve_bytes": 2_000_000,
}


@pytest.fixture(params=["tmpfs", "ext4"])
def disk(request: pytest.FixtureRequest) -> Iterator[Path]:
    with (
        tempfile.TemporaryDirectory(prefix="kiosk-", dir="/tmp") as path,
        small_filesystem(request.param, Path(path)) as mounted,
    ):
        yield mounted


def _folder(disk: Path, far: FarSide) -> KioskFolder:
    """Return a kiosk whose sockets are elsewhere and whose state is on the small disk."""
    folder = KioskFolder(
        disk.parent, far.url, settings={"state_dir": str(disk / "state"), **LIMITS}
    )
    folder.write()
    (disk / "state").mkdir(exist_ok=True)
    return folder


@dataclass
class Counter:
    """A cashier's side of the UI socket."""

    http: aiohttp.ClientSession
    token: str = ""

    async def ask(self, method: str, path: str, body: Any = None) -> Answer:
        headers = {STAFF_TOKEN_HEADER: self.token} if self.token else {}
        async with self.http.request(method, path, json=body, headers=headers) as answer:
            read = await answer.json(content_type=None) if await answer.read() else None
            return Answer(answer.status, read, answer.headers)

    async def sign_in(self) -> None:
        answer = await self.ask("POST", "/v1/sign-in", {"pin": CASHIER_PIN})
        assert answer.status == 200, answer.body
        self.token = answer.body["staff_token"]

    async def open_shift(self) -> None:
        money = {"amount": "100.00", "currency": "EUR"}
        body = {"txn_id": str(uuid7()), "opening_float": money}
        assert (await self.ask("POST", "/v1/shifts", body)).status == 201

    async def cart(self) -> Answer:
        body = {"lines": [line("tide", "adult", 1)]}
        return await self.ask("PUT", f"/v1/carts/{uuid7()}", body)

    async def pay(self, cart: dict[str, Any]) -> dict[str, Any]:
        started = await self.ask("POST", f"/v1/carts/{cart['txn_id']}/payment")
        assert started.status == 200, started.body
        return cart

    async def sell(self, cart: dict[str, Any]) -> Answer:
        return await self.ask("POST", "/v1/sales", sale_of(cart["txn_id"], cart["total"]))

    async def admit(self, serial: str) -> Answer:
        body = {"txn_id": str(uuid7()), "event_id": "tide", "gate": "North", "serial": serial}
        return await self.ask("POST", "/v1/admissions", body)

    async def let_out(self, serial: str) -> Answer:
        body = {"txn_id": str(uuid7()), "event_id": "tide", "gate": "North", "serial": serial}
        return await self.ask("POST", "/v1/exits", body)


@asynccontextmanager
async def _counter(folder: KioskFolder) -> AsyncIterator[Counter]:
    async with client(folder.ui_socket) as http:
        counter = Counter(http)
        yield counter


async def _until_stocked(agent: AgentProcess) -> None:
    await agent.until_logged(lambda said: said["event"] == "stock_granted")


async def _status(counter: Counter) -> dict[str, Any]:
    body: dict[str, Any] = (await counter.ask("GET", "/v1/status")).body
    return body


async def _until(counter: Counter, holds: Callable[[], bool]) -> None:
    """Look at every sign of life of the agent."""
    async with counter.http.get("/v1/stream") as stream:
        while not holds():
            await stream.content.readline()


async def _until_room(counter: Counter, room: str, *, all_settled: bool = False) -> None:
    """Look at the stream of states until it says so."""
    async with counter.http.get("/v1/stream") as stream:
        async for _ in stream.content:
            found = await _status(counter)
            unsent = found["unsent"] if all_settled else 0
            if found["room"] == room and not unsent:
                return


def _asks_to_wait(item: dict[str, Any]) -> dict[str, Any]:
    txn_id = item["envelope"]["txn_id"]
    return {"txn_id": txn_id, "status": "retry", "code": "upstream_busy", "detail": "later"}


async def test_a_filled_disk_stops_new_sales_only_and_loses_nothing(disk: Path) -> None:
    answered: list[str] = []
    async with FarSide() as far:
        far.catalogue["events"] = [event()]
        far.judge = _asks_to_wait
        folder = _folder(disk, far)
        async with running_agent(folder) as agent, _counter(folder) as counter:
            await _until_stocked(agent)
            await agent.until_logged(lambda said: said["event"] == "disk_room_changed")
            assert (disk / "state" / RESERVE_NAME).stat().st_size == 2_000_000
            await counter.sign_in()
            await counter.open_shift()
            carts = [(await counter.cart()).body for _ in range(4)]
            sold = [await counter.sell(await counter.pay(cart)) for cart in carts[:2]]
            paying = await counter.pay(carts[2])
            answered += [one.body["txn_id"] for one in sold]

            filler = fill(disk)
            refused = await counter.cart()
            assert (refused.status, refused.code) == (507, "storage_full")
            assert (await counter.ask("POST", f"/v1/carts/{carts[3]['txn_id']}/payment")).code == (
                "storage_full"
            )
            completed = await counter.sell(paying)
            assert completed.status == 201, completed.body
            answered.append(completed.body["txn_id"])
            serial = sold[0].body["tickets"][0]["serial"]
            for turn in range(120):
                passed = await (counter.let_out if turn % 2 else counter.admit)(serial)
                assert passed.status == 201, passed.body
                answered.append(passed.body["txn_id"])
            assert not (disk / "state" / RESERVE_NAME).exists(), "the reserve was needed"
            void = {
                "txn_id": str(uuid7()),
                "sale_txn_id": sold[1].body["txn_id"],
                "reason": "rain",
                "approval_pin": MANAGER_PIN,
            }
            voided = await counter.ask("POST", "/v1/voids", void)
            assert voided.status == 201, voided.body
            answered.append(voided.body["txn_id"])
            codes = [one["code"] for one in (await _status(counter))["warnings"]]
            assert codes[0] == "storage_full"

            far.judge = settled
            await _until_room(counter, "stop", all_settled=True)
            assert set(answered) <= set(far.ledger)

            filler.unlink()
            await _until_room(counter, "plenty")
            await counter.sign_in()
            again = await counter.sell(await counter.pay((await counter.cart()).body))
            assert again.status == 201, "selling starts again by itself"
            await _until(counter, (disk / "state" / RESERVE_NAME).exists)
            assert await agent.stop() == 0
    with closing(sqlite3.connect(disk / "state" / "journal.db")) as plain:
        assert plain.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        found = {row[0] for row in plain.execute("SELECT txn_id FROM transactions")}
    assert set(answered) <= found


async def test_an_agent_killed_on_a_full_disk_starts_there_again_and_drains(disk: Path) -> None:
    async with FarSide() as far:
        far.catalogue["events"] = [event()]
        far.judge = _asks_to_wait
        folder = _folder(disk, far)
        async with running_agent(folder) as agent, _counter(folder) as counter:
            await _until_stocked(agent)
            await counter.sign_in()
            await counter.open_shift()
            cart = await counter.pay((await counter.cart()).body)
            assert (await counter.sell(cart)).status == 201
            assert await agent.stop() == 0
        fill(disk)
        assert (disk / "state" / RESERVE_NAME).exists()
        for end in ("kill", "stop"):
            async with running_agent(folder) as agent, _counter(folder) as counter:
                await counter.sign_in()
                assert (await counter.cart()).code == "storage_full"
                if end == "kill":
                    agent.kill()
                    await agent.ended()
                else:
                    far.judge = settled
                    await _until_room(counter, "stop", all_settled=True)
                    assert await agent.stop() == 0
        said = await command(folder, "status")
        assert "disk is nearly full" in said.out
    assert cart["txn_id"] in far.ledger


async def test_a_first_start_without_room_says_so_and_changes_nothing(disk: Path) -> None:
    async with FarSide() as far:
        folder = _folder(disk, far)
        fill(disk)
        said = await command(folder, "run")
    assert said.status == 74, said.err
    assert "disk is full" in said.err
