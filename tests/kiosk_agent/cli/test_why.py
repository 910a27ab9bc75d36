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


@pytest.mark.parametrize("as_json", [False, True])
async def test_what_others_said_moves_no_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], *, as_json: bool
) -> None:
    async def answer(request: web.Request) -> web.Response:
        del request
        return web.json_response(DECISIONS)

    app = web.Application()
    app.router.add_get("/v1/decisions", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.UnixSite(runner, str(tmp_path / "supervisor.sock")).start()
    asked = argparse.Namespace(supervisor_socket=tmp_path / "supervisor.sock", json=as_json)
    assert await why(asked) == 0
    await runner.cleanup()
    said = capsys.readouterr().out
    assert "a sale" in said
    assert all(line.isprintable() for line in said.split("\n"))
    if as_json:
        assert json.loads(said) == DECISIONS["decisions"]
    else:
        assert len(said.splitlines()) == 2
