"""`kiosk-agent status --why`, asked of a supervisor."""

import argparse
import json
from pathlib import Path

import pytest
from aiohttp import web

from kiosk_agent.cli.why import why

AT = "2026-11-23T20:00:00+00:00"
ESCAPES = "\x1b]0;mine\x07\x1b[2Ja sale\r\n\x9b2J"
DECISIONS = {
    "decisions": [{"at": AT, "what": f"wait {ESCAPES}", "why": ESCAPES, "outcome": ESCAPES}]
}

ROUND = {
    "decisions": [
        {"at": AT, "what": "start the standby", "why": "no kiosk UI runs", "outcome": "done"},
        {
            "at": AT,
            "what": "start the standby",
            "why": "no kiosk UI runs",
            "outcome": "done",
            "times": 12,
            "last_at": "2026-11-23T20:10:00+00:00",
        },
    ]
}


async def asked(tmp_path: Path, answer: object, *, as_json: bool = False) -> int:
    """Ask a supervisor that answers so; return the exit code."""

    async def decisions(request: web.Request) -> web.Response:
        del request
        return web.json_response(answer)

    app = web.Application()
    app.router.add_get("/v1/decisions", decisions)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.UnixSite(runner, str(tmp_path / "supervisor.sock")).start()
    try:
        socket = tmp_path / "supervisor.sock"
        return await why(argparse.Namespace(supervisor_socket=socket, json=as_json))
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("as_json", [False, True])
async def test_what_others_said_moves_no_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], *, as_json: bool
) -> None:
    assert await asked(tmp_path, DECISIONS, as_json=as_json) == 0
    said = capsys.readouterr().out
    assert "a sale" in said
    assert all(line.isprintable() for line in said.split("\n"))
    if as_json:
        assert json.loads(said) == DECISIONS["decisions"]
    else:
        assert len(said.splitlines()) == 2


async def test_what_comes_again_and_again_says_how_often(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await asked(tmp_path, ROUND) == 0
    once, _, often, _ = capsys.readouterr().out.splitlines()
    assert once.endswith("start the standby")
    assert "start the standby  (12 times, last " in often
    assert often.endswith("10:00)")
