"""Several tasks of the service on one store, as processes: what one knows, all know."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from fleet_service.remembered import RECALLED_S
from kiosk_contracts.version import CSRF_HEADER, OPS_TOKEN_HEADER
from tests.support.fleet import fleet_process
from tests.support.operator_desk import whole
from tests.support.operators import OPS_TOKEN, ops_settings, venue

NOWHERE = "http://127.0.0.1:9"


@dataclass
class Task:
    """One process of the service, and a client that asks it."""

    url: str
    http: aiohttp.ClientSession

    async def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        token: str | None = OPS_TOKEN,
        **more: str,
    ) -> tuple[int, Any]:
        headers = {**({} if token is None else {OPS_TOKEN_HEADER: token}), **more}
        url = f"{self.url}{whole(path)}"
        async with self.http.request(method, url, json=body, headers=headers) as answer:
            told = await answer.json(content_type=None) if answer.status != 204 else None
            return answer.status, told


def new_token(role: str, days: int = 30) -> dict[str, str]:
    ends = datetime.now(UTC) + timedelta(days=days)
    return {"name": f"some {role}", "role": role, "expires_at": ends.isoformat()}


async def once(task: Task, status: int, method: str, path: str, **given: Any) -> Any:
    """Ask until the answer has a status, as it must a moment after another task wrote."""
    while True:
        found, told = await task.ask(method, path, **given)
        if found == status:
            return told
        await asyncio.sleep(RECALLED_S / 10)


@pytest.fixture
async def tasks(tmp_path: Path) -> AsyncIterator[tuple[Task, Task]]:
    async with AsyncExitStack() as stack:
        jar = aiohttp.DummyCookieJar()
        http = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=jar))
        found = []
        for _ in range(2):
            process = fleet_process(tmp_path, NOWHERE, **ops_settings(tmp_path))
            found.append(Task((await stack.enter_async_context(process)).url, http))
        yield found[0], found[1]


async def test_a_token_and_a_session_of_one_count_at_the_other_and_end_there(
    tasks: tuple[Task, Task],
) -> None:
    one, other = tasks
    _, made = await one.ask("POST", "operator-tokens", new_token("operator"))
    assert (await other.ask("GET", "me", token=made["token"]))[0] == 200
    async with one.http.post(
        f"{one.url}/v1/ops/session", headers={OPS_TOKEN_HEADER: made["token"]}
    ) as answer:
        cookie = {"Cookie": f"eventpro-ops={answer.cookies['eventpro-ops'].value}"}
        csrf = (await answer.json())["session"]["csrf_token"]
    change = {**cookie, CSRF_HEADER: csrf, "Origin": other.url}
    status, told = await other.ask("PUT", "venues/a", venue("a"), token=None, **change)
    assert status == 200, told
    assert (await one.ask("POST", f"operator-tokens/{made['token_id']}/revoke"))[0] == 200
    assert (await one.ask("GET", "me", token=made["token"]))[1]["code"] == "token_revoked"
    told = await once(other, 401, "GET", "me", token=made["token"])
    assert told["code"] == "token_revoked"
    status, told = await other.ask("PUT", "venues/a", venue("a"), token=None, **change)
    assert (status, told["code"]) == (401, "session_ended")


async def test_what_both_write_down_at_once_is_all_there_and_each_once(
    tasks: tuple[Task, Task],
) -> None:
    names = [f"v{number}" for number in range(12)]
    told = await asyncio.gather(
        *(task.ask("PUT", f"venues/{name}", venue(name)) for name in names for task in tasks)
    )
    assert {status for status, _ in told} == {200}
    found, after = [], ""
    while after is not None:
        _, page = await tasks[0].ask("GET", f"/v1/audit?limit=5{after and '&after='}{after}")
        found += page["entries"]
        after = page["next_after"]
    assert sorted(one["targets"] for one in found) == sorted([[f"venue/{n}"] for n in names] * 2)
    assert {one["state"] for one in found} == {"done"}
    ids = [one["entry_id"] for one in found]
    assert ids == sorted(ids, reverse=True)
    for name in names:
        _, page = await tasks[1].ask("GET", f"/v1/audit?target=venue/{name}")
        assert len(page["entries"]) == 2


async def test_a_service_that_is_killed_in_a_change_leaves_that_it_had_begun(
    tmp_path: Path,
) -> None:
    settings = ops_settings(tmp_path)
    async with (
        fleet_process(tmp_path, NOWHERE, module="tests.support.held_fleet", **settings) as fleet,
        aiohttp.ClientSession() as http,
    ):
        asked = asyncio.create_task(Task(fleet.url, http).ask("PUT", "venues/a", venue("a")))
        assert fleet.process.stdout is not None
        assert await fleet.process.stdout.readline() == b"holding\n"
        fleet.process.kill()
        with pytest.raises(aiohttp.ClientError):
            await asked
    async with (
        fleet_process(tmp_path, NOWHERE, **settings) as fleet,
        aiohttp.ClientSession() as http,
    ):
        task = Task(fleet.url, http)
        [entry] = (await task.ask("GET", "/v1/audit"))[1]["entries"]
        assert (entry["state"], entry["status"]) == ("begun", None)
        assert (entry["method"], entry["targets"]) == ("PUT", ["venue/a"])
        assert (await task.ask("GET", "venues/a"))[0] == 404
