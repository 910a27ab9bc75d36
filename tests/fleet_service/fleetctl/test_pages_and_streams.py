"""Answers that come in pages, and one that has no end, from a stand-in for the service."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from fleet_service.fleetctl import main
from kiosk_contracts.alarms import Alarm, AlarmPage

AT = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
PAGE = 3


def alarm(number: int) -> Alarm:
    venue_id, cause = f"hall-{number % 2}", "parked" if number % 3 else "disk_low"
    return Alarm(
        alarm_id=f"{venue_id}.till-{number}.{cause}",
        venue_id=venue_id,
        cause=cause,
        words="it was so",
        runbook=f"docs/runbooks/{cause}.md",
        opened_at=AT,
        last_seen=AT,
        closed_at=AT,
    )


async def list_alarms(request: web.Request) -> web.Response:
    """Answer as the service does: closed alarms are listed by time alone."""
    assert request.query["closed"] == "yes"
    assert {*request.query} <= {"closed", "after", "limit"}
    first = int(request.query.get("after", "0"))
    last = first + PAGE
    page = AlarmPage(
        alarms=tuple(alarm(number) for number in range(first, last)),
        next_after=str(last) if last < 12 else None,
    )
    return web.json_response(page.to_json())


async def stream(request: web.Request) -> web.StreamResponse:
    if request.query.get("after") == "x":
        return web.json_response({"code": "body_invalid"}, status=422)
    answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await answer.prepare(request)
    await answer.write(b'id: 1\nevent: instance\ndata: {"a": "\x1b[2J"}\n\n')
    await asyncio.sleep(0.2)
    await answer.write(b"id: 2\n\n")
    return answer


@pytest.fixture
async def where(tmp_path: Path) -> AsyncIterator[list[str]]:
    app = web.Application()
    app.router.add_get("/v1/alarms", list_alarms)
    app.router.add_get("/v1/stream", stream)
    (tmp_path / "token").write_text("token")
    (tmp_path / "token").chmod(0o600)
    async with TestServer(app) as server:
        url = str(server.make_url("")).rstrip("/")
        yield ["--url", url, "--token-file", str(tmp_path / "token")]


@pytest.mark.parametrize(
    ("asked", "numbers"),
    [
        ([], [*range(12)]),
        (["--limit", "4"], [0, 1, 2, 3]),
        (["--venue", "hall-1"], [1, 3, 5, 7, 9, 11]),
        (["--cause", "disk_low"], [0, 3, 6, 9]),
        (["--cause", "disk_low", "--venue", "hall-1", "--limit", "1"], [3]),
    ],
)
async def test_closed_alarms_are_found_on_all_pages_and_only_those_that_were_asked_for(
    where: list[str], capsys: pytest.CaptureFixture[str], asked: list[str], numbers: list[int]
) -> None:
    words = ["alarm", "list", "--closed", "--json", *asked, *where]
    assert await asyncio.to_thread(main, words) == 0
    found = json.loads(capsys.readouterr().out)
    assert [one["alarm_id"] for one in found] == [alarm(one).alarm_id for one in numbers]


async def test_nobody_asks_for_no_closed_alarms(
    where: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["alarm", "list", "--closed", "--limit", "0", *where]
    assert await asyncio.to_thread(main, words) == 1
    assert "it is 1 or more" in capsys.readouterr().err


async def test_the_stream_is_printed_as_it_comes(
    where: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    typed = asyncio.create_task(asyncio.to_thread(main, ["api", "GET", "/v1/stream", *where]))
    said = ""
    while "data:" not in said:
        await asyncio.sleep(0.01)
        said += capsys.readouterr().out
    assert not typed.done(), "it does not wait for the end"
    assert "event: instance" in said
    assert "\x1b" not in said
    assert await typed == 0
    assert "id: 2" in capsys.readouterr().out


async def test_a_stream_that_is_refused_says_so(
    where: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert await asyncio.to_thread(main, ["api", "GET", "/v1/stream?after=x", *where]) == 1
    assert "422" in capsys.readouterr().err
