"""What a screen reports of its turn."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from kiosk_contracts.screens import ScreenAnswer
from kiosk_ui.screen_turn import ScreenTurn, TurnEvents


class Agent:
    """Gives the screen to whoever reports."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.reported = asyncio.Event()

    async def report(self, request: web.Request) -> web.Response:
        report = await request.json()
        self.heard.append("claims" if report["holds"] else "reports")
        self.reported.set()
        return web.json_response(ScreenAnswer(holds=True, holder="till").to_json())

    async def end(self, _: web.Request) -> web.Response:
        self.heard.append("ends")
        return web.Response(status=204)


@pytest.fixture
async def agent(tmp_path: Path) -> Any:
    agent = Agent()
    app = web.Application()
    app.router.add_put("/v1/screens/{name}", agent.report)
    app.router.add_delete("/v1/screens/{name}", agent.end)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.UnixSite(runner, str(tmp_path / "ui.sock")).start()
    yield agent
    await runner.cleanup()


async def test_a_screen_that_ended_asks_for_it_no_more(agent: Agent, tmp_path: Path) -> None:
    events = TurnEvents(
        busy_with=lambda: "",
        gate_event=lambda: "",
        gate_out=lambda: False,
        locks_in_s=lambda: 60.0,
        taken=lambda _: None,
        lost=lambda: None,
        shown_on=lambda _: None,
    )
    turn = ScreenTurn(tmp_path / "ui.sock", "till", events)
    reporting = asyncio.create_task(turn.run())
    await agent.reported.wait()
    await turn.end()
    # It claims it with no report any more, also where one is due.
    turn.look()
    await reporting
    assert agent.heard in (["reports", "ends"], ["reports", "claims", "ends"])
