"""Scanners over the UI socket: the layout that is kept, and scans that reach one screen once."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from kiosk_contracts.scanning import (
    CODE_CHARACTERS,
    SCANS_TAKEN_OVER,
    AgentScan,
    LearnLayout,
    ScannerReport,
)
from tests.support.ui_socket import Till, till_in

MIRRORED = CODE_CHARACTERS[::-1]


@pytest.fixture
async def till(tmp_path: Path) -> AsyncIterator[Till]:
    async with till_in(tmp_path) as opened:
        yield opened


async def test_the_layout_is_kept_with_who_and_when_and_stands_in_the_status(till: Till) -> None:
    await till.sign_in("gus")
    before = await till.ask("GET", "/v1/scanner")
    assert ScannerReport.model_validate(before.body).layout is None
    kept = await till.ask("PUT", "/v1/scanner/layout", {"arrives": MIRRORED})
    layout = ScannerReport.model_validate(kept.body).layout
    assert layout is not None
    assert (layout.arrives, layout.learnt_by) == (MIRRORED, "gus")
    assert ScannerReport.model_validate(kept.body).learnt_by_name == "Gus"
    assert layout.learnt_at == till.clock.now()
    assert (await till.ask("GET", "/v1/scanner")).body == kept.body
    assert (await till.ask("GET", "/v1/status")).body["scanner_layout"] == MIRRORED
    gone = await till.ask("DELETE", "/v1/scanner/layout")
    assert gone.body["layout"] is None
    assert (await till.ask("GET", "/v1/status")).body["scanner_layout"] == ""


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"arrives": ""},
        {"arrives": MIRRORED[:-1]},
        {"arrives": MIRRORED[:-1] + "Z"},
        {"arrives": MIRRORED[:-1] + "\n"},
        {"arrives": MIRRORED + "é"},
        {"arrives": list(MIRRORED)},
    ],
)
async def test_what_is_no_layout_changes_nothing(till: Till, body: dict[str, Any]) -> None:
    await till.sign_in("gus")
    refused = await till.ask("PUT", "/v1/scanner/layout", body)
    assert (refused.status, refused.code) == (422, "body_invalid")
    assert (await till.ask("GET", "/v1/scanner")).body["layout"] is None


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v1/scanner"), ("PUT", "/v1/scanner/layout"), ("DELETE", "/v1/scanner/layout")],
)
async def test_nobody_asks_without_signing_in(till: Till, method: str, path: str) -> None:
    refused = await till.ask(method, path, {"arrives": MIRRORED} if method == "PUT" else None)
    assert (refused.status, refused.code) == (401, "not_signed_in")


def test_a_layout_has_each_character_once() -> None:
    assert LearnLayout(arrives=MIRRORED).arrives == MIRRORED


class Screen:
    """A screen that takes scans."""

    def __init__(self, answer: aiohttp.ClientResponse, first: bytes) -> None:
        self._answer = answer
        self._first = first

    async def next(self) -> str:
        """Return the text of the next scan, or the name of another event."""
        name = ""
        async with asyncio.timeout(20):
            while line := self._first or await self._answer.content.readline():
                self._first = b""
                if line.startswith(b"event:"):
                    name = line[6:].decode().strip()
                if line.startswith(b"data:"):
                    return str(json.loads(line[5:])["text"]) if name == "scan" else name
        return "end"


@asynccontextmanager
async def screen(till: Till) -> AsyncIterator[Screen]:
    async with till.http.get("/v1/scans") as answer:
        assert answer.status == 200
        # Its turn has begun once something has come.
        yield Screen(answer, await answer.content.readline())


def scan(till: Till, text: str) -> None:
    till.desk.kiosk.scans.offer(AgentScan(text=text, boottime_ms=till.clock.boottime_ms()))


async def test_scans_reach_the_screen_in_order_each_once(till: Till) -> None:
    async with screen(till) as one:
        for number in range(100):
            scan(till, f"EP1{number}")
        assert [await one.next() for _ in range(100)] == [f"EP1{n}" for n in range(100)]
        scan(till, "EP1LAST")
        assert await one.next() == "EP1LAST"


async def test_the_screen_that_came_last_gets_them_and_the_other_is_told(till: Till) -> None:
    async with screen(till) as old, screen(till) as new:
        assert await old.next() == SCANS_TAKEN_OVER
        assert await old.next() == "end"
        scan(till, "EP1A")
        assert await new.next() == "EP1A"


async def test_a_scan_between_two_lives_of_the_ui_reaches_the_second_once(till: Till) -> None:
    async with screen(till) as before:
        scan(till, "EP1A")
        assert await before.next() == "EP1A"
    scan(till, "EP1B")
    async with screen(till) as after:
        assert await after.next() == "EP1B"
        scan(till, "EP1C")
        assert await after.next() == "EP1C"


async def test_the_stream_ends_when_the_agent_stops(till: Till) -> None:
    async with screen(till) as one:
        till.agent.stopping = True
        till.desk.kiosk.changes.notify()
        assert await one.next() == "end"
