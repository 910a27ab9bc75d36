"""The doors of the cloud: what hosts reach at its addresses, in front of services of this process.

A service of a test listens on loopback, where no host gets to.
"""

import asyncio
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tests.support.venue.network import CLOUD_ADDRESS

HTTPS = 443
_CLOSE_S = 5


@dataclass(frozen=True, slots=True)
class Door:
    """Where a service is reached by TLS under a public name."""

    name: str
    certificate: Path
    """What hosts have to trust."""

    @property
    def url(self) -> str:
        """Its address, as settings have it."""
        return f"https://{self.name}"


@asynccontextmanager
async def tls_door(name: str, behind: str, folder: Path) -> AsyncIterator[Door]:
    """Open a door of that name to the plain service at the URL `behind`: a load balancer's."""
    certificate, key = folder / f"{name}.crt", folder / f"{name}.key"
    _certify(name, certificate, key)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    to = urlsplit(behind)
    async with door((CLOUD_ADDRESS, HTTPS), (to.hostname or "", to.port or 80), context):
        yield Door(name, certificate)


@asynccontextmanager
async def door(
    at: tuple[str, int], behind: tuple[str, int], context: ssl.SSLContext | None = None
) -> AsyncIterator[None]:
    """Pass on what comes to the address and port `at`, byte by byte.

    Lines that a host without power has left open are ended with the door.
    """
    lines: set[asyncio.Task[None]] = set()

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        lines.add(task)
        try:
            await _between(reader, writer, behind)
        finally:
            lines.discard(task)

    async with await asyncio.start_server(pass_on, *at, ssl=context):
        yield
    for task in lines:
        task.cancel()
    await asyncio.gather(*lines, return_exceptions=True)


async def _between(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, behind: tuple[str, int]
) -> None:
    """Pass on between whoever came and the service behind, until both have ended."""
    async with _closed(writer):
        try:
            inner, out = await asyncio.open_connection(*behind)
        except OSError:
            return
        async with _closed(out), asyncio.TaskGroup() as group:
            group.create_task(_copy(reader, out))
            group.create_task(_copy(inner, writer))


@asynccontextmanager
async def _closed(writer: asyncio.StreamWriter) -> AsyncIterator[None]:
    try:
        yield
    finally:
        writer.close()
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(_CLOSE_S):
                await writer.wait_closed()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on what comes until one side ends, also by a power cut."""
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


def _certify(name: str, certificate: Path, key: Path) -> None:
    """Make a certificate that is its own authority."""
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "2", "-subj", f"/CN={name}"]
    command += ["-addext", f"subjectAltName=DNS:{name}"]
    command += ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True, timeout=20)
