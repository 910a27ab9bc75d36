"""`fleetctl api`: whatever the service answers, asked by method and path."""

import argparse
import asyncio
import json
import sys
from typing import Any, Final
from urllib.parse import urlsplit

from fleet_service.fleetctl.fleet import fleet
from kiosk_contracts.shown_text import shown
from operator_cli.refusing import RefusedError
from operator_cli.showing import say

METHODS: Final = ("GET", "POST", "PUT", "DELETE")
_STREAM: Final = "/v1/stream"


def ask(options: argparse.Namespace) -> None:
    """Ask for a path, and print what is answered."""
    if not options.path.startswith("/"):
        raise RefusedError(
            f"{options.path} is no path of the service", "Write e.g. /v1/instances?state=degraded."
        )
    body = _body(options.body)
    if options.method == "GET" and urlsplit(options.path).path == _STREAM:
        asyncio.run(_stream(options))
        return

    async def send() -> bytes:
        async with fleet(options) as service:
            return await service.ask(options.method, options.path, body)

    content = asyncio.run(send())
    try:
        text = json.dumps(json.loads(content), indent=2, ensure_ascii=False) if content else ""
    except ValueError:
        text = content.decode(errors="replace")
    if text:
        say(text)


async def _stream(options: argparse.Namespace) -> None:
    """Print what the stream tells as it comes, until interrupted; raises RefusedError."""
    async with fleet(options) as service:
        async for line in service.lines(options.path):
            say(shown(line, len(line)))
            sys.stdout.flush()


def _body(said: str | None) -> Any:
    if said is None:
        return None
    try:
        return json.loads(sys.stdin.read() if said == "-" else said)
    except ValueError as error:
        raise RefusedError(f"--body is no JSON: {error}", "Nothing was asked.") from error
