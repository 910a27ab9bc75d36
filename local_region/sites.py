"""The region's ports: a plain one, and one with TLS if that was asked for."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from local_region.settings import RegionSettings
from local_region.tls import CA_FILE, server_context


@dataclass(frozen=True, slots=True)
class Sites:
    """Where the region is. `ca_file` is what a client of `tls_port` must trust."""

    port: int
    tls_port: int | None = None
    ca_file: Path | None = None


@asynccontextmanager
async def serving(app: web.Application, settings: RegionSettings) -> AsyncIterator[Sites]:
    """Serve until the block ends; raises OSError."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.host, settings.port).start()
        port = runner.addresses[0][1]
        if settings.tls_port is None:
            yield Sites(port)
            return
        with tempfile.TemporaryDirectory(prefix="region-tls-") as temporary:
            folder = (settings.state or Path(temporary)) / "tls"
            context = server_context(folder, settings.region)
            site = web.TCPSite(runner, settings.host, settings.tls_port, ssl_context=context)
            await site.start()
            yield Sites(port, runner.addresses[1][1], (folder / CA_FILE).absolute())
    finally:
        await runner.cleanup()
