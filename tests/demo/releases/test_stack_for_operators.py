"""`make up` without containers: kiosks are enrolled, a dashboard, a sign-in, an end in order."""

import asyncio
import re
import signal
import sys
from pathlib import Path

import aiohttp
import pytest

from kiosk_contracts.version import OPS_TOKEN_HEADER

ROOT = Path(__file__).resolve().parents[3]
UP_S = 120


async def told_until(stream: asyncio.StreamReader, last: str) -> str:
    """Return what is printed up to a line with these words."""
    lines: list[str] = []
    while not lines or last not in lines[-1]:
        line = await stream.readline()
        assert line, "".join(lines)
        lines.append(line.decode())
    return "".join(lines)


@pytest.mark.timeout(300)
async def test_operators_have_a_dashboard_and_a_sign_in_until_ctrl_c(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "demo", "operators", "--no-containers"),
        *("--dir", str(tmp_path / "up")),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(UP_S):
            told = await told_until(process.stdout, "It runs until Ctrl+C.")
            [url] = re.findall(r"The dashboard: +(http\S+)/dashboard", told)
            [token] = re.findall(r"Sign in with: +(\S+)", told)
            await _is_looked_at(url, token)
        process.send_signal(signal.SIGINT)
        rest, _ = await process.communicate()
        assert process.returncode == 0, rest.decode()
        assert b"Everything has been ended." in rest
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _is_looked_at(url: str, token: str) -> None:
    """Open the dashboard, sign in, and wait until both kiosks are."""
    signed = {OPS_TOKEN_HEADER: token}
    async with aiohttp.ClientSession(url) as http:
        async with http.get("/dashboard") as page:
            assert page.status == 200
            assert page.content_type == "text/html"
        async with http.post("/v1/ops/session", headers={**signed, "Origin": url}) as session:
            assert session.status == 201, await session.text()
            assert (await session.json())["role"] == "admin"
        while True:
            async with http.get("/v1/instances", headers=signed) as answer:
                found = (await answer.json())["instances"]
            stands = {one["kiosk_id"]: (one["standing"], one["state"]) for one in found}
            # Nothing is in a container, and that is what is said.
            if set(stands.values()) == {("active", "ui_down")}:
                assert set(stands) == {"hb-till-1", "hb-till-2"}
                return
            await asyncio.sleep(0.2)
