"""The load balancer before a service: TLS under a public name, at the cloud's address."""

import asyncio
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tests.support.venue.network import CLOUD_ADDRESS


@dataclass(frozen=True, slots=True)
class Door:
    """Where the service is reached."""

    name: str
    certificate: Path
    """What hosts have to trust."""

    @property
    def url(self) -> str:
        """Its address, as settings have it."""
        return f"https://{self.name}"


@asynccontextmanager
async def tls_door(name: str, behind: str, folder: Path) -> AsyncIterator[Door]:
    """Open a door of that name, port 443, to the plain service at the URL `behind`."""
    certificate, key = folder / f"{name}.crt", folder / f"{name}.key"
    _certify(name, certificate, key)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    to = urlsplit(behind)

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner = await asyncio.open_connection(to.hostname, to.port)
        async with asyncio.TaskGroup() as group:
            group.create_task(_copy(reader, inner[1]))
            group.create_task(_copy(inner[0], writer))

    server = await asyncio.start_server(pass_on, CLOUD_ADDRESS, 443, ssl=context)
    async with server:
        yield Door(name, certificate)


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
    command += [
        "-nodes",
        "-days",
        "2",
        "-subj",
        f"/CN={name}",
        "-addext",
        f"subjectAltName=DNS:{name}",
    ]
    command += ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True, timeout=20)
