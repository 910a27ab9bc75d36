"""An app at a real socket of this process, served as `fleet-service serve` does it."""

from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer


class AppServer(TestServer):
    """A TestServer whose handlers go on when their client hangs up.

    aiohttp's own cancels them, which nothing does for a served app: what waits there for a client
    that has gone has to find out by itself.
    """

    __test__ = False

    async def _make_runner(self, **given: Any) -> "web.BaseRunner[Any]":
        return await super()._make_runner(**{**given, "handler_cancellation": False})
