"""Serves the UI to browsers of this machine; each page that is opened has a UI of its own."""

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from aiohttp import web
from textual_serve.server import Server

_PATIENCE_S: Final = 2.0
"""How long pages that are open may take to close when the server is told to stop."""


class KioskServer(Server):
    """textual-serve on loopback, with a page of our own that asks nothing of any other host."""

    def __init__(self, options: Sequence[str], port: int) -> None:
        super().__init__(
            shlex.join((sys.executable, "-m", "kiosk_ui", *options)),
            host="localhost",
            port=port,
            title="EventPro kiosk",
            templates_path=Path(__file__).parent,
        )

    async def on_startup(self, app: web.Application) -> None:
        """Say nothing: nobody is listened to yet."""

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        """Run a UI for a page of this server; 403 for a page of any other."""
        if request.headers.get("Origin", self.public_url) != self.public_url:
            raise web.HTTPForbidden(text="This page is not the kiosk's own.")
        answer: web.WebSocketResponse = await super().handle_websocket(request)
        return answer

    def run(self) -> None:
        """Serve until SIGINT or SIGTERM. Raises OSError if the port is taken."""
        web.run_app(
            self._make_app(),
            host=self.host,
            port=self.port,
            print=self._say_where,
            access_log=None,
            shutdown_timeout=_PATIENCE_S,
        )

    def _say_where(self, *_: object) -> None:
        print(f"The kiosk is at {self.public_url} (Ctrl-C ends it).", flush=True)  # noqa: T201
