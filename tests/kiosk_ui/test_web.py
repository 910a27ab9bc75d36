"""The UI in a browser: served to this machine alone, from this machine alone."""

import asyncio
import re
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import psutil
import pytest

from tests.support.ui_agent import UiAgent


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def serving(agent: UiAgent, port: int) -> AsyncIterator[Process]:
    """Run the server until it has said where it is; kill it at the end if it still runs."""
    argv = ("-m", "kiosk_ui.web", "--socket", str(agent.socket_path), "--port", str(port))
    process = await asyncio.create_subprocess_exec(sys.executable, *argv, stdout=PIPE, stderr=PIPE)
    assert process.stdout is not None
    try:
        said = await process.stdout.readline()
        assert said.decode() == f"The kiosk is at http://localhost:{port} (Ctrl-C ends it).\n"
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def until_shown(page: aiohttp.ClientWebSocketResponse, words: str) -> None:
    """Read what the UI draws until it has drawn these words."""
    drawn = ""
    while words not in drawn:
        message = await page.receive(timeout=60)
        assert message.type is aiohttp.WSMsgType.BINARY, f"{message}, drawn before: {drawn!r}"
        drawn += message.data.decode()


async def test_a_page_shows_the_kiosk_and_takes_keys_until_the_server_is_told_to_stop(
    agent: UiAgent,
) -> None:
    port = free_port()
    async with serving(agent, port) as server, aiohttp.ClientSession() as browser:
        async with browser.ws_connect(f"http://localhost:{port}/ws?width=80&height=24") as page:
            await until_shown(page, "Who is at this kiosk?")
            await page.send_json(["stdin", "1111\r"])
            await until_shown(page, "Count the drawer")
            (screen,) = psutil.Process(server.pid).children(recursive=True)[-1:]
            assert "kiosk_ui" in screen.cmdline()
            server.send_signal(signal.SIGINT)
            assert await server.wait() == 0
        await asyncio.to_thread(screen.wait, 60)


async def test_the_page_asks_nothing_of_any_other_host(agent: UiAgent) -> None:
    port = free_port()
    own = f"localhost:{port}"
    async with serving(agent, port), aiohttp.ClientSession(f"http://{own}") as browser:
        async with browser.get("/") as answer:
            page = await answer.text()
        assert "EventPro kiosk" in page
        addresses = re.findall(r"(\w+)://([^/\"'?]+)(/[^\"']*)", page)
        assert {host for _, host, _ in addresses} == {own}
        for path in (path for scheme, _, path in addresses if scheme == "http"):
            async with browser.get(path) as part:
                assert part.status == 200 or path == "/static/"


async def test_a_page_of_another_site_gets_no_kiosk(agent: UiAgent) -> None:
    port = free_port()
    async with serving(agent, port), aiohttp.ClientSession() as browser:
        with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
            await browser.ws_connect(
                f"http://localhost:{port}/ws", headers={"Origin": "http://elsewhere.example"}
            )
        own = {"Origin": f"http://localhost:{port}"}
        async with browser.ws_connect(f"http://localhost:{port}/ws", headers=own) as page:
            await until_shown(page, "Who is at this kiosk?")


async def test_it_listens_on_loopback_alone(agent: UiAgent) -> None:
    async with serving(agent, free_port()) as server:
        connections = psutil.Process(server.pid).net_connections("tcp")
        listening = {c.laddr.ip for c in connections if c.status == psutil.CONN_LISTEN}
    assert listening
    assert listening <= {"127.0.0.1", "::1"}


async def test_a_port_that_is_taken_is_said_and_nothing_is_served(agent: UiAgent) -> None:
    port = free_port()
    async with serving(agent, port):
        argv = ("-m", "kiosk_ui.web", "--socket", str(agent.socket_path), "--port", str(port))
        second = await asyncio.create_subprocess_exec(sys.executable, *argv, stderr=PIPE)
        _, error = await second.communicate()
    assert second.returncode == 78
    assert "address already in use" in error.decode()
