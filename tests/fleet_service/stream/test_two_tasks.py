"""A stream of one task of the service is gone on with at another."""

from pathlib import Path

import aiohttp

from kiosk_contracts.version import OPS_TOKEN_HEADER, STREAM_POSITION_HEADER
from tests.support.fleet import fleet_process
from tests.support.operators import OPS_TOKEN, ops_settings, venue
from tests.support.sse import Told, streaming

NOWHERE = "http://127.0.0.1:9"
AS_OPS = {OPS_TOKEN_HEADER: OPS_TOKEN}


async def open_venue(http: aiohttp.ClientSession, url: str, venue_id: str, code: str) -> None:
    there = f"{url}/v1/ops/venues/{venue_id}"
    async with http.put(there, json=venue(venue_id, code), headers=AS_OPS) as answer:
        assert answer.status == 200, await answer.text()


def names(told: Told, kiosk_id: str) -> bool:
    return told.body.get("kiosk_id") == kiosk_id


async def test_what_one_task_changes_another_tells_and_who_left_one_comes_back_to_another(
    tmp_path: Path,
) -> None:
    settings = ops_settings(tmp_path)
    async with (
        fleet_process(tmp_path, NOWHERE, **settings) as one,
        fleet_process(tmp_path, NOWHERE, **settings) as other,
        aiohttp.ClientSession() as http,
    ):
        async with streaming(http, url=other.url) as stream:
            await open_venue(http, one.url, "a", "A1")
            last = (await stream.until(lambda told: names(told, "till-a1"))).id
        await open_venue(http, other.url, "b", "B1")
        await other.kill()
        async with streaming(http, last, url=one.url) as stream:
            await stream.until(lambda told: names(told, "till-b1"))


async def test_a_list_says_where_to_begin(tmp_path: Path) -> None:
    settings = ops_settings(tmp_path)
    async with (
        fleet_process(tmp_path, NOWHERE, **settings) as one,
        fleet_process(tmp_path, NOWHERE, **settings) as other,
        aiohttp.ClientSession() as http,
    ):
        async with http.get(f"{one.url}/v1/instances", headers=AS_OPS) as answer:
            since = answer.headers[STREAM_POSITION_HEADER]
        await open_venue(http, one.url, "a", "A1")
        url = f"{other.url}/v1/stream?since={since}"
        async with http.get(url, headers=AS_OPS) as answer:
            async for line in answer.content:
                if b"till-a1" in line:
                    break
