"""Tells the agent what its screens are shown on, for as long as the console is there."""

import asyncio
from contextlib import suppress
from pathlib import Path

import aiohttp

from kiosk_contracts.screens import REPORT_EVERY_S, ConsoleKind, ConsoleReport
from kiosk_contracts.version import PROTOCOL_HEADER, PROTOCOL_VERSION


async def tell_console(admin_socket: Path, kind: ConsoleKind) -> None:
    """Tell it again and again, for ever: an agent that begins anew knows nothing of it."""
    async with aiohttp.ClientSession(
        "http://agent",
        connector=aiohttp.UnixConnector(str(admin_socket)),
        timeout=aiohttp.ClientTimeout(total=REPORT_EVERY_S),
        headers={PROTOCOL_HEADER: str(PROTOCOL_VERSION)},
        cookie_jar=aiohttp.DummyCookieJar(),
    ) as http:
        while True:
            with suppress(aiohttp.ClientError, OSError, TimeoutError):
                report = ConsoleReport(kind=kind).to_json()
                async with http.put("/v1/console", json=report, allow_redirects=False):
                    pass
            await asyncio.sleep(REPORT_EVERY_S)
