"""The synced roster at the real agent process: it counts at once, and without a line for ever."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from kiosk_agent.adapters.pin_hashes import ArgonPinHashes
from kiosk_contracts.version import STAFF_TOKEN_HEADER
from tests.support.agent_process import (
    CASHIER_PIN,
    MANAGER_PIN,
    AgentProcess,
    client,
    kiosk_folder,
    running_agent,
)
from tests.support.far_side import FarSide

NEW_PIN = "8642"
_PINS = ArgonPinHashes(memory_kib=64, passes=1)


def _roster(version: int, **pins: str) -> dict[str, Any]:
    """Return a roster of managers by id and PIN."""
    members = [
        {"staff_id": name, "name": name.title(), "role": "manager", "pin_hash": _PINS.hash(pin)}
        for name, pin in pins.items()
    ]
    return {"version": version, "members": members}


async def _sign_in(http: aiohttp.ClientSession, pin: str) -> tuple[int, Any]:
    async with http.post("/v1/sign-in", json={"pin": pin}) as answer:
        return answer.status, await answer.json(content_type=None)


async def _session(http: aiohttp.ClientSession, token: str) -> int:
    async with http.get("/v1/session", headers={STAFF_TOKEN_HEADER: token}) as answer:
        return answer.status


async def _synced(agent: AgentProcess, version: int) -> None:
    await agent.until_logged(
        lambda line: line["event"] == "roster_synced" and line["version"] == version
    )


async def test_a_synced_roster_takes_the_place_of_the_file_and_outlives_line_and_agent() -> None:
    async with FarSide() as far:
        with kiosk_folder(far.url) as folder:
            async with running_agent(folder) as agent, client(folder.ui_socket) as http:
                await agent.until_logged(lambda line: line["event"] == "line_changed")
                status, ada = await _sign_in(http, CASHIER_PIN)
                assert (status, ada["staff_id"]) == (200, "ada"), (
                    "the file counts until there is one"
                )
                token = ada["staff_token"]
                assert await _session(http, token) == 200
                far.roster = _roster(1, max=MANAGER_PIN, nora=NEW_PIN)
                await _synced(agent, 1)
                assert await _session(http, token) == 401, "off the roster, out at once"
                refused = await _sign_in(http, CASHIER_PIN)
                status, nora = await _sign_in(http, NEW_PIN)
                assert (refused[0], status, nora["staff_id"]) == (401, 200, "nora")
                agent.kill()
                await agent.ended()
            folder.settings["fleet_url"] = "http://127.0.0.1:1"
            folder.write()
            async with running_agent(folder), client(folder.ui_socket) as http:
                status, again = await _sign_in(http, NEW_PIN)
                assert (status, again["staff_id"]) == (200, "nora")
                assert (await _sign_in(http, CASHIER_PIN))[0] == 401


async def test_a_venue_without_a_roster_goes_by_the_file() -> None:
    async with FarSide() as far:
        with kiosk_folder(far.url) as folder:
            async with running_agent(folder) as agent, client(folder.ui_socket) as http:
                await far.until(lambda: far.requests["/v1/roster"] > 1)
                assert (await _sign_in(http, MANAGER_PIN))[0] == 200
    assert not any(line["event"] == "roster_synced" for line in agent.log)


async def test_a_change_of_pin_and_role_counts_from_the_next_act() -> None:
    async with FarSide() as far:
        far.roster = _roster(1, nora=NEW_PIN)
        with kiosk_folder(far.url) as folder:
            async with running_agent(folder) as agent, client(folder.ui_socket) as http:
                await _synced(agent, 1)
                _, nora = await _sign_in(http, NEW_PIN)
                demoted = _roster(2, nora="1357", max=MANAGER_PIN)
                demoted["members"][0]["role"] = "gate"
                far.roster = demoted
                await _synced(agent, 2)
                headers = {STAFF_TOKEN_HEADER: nora["staff_token"]}
                async with http.get("/v1/session", headers=headers) as answer:
                    now = await answer.json()
                assert now["role"] == "gate"
                assert (await _sign_in(http, NEW_PIN))[0] == 401
                assert (await _sign_in(http, "1357"))[0] == 200


@pytest.mark.parametrize("damage", ["", "{", '{"version": 3, "members": [{}]}'])
async def test_a_roster_that_nobody_can_read_any_more_leaves_the_file_to_go_by(damage: str) -> None:
    async with FarSide() as far:
        far.roster = _roster(1, nora=NEW_PIN)
        with kiosk_folder(far.url) as folder:
            async with running_agent(folder) as agent:
                await _synced(agent, 1)
                assert await agent.stop() == 0
            with closing(sqlite3.connect(folder.journal_path)) as plain:
                plain.execute("UPDATE meta SET value = ? WHERE key = 'roster'", (damage,))
                plain.commit()
            folder.settings["fleet_url"] = "http://127.0.0.1:1"
            folder.write()
            async with running_agent(folder), client(folder.ui_socket) as http:
                assert (await _sign_in(http, CASHIER_PIN))[0] == 200


async def test_the_roster_outlives_a_damaged_journal() -> None:
    async with FarSide() as far:
        far.roster = _roster(1, nora=NEW_PIN)
        with kiosk_folder(far.url) as folder:
            async with running_agent(folder) as agent:
                await _synced(agent, 1)
                assert await agent.stop() == 0
            _lose_a_table(folder.journal_path, "line_changes")
            folder.settings["fleet_url"] = "http://127.0.0.1:1"
            folder.write()
            async with running_agent(folder), client(folder.ui_socket) as http:
                async with http.get("/v1/status") as answer:
                    assert (await answer.json())["epoch"] == 2, "the file was salvaged"
                assert (await _sign_in(http, NEW_PIN))[0] == 200


def _lose_a_table(path: Path, table: str) -> None:
    """Overwrite a table's first page, as a failing disk would."""
    with closing(sqlite3.connect(path)) as plain:
        sql = "SELECT rootpage, (SELECT page_size FROM pragma_page_size) FROM sqlite_schema"
        root, size = plain.execute(f"{sql} WHERE name = ?", (table,)).fetchone()
    content = bytearray(path.read_bytes())
    content[(root - 1) * size : root * size] = b"\xa5" * size
    path.write_bytes(content)
