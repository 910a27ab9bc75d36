"""The UI hears whole statuses, and those of which only what changed is told."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from kiosk_contracts.kiosk_status import KioskStatus
from kiosk_contracts.problem import ProblemError
from kiosk_ui.agent_answers import AgentAwayError
from kiosk_ui.agent_client import AgentClient
from tests.support.ui_agent_books import Books

_WHOLE = KioskStatus.model_validate(
    Books(now=lambda: datetime(2026, 11, 21, 20, 15, tzinfo=UTC)).status()
)
_LINE = _WHOLE.stock[1].model_copy(update={"left": 1})


def _changes(**update: Any) -> tuple[str, KioskStatus]:
    return "changes", _WHOLE.model_copy(update=update)


@asynccontextmanager
async def _agent(
    tmp_path: Path, events: Sequence[tuple[str, KioskStatus]]
) -> AsyncIterator[AgentClient]:
    """Answer a stream of these events, if it is asked for with changes."""

    async def stream(request: web.Request) -> web.StreamResponse:
        assert request.query_string == "changes=yes"
        answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await answer.prepare(request)
        for name, status in events:
            await answer.write(f"event: {name}\ndata: {status.model_dump_json()}\n\n".encode())
        return answer

    app = web.Application()
    app.add_routes([web.get("/v1/stream", stream)])
    runner = web.AppRunner(app)
    await runner.setup()
    socket = tmp_path / "ui.sock"
    await web.UnixSite(runner, str(socket)).start()
    try:
        async with AgentClient(socket) as client:
            yield client
    finally:
        await runner.cleanup()


async def _heard(client: AgentClient) -> list[KioskStatus]:
    heard: list[KioskStatus] = []
    with suppress(AgentAwayError):
        async for status in client.stream():
            heard.append(status)  # noqa: PERF401  what came before the end counts
    return heard


async def test_what_changed_is_put_into_what_was_told_before(tmp_path: Path) -> None:
    events = [("status", _WHOLE), _changes(stock=(_LINE,), unsent=4), _changes(stock=(), unsent=5)]
    async with _agent(tmp_path, events) as client:
        first, second, third = await _heard(client)
    assert first == _WHOLE
    assert second.stock == (_WHOLE.stock[0], _LINE, *_WHOLE.stock[2:])
    assert (second.unsent, third.unsent) == (4, 5)
    assert third.stock == second.stock, "it keeps what was told before the last"


async def test_an_agent_that_tells_whole_statuses_only_is_understood(tmp_path: Path) -> None:
    less = _WHOLE.model_copy(update={"stock": _WHOLE.stock[:1]})
    async with _agent(tmp_path, [("status", _WHOLE), ("status", less)]) as client:
        assert await _heard(client) == [_WHOLE, less]


async def test_a_change_of_what_was_never_told_ends_the_stream(tmp_path: Path) -> None:
    async with _agent(tmp_path, [_changes(stock=(_LINE,))]) as client:
        with pytest.raises(ProblemError, match="could not be read"):
            await anext(aiter(client.stream()))
